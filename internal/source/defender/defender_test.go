package defender_test

import (
	"flag"
	"testing"

	"clew/internal/source/defender"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, defender.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, defender.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, defender.Source{}) }
