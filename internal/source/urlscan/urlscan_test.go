package urlscan_test

import (
	"flag"
	"testing"

	"clew/internal/source/sourcetest"
	"clew/internal/source/urlscan"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, urlscan.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, urlscan.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, urlscan.Source{}) }
