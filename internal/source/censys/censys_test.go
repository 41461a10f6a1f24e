package censys_test

import (
	"flag"
	"testing"

	"clew/internal/source/censys"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, censys.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, censys.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, censys.Source{}) }
