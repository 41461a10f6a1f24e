package abuseipdb_test

import (
	"flag"
	"testing"

	"clew/internal/source/abuseipdb"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, abuseipdb.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, abuseipdb.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, abuseipdb.Source{}) }
