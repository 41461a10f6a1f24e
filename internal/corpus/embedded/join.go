package embedded

import (
	"bytes"
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// nearSteps is how many keys a join steps over before it seeks: a seek costs
// about as much as that many steps.
const nearSteps = 12

// join walks one space of the store beside keys that are about to be written,
// which come in ascending order.
type join struct {
	it *pebble.Iterator // nil where the space is empty
}

func newJoin(db *pebble.DB, space byte) (*join, error) {
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
	if err != nil {
		return nil, err
	}
	if it.First() {
		return &join{it}, nil
	}
	return &join{}, errors.Join(it.Error(), it.Close())
}

func (j *join) close() error {
	if j.it == nil {
		return nil
	}
	return j.it.Close()
}

// advance moves to the first stored key that is not before key.
func (j *join) advance(key []byte) bool {
	if j.it == nil || !j.it.Valid() {
		return false
	}
	for range nearSteps {
		if bytes.Compare(j.it.Key(), key) >= 0 {
			return true
		}
		if !j.it.Next() {
			return false
		}
	}
	return bytes.Compare(j.it.Key(), key) >= 0 || j.it.SeekGE(key)
}

// find returns what is stored under key, nil where there is nothing.
func (j *join) find(key []byte) ([]byte, error) {
	if j.advance(key) && bytes.Equal(j.it.Key(), key) {
		return j.it.Value(), nil
	}
	return nil, j.err()
}

// holds reports whether any stored key starts with prefix.
func (j *join) holds(prefix []byte) (bool, error) {
	return j.advance(prefix) && bytes.HasPrefix(j.it.Key(), prefix), j.err()
}

func (j *join) err() error {
	if j.it == nil {
		return nil
	}
	return j.it.Error()
}

// forwardJoin merges forward rows with what is stored and counts what is new.
type forwardJoin struct {
	*join
	gain  change
	rows  rowMerger
	group []byte // subject and relation of the row before
	value []byte
}

func newForwardJoin(s *Store) (*forwardJoin, error) {
	existing, err := newJoin(s.db, forwardSpace)
	if err != nil {
		return nil, err
	}
	return &forwardJoin{join: existing, rows: rowMerger{origins: s.sources}}, nil
}

// add takes the next row and returns what is to be stored under its key. It is
// valid until the next call.
func (f *forwardJoin) add(key, value []byte) (merged []byte, isNew bool, err error) {
	n := groupLen(key)
	relation := key[n-1]
	if !bytes.Equal(f.group, key[:n]) {
		f.group = append(f.group[:0], key[:n]...)
		known, err := f.holds(f.group)
		if err != nil {
			return nil, false, err
		}
		if !known {
			f.gain[relation].subjects++
		}
	}
	old, err := f.find(key)
	if err != nil {
		return nil, false, err
	}
	if old == nil {
		f.gain[relation].links++
		return value, true, nil
	}
	f.value, err = f.rows.merge(append(f.value[:0], value...), old)
	return f.value, false, err
}

// reverseJoin merges reverse rows with what is stored and counts the subjects
// of heavy objects.
type reverseJoin struct {
	store   *Store
	stored  *join // rows
	kept    *join // counts
	rows    rowMerger
	group   []byte // object and relation of the rows being added
	size    uint64 // rows of the group
	fresh   uint64 // of these, not stored before
	holders []pair
	value   []byte
}

func newReverseJoin(s *Store) (*reverseJoin, error) {
	stored, err := newJoin(s.db, reverseSpace)
	if err != nil {
		return nil, err
	}
	kept, err := newJoin(s.db, holdersSpace)
	if err != nil {
		return nil, errors.Join(err, stored.close())
	}
	return &reverseJoin{store: s, stored: stored, kept: kept, rows: rowMerger{origins: s.sources}}, nil
}

func (r *reverseJoin) close() error { return errors.Join(r.stored.close(), r.kept.close()) }

// add takes the next row and returns what is to be stored under its key. It is
// valid until the next call.
func (r *reverseJoin) add(ctx context.Context, key, value []byte) ([]byte, error) {
	if n := groupLen(key); !bytes.Equal(r.group, key[:n]) {
		if err := r.endGroup(ctx); err != nil {
			return nil, err
		}
		r.group, r.size, r.fresh = append(r.group[:0], key[:n]...), 0, 0
	}
	r.size++
	old, err := r.stored.find(key)
	if err != nil {
		return nil, err
	}
	if old == nil {
		r.fresh++
		return value, nil
	}
	r.value, err = r.rows.merge(append(r.value[:0], value...), old)
	return r.value, err
}

// endGroup notes the count of the group that is complete, where one is kept or
// is worth keeping from now on.
func (r *reverseJoin) endGroup(ctx context.Context) error {
	if r.size == 0 {
		return nil
	}
	key := holdersKey(r.group)
	kept, err := r.kept.find(key)
	if err != nil {
		return err
	}
	var before uint64
	switch {
	case kept != nil:
		if before, err = readCount(kept); err != nil {
			return err
		}
	case r.size < heavyHolders:
		return nil
	case r.stored.it != nil:
		err := r.store.scan(ctx, r.group, func(_, _ []byte) (bool, error) {
			before++
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	r.holders = append(r.holders, pair{key, encodeCount(before + r.fresh)})
	return nil
}
