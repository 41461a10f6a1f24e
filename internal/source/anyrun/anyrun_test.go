package anyrun_test

import (
	"flag"
	"testing"

	"clew/internal/source/anyrun"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, anyrun.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, anyrun.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, anyrun.Source{}) }
