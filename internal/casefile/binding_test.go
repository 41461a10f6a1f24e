package casefile_test

import (
	"testing"
	"time"

	"clew/internal/casefile"
)

func TestBinding(t *testing.T) {
	s := investigated(t)
	actions, verdicts := casefile.Binding(load(t, s))
	about := casefile.Value{Kind: "domain", Value: "evil.example"}
	at := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	d := load(t, s).Document()
	for _, e := range []casefile.Entry{
		{Time: at, Type: casefile.TypeActed, Actor: "jane", Data: casefile.Acted{
			About:  casefile.Value{Kind: d.Findings[0].Kind, Value: d.Findings[0].Value},
			Action: casefile.Action{State: casefile.ActionApproved, Kind: casefile.Block},
		}},
		{Time: at, Type: casefile.TypeRejected, Actor: "jane", Data: casefile.Verdict{About: about, Reason: "ours", Scope: casefile.ScopeAll}},
	} {
		if _, err := s.Append(t.Context(), "a-case", e); err != nil {
			t.Fatal(err)
		}
	}
	if a, v := casefile.Binding(load(t, s)); a != actions+1 || v != verdicts+1 {
		t.Errorf("binding: %d actions and %d verdicts, had %d and %d", a, v, actions, verdicts)
	}
}
