package escalation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/response/escalation"
)

var noon = casefile.Time{Time: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}

func ours() escalation.Organisation {
	return escalation.Organisation{Terms: []string{"Lumapost"}, Domains: []string{"contoso.example"}}
}

func live() casefile.Document {
	hit := casefile.Validation{State: casefile.Hit, Sightings: 12, Assets: []string{"ws-17", "ws-20"}}
	outbound := hit
	outbound.Contact = "outbound"
	block := casefile.Action{State: "proposed", Kind: "block"}
	days := func(n int) casefile.Time { return casefile.Time{Time: noon.AddDate(0, 0, -n)} }
	return casefile.Document{
		Case:  casefile.Case{ID: "2026-11-23-x-0001", Scope: "live", TLP: "AMBER", Changed: noon},
		Seeds: []casefile.Seed{{Kind: "domain", Value: "lumap0st-delivery.test", Validation: &hit}},
		Findings: []casefile.Finding{
			{Kind: "ip", Value: "203.0.113.7", Band: "high", Validation: outbound, Action: block},
			{Kind: "domain", Value: "fresh.test", Band: "high", LastSeen: days(2), Action: block},
			{Kind: "domain", Value: "stale.test", Band: "high", LastSeen: days(90), Action: block},
			{Kind: "domain", Value: "c0ntoso-login.test", Band: "medium"},
			{Kind: "domain", Value: "mail.contoso.example", Band: "high"},
			{Kind: "domain", Value: "no.test", Band: "high", Validation: outbound, Verdict: "rejected", Action: block},
			{Kind: "domain", Value: "lead.test", Band: "low", Validation: hit},
		},
	}
}

func defaults(t *testing.T) escalation.Rules {
	t.Helper()
	rules, err := escalation.Default()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func due(t *testing.T, rules escalation.Rules, d casefile.Document) []casefile.Escalation {
	t.Helper()
	list, err := rules.Due(t.Context(), d, ours())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestThePlaybooksTriggers(t *testing.T) {
	want := map[string][]string{
		"internal-hit":      {"lumap0st-delivery.test", "203.0.113.7"},
		"active-compromise": {"203.0.113.7"},
		"targeted-campaign": {"lumap0st-delivery.test", "c0ntoso-login.test"},
		"immediate-block":   {"203.0.113.7", "fresh.test"},
	}
	got := due(t, defaults(t), live())
	if len(got) != len(want) {
		t.Errorf("%d escalations, want %d", len(got), len(want))
	}
	for _, e := range got {
		var values []string
		for _, v := range e.Values {
			values = append(values, v.Value)
		}
		if !slices.Equal(values, want[e.Trigger]) {
			t.Errorf("%s for %v, want %v", e.Trigger, values, want[e.Trigger])
		}
		if e.ID == "" || e.Because == "" || len(e.Evidence) != len(values) || len(e.Actions) == 0 {
			t.Errorf("%s leaves something unsaid: %+v", e.Trigger, e)
		}
	}
	if got[1].Trigger != "active-compromise" || !slices.Equal(got[1].Assets, []string{"ws-17", "ws-20"}) {
		t.Errorf("the machines are not named: %+v", got[1])
	}
}

func TestATriggerFiresOnce(t *testing.T) {
	d := live()
	rules := defaults(t)
	d.Escalations = due(t, rules, d)
	if again := due(t, rules, d); len(again) != 0 {
		t.Errorf("a second time: %+v", again)
	}
	d.Findings[2].LastSeen = noon
	again := due(t, rules, d)
	if len(again) != 1 || len(again[0].Values) != 1 || again[0].Values[0].Value != "stale.test" {
		t.Errorf("what came up since: %+v, want stale.test alone", again)
	}
}

func TestFurtherMachinesAreNews(t *testing.T) {
	d := live()
	rules := defaults(t)
	d.Escalations = due(t, rules, d)
	first := d.Escalations[1].ID
	d.Findings[0].Validation.Assets = []string{"ws-17", "ws-20", "ws-31"}
	again := due(t, rules, d)
	if len(again) != 2 || again[0].Trigger != "internal-hit" || again[1].Trigger != "active-compromise" {
		t.Fatalf("a third machine: %+v, want the two triggers about machines alone", again)
	}
	e := again[1]
	if len(e.Values) != 1 || !slices.Equal(e.Assets, []string{"ws-31"}) || e.ID == first || !strings.Contains(e.Because, "further machines") {
		t.Errorf("got %+v, want 203.0.113.7 on ws-31 alone, under an identifier of its own", e)
	}
	d.Escalations = append(d.Escalations, again...)
	if more := due(t, rules, d); len(more) != 0 {
		t.Errorf("the same machines once more: %+v", more)
	}
	for i := range 60 {
		d.Findings[0].Validation.Assets = append(d.Findings[0].Validation.Assets, "host-"+strings.Repeat("x", i+1))
	}
	for range 2 {
		d.Escalations = append(d.Escalations, due(t, rules, d)...)
	}
	if more := due(t, rules, d); len(more) != 0 {
		t.Errorf("it goes on for ever where half the network is concerned: %d", len(more[0].Assets))
	}
}

func TestQuietCases(t *testing.T) {
	d := live()
	d.Case.Scope = "hunt"
	for i := range d.Findings {
		d.Findings[i].Validation = casefile.Validation{State: casefile.NotChecked}
	}
	d.Seeds = nil
	d.Findings[3].Value = "nobody.test"
	if got := due(t, defaults(t), d); len(got) != 0 {
		t.Errorf("a hunt that nothing came of is escalated: %+v", got)
	}
}

func TestTheTeamsOwnRules(t *testing.T) {
	rules, err := escalation.Parse([]byte(`rules:
  - {name: many-hops, about: [finding], when: '.hops > 2 and $case.tlp == "AMBER"', severity: low, because: far away, first: [look]}`))
	if err != nil {
		t.Fatal(err)
	}
	d := live()
	d.Findings[0].Hops = 3
	if got := due(t, rules, d); len(got) != 1 || got[0].Trigger != "many-hops" {
		t.Errorf("got %+v", got)
	}
	for says, text := range map[string]string{
		"when":         "{name: a, about: [finding], when: '.x ==', severity: low, because: b, first: [c]}",
		"severity":     "{name: a, about: [finding], when: '.x', severity: dire, because: b, first: [c]}",
		"about":        "{name: a, about: [house], when: '.x', severity: low, because: b, first: [c]}",
		"small":        "{name: A B, about: [finding], when: '.x', severity: low, because: b, first: [c]}",
		"what to do":   "{name: a, about: [finding], when: '.x', severity: low, because: b}",
		"not defined":  "{name: a, about: [finding], when: 'input_file', severity: low, because: b, first: [c]}",
		"unknown fiel": "{name: a, do: harm}",
	} {
		if _, err := escalation.Parse([]byte("rules: [" + text + "]")); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s\ngot %v, want an error that says %q", text, err, says)
		}
	}
}

func TestARuleThatNeverEndsIsStopped(t *testing.T) {
	rules, err := escalation.Parse([]byte(`rules: [{name: loop, about: [finding], when: '[range(1e12)] | length > 0', severity: low, because: b, first: [c]}]`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rules.Due(t.Context(), live(), ours()); err == nil || !strings.Contains(err.Error(), "loop") {
		t.Errorf("got %v, want the rule named", err)
	}
	if rules, err = escalation.Parse([]byte(`rules: [{name: secrets, about: [finding], when: '(env | length) > 0', severity: low, because: b, first: [c]}]`)); err == nil {
		if got := due(t, rules, live()); len(got) != 0 {
			t.Error("a rule sees the environment")
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(escalation.DefaultText)
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = escalation.Parse(text) })
}
