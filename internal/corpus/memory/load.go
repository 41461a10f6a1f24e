package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"clew/internal/corpus"
	"clew/internal/observable"
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
	sum   corpus.Import
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
	if !l.seen.add(o, "") {
		l.sum.Merged++
	}
	l.rows = append(l.rows, o)
	return nil
}

func (l *loader) Commit(entry corpus.Import) (corpus.Import, error) {
	if l.done {
		return corpus.Import{}, errLoadDone
	}
	entry, err := corpus.NormalImport(entry)
	if err != nil {
		return corpus.Import{}, err
	}
	entry.Kept, entry.Merged, entry.Coverage = l.sum.Kept, l.sum.Merged, l.seen.coverage()
	err = l.store.write(l.ctx, func() error {
		if slices.ContainsFunc(l.store.imports, func(i corpus.Import) bool { return i.ID == entry.ID }) {
			return fmt.Errorf("%s: %w", entry.ID, corpus.ErrImported)
		}
		for _, o := range l.rows {
			l.store.add(o, entry.ID)
		}
		l.store.imports = append(l.store.imports, entry)
		slices.SortFunc(l.store.imports, corpus.CompareImports)
		return nil
	})
	if err != nil {
		return corpus.Import{}, err
	}
	entry.Coverage = slices.Clone(entry.Coverage)
	return entry, l.Close()
}

func (l *loader) Close() error {
	l.done, l.rows, l.seen = true, nil, nil
	return nil
}

// coverage counts what the store holds.
func (s *Store) coverage() []corpus.Coverage {
	type group struct {
		subject  observable.Value
		relation observation.Relation
	}
	var tally corpus.Tally
	known := map[group]bool{}
	for key, l := range s.links {
		g := group{key.subject, key.relation}
		tally.Add(key.relation, key.subject.Kind(), l.merged().Window, !known[g])
		known[g] = true
	}
	return tally.Coverage()
}

// Imports implements [corpus.Register].
func (s *Store) Imports(ctx context.Context) ([]corpus.Import, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	all := slices.Clone(s.imports)
	for i := range all {
		all[i].Coverage = slices.Clone(all[i].Coverage)
	}
	return all, nil
}

// RemoveImport implements [corpus.Register].
func (s *Store) RemoveImport(ctx context.Context, id string) error {
	return s.write(ctx, func() error {
		at := slices.IndexFunc(s.imports, func(i corpus.Import) bool { return i.ID == id })
		if at < 0 {
			return fmt.Errorf("%s: %w", id, corpus.ErrNoImport)
		}
		s.imports = slices.Delete(s.imports, at, at+1)
		for key, l := range s.links {
			if delete(l.parts, id); len(l.parts) == 0 {
				s.drop(key, l)
			}
		}
		return nil
	})
}

// drop forgets a link that nobody says any more.
func (s *Store) drop(key fact, l *link) {
	delete(s.links, key)
	forget(s.bySubject, key.subject, l)
	forget(s.byObject, key.object, l)
}

func forget(side map[observable.Value][]*link, v observable.Value, l *link) {
	left := slices.DeleteFunc(side[v], func(other *link) bool { return other == l })
	if side[v] = left; len(left) == 0 {
		delete(side, v)
	}
}
