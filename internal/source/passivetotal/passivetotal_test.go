package passivetotal_test

import (
	"flag"
	"testing"

	"clew/internal/source/passivetotal"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, passivetotal.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, passivetotal.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, passivetotal.Source{}) }
