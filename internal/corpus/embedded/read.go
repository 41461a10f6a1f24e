package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/valuekey"
	"clew/internal/observable"
	"clew/internal/observation"

	"github.com/cockroachdb/pebble/v2"
)

// checkEvery is how many keys a scan reads between two looks at its context.
const checkEvery = 1024

// Objects implements [corpus.Reader].
func (s *Store) Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) (links []corpus.Link, more bool, err error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	c := collector{store: s, limit: corpus.ResultLimit(limit)}
	prefix := startKey(forwardSpace, subject)
	visit := func(key, value []byte) (bool, error) {
		relation, rest, err := cutRelation(key[len(prefix):])
		if err != nil {
			return false, err
		}
		object, err := valuekey.Read(rest)
		if err != nil {
			return false, err
		}
		return c.take(corpus.Link{Subject: subject, Relation: relation, Object: object}, value)
	}
	if len(relations) == 0 {
		err = s.scan(ctx, prefix, visit)
		return c.links, c.more, err
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(relations)))
	for i := 0; i < len(wanted) && err == nil && !c.more; i++ {
		err = s.scan(ctx, append(slices.Clip(prefix), byte(wanted[i])), visit)
	}
	return c.links, c.more, err
}

// Subjects implements [corpus.Reader].
func (s *Store) Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (links []corpus.Link, more bool, err error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	c := collector{store: s, limit: corpus.ResultLimit(limit)}
	prefix := append(startKey(reverseSpace, object), byte(relation))
	err = s.scan(ctx, prefix, func(key, value []byte) (bool, error) {
		subject, err := valuekey.Read(key[len(prefix):])
		if err != nil {
			return false, err
		}
		return c.take(corpus.Link{Subject: subject, Relation: relation, Object: object}, value)
	})
	return c.links, c.more, err
}

// Sightings visits the window and count of each link that leads to object under
// relation, in the order of subjects, until visit wants no more. It builds no
// subjects: for objects of which so many things hang that only their times matter.
func (s *Store) Sightings(ctx context.Context, relation observation.Relation, object observable.Value, visit func(w observation.Window, count uint64) (goOn bool)) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	var r wholeRow
	prefix := append(startKey(reverseSpace, object), byte(relation))
	return s.scan(ctx, prefix, func(_, value []byte) (bool, error) {
		if err := r.read(value); err != nil {
			return false, err
		}
		return visit(r.window(), r.count), nil
	})
}

// Holders implements [corpus.Reader]. The count is exact: the store keeps those
// of objects with many subjects, and counts the keys of the others.
func (s *Store) Holders(ctx context.Context, relation observation.Relation, object observable.Value, _ int) (corpus.Count, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return corpus.Count{}, err
	}
	defer done()
	prefix := append(startKey(reverseSpace, object), byte(relation))
	n, known, err := s.keptHolders(holdersKey(prefix))
	if err != nil || known {
		return corpus.Count{N: n}, s.explain(err)
	}
	n, err = s.countHolders(ctx, prefix)
	return corpus.Count{N: n}, err
}

// keptHolders returns the kept count of an object, if there is one.
func (s *Store) keptHolders(key []byte) (n uint64, known bool, err error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	n, err = readCount(value)
	return n, true, errors.Join(err, closer.Close())
}

// countHolders counts keys. An object that grew heavy in small steps has no
// kept count yet; it gets one unless somebody is writing just now.
func (s *Store) countHolders(ctx context.Context, prefix []byte) (n uint64, err error) {
	keep := !s.opts.ReadOnly && s.failure.why() == nil
	if keep {
		select {
		case s.writing <- struct{}{}: // the count must not be outdated when it is kept
			defer func() { <-s.writing }()
		default:
			keep = false
		}
	}
	err = s.scan(ctx, prefix, func(_, _ []byte) (bool, error) {
		n++
		return true, nil
	})
	if err != nil || n < heavyHolders || !keep {
		return n, err
	}
	// The count may be lost again, so that its question does not wait for the disk.
	err = s.failure.run(func() error {
		return s.db.Set(holdersKey(prefix), encodeCount(n), pebble.NoSync)
	})
	return n, s.explain(err)
}

// Totals implements [corpus.Reader].
func (s *Store) Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var totals []corpus.Total
	prefix := append(startKey(totalSpace, object), byte(relation))
	err = s.scan(ctx, prefix, func(key, value []byte) (bool, error) {
		t := corpus.Total{Relation: relation, Object: object, Source: string(key[len(prefix):])}
		var err error
		t.N, t.AsOf, err = readTotal(value)
		totals = append(totals, t)
		return true, err
	})
	slices.SortFunc(totals, corpus.CompareTotals)
	return totals, err
}

// A total's value is its number and, where known, its date in seconds since 1970.
func appendTotal(dst []byte, t corpus.Total) []byte {
	dst = binary.AppendUvarint(dst, t.N)
	if !t.AsOf.IsZero() {
		dst = binary.AppendVarint(dst, t.AsOf.Unix())
	}
	return dst
}

func readTotal(value []byte) (n uint64, asOf time.Time, err error) {
	d := decoder{data: value}
	n = d.uvarint()
	if len(d.data) > 0 {
		asOf = time.Unix(d.varint(), 0).UTC()
	}
	if d.bad || len(d.data) > 0 {
		return 0, time.Time{}, fmt.Errorf("%w: total %q", errRow, value)
	}
	return n, asOf, nil
}

// Population implements [corpus.Reader]. The counts are exact.
func (s *Store) Population(ctx context.Context, relation observation.Relation) (corpus.Population, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return corpus.Population{}, err
	}
	defer done()
	return s.populations.of(relation), nil
}

// scan visits the keys that start with prefix, in order, until visit wants no
// more. prefix holds at least one whole value.
func (s *Store) scan(ctx context.Context, prefix []byte, visit func(key, value []byte) (goOn bool, err error)) error {
	it, err := s.cursors.get()
	if err != nil {
		return s.explain(err)
	}
	goOn := it.SeekPrefixGE(prefix)
	for n := 1; goOn && bytes.HasPrefix(it.Key(), prefix); n++ {
		if goOn, err = visit(it.Key(), it.Value()); err != nil {
			break
		}
		if n%checkEvery == 0 && ctx.Err() != nil {
			err = ctx.Err()
			break
		}
		goOn = goOn && it.Next()
	}
	return s.explain(errors.Join(err, s.cursors.put(it)))
}

// collector builds the links of an answer.
type collector struct {
	store *Store
	limit int
	row   wholeRow
	links []corpus.Link
	more  bool
}

// take completes a link from its row; goOn is false once the limit is passed.
func (c *collector) take(link corpus.Link, value []byte) (goOn bool, err error) {
	if len(c.links) == c.limit {
		c.more = true
		return false, nil
	}
	if err := c.row.read(value); err != nil {
		return false, err
	}
	if link, err = c.store.complete(link, &c.row.row); err != nil {
		return false, err
	}
	if c.links == nil {
		c.links = make([]corpus.Link, 0, min(c.limit, 4))
	}
	c.links = append(c.links, link)
	return true, nil
}
