package dnsdb_test

import (
	"flag"
	"testing"

	"clew/internal/source/dnsdb"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, dnsdb.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, dnsdb.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, dnsdb.Source{}) }
