package casefile_test

import (
	"testing"

	"clew/internal/casefile"
	"clew/internal/pivot"
)

// TestLabelsKeepTheEvidenceAsItStood gives a verdict between two runs: what the
// second found does not rewrite what the analyst saw.
func TestLabelsKeepTheEvidenceAsItStood(t *testing.T) {
	store := newStore(t)
	const id = "2026-11-23-evil-example-4f2a"
	run := func(bits float64) casefile.Found {
		t.Helper()
		f := finding()
		f.Bits = bits
		blob, found, err := casefile.FindingsBlob([]pivot.Finding{f}, "closed-1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.PutBlob(t.Context(), blob); err != nil {
			t.Fatal(err)
		}
		return found
	}
	verdict := casefile.Verdict{About: domain("login-portal.example"), Reason: "our own", Scope: casefile.ScopeCase}
	link := verdict
	link.Relation = "resolves-to"
	did(t, store, id, opened(), verdict, run(12.5), verdict, rejected{verdict}, link, run(2))
	labels, err := casefile.Labels(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if len(labels) != 1 || labels[0].Accepted || labels[0].Finding.Bits != 12.5 || labels[0].Case != id {
		t.Errorf("got %+v, want the rejection with the 12.5 bits it was given on", labels)
	}
}
