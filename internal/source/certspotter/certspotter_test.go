package certspotter_test

import (
	"flag"
	"testing"

	"clew/internal/source/certspotter"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, certspotter.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, certspotter.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, certspotter.Source{}) }
