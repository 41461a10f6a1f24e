// Package ahead asks a corpus across a network several questions at once. Whoever
// reads one thing after the other waits for the network and the server each time;
// told what will be read next, a [Reader] has the answers when they are asked for.
package ahead

import (
	"context"
	"slices"
	"sync"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"

	"golang.org/x/sync/errgroup"
)

// A Reader answers as its corpus does. What was foreseen is kept until it was asked
// for as often as foreseen, or forgotten; everything else is asked when it is. It is safe for
// several goroutines.
type Reader struct {
	answering
	atOnce int

	mu   sync.Mutex
	kept map[question]kept // guarded by mu
}

// kept is an answer, and how often it will be asked for.
type kept struct {
	answer
	times int
}

var _ corpus.Reader = (*Reader)(nil)

// New returns a reader of c that asks it so many questions at once.
func New(c corpus.Reader, atOnce int) *Reader {
	r := &Reader{atOnce: atOnce}
	r.answering = answering{c, r.take}
	r.Forget()
	return r
}

// Foresee calls read for 0 to n-1, some at once, with a reader whose questions are
// asked now and kept. It returns when all are answered. A question that fails is no
// error here: it fails, or does not, when it is asked for.
func (r *Reader) Foresee(ctx context.Context, n int, read func(ctx context.Context, i int, from corpus.Reader) error) {
	now := answering{r.Reader, r.keep}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(r.atOnce)
	for i := range n {
		all.Go(func() error { return read(ctx, i, now) })
	}
	_ = all.Wait() // what was answered is kept; the rest says why it is not when it is asked for
}

// Forget drops what was foreseen: the corpus may have changed.
func (r *Reader) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = map[question]kept{}
}

// keep asks, unless another foresaw the same, and keeps the answer.
func (r *Reader) keep(q question, ask func() (answer, error)) (answer, error) {
	r.mu.Lock()
	k, ok := r.kept[q]
	r.mu.Unlock()
	if !ok {
		var err error
		if k.answer, err = ask(); err != nil {
			return answer{}, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept[q] = kept{k.answer, r.kept[q].times + 1}
	return k.answer.copied(), nil
}

// take returns the answer that was kept, or asks.
func (r *Reader) take(q question, ask func() (answer, error)) (answer, error) {
	r.mu.Lock()
	k, ok := r.kept[q]
	if k.times--; k.times > 0 {
		r.kept[q] = k
	} else {
		delete(r.kept, q)
	}
	r.mu.Unlock()
	if ok {
		return k.answer.copied(), nil
	}
	return ask()
}

// copied is the answer for one who may sort it, or write into it.
func (a answer) copied() answer {
	a.links, a.totals = slices.Clone(a.links), slices.Clone(a.totals)
	return a
}

// question is what may be foreseen, comparable.
type question struct {
	ask       string
	of        observable.Value
	relation  observation.Relation
	limit     int
	relations string // a byte each
}

type answer struct {
	links  []corpus.Link
	more   bool
	count  corpus.Count
	totals []corpus.Total
}

// answering has questions answered by way of something that may have the answer.
type answering struct {
	corpus.Reader
	by func(q question, ask func() (answer, error)) (answer, error)
}

// Objects implements [corpus.Reader].
func (r answering) Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error) {
	numbers := make([]byte, len(relations))
	for i, relation := range relations {
		numbers[i] = byte(relation)
	}
	a, err := r.by(question{ask: "objects", of: subject, limit: limit, relations: string(numbers)}, func() (a answer, err error) {
		a.links, a.more, err = r.Reader.Objects(ctx, subject, limit, relations...)
		return a, err
	})
	return a.links, a.more, err
}

// Subjects implements [corpus.Reader].
func (r answering) Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error) {
	a, err := r.by(question{ask: "subjects", of: object, relation: relation, limit: limit}, func() (a answer, err error) {
		a.links, a.more, err = r.Reader.Subjects(ctx, relation, object, limit)
		return a, err
	})
	return a.links, a.more, err
}

// Holders implements [corpus.Reader].
func (r answering) Holders(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (corpus.Count, error) {
	a, err := r.by(question{ask: "holders", of: object, relation: relation, limit: limit}, func() (a answer, err error) {
		a.count, err = r.Reader.Holders(ctx, relation, object, limit)
		return a, err
	})
	return a.count, err
}

// Totals implements [corpus.Reader].
func (r answering) Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error) {
	a, err := r.by(question{ask: "totals", of: object, relation: relation}, func() (a answer, err error) {
		a.totals, err = r.Reader.Totals(ctx, relation, object)
		return a, err
	})
	return a.totals, err
}
