package hashlookup_test

import (
	"flag"
	"testing"

	"clew/internal/source/hashlookup"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, hashlookup.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, hashlookup.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, hashlookup.Source{}) }
