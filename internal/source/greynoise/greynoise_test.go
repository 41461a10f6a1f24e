package greynoise_test

import (
	"flag"
	"testing"

	"clew/internal/source/greynoise"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, greynoise.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, greynoise.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, greynoise.Source{}) }
