package policy_test

import (
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/response/policy"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func playbook(t *testing.T) policy.Policy {
	t.Helper()
	p, err := policy.Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func parsed(t *testing.T, text string) policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThePlaybook(t *testing.T) {
	p := playbook(t)
	for name, c := range map[string]struct {
		finding           casefile.Finding
		scope             string
		state, kind, ends string
	}{
		"high_name_blocked_for_months":    {casefile.Finding{Band: "high", Kind: "domain"}, "hunt", "proposed", "block", "2027-05-23"},
		"high_address_blocked_for_days":   {casefile.Finding{Band: "high", Kind: "ip"}, "live", "proposed", "block", "2026-12-07"},
		"high_digest_blocked_for_ever":    {casefile.Finding{Band: "high", Kind: "file"}, "hunt", "proposed", "block", ""},
		"high_attribute_watched":          {casefile.Finding{Band: "high", Kind: "jarm"}, "hunt", "proposed", "monitor", "2027-02-23"},
		"medium_watched":                  {casefile.Finding{Band: "medium", Kind: "domain"}, "hunt", "proposed", "monitor", "2027-05-23"},
		"low_is_a_lead":                   {casefile.Finding{Band: "low", Kind: "domain"}, "hunt", "none", "", ""},
		"coincidence_is_nothing":          {casefile.Finding{Band: "coincidence", Kind: "domain"}, "hunt", "none", "", ""},
		"rejected_is_nothing_however_hot": {casefile.Finding{Band: "high", Kind: "domain", Verdict: "rejected"}, "hunt", "none", "", ""},
		"suppressed_is_nothing":           {casefile.Finding{Band: "high", Kind: "domain", Suppressed: "a CDN"}, "hunt", "none", "", ""},
	} {
		got := p.Propose(casefile.Case{Scope: c.scope, TLP: "AMBER"}, c.finding, noon)
		if got.State != c.state || got.Kind != c.kind || got.Expires.Day() != c.ends || got.Reason == "" {
			t.Errorf("%s: %+v, want %s %s until %q, with a reason", name, got, c.kind, c.state, c.ends)
		}
	}
}

const strict = `
name: strict
rules:
  - {name: red, tlp: [RED], do: monitor, because: nothing of RED reaches a shared firewall}
  - {name: seen, band: [medium], scope: [live], validation: [hit], do: block, approve: policy, expires: 12h, because: seen inside}
  - {name: sure, band: [high], min_confidence: 95, verdict: [accepted], do: block, because: accepted}
expiry: {other: 10d}
decay: {model: polynomial, threshold: 30, speed: 1}
`

func TestConditionsOfARule(t *testing.T) {
	p := parsed(t, strict)
	seen := casefile.Finding{Band: "medium", Kind: "ip", Confidence: 60, Validation: casefile.Validation{State: casefile.Hit}}
	live := casefile.Case{Scope: "live", TLP: "AMBER"}
	got := p.Propose(live, seen, noon)
	// 12 hours, of which 1 - 30/60 are left.
	if got.Rule != "seen" || got.Expires.String() != "2026-11-23T18:00:00Z" {
		t.Errorf("seen inside: %+v, want rule seen for half of 12 hours", got)
	}
	if by, automatic := p.Automatic("seen"); by != "policy:strict" || !automatic {
		t.Errorf("Automatic(seen) = %q, %v", by, automatic)
	}
	if _, automatic := p.Automatic("sure"); automatic {
		t.Error("a rule that does not say so approves by itself")
	}
	live.TLP = "RED"
	if got := p.Propose(live, seen, noon); got.Rule != "red" || got.Kind != "monitor" {
		t.Errorf("TLP:RED: %+v, want the first rule", got)
	}
	sure := casefile.Finding{Band: "high", Kind: "ip", Confidence: 99}
	live.TLP = "AMBER"
	if got := p.Propose(live, sure, noon); got.State != "none" {
		t.Errorf("not accepted: %+v, want none: no rule holds", got)
	}
	sure.Verdict = "accepted"
	if got := p.Propose(live, sure, noon); got.Rule != "sure" {
		t.Errorf("accepted: %+v, want rule sure", got)
	}
	sure.Confidence = 94
	if got := p.Propose(live, sure, noon); got.State != "none" {
		t.Errorf("94 percent: %+v, want none", got)
	}
}

func TestABlockThatHitsBystandersIsDowngraded(t *testing.T) {
	p := playbook(t)
	block := casefile.Action{State: "proposed", Kind: "block", Reason: "high confidence"}
	for name, c := range map[string]struct {
		blast casefile.Blast
		kind  string
		says  string
	}{
		"few":              {casefile.Blast{Bystanders: 3, Known: true}, "block", ""},
		"many":             {casefile.Blast{Bystanders: 41, Related: 2, Known: true}, "monitor", "41 unrelated sites beside 2"},
		"many_more":        {casefile.Blast{Bystanders: 41, AtLeast: true}, "monitor", "at least 41"},
		"we_use_it":        {casefile.Blast{Assets: 12}, "monitor", "12 machines"},
		"one_machine_only": {casefile.Blast{Assets: 1}, "block", ""},
		"on_a_list":        {casefile.Blast{Listed: "a CDN"}, "monitor", "a CDN"},
	} {
		got := p.Bounded(block, c.blast)
		if got.Kind != c.kind || !strings.Contains(got.Reason, c.says) || got.Blast == nil {
			t.Errorf("%s: %+v, want %s because of %q, with the figures", name, got, c.kind, c.says)
		}
	}
	watch := casefile.Action{State: "proposed", Kind: "monitor", Reason: "medium"}
	if got := p.Bounded(watch, casefile.Blast{Bystanders: 99}); got.Reason != "medium" {
		t.Errorf("a watch hits nobody: %+v", got)
	}
}

func TestWhatHasRunOutIsShownSo(t *testing.T) {
	at := casefile.Time{Time: noon}
	d := casefile.Document{
		Case: casefile.Case{Changed: at},
		Findings: []casefile.Finding{
			{Kind: "ip", Band: "high", Action: casefile.Action{State: "applied", Kind: "block", At: at, Expires: casefile.Time{Time: noon.Add(time.Hour)}}},
			{Kind: "ip", Band: "high"},
		},
	}
	p := playbook(t)
	p.Apply(&d, noon)
	if got := d.Findings[0].Action.State; got != "applied" {
		t.Errorf("within its time it is %s", got)
	}
	if got := d.Findings[1].Action; got.State != "proposed" || got.Recorded() {
		t.Errorf("nothing recorded: %+v, want the proposal", got)
	}
	p.Apply(&d, noon.Add(time.Hour))
	if got := d.Findings[0].Action.State; got != "expired" {
		t.Errorf("after its time it is %s", got)
	}
	if got := d.Findings[1].Action.Expires.Day(); got != "2026-12-07" {
		t.Errorf("a proposal moves with the clock: until %s", got)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	rule := func(text string) string { return "name: x\nexpiry: {other: 1d}\nrules: [" + text + "]" }
	for says, text := range map[string]string{
		"unknown field":        "name: x\nnothing: 1",
		"at least one":         "name: x\nexpiry: {other: 1d}",
		"say how long":         "name: x\nrules: [{name: a, do: block, because: b}]",
		"no kind":              "name: x\nexpiry: {other: 1d, house: 2d}\nrules: [{name: a, do: block, because: b}]",
		"is no lifetime":       "name: x\nexpiry: {other: soon}\nrules: [{name: a, do: block, because: b}]",
		"band: \"hihg\"":       rule("{name: a, band: [hihg], do: block, because: b}"),
		"do: \"\"":             rule("{name: a, because: b}"),
		"tlp: \"amber\"":       rule("{name: a, tlp: [amber], do: block, because: b}"),
		"because":              rule("{name: a, do: block}"),
		"two named a":          rule("{name: a, do: block, because: b}, {name: a, do: block, because: b}"),
		"no percentage":        rule("{name: a, do: block, because: b, min_confidence: 101}"),
		"is no model":          rule("{name: a, do: block, because: b}") + "\ndecay: {model: linear}",
		"the threshold is":     rule("{name: a, do: block, because: b}") + "\ndecay: {model: polynomial, threshold: 100, speed: 1}",
		"monitor or ignore":    rule("{name: a, do: block, because: b}") + "\nblast: {listed: maybe}",
		"letters, digits":      "name: \"x\\n\"\nexpiry: {other: 1d}\nrules: [{name: a, do: block, because: b}]",
		"approve: \"anybody\"": rule("{name: a, do: block, because: b, approve: anybody}"),
	} {
		if _, err := policy.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s\ngot %v, want an error that says %q", text, err, says)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(policy.DefaultText)
	f.Add([]byte(strict))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := policy.Parse(text)
		if err != nil {
			return
		}
		for _, kind := range []string{"ip", "domain", "file"} {
			a := p.Propose(casefile.Case{Scope: "live", TLP: "RED"}, casefile.Finding{Kind: kind, Band: "high", Confidence: 91}, noon)
			if !a.Expires.IsZero() && a.Expires.Before(noon) {
				t.Errorf("an action of %+v ends before it begins: %s", p, a.Expires)
			}
		}
	})
}
