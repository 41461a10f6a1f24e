package investigation

import (
	"fmt"
	"testing"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
)

// crowded is a workspace whose corpus has more names with one word than a word
// that nobody counted is taken to have.
func crowded(t *testing.T, more int) *Workspace {
	t.Helper()
	w := workspace(t)
	w.Dir = t.TempDir()
	w.names.lister, w.names.dir = w.Corpus.(corpus.NameLister), w.namesDir()
	t.Cleanup(func() { _ = w.names.close() })
	var facts []observation.Observation
	add := func(name string) {
		facts = append(facts, observation.Observation{
			Subject: observable.Must(observable.Domain, name), Relation: observation.ResolvesTo,
			Object: observable.Must(observable.IP, "192.0.2.7"), Source: "test",
		})
	}
	for i := range score.NameFloor + more {
		add(fmt.Sprintf("zorblatt-%c%c%c%c.test", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i*7%26))
	}
	for _, name := range []string{"quixplom-one.test", "quixplom-two.example", "ab12-cd34x.test", "zx98-qw76v.example"} {
		add(name)
	}
	if err := w.Corpus.Put(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	if err := w.KeepNames(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWordsAreCountedInTheNamesOfTheCorpus(t *testing.T) {
	w := crowded(t, 50)
	look, err := w.Look(t.Context(), observable.Must(observable.Domain, "zorblatt-quixplom.test"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		held uint64
		from string
	}{
		"token zorblatt":     {score.NameFloor + 50, localNames},
		"name-prefix zorbla": {score.NameFloor + 50, localNames},
		"token quixplom":     {score.NameFloor, "floor of an uncounted word"},
	}
	for _, f := range look.Facts {
		expected, ok := want[f.Relation+" "+f.Value]
		if !ok {
			continue
		}
		delete(want, f.Relation+" "+f.Value)
		if f.Holders == nil || *f.Holders != expected.held || f.CountOf != expected.from {
			t.Errorf("%s %s: %v of %q, want %+v", f.Relation, f.Value, f.Holders, f.CountOf, expected)
		}
	}
	if len(want) > 0 {
		t.Errorf("not shown: %v", want)
	}
}

func TestNamesAreCountedAnewWhenMuchIsNew(t *testing.T) {
	w := crowded(t, 50)
	built := w.names.index
	name := observation.Observation{
		Subject: observable.Must(observable.Domain, "another.test"), Relation: observation.ResolvesTo,
		Object: observable.Must(observable.IP, "192.0.2.8"), Source: "test",
	}
	for _, step := range []struct {
		names int
		anew  bool
	}{{20, false}, {200, true}} {
		for i := range step.names {
			name.Subject = observable.Must(observable.Domain, fmt.Sprintf("another%d-%d.test", step.names, i))
			if err := w.Corpus.Put(t.Context(), []observation.Observation{name}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.KeepNames(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if anew := w.names.index != built; anew != step.anew {
			t.Errorf("after %d names more: built anew %v", step.names, anew)
		}
	}
}

// TestCommonShapesNeverScore asks for names of a shape that two names have and of
// one that a thousand have.
func TestCommonShapesNeverScore(t *testing.T) {
	w := crowded(t, 5000)
	index, _, err := w.NameIndex(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.SearchNames(index, nil)
	for name, want := range map[string]string{"ab12-cd34x.test": "zx98-qw76v.example", "quixplim-abcd.test": ""} {
		found, _, err := w.Searches[NamingMethod].Like(t.Context(), observable.Must(observable.Domain, name), pivot.DefaultMaxHolders)
		if err != nil {
			t.Fatal(err)
		}
		var shaped []string
		for _, f := range found {
			if f.Relation != observation.Shape || f.Shared.Text() == "like "+name {
				continue
			}
			if shape := f.Shared.Text(); shape == "aa00-aa00a" || shape == "aaaaaaaa-aaaa" {
				shaped = append(shaped, f.Value.Text())
				if bits, _ := score.Fitted().Bits(score.Match{Relation: f.Relation, Holders: f.Holders, Population: f.Of}, 0); bits <= 0 {
					t.Errorf("%s by %s is worth %.2f bits", f.Value, shape, bits)
				}
			}
		}
		if want == "" && len(shaped) > 0 || want != "" && (len(shaped) != 1 || shaped[0] != want) {
			t.Errorf("%s: by shape %v, want %q", name, shaped, want)
		}
	}
}
