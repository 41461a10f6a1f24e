package export_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/csv"
	"clew/internal/export/exporttest"
	"clew/internal/export/plain"
	"clew/internal/marking"
	"clew/internal/observation"
)

func left(s export.Set) map[string]string {
	all := map[string]string{}
	for _, l := range s.Left {
		all[l.Value] = l.Reason
	}
	return all
}

func values(s export.Set) string {
	var all []string
	for _, e := range s.Entries {
		all = append(all, e.Value.Text())
	}
	return strings.Join(all, " ")
}

func TestWhatIsLeftOutIsNamedWithItsReason(t *testing.T) {
	got := left(exporttest.Set(t, plain.List(), exporttest.Rules()))
	for value, want := range map[string]string{
		"cdn-update[.]example":                          "a seed",
		"old-find[.]example":                            "expired",
		"revoked-find[.]example":                        "revoked",
		"new-find[.]example":                            "proposed, not approved, applied",
		"shop[.]example":                                "rejected",
		"cdn[.]provider[.]example":                      "provider's own name",
		"cert:d8f3f4ac0d4c3f0aa1a1f0a7a9a0bd0c4d2a6b10": "cannot carry the kind cert",
	} {
		if !strings.Contains(got[value], want) {
			t.Errorf("%s is left out because %q, want %q", value, got[value], want)
		}
	}
}

func TestRules(t *testing.T) {
	for name, row := range map[string]struct {
		change  func(*export.Rules)
		in, out string
	}{
		"proposed_on_demand": {func(r *export.Rules) { r.States = []string{"proposed", "approved"} }, "new-find.example", "mail-check.example"},
		"revoked_never":      {func(r *export.Rules) { r.States = []string{"revoked", "approved"} }, "login-portal.example", "revoked-find.example"},
		"seeds_on_demand":    {func(r *export.Rules) { r.Seeds = true }, "cdn-update.example", "new-find.example"},
		"confident_only":     {func(r *export.Rules) { r.Seeds, r.MinConfidence = true, 95 }, "login-portal.example", "cdn-update.example"},
		"not_expired_before": {func(r *export.Rules) { r.At = r.At.AddDate(0, 0, -3) }, "old-find.example", "new-find.example"},
		"expired_later":      {func(r *export.Rules) { r.At = r.At.AddDate(0, 2, 0) }, "275a021b", "login-portal.example"},
	} {
		r := exporttest.Rules()
		row.change(&r)
		got := values(exporttest.Set(t, plain.List(), r))
		if !strings.Contains(got, row.in) || strings.Contains(" "+got, " "+row.out) {
			t.Errorf("%s: %s, want %s in it and %s not", name, got, row.in, row.out)
		}
	}
}

func TestTLP(t *testing.T) {
	amber, green := exporttest.Worked(), exporttest.Worked()
	green.Case.ID, green.Case.TLP = "2026-11-25-open-example-0001", "GREEN"
	green.Findings = green.Findings[:1]
	r := exporttest.Rules()
	r.Audience = marking.TLPGreen
	if _, err := export.Choose([]casefile.Document{amber}, plain.List(), r); !errors.Is(err, export.ErrTLP) {
		t.Errorf("an AMBER case in a GREEN export: %v", err)
	}
	s := exporttest.Set(t, plain.List(), r, amber, green)
	if got := values(s); got != "login-portal.example" || s.TLP != marking.TLPGreen || !strings.Contains(left(s)[amber.Case.ID], "TLP:AMBER") {
		t.Errorf("exported %q at TLP:%s, left out %v", got, s.TLP, s.Left)
	}
	r.Audience = ""
	if s := exporttest.Set(t, plain.List(), r, amber, green); s.TLP != marking.TLPAmber || len(s.Entries[0].Cases) != 2 {
		t.Errorf("together they are TLP:%s, %v", s.TLP, s.Entries[0].Cases)
	}
}

// The version moves when an entry expires, and not with the clock.
func TestVersion(t *testing.T) {
	r := exporttest.Rules()
	first := exporttest.Set(t, plain.List(), r).Version
	r.At = r.At.Add(time.Hour)
	if again := exporttest.Set(t, plain.List(), r).Version; !again.Equal(first) {
		t.Errorf("version %s, then %s without a change", first, again)
	}
	r.At = time.Date(2026, 12, 4, 0, 0, 0, 0, time.UTC)
	if later := exporttest.Set(t, plain.List(), r).Version; !later.Equal(time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("version %s after addresses expired on 3 December", later)
	}
}

func TestPatternsCountTheirFalseMatches(t *testing.T) {
	f := plain.List()
	f.Use = export.Watch
	for _, p := range exporttest.Set(t, f, exporttest.Rules()).PatternsOf(observation.Token) {
		if p.Holders != 40 || p.Others() != 38 || !strings.Contains(p.Estimate(), "at most 38 false in 250000") {
			t.Errorf("%+v: %s", p, p.Estimate())
		}
	}
}

func TestRefusesWithoutClockOrLists(t *testing.T) {
	r := exporttest.Rules()
	r.Benign = nil
	if _, err := export.Choose([]casefile.Document{exporttest.Worked()}, plain.List(), r); !errors.Is(err, export.ErrRules) {
		t.Errorf("a block list without reference lists: %v", err)
	}
}

// The approval decides what is blocked, whatever the band.
func TestWhatSomebodyApprovedIsBlockedWhateverItsBand(t *testing.T) {
	d := casefile.Document{Case: casefile.Case{ID: "2026-11-23-evil-example-4f2a", TLP: "AMBER"}, Findings: []casefile.Finding{
		{Kind: "domain", Value: "c3.example", Band: "coincidence", Action: casefile.Action{State: "approved", Kind: "block"}},
		{Kind: "domain", Value: "c4.example", Band: "coincidence", Action: casefile.Action{State: "none"}},
	}}
	for _, f := range []export.Format{plain.List(), csv.Format()} {
		s, err := export.Choose([]casefile.Document{d}, f, exporttest.Rules())
		want := map[export.Use]string{export.Block: "c3.example"}[f.Use]
		if got := values(s); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", f.Name, got, err, want)
		}
	}
}
