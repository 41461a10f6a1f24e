package whois_test

import (
	"flag"
	"testing"

	"clew/internal/source/sourcetest"
	"clew/internal/source/whois"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, whois.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, whois.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, whois.Source{}) }
