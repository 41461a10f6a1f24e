package dnsdb

import (
	"os"
	"path/filepath"
	"testing"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"

	"github.com/google/go-cmp/cmp"
)

// Counts are asked only where a list was cut, which no recording was: so the
// recorded counts are read here and not by the contract test.
func TestRecordedSummaries(t *testing.T) {
	shared := os.Getenv("CLEW_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared")
	}
	address := observable.Must(observable.IP, "10.0.0.1")
	tests := map[string]struct {
		relation observation.Relation
		want     int
		totals   []corpus.Total
	}{
		"v1_summarize_rrset.json":    {0, 2, nil},
		"v1_summarize_rdata_ip.json": {observation.ResolvesTo, 256, []corpus.Total{{Relation: observation.ResolvesTo, Object: address, N: 256}}},
	}
	for file, test := range tests {
		body, err := os.ReadFile(filepath.Join(shared, "fixtures", "sources", "dnsdb", file))
		if err != nil {
			t.Skipf("recorded answers are not beside the repository: %v", err)
		}
		page, n, err := decodeSummary(test.relation, address, source.Reply{Status: 200, Body: body})
		if err != nil || n != test.want {
			t.Errorf("%s: %d results (%v), want %d", file, n, err, test.want)
		}
		if diff := cmp.Diff(test.totals, page.Totals, cmp.Comparer(func(a, b observable.Value) bool { return a == b })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}
