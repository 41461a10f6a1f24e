package investigation

import (
	"context"
	"testing"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/observation"
)

// attackBook is a library of one technique and one family.
type attackBook struct{}

func (attackBook) Label(technique string) string {
	if technique == "T1566" {
		return "Phishing"
	}
	return ""
}

func (attackBook) Names(techniques, families []string) casefile.Attack {
	a := casefile.Attack{Release: "test"}
	for _, t := range techniques {
		a.Techniques = append(a.Techniques, casefile.AttackEntry{ID: t, Name: attackBook{}.Label(t)})
	}
	for _, f := range families {
		a.Software = append(a.Software, casefile.AttackEntry{ID: "S9999", Name: f, Because: []string{f}})
	}
	return a
}

func TestOpinionsAreShownAndNeverWeighed(t *testing.T) {
	run := func(opinions bool) casefile.Document {
		w, req := recorded(t, &oracle{})
		w.Attack = attackBook{}
		seed := req.Seeds[0].Value
		file := observable.Must(observable.File, "0101010101010101010101010101010101010101010101010101010101010101")
		if opinions {
			put := func(s observable.Value, r observation.Relation, o observable.Value) observation.Observation {
				return observation.Observation{Subject: s, Relation: r, Object: o, Count: 1, Source: "import"}
			}
			err := w.Corpus.Put(context.Background(), []observation.Observation{
				put(seed, observation.Reputation, observable.Must(observable.Text, "flagged by 3 of 90 engines")),
				put(seed, observation.MalwareFamily, observable.Must(observable.Malware, "Shoplifter")),
				put(observable.Must(observable.Domain, "postalia-b.test"), observation.MalwareFamily, observable.Must(observable.Malware, "Shoplifter")),
				put(file, observation.Technique, observable.Must(observable.Technique, "T1566")),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		req.Seeds = append(req.Seeds, Seed{Value: file, Confidence: 100})
		doc, err := w.Investigate(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	without, with := run(false), run(true)
	if len(without.Context) != 0 {
		t.Errorf("context of nothing: %+v", without.Context)
	}
	got := map[string]string{}
	for _, c := range with.Context {
		got[c.About+" "+c.Relation] = c.Value + c.Label
	}
	want := map[string]string{
		"postalia-a.test reputation":                                                 "flagged by 3 of 90 engines",
		"postalia-a.test malware-family":                                             "Shoplifter",
		"postalia-b.test malware-family":                                             "Shoplifter",
		"0101010101010101010101010101010101010101010101010101010101010101 technique": "T1566Phishing",
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s: got %q, want %q", key, got[key], value)
		}
	}
	if len(with.Attack.Techniques) != 1 || len(with.Attack.Software) == 0 || with.Attack.Release != "test" {
		t.Errorf("names: %+v", with.Attack)
	}
	if len(without.Findings) != len(with.Findings) {
		t.Fatalf("%d findings without opinions, %d with", len(without.Findings), len(with.Findings))
	}
	for i, f := range with.Findings {
		if other := without.Findings[i]; f.Value != other.Value || f.Bits != other.Bits || f.P != other.P {
			t.Errorf("%s has %v bits, without opinions %s %v", f.Value, f.Bits, other.Value, other.Bits)
		}
	}
}
