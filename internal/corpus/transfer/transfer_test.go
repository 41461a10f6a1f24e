package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/embedded"
	"clew/internal/corpus/memory"
	"clew/internal/corpus/transfer"
	"clew/internal/observable"
	"clew/internal/observation"

	"github.com/google/go-cmp/cmp"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

func resolves(name, address, source string, first, last time.Time) observation.Observation {
	return observation.Observation{
		Subject: observable.Must(observable.Domain, name), Relation: observation.ResolvesTo, Object: observable.Must(observable.IP, address),
		Window: observation.Window{First: first, Last: last}, Count: 3, Source: source,
	}
}

func load(t *testing.T, store corpus.Store, id string, observations ...observation.Observation) {
	t.Helper()
	l, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range observations {
		if err := l.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Commit(corpus.Import{ID: id, Name: "name of " + id, Format: "cof", At: day(9), Read: 7}); err != nil {
		t.Fatal(err)
	}
}

// full is a corpus with imports, rows of none, totals and answers.
func full(t *testing.T) *embedded.Store {
	t.Helper()
	store, err := embedded.Open(t.TempDir(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	shared := resolves("a.example", "192.0.2.1", "one", day(2), day(3))
	shared.Evidence = "sha256:" + strings.Repeat("ab", 32)
	for n := range 20 { // more imports than one pass moves
		load(t, store, fmt.Sprintf("import-%d", n), shared, resolves(fmt.Sprintf("n%d.example", n), "192.0.2.1", "two", day(1), day(n+1)))
	}
	put := resolves("a.example", "192.0.2.1", "three", day(9), time.Time{})
	crossed := put
	crossed.First, crossed.Last, crossed.Source, crossed.Count = time.Time{}, day(1), "four", 1
	for _, o := range []observation.Observation{put, crossed} {
		if err := store.Put(t.Context(), []observation.Observation{o}); err != nil {
			t.Fatal(err)
		}
	}
	total := corpus.Total{Relation: put.Relation, Object: put.Object, N: 9, Source: "provider", AsOf: day(4)}
	answer := corpus.Answer{Source: "provider", About: put.Subject, At: day(4), Until: day(5), Detail: []byte("x")}
	if err := errors.Join(store.PutTotals(t.Context(), []corpus.Total{total}), store.PutAnswers(t.Context(), []corpus.Answer{answer})); err != nil {
		t.Fatal(err)
	}
	return store
}

// said is what a store answers about the values of full.
func said(t *testing.T, store corpus.Store) string {
	t.Helper()
	name, address := observable.Must(observable.Domain, "a.example"), observable.Must(observable.IP, "192.0.2.1")
	links, _, err := store.Subjects(t.Context(), observation.ResolvesTo, address, 0)
	objects, _, err2 := store.Objects(t.Context(), name, 0)
	totals, err3 := store.Totals(t.Context(), observation.ResolvesTo, address)
	answers, err4 := store.Answers(t.Context(), name)
	population, err5 := store.Population(t.Context(), observation.ResolvesTo)
	if err := errors.Join(err, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%+v", links, objects, totals, answers, population), "} {", "}\n{")
}

func push(t *testing.T, from transfer.Source, to corpus.Store) transfer.Summary {
	t.Helper()
	sum, err := transfer.Push(t.Context(), from, to, transfer.Options{OwnID: transfer.OwnID("host", "folder"), OwnName: "host", At: day(10)})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestPushMovesEverythingOnce(t *testing.T) {
	from, to := full(t), memory.New()
	sum := push(t, from, to)
	if sum.Pushed != 21 || sum.There != 0 || sum.Totals != 1 || sum.Answers != 1 {
		t.Errorf("first push: %+v", sum)
	}
	if diff := cmp.Diff(said(t, from), said(t, to)); diff != "" {
		t.Errorf("answers (-source +target):\n%s", diff)
	}
	if sum := push(t, from, to); sum.Pushed != 0 || sum.There != 21 || sum.Observations != 0 {
		t.Errorf("second push: %+v", sum)
	}
	more := resolves("later.example", "192.0.2.1", "five", day(5), day(5))
	if err := from.Put(t.Context(), []observation.Observation{more}); err != nil {
		t.Fatal(err)
	}
	if sum := push(t, from, to); sum.Pushed != 1 || sum.There != 20 {
		t.Errorf("push after something was learnt: %+v", sum)
	}
	if diff := cmp.Diff(said(t, from), said(t, to)); diff != "" {
		t.Errorf("answers after that (-source +target):\n%s", diff)
	}
	for _, store := range []corpus.Store{from, to} {
		if err := store.RemoveImport(t.Context(), "import-3"); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(said(t, from), said(t, to)); diff != "" {
		t.Errorf("answers without an import (-source +target):\n%s", diff)
	}
}

// measuring notes the largest batch of answers, in bytes of detail.
type measuring struct {
	corpus.Store
	largest, batches int
}

func (m *measuring) PutAnswers(ctx context.Context, answers []corpus.Answer) error {
	bytes := 0
	for _, a := range answers {
		bytes += len(a.Detail)
	}
	m.largest, m.batches = max(m.largest, bytes), m.batches+1
	return m.Store.PutAnswers(ctx, answers)
}

// TestLargeAnswersGoInSmallBatches: forty answers of the largest detail are more
// than goes over at once.
func TestLargeAnswersGoInSmallBatches(t *testing.T) {
	from, err := embedded.Open(t.TempDir(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close() //nolint:errcheck // it goes with the test
	for n := range 40 {
		about := observable.Must(observable.Domain, fmt.Sprintf("n%d.example", n))
		answer := corpus.Answer{Source: "provider", About: about, At: day(4), Until: day(5), Detail: make([]byte, corpus.MaxDetail)}
		if err := from.PutAnswers(t.Context(), []corpus.Answer{answer}); err != nil {
			t.Fatal(err)
		}
	}
	to := &measuring{Store: memory.New()}
	if sum := push(t, from, to); sum.Answers != 40 || to.batches < 3 || to.largest > 16*corpus.MaxDetail {
		t.Errorf("%+v; %d batches, the largest of %d bytes", sum, to.batches, to.largest)
	}
}

// failing refuses the load of one import.
type failing struct {
	corpus.Store
	left int
}

func (f *failing) Load(ctx context.Context) (corpus.Loader, error) {
	if f.left--; f.left < 0 {
		return nil, errors.New("the server went away")
	}
	return f.Store.Load(ctx)
}

func TestPushGoesOnWhereItStopped(t *testing.T) {
	from, to := full(t), memory.New()
	sum, err := transfer.Push(t.Context(), from, &failing{to, 11}, transfer.Options{OwnID: "own"})
	if err == nil || sum.Pushed != 8 {
		t.Fatalf("interrupted: %+v, %v", sum, err)
	}
	sum, err = transfer.Push(t.Context(), from, to, transfer.Options{OwnID: "own"})
	if err != nil || sum.There != 8 || sum.Pushed != 13 {
		t.Fatalf("resumed: %+v, %v", sum, err)
	}
	if diff := cmp.Diff(said(t, from), said(t, to)); diff != "" {
		t.Errorf("answers (-source +target):\n%s", diff)
	}
}
