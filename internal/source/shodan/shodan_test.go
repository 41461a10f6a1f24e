package shodan_test

import (
	"flag"
	"testing"

	"clew/internal/source/shodan"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, shodan.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, shodan.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, shodan.Source{}) }
