package dns_test

import (
	"flag"
	"testing"

	"clew/internal/source/dns"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, dns.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, dns.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, dns.Source{}) }
