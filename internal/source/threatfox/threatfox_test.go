package threatfox_test

import (
	"flag"
	"testing"

	"clew/internal/source/sourcetest"
	"clew/internal/source/threatfox"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, threatfox.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, threatfox.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, threatfox.Source{}) }
