package asn_test

import (
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/asn"
	"clew/internal/ingest/ingesttest"
)

func TestTables(t *testing.T) {
	const at = " [2026-08-22T00:00:00Z,2026-08-22T00:00:00Z]"
	for claim, test := range map[string]struct{ input, want string }{
		"ranges":          {"192.0.2.0\t192.0.2.127\t64500\n", "192.0.2.0/25 announced-by AS64500"},
		"ranges_in_parts": {"192.0.2.0,192.0.2.191,64500,\"A, Inc\"\n", "192.0.2.0/25 announced-by AS64500\n192.0.2.128/26 announced-by AS64500"},
		"prefixes":        {"2001:db8::/32 AS64501\n", "2001:db8::/32 announced-by AS64501"},
		"pfx2as":          {"192.0.2.0\t24\t64500_64501\n", "192.0.2.0/24 announced-by AS64500"},
		"odd_ends":        {"192.0.2.1\t192.0.2.2\t64500\n", "192.0.2.1/32 announced-by AS64500\n192.0.2.2/32 announced-by AS64500"},
		"the_last":        {"255.255.255.0\t255.255.255.255\t64500\n", "255.255.255.0/24 announced-by AS64500"},
	} {
		t.Run(claim, func(t *testing.T) {
			var want []string
			for line := range strings.SplitSeq(test.want, "\n") {
				want = append(want, line+at)
			}
			ingesttest.States(t, asn.Format{}, test.input, want...)
		})
	}
}

func TestOthers(t *testing.T) {
	got, s, err := ingesttest.Read(t, asn.Format{}, "# comment\n64500\tExample Network\n192.0.2.0\t192.0.2.255\t0\n")
	if err != nil || len(got) != 0 || s.Skipped != 2 {
		t.Errorf("names and what nobody announces: %q, %+v, %v", got, s, err)
	}
	ingesttest.Refuses(t, asn.Format{}, "192.0.2.9\t192.0.2.0\t64500\n192.0.2.0/24\t64500\n", 1)
	if _, _, err := ingesttest.Read(t, asn.Format{}, "\x00\x01\x02 no database"); err == nil {
		t.Error("what is neither is no error")
	}
}

func FuzzASN(f *testing.F) {
	ingesttest.Fuzz(f, func() ingest.Format { return asn.Format{} }, "192.0.2.0\t192.0.2.127\t64500\n", "192.0.2.0/24,64500\n", "\x00\x00\x01\xab\xcd\xefMaxMind.com\xe1")
}
