package domaintools_test

import (
	"flag"
	"testing"

	"clew/internal/source/domaintools"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, domaintools.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, domaintools.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, domaintools.Source{}) }
