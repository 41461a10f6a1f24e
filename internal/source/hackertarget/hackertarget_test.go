package hackertarget_test

import (
	"flag"
	"testing"

	"clew/internal/source/hackertarget"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, hackertarget.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, hackertarget.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, hackertarget.Source{}) }
