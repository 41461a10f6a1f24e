package robtex_test

import (
	"flag"
	"testing"

	"clew/internal/source/robtex"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, robtex.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, robtex.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, robtex.Source{}) }
