package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"clew/internal/corpus"
	"clew/internal/observation"

	"github.com/cockroachdb/pebble/v2"
)

// pair is a key and its value.
type pair struct{ key, value []byte }

// Put implements [corpus.Writer]. Counts add up: the same answer put twice is
// counted twice, so whoever asks a provider must not ask, or put, twice.
func (s *Store) Put(ctx context.Context, observations []observation.Observation) error {
	normal := make([]observation.Observation, len(observations))
	for i, o := range observations {
		var err error
		if normal[i], err = corpus.Normal(o); err != nil {
			return fmt.Errorf("observation %d of %d: %w", i+1, len(observations), err)
		}
	}
	return s.write(ctx, func(batch *pebble.Batch) (onDisk func(), err error) {
		rows, err := s.forwardRows(normal)
		if err != nil {
			return nil, err
		}
		joined, err := newForwardJoin(s)
		if err != nil {
			return nil, err
		}
		err = s.putRows(ctx, batch, joined, rows)
		if err := errors.Join(err, joined.close()); err != nil {
			return nil, err
		}
		set := func(key, value []byte) error { return batch.Set(key, value, nil) }
		return func() { s.populations.apply(&joined.gain) }, s.populations.entries(&joined.gain, set)
	})
}

// PutTotals implements [corpus.Writer].
func (s *Store) PutTotals(ctx context.Context, totals []corpus.Total) error {
	newest := map[string]corpus.Total{}
	for _, t := range totals {
		t, err := corpus.NormalTotal(t)
		if err != nil {
			return err
		}
		key := append(startKey(totalSpace, t.Object), byte(t.Relation))
		key = append(key, t.Source...)
		if before, ok := newest[string(key)]; !ok || !before.AsOf.After(t.AsOf) {
			newest[string(key)] = t
		}
	}
	return s.write(ctx, func(batch *pebble.Batch) (onDisk func(), err error) {
		for key, t := range newest {
			older, err := s.storedAsOf([]byte(key), t)
			if err != nil {
				return nil, err
			}
			if older {
				continue
			}
			if err := batch.Set([]byte(key), appendTotal(nil, t), nil); err != nil {
				return nil, err
			}
		}
		return func() {}, nil
	})
}

// storedAsOf reports whether t is older than the total stored under its key.
func (s *Store) storedAsOf(key []byte, t corpus.Total) (older bool, err error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, asOf, err := readTotal(value)
	return asOf.After(t.AsOf), errors.Join(err, closer.Close())
}

// write makes one change that is on disk when it returns nil. onDisk runs then,
// before the next writer starts.
func (s *Store) write(ctx context.Context, change func(*pebble.Batch) (onDisk func(), err error)) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	release, err := s.beginWrite(ctx)
	if err != nil {
		return err
	}
	defer release()
	batch := s.db.NewBatch()
	onDisk, err := change(batch)
	if err == nil {
		err = s.failure.run(func() error { return batch.Commit(pebble.Sync) })
		s.cursors.changed()
	}
	if s.failure.why() != nil {
		return s.explain(err) // the batch may still be in use
	}
	if err == nil {
		onDisk()
	}
	return s.explain(errors.Join(err, batch.Close()))
}

// forwardRows returns the rows of observations in the order of their keys, one
// for each key.
func (s *Store) forwardRows(observations []observation.Observation) ([]pair, error) {
	rows := make([]pair, len(observations))
	var r row
	for i, o := range observations {
		source, err := s.sources.number(origin{name: o.Source})
		if err != nil {
			return nil, err
		}
		r.set(o, source)
		rows[i] = pair{appendForward(nil, o.Subject, o.Relation, o.Object), r.append(nil, false)}
	}
	slices.SortFunc(rows, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
	merger := rowMerger{origins: s.sources}
	distinct := rows[:0]
	for _, next := range rows {
		last := len(distinct) - 1
		if last < 0 || !bytes.Equal(distinct[last].key, next.key) {
			distinct = append(distinct, next)
			continue
		}
		var err error
		if distinct[last].value, err = merger.merge(distinct[last].value, next.value); err != nil {
			return nil, err
		}
	}
	return distinct, nil
}

// putRows writes rows in both directions, and the kept counts of their objects.
func (s *Store) putRows(ctx context.Context, batch *pebble.Batch, joined *forwardJoin, rows []pair) error {
	fresh := map[string]uint64{} // new subjects by the key of their object's count
	for i, row := range rows {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		value, isNew, err := joined.add(row.key, row.value)
		if err != nil {
			return err
		}
		reverse := reversed(nil, row.key)
		if err := errors.Join(batch.Set(row.key, value, nil), batch.Set(reverse, value, nil)); err != nil {
			return err
		}
		if isNew {
			fresh[string(holdersKey(reverse))]++
		}
	}
	for key, n := range fresh {
		kept, known, err := s.keptHolders([]byte(key))
		if err != nil {
			return err
		}
		if !known {
			continue
		}
		if err := batch.Set([]byte(key), encodeCount(kept+n), nil); err != nil {
			return err
		}
	}
	return nil
}
