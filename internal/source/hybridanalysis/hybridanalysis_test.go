package hybridanalysis_test

import (
	"flag"
	"testing"

	"clew/internal/source/hybridanalysis"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, hybridanalysis.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, hybridanalysis.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, hybridanalysis.Source{}) }
