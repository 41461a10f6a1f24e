package investigation

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/corpus/memory"
	"clew/internal/eval"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/world"
)

// distant is a corpus that notes how much it is asked, and how much of it at once.
type distant struct {
	corpus.Store
	asked, now, most atomic.Int64
}

// remote is one that says that it is to be asked several questions at once.
type remote struct{ *distant }

func (remote) AtOnce() int { return 4 }

func (d *distant) note() (done func()) {
	d.asked.Add(1)
	now := d.now.Add(1)
	for most := d.most.Load(); now > most && !d.most.CompareAndSwap(most, now); most = d.most.Load() {
	}
	time.Sleep(10 * time.Microsecond) // the network
	return func() { d.now.Add(-1) }
}

func (d *distant) Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error) {
	defer d.note()()
	return d.Store.Objects(ctx, subject, limit, relations...)
}

func (d *distant) Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error) {
	defer d.note()()
	return d.Store.Subjects(ctx, relation, object, limit)
}

func (d *distant) Holders(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (corpus.Count, error) {
	defer d.note()()
	return d.Store.Holders(ctx, relation, object, limit)
}

func (d *distant) Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error) {
	defer d.note()()
	return d.Store.Totals(ctx, relation, object)
}

// bundled runs a case over a corpus and returns all of its record.
func bundled(t *testing.T, store corpus.Store, seed observable.Value) []byte {
	t.Helper()
	w, req := recorded(t, &oracle{})
	w.Corpus = store
	if !seed.IsZero() {
		req.Seeds, req.Asker = []Seed{{Value: seed, Confidence: 100}}, nil
	}
	doc, err := w.Investigate(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Findings) < 5 {
		t.Fatalf("%d findings: nothing to compare", len(doc.Findings))
	}
	var bundle bytes.Buffer
	if err := casefile.WriteBundle(t.Context(), &bundle, w.Cases, doc.Case.ID, "test"); err != nil {
		t.Fatal(err)
	}
	return bundle.Bytes()
}

// TestACorpusAcrossANetworkIsReadAhead holds that it changes nothing in the record
// and asks no more.
func TestACorpusAcrossANetworkIsReadAhead(t *testing.T) {
	made, err := world.New(world.Options{Seed: 1, Observations: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for name, seed := range map[string]observable.Value{
		"what is known":           observable.Must(observable.Domain, made.Operators()[0].Domains[0]),
		"while sources are asked": {},
	} {
		t.Run(name, func(t *testing.T) {
			stores := [2]*distant{{Store: memory.New()}, {Store: memory.New()}}
			for _, store := range stores {
				if _, err := eval.FillWorld(t.Context(), store.Store, made, nil); err != nil {
					t.Fatal(err)
				}
			}
			near, far := bundled(t, stores[0], seed), bundled(t, remote{stores[1]}, seed)
			if !bytes.Equal(near, far) {
				t.Error("the record of a case is another one where the corpus was read ahead")
			}
			one, more := stores[0].asked.Load(), stores[1].asked.Load()
			t.Logf("one by one %d questions, ahead %d, %d at once", one, more, stores[1].most.Load())
			if stores[0].most.Load() != 1 || stores[1].most.Load() < 2 || stores[1].most.Load() > 4 {
				t.Errorf("%d and %d questions at once; want 1, and 2 to 4", stores[0].most.Load(), stores[1].most.Load())
			}
			if more > one+one/50 {
				t.Errorf("%d questions instead of %d", more, one)
			}
		})
	}
}
