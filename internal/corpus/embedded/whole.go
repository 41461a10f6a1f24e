package embedded

import (
	"context"
	"errors"

	"clew/internal/corpus"
	"clew/internal/corpus/valuekey"

	"github.com/cockroachdb/pebble/v2"
)

var _ corpus.Whole = (*Store)(nil)

// EachPart implements [corpus.Whole].
func (s *Store) EachPart(ctx context.Context, visit func(of string, part corpus.Link) error) error {
	ids := map[uint32]string{0: ""}
	s.imports.mu.RLock()
	for id, entry := range s.imports.all {
		ids[entry.number] = id
	}
	s.imports.mu.RUnlock()
	var stored parts
	return s.walk(ctx, forwardSpace, func(key, value []byte) error {
		link, err := linkOfKey(key)
		if err != nil {
			return err
		}
		if err := stored.read(value, s.sources); err != nil {
			return err
		}
		for i := range stored.rows {
			r := &stored.rows[i]
			id, known := ids[s.sources.importOf(r)]
			if !known {
				continue // of an import committed since the walk began
			}
			part, err := s.complete(link, r)
			if err != nil {
				return err
			}
			if err := visit(id, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// linkOfKey reads a forward key without its space.
func linkOfKey(key []byte) (link corpus.Link, err error) {
	if link.Subject, err = valuekey.Read(key); err != nil {
		return link, err
	}
	relation, rest, err := cutRelation(key[valuekey.Len(key):])
	if err != nil {
		return link, err
	}
	link.Relation = relation
	link.Object, err = valuekey.Read(rest)
	return link, err
}

// EachTotal implements [corpus.Whole].
func (s *Store) EachTotal(ctx context.Context, visit func(corpus.Total) error) error {
	return s.walk(ctx, totalSpace, func(key, value []byte) error {
		object, err := valuekey.Read(key)
		if err != nil {
			return err
		}
		relation, source, err := cutRelation(key[valuekey.Len(key):])
		if err != nil {
			return err
		}
		t := corpus.Total{Relation: relation, Object: object, Source: string(source)}
		if t.N, t.AsOf, err = readTotal(value); err != nil {
			return err
		}
		return visit(t)
	})
}

// EachAnswer implements [corpus.Whole].
func (s *Store) EachAnswer(ctx context.Context, visit func(corpus.Answer) error) error {
	return s.walk(ctx, answerSpace, func(key, value []byte) error {
		about, err := valuekey.Read(key)
		if err != nil {
			return err
		}
		answers, err := readAnswers(about, value)
		if err != nil {
			return err
		}
		for _, a := range answers {
			if err := visit(a); err != nil {
				return err
			}
		}
		return nil
	})
}

// walk visits a whole space as it is now; key comes without the space.
func (s *Store) walk(ctx context.Context, space byte, visit func(key, value []byte) error) (err error) {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
	if err != nil {
		return s.explain(err)
	}
	defer func() { err = s.explain(errors.Join(err, it.Close())) }()
	for n := 1; n == 1 && it.First() || n > 1 && it.Next(); n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := visit(it.Key()[1:], it.Value()); err != nil {
			return err
		}
	}
	return it.Error()
}

// complete fills in a link what a row says.
func (s *Store) complete(link corpus.Link, r *row) (corpus.Link, error) {
	link.Window, link.Count = r.window(), r.count
	var err error
	if link.Sources, err = s.sources.named(r.sources); err != nil {
		return link, err
	}
	for _, digest := range r.evidence {
		link.Evidence = append(link.Evidence, corpus.DigestText(digest))
	}
	return link, nil
}
