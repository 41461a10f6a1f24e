package otx_test

import (
	"flag"
	"testing"

	"clew/internal/source/otx"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, otx.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, otx.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, otx.Source{}) }
