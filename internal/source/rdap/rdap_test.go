package rdap_test

import (
	"flag"
	"testing"

	"clew/internal/source/rdap"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, rdap.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, rdap.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, rdap.Source{}) }
