package casefile_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/corpus/memory"
	"clew/internal/observable"
	"clew/internal/observation"
)

var (
	evil    = observable.Must(observable.Domain, "evil.example")
	www     = observable.Must(observable.Domain, "www.evil.example")
	address = observable.Must(observable.IP, "203.0.113.7")
	title   = observable.Must(observable.Title, `"Log in" <b>& more</b> \ 例え`)
)

func smallCorpus(t *testing.T) *memory.Store {
	t.Helper()
	store := memory.New()
	saw := func(subject observable.Value, relation observation.Relation, object observable.Value, w observation.Window, evidence string) observation.Observation {
		return observation.Observation{Subject: subject, Relation: relation, Object: object, Window: w, Count: 3, Source: "pdns", Evidence: evidence}
	}
	known := observation.Window{First: day(1, 2), Last: day(2, 11)}
	err := store.Put(t.Context(), []observation.Observation{
		saw(evil, observation.ResolvesTo, address, known, "sha256:"+casefile.DigestOf(nil)),
		saw(www, observation.ResolvesTo, address, observation.Window{Last: day(3, 1)}, ""),
		saw(evil, observation.Title, title, observation.Window{}, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	err = store.PutTotals(t.Context(), []corpus.Total{{
		Relation: observation.ResolvesTo, Object: address, N: 41, Source: "pdns", AsOf: morning.Add(123 * time.Millisecond),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// askEverything asks a corpus one question of each sort, and a few that have no
// answer, and returns what it said.
func askEverything(ctx context.Context, c corpus.Reader) (said []any, err error) {
	var errs []error
	tell := func(v any, more bool, err error) {
		said = append(said, v, more)
		errs = append(errs, err)
	}
	links := func(l []corpus.Link, more bool, err error) { tell(l, more, err) }
	values := func(v []observable.Value, more bool, err error) { tell(v, more, err) }
	links(c.Objects(ctx, evil, 10))
	links(c.Objects(ctx, evil, 1, observation.ResolvesTo, observation.Title))
	links(c.Objects(ctx, address, 0, observation.PTR))
	links(c.Subjects(ctx, observation.ResolvesTo, address, 1))
	count, err := c.Holders(ctx, observation.ResolvesTo, address, 500)
	tell(count, false, err)
	totals, err := c.Totals(ctx, observation.ResolvesTo, address)
	tell(totals, false, err)
	totals, err = c.Totals(ctx, observation.Title, title)
	tell(totals, false, err)
	values(c.Subdomains(ctx, evil, 10))
	values(c.InRange(ctx, netip.MustParsePrefix("203.0.113.0/24"), 10))
	values(c.InRange(ctx, netip.MustParsePrefix("2001:db8::/32"), 10))
	population, err := c.Population(ctx, observation.ResolvesTo)
	tell(population, false, err)
	return said, errors.Join(errs...)
}

func recordedReads(t *testing.T) *casefile.RecordingReader {
	t.Helper()
	recorder := casefile.NewRecordingReader(smallCorpus(t))
	if _, err := askEverything(t.Context(), recorder); err != nil {
		t.Fatal(err)
	}
	return recorder
}

func TestAReplayAnswersAsTheCorpusDid(t *testing.T) {
	want, err := askEverything(t.Context(), smallCorpus(t))
	if err != nil {
		t.Fatal(err)
	}
	recorder := recordedReads(t)
	reads, err := casefile.ReadReads(recorder.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got, err := askEverything(t.Context(), reads.Final())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, values); diff != "" {
		t.Errorf("(-corpus +replay):\n%s", diff)
	}
	if reads.Len() != recorder.Len() || recorder.Len() != 11 {
		t.Errorf("%d questions recorded, %d read back, want 11", recorder.Len(), reads.Len())
	}
}

func TestAReplayAnswersNothingElse(t *testing.T) {
	reads, err := casefile.ReadReads(recordedReads(t).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	replay := reads.Final()
	ctx := t.Context()
	_, _, otherValue := replay.Objects(ctx, www, 10)
	_, _, otherLimit := replay.Objects(ctx, evil, 11)
	_, _, otherRelations := replay.Objects(ctx, evil, 1, observation.Title)
	_, otherRelation := replay.Population(ctx, observation.PTR)
	for name, err := range map[string]error{
		"another_value": otherValue, "another_limit": otherLimit, "other_relations": otherRelations, "another_relation": otherRelation,
	} {
		if !errors.Is(err, casefile.ErrNotRead) {
			t.Errorf("%s: %v, want ErrNotRead", name, err)
		}
	}
}

func TestTheOrderOfQuestionsDoesNotShow(t *testing.T) {
	want := recordedReads(t).Bytes()
	recorder := casefile.NewRecordingReader(smallCorpus(t))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := askEverything(t.Context(), recorder); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(string(want), string(recorder.Bytes())); diff != "" {
		t.Errorf("(-one after another +at once):\n%s", diff)
	}
}

func TestTheLastAnswerCounts(t *testing.T) {
	store := smallCorpus(t)
	recorder := casefile.NewRecordingReader(store)
	ctx := t.Context()
	if _, err := recorder.Holders(ctx, observation.ResolvesTo, address, 0); err != nil {
		t.Fatal(err)
	}
	third := observation.Observation{Subject: observable.Must(observable.Domain, "more.example"), Relation: observation.ResolvesTo, Object: address, Count: 1, Source: "pdns"}
	if err := store.Put(ctx, []observation.Observation{third}); err != nil {
		t.Fatal(err)
	}
	want, err := recorder.Holders(ctx, observation.ResolvesTo, address, 0)
	if err != nil || want.N != 3 {
		t.Fatalf("holders = %+v, %v; want 3", want, err)
	}
	reads, err := casefile.ReadReads(recorder.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := reads.Final().Holders(ctx, observation.ResolvesTo, address, 0); err != nil || got != want {
		t.Errorf("replayed %+v, %v; want %+v", got, err, want)
	}
}

// broken is a corpus that cannot be read.
type broken struct{ corpus.Reader }

var errBroken = errors.New("broken")

func (broken) Population(context.Context, observation.Relation) (corpus.Population, error) {
	return corpus.Population{}, errBroken
}

func TestAFailedAnswerIsNoAnswer(t *testing.T) {
	recorder := casefile.NewRecordingReader(broken{})
	if _, err := recorder.Population(t.Context(), observation.PTR); !errors.Is(err, errBroken) {
		t.Errorf("population: %v, want the corpus's own error", err)
	}
	if n := recorder.Len(); n != 0 {
		t.Errorf("%d answers recorded, want none", n)
	}
}

func FuzzReadReads(f *testing.F) {
	recorder := casefile.NewRecordingReader(memory.New())
	if _, err := askEverything(f.Context(), recorder); err != nil {
		f.Fatal(err)
	}
	f.Add(recorder.Bytes())
	f.Add([]byte(`{"ask":"objects","of":"domain:evil.example","limit":10,"answer":{"links":[{"subject":"x"}]}}` + "\n"))
	f.Add([]byte(`{"ask":"population","relation":"resolves-to","limit":0,"answer":[1]}` + "\n"))
	f.Fuzz(func(t *testing.T, recording []byte) {
		reads, err := casefile.ReadReads(recording)
		if err != nil {
			if !errors.Is(err, casefile.ErrDamaged) {
				t.Errorf("%v, want ErrDamaged", err)
			}
			return
		}
		_, err = askEverything(t.Context(), reads.Final())
		if err != nil && !errors.Is(err, casefile.ErrNotRead) && !errors.Is(err, casefile.ErrDamaged) {
			t.Errorf("%v, want ErrNotRead or ErrDamaged", err)
		}
	})
}

func BenchmarkRecordLinks(b *testing.B) {
	links := make([]corpus.Link, 500)
	for i := range links {
		links[i] = corpus.Link{
			Subject: evil, Relation: observation.ResolvesTo, Object: address, Count: 3, Sources: []string{"pdns"},
			Window: observation.Window{First: day(1, 2), Last: day(2, 11)},
		}
	}
	recorder := casefile.NewRecordingReader(fixed{links: links})
	for b.Loop() {
		if _, _, err := recorder.Subjects(b.Context(), observation.ResolvesTo, address, 500); err != nil {
			b.Fatal(err)
		}
	}
}

// fixed answers with the same links each time.
type fixed struct {
	corpus.Reader
	links []corpus.Link
}

func (f fixed) Subjects(context.Context, observation.Relation, observable.Value, int) ([]corpus.Link, bool, error) {
	return f.links, false, nil
}
