package report

import (
	"bytes"
	"strings"
	"testing"
)

// TestContextNamesItsSourcesWhole: what is cut to fit is the opinion, never who holds it.
func TestContextNamesItsSourcesWhole(t *testing.T) {
	long := strings.Repeat("flagged by many engines, ", 6)
	for _, sources := range []string{"virustotal", "anyrun, hybridanalysis, virustotal"} {
		for _, width := range []int{80, 100, 140} {
			var out bytes.Buffer
			terminal := newTerminal(&out, TextOptions{Width: width})
			terminal.context(page{Context: []opinion{{"shop[.]example", "reputation", long, sources, "2026-02-01"}}})
			if err := terminal.out.Flush(); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), sources+" 2026-02-01") {
				t.Errorf("width %d: %q is not whole in:\n%s", width, sources, &out)
			}
		}
	}
}
