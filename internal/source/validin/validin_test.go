package validin_test

import (
	"flag"
	"testing"

	"clew/internal/source/sourcetest"
	"clew/internal/source/validin"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, validin.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, validin.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, validin.Source{}) }
