package urlhaus_test

import (
	"flag"
	"testing"

	"clew/internal/source/sourcetest"
	"clew/internal/source/urlhaus"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, urlhaus.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, urlhaus.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, urlhaus.Source{}) }
