package internetdb_test

import (
	"flag"
	"testing"

	"clew/internal/source/internetdb"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, internetdb.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, internetdb.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, internetdb.Source{}) }
