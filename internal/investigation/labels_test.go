package investigation

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"clew/internal/corpus"
	"clew/internal/eval"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
)

// This file compares whole investigations with labels, one published set at a
// time, each imported with its shipped mapping. The figures are those of
// docs/benchmarks.md: -v prints them.

func TestBandsAgainstLabels(t *testing.T) {
	for name, claim := range map[string]string{
		"tracker-radar":        "owners share name servers",
		"luminositylink":       "samples of one command server share mutex or build",
		"cobaltstrike-beacons": "beacons of one key share domains of their configuration",
		"maltrail":             "what one report lists hangs together",
	} {
		t.Run(name, func(t *testing.T) {
			r := casesOf(t, workspace(t), name)
			m := r.measure(t, "", r.labels, r.campaigns, pivot.Options{})
			if right, wrong := trusted(m); right == 0 || right < wrong {
				t.Errorf("%s, but high and medium are right in %d of %d", claim, right, right+wrong)
			}
		})
	}
}

// The blacklist says nothing of a certificate but the family it was seen with,
// and that is the label: it is shown, and brings no two certificates together.
func TestSSLBlacklistConnectsNothing(t *testing.T) {
	r := casesOf(t, workspace(t), "sslbl")
	shown := 0
	for v, of := range r.labels {
		links, _, err := r.Corpus.Objects(t.Context(), v, 0, observation.MalwareFamily)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(links, func(l corpus.Link) bool { return strings.EqualFold(l.Object.Text(), of[0]) }) {
			shown++
		}
	}
	t.Logf("SSLBL: the family of %d of %d certificates is shown as listed", shown, len(r.labels))
	if shown != len(r.labels) || shown < 5000 {
		t.Errorf("the family of %d of %d certificates is shown", shown, len(r.labels))
	}
	m := r.measure(t, "", r.labels, r.campaigns, pivot.Options{})
	for _, band := range []score.Band{score.High, score.Medium, score.Low} {
		if n := m.All(band); n > 0 {
			t.Errorf("%d certificates are %s for what somebody calls them", n, band)
		}
	}
}

// fewServers is up to how many servers a key is so rare that it leads to every one
// of them. The fitted model expects 58 siblings of anything, so that of a key on 35
// alone all are coincidences.
const fewServers = 10

// The keys are what the mapping brings in, so the comparison asks whether a key
// of few servers leads to all of them and to nobody else, and whether strangers
// who only have the watermark of one leaked copy stay apart.
func TestCobaltStrikeKeys(t *testing.T) {
	r := casesOf(t, workspace(t), "cobaltstrike")
	m := r.measure(t, "", r.labels, r.campaigns, pivot.Options{})
	if right, wrong := trusted(m); right == 0 || wrong > 0 {
		t.Errorf("keys of few servers: high and medium are right in %d of %d", right, right+wrong)
	}
	few := maps.Clone(r.labels)
	few.Keep(2, fewServers)
	m = r.measure(t, " of few servers", few, few.Campaigns(seedsTried(t), 1, 0), pivot.Options{})
	if m.Siblings == 0 || len(m.Missed) > 0 {
		t.Errorf("keys of at most %d servers do not lead to all of them: %v", fewServers, m.Missed)
	}
	watermarks, err := eval.Watermarks(shared(t, "data"))
	if err != nil {
		t.Fatal(err)
	}
	strangers := 0
	for _, c := range r.labels.Campaigns(200, 1, 0) {
		for _, f := range r.run(t, c.Seed).Findings {
			if f.Band == string(score.Coincidence) || r.labels[f.Value] == nil || r.labels.Same(c.Seed, f.Value) {
				continue
			}
			if watermarks.Same(c.Seed, f.Value) && f.Hops == 1 {
				strangers++
			}
		}
	}
	if strangers > 0 {
		t.Errorf("%d servers were brought together by a watermark", strangers)
	}
}

// A key that comes with cracked copies is on hundreds of servers and connects nobody.
func TestKeysOfCrackedCopiesConnectNothing(t *testing.T) {
	r := casesOf(t, workspace(t), "cobaltstrike")
	all, err := r.set.AllLabels(shared(t, "data"))
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for key, servers := range all.Members() {
		if len(servers) <= 150 {
			continue
		}
		tried++
		bands := map[string]int{}
		for _, f := range r.run(t, servers[0]).Findings {
			bands[f.Band]++
		}
		t.Logf("key %s on %d servers: from one of them %v", key, len(servers), bands)
		if bands[string(score.High)]+bands[string(score.Medium)] > 0 {
			t.Errorf("key %s on %d servers still connects them: %v", key, len(servers), bands)
		}
	}
	if tried == 0 {
		t.Error("no key is on more than 150 servers: the test would prove nothing")
	}
}

// Somebody's own mapping may bring watermarks in: the leaked ones lead nowhere.
func TestLeakedWatermarksConnectNothing(t *testing.T) {
	watermarks, err := eval.Watermarks(shared(t, "data"))
	if err != nil {
		t.Fatal(err)
	}
	w := workspace(t)
	var all []observation.Observation
	for ip, marks := range watermarks {
		for _, mark := range marks {
			key, err := observable.New(observable.Text, mark)
			if err != nil {
				continue
			}
			all = append(all, observation.Observation{Subject: ip, Relation: observation.CampaignKey, Object: key, Count: 1, Source: "watermarks"})
		}
	}
	if err := w.Corpus.Put(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	seeds := 0
	for _, mark := range []string{"0", "305419896", "1873433027", "1359593325", "16777216"} {
		links, _, err := w.Corpus.Subjects(t.Context(), observation.CampaignKey, observable.Must(observable.Text, mark), 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			seeds++
			for _, f := range w.run(t, link.Subject).Findings {
				for _, factor := range f.Factors {
					if factor.Value.Text() == mark && factor.Bits > 0 {
						t.Errorf("watermark %s brings %.1f bits between %s and %s", mark, factor.Bits, link.Subject, f.Value)
					}
				}
			}
		}
	}
	if seeds < 10 {
		t.Errorf("only %d servers with a leaked watermark tried", seeds)
	}
	t.Logf("%d servers with a leaked watermark, %d facts", seeds, len(all))
}

func TestMalwareBazaarAgainstSignatures(t *testing.T) {
	w := workspace(t)
	if err := w.Open(t.TempDir(), Needs{Corpus: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	r := casesOf(t, w, "malwarebazaar")
	m := r.measure(t, "", r.labels, r.campaigns, pivot.Options{})
	// One import hash or fuzzy digest is a lead, whatever the store; a second
	// family of evidence is not in these rows.
	if right, wrong := trusted(m); right < wrong {
		t.Errorf("high and medium are right in %d of %d", right, right+wrong)
	}
	if right, wrong := m.Right[score.Low], m.Wrong[score.Low]; right == 0 || right < wrong {
		t.Errorf("leads are right in %d of %d", right, right+wrong)
	}
}
