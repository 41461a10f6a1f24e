package virustotal_test

import (
	"flag"
	"testing"

	"clew/internal/source/sourcetest"
	"clew/internal/source/virustotal"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, virustotal.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, virustotal.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, virustotal.Source{}) }
