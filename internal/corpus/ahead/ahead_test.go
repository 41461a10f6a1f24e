package ahead

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// counting answers every question with what was asked, and counts them.
type counting struct {
	corpus.Reader
	now, most, asked atomic.Int64
	fails            atomic.Bool
}

var errAway = errors.New("the corpus is away")

func (c *counting) ask() error {
	c.asked.Add(1)
	now := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
	}
	time.Sleep(5 * time.Millisecond)
	if c.fails.Load() {
		return errAway
	}
	return nil
}

func (c *counting) Objects(_ context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error) {
	links := []corpus.Link{{Subject: subject, Count: uint64(limit)}}
	for _, r := range relations {
		links = append(links, corpus.Link{Subject: subject, Relation: r})
	}
	return links, len(relations) > 0, c.ask()
}

func (c *counting) Subjects(_ context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error) {
	return []corpus.Link{{Object: object, Relation: relation, Count: uint64(limit)}}, true, c.ask()
}

func (c *counting) Holders(_ context.Context, relation observation.Relation, _ observable.Value, limit int) (corpus.Count, error) {
	return corpus.Count{N: uint64(relation)*1000 + uint64(limit)}, c.ask()
}

func (c *counting) Totals(_ context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error) {
	return []corpus.Total{{Relation: relation, Object: object}}, c.ask()
}

func domain(t *testing.T, name string) observable.Value {
	t.Helper()
	v, err := observable.New(observable.Domain, name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// questions asks one of every kind, and what the same kind is not to be mixed up with.
func questions(ctx context.Context, r corpus.Reader, v observable.Value) (answers []any, err error) {
	for _, ask := range []func() (any, bool, error){
		func() (any, bool, error) { return three(r.Objects(ctx, v, 10)) },
		func() (any, bool, error) { return three(r.Objects(ctx, v, 11)) },
		func() (any, bool, error) { return three(r.Objects(ctx, v, 10, observation.Names)) },
		func() (any, bool, error) { return three(r.Objects(ctx, v, 10, observation.Names, observation.Key)) },
		func() (any, bool, error) { return three(r.Subjects(ctx, observation.Names, v, 10)) },
		func() (any, bool, error) { return three(r.Subjects(ctx, observation.Key, v, 10)) },
		func() (any, bool, error) { return two(r.Holders(ctx, observation.Names, v, 10)) },
		func() (any, bool, error) { return two(r.Holders(ctx, observation.Names, v, 12)) },
		func() (any, bool, error) { return two(r.Totals(ctx, observation.Names, v)) },
	} {
		answer, more, err := ask()
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer, more)
	}
	return answers, nil
}

const asksEach = 9

func three[T any](a T, more bool, err error) (any, bool, error) { return a, more, err }
func two[T any](a T, err error) (any, bool, error)              { return a, false, err }

func TestWhatWasForeseenIsAnsweredAsWithout(t *testing.T) {
	ctx := t.Context()
	under := &counting{}
	r := New(under, 4)
	var values []observable.Value
	for _, name := range []string{"one.example", "two.example", "three.example", "four.example", "five.example"} {
		values = append(values, domain(t, name))
	}
	r.Foresee(ctx, len(values), func(ctx context.Context, i int, from corpus.Reader) error {
		_, err := questions(ctx, from, values[i])
		return err
	})
	foreseen := under.asked.Load()
	if foreseen != int64(len(values)*asksEach) || under.most.Load() < 2 || under.most.Load() > 4 {
		t.Fatalf("%d asked, %d at once; want %d, 2 to 4", foreseen, under.most.Load(), len(values)*asksEach)
	}
	for _, v := range values {
		got, err := questions(ctx, r, v)
		if err != nil {
			t.Fatal(err)
		}
		want, err := questions(ctx, &counting{}, v)
		if err != nil || !equal(got, want) {
			t.Errorf("%s: %v, without foresight %v (%v)", v, got, want, err)
		}
	}
	if now := under.asked.Load(); now != foreseen {
		t.Errorf("%d asked again although they were foreseen", now-foreseen)
	}
	if _, err := questions(ctx, r, values[0]); err != nil || under.asked.Load() != foreseen+asksEach {
		t.Errorf("an answer is given twice: %d asked, %v", under.asked.Load()-foreseen, err)
	}
}

func equal(a, b []any) bool {
	return slices.EqualFunc(a, b, func(x, y any) bool {
		if xs, ok := x.([]corpus.Link); ok {
			ys, ok := y.([]corpus.Link)
			return ok && slices.EqualFunc(xs, ys, func(l, m corpus.Link) bool {
				return l.Subject == m.Subject && l.Object == m.Object && l.Relation == m.Relation && l.Count == m.Count
			})
		}
		if xs, ok := x.([]corpus.Total); ok {
			ys, ok := y.([]corpus.Total)
			return ok && slices.Equal(xs, ys)
		}
		return x == y
	})
}

// TestForeseenTwiceIsAskedOnce has several foresee the same, one after the other.
func TestForeseenTwiceIsAskedOnce(t *testing.T) {
	ctx := t.Context()
	under := &counting{}
	r := New(under, 1)
	v := domain(t, "one.example")
	r.Foresee(ctx, 3, func(ctx context.Context, _ int, from corpus.Reader) error {
		_, _, err := from.Objects(ctx, v, 10)
		return err
	})
	for range 3 {
		links, _, err := r.Objects(ctx, v, 10)
		if err != nil || len(links) != 1 || links[0].Count != 10 {
			t.Fatalf("%+v, %v", links, err)
		}
		links[0].Count = 0 // whoever has an answer may write into it
	}
	if asked := under.asked.Load(); asked != 1 {
		t.Errorf("asked %d times; want once", asked)
	}
	if _, _, err := r.Objects(ctx, v, 10); err != nil || under.asked.Load() != 2 {
		t.Errorf("asked %d times the fourth time it is needed, %v; want again", under.asked.Load(), err)
	}
}

func TestForgottenAndFailedIsAsked(t *testing.T) {
	ctx := t.Context()
	under := &counting{}
	r := New(under, 2)
	v := domain(t, "one.example")
	foresee := func() {
		r.Foresee(ctx, 1, func(ctx context.Context, _ int, from corpus.Reader) error {
			_, err := questions(ctx, from, v)
			return err
		})
	}
	foresee()
	r.Forget()
	if _, err := questions(ctx, r, v); err != nil || under.asked.Load() != 2*asksEach {
		t.Errorf("%d asked, %v; want %d", under.asked.Load(), err, 2*asksEach)
	}
	under.fails.Store(true)
	foresee()
	if _, err := questions(ctx, r, v); !errors.Is(err, errAway) {
		t.Errorf("%v; want that it is away", err)
	}
	under.fails.Store(false)
	if _, err := questions(ctx, r, v); err != nil {
		t.Errorf("what failed when it was foreseen fails still: %v", err)
	}
}

func TestForesightEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := New(&counting{}, 2)
	var begun sync.Once
	r.Foresee(ctx, 1000, func(ctx context.Context, _ int, _ corpus.Reader) error {
		begun.Do(cancel)
		<-ctx.Done()
		return ctx.Err()
	})
}
