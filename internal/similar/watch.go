package similar

import (
	"context"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// A Watched corpus is the corpus it stands before, with indexes of its digests
// beside it that learn of everything written through it.
type Watched struct {
	corpus.Store
	ssdeep, tlsh *digests
}

// Watch puts indexes beside a corpus. Nothing is read before the first question.
func Watch(store corpus.Store) *Watched {
	return &Watched{
		Store:  store,
		ssdeep: &digests{kind: observable.Ssdeep, empty: newSsdeepIndex},
		tlsh:   &digests{kind: observable.TLSH, empty: newTLSHIndex},
	}
}

// Put writes through and takes up new digests.
func (w *Watched) Put(ctx context.Context, observations []observation.Observation) error {
	err := w.Store.Put(ctx, observations)
	if err != nil {
		return err
	}
	for _, o := range observations {
		w.ssdeep.wrote(o.Object)
		w.tlsh.wrote(o.Object)
	}
	return nil
}

// Load begins a bulk load; the indexes are made again after it.
func (w *Watched) Load(ctx context.Context) (corpus.Loader, error) {
	loader, err := w.Store.Load(ctx)
	if err != nil {
		return nil, err
	}
	return &watchedLoad{loader, w}, nil
}

type watchedLoad struct {
	corpus.Loader
	watched *Watched
}

func (l *watchedLoad) Commit(entry corpus.Import) (corpus.Import, error) {
	entry, err := l.Loader.Commit(entry)
	l.watched.reread()
	return entry, err
}

// RemoveImport removes it from the indexes as well.
func (w *Watched) RemoveImport(ctx context.Context, id string) error {
	defer w.reread()
	return w.Store.RemoveImport(ctx, id)
}

func (w *Watched) reread() {
	w.ssdeep.reread()
	w.tlsh.reread()
}
