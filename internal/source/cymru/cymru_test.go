package cymru_test

import (
	"flag"
	"testing"

	"clew/internal/source/cymru"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, cymru.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, cymru.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, cymru.Source{}) }
