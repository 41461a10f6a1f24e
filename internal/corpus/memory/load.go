package memory

import (
	"context"
	"errors"

	"clew/internal/corpus"
	"clew/internal/observation"
)

var errLoadDone = errors.New("load was committed or closed before")

// Load implements [corpus.Writer].
func (s *Store) Load(ctx context.Context) (corpus.Loader, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	done()
	return &loader{ctx: ctx, store: s, seen: New()}, nil
}

// loader keeps a load aside until it is committed.
type loader struct {
	ctx   context.Context // of the whole load, as the contract says
	store *Store
	rows  []observation.Observation
	seen  *Store // the load alone, to tell duplicates
	sum   corpus.LoadSummary
	done  bool
}

func (l *loader) Add(o observation.Observation) error {
	if l.done {
		return errLoadDone
	}
	done, err := l.store.read(l.ctx)
	if err != nil {
		return err
	}
	done()
	if o, err = corpus.Normal(o); err != nil {
		return err
	}
	l.sum.Kept++
	if !l.seen.add(o) {
		l.sum.Merged++
	}
	l.rows = append(l.rows, o)
	return nil
}

func (l *loader) Commit() (corpus.LoadSummary, error) {
	if l.done {
		return corpus.LoadSummary{}, errLoadDone
	}
	err := l.store.write(l.ctx, func() {
		for _, o := range l.rows {
			l.store.add(o)
		}
	})
	if err != nil {
		return corpus.LoadSummary{}, err
	}
	return l.sum, l.Close()
}

func (l *loader) Close() error {
	l.done, l.rows, l.seen = true, nil, nil
	return nil
}
