package embedded

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// removeRows takes the rows of an import, its part of the counts and its entry
// out of the store, in one step.
func (s *Store) removeRows(ctx context.Context, dir string, number uint32) error {
	path := func(name string) string { return s.opts.fs.PathJoin(dir, name) }
	var forward, reverse removal
	err := inParallel(
		func() (err error) { forward, err = s.removal(ctx, forwardSpace, path("forward"), number); return err },
		func() (err error) { reverse, err = s.removal(ctx, reverseSpace, path("reverse"), number); return err },
	)
	if err != nil {
		return err
	}
	counts, err := writeTables(s.opts, path("counts"), func(t *tables) error {
		for _, count := range reverse.holders {
			put := func() error { return t.set(count.key, count.value) }
			if count.value == nil {
				put = func() error { return t.remove(count.key) }
			}
			if err := put(); err != nil {
				return err
			}
		}
		if err := t.remove(importKey(number)); err != nil {
			return err
		}
		return s.populations.entries(&forward.loss, t.set)
	})
	if err != nil {
		return err
	}
	files := slices.Concat(forward.files, reverse.files, counts)
	err = s.failure.run(func() error { return s.db.Ingest(ctx, files) })
	s.cursors.changed()
	if err == nil {
		s.populations.apply(&forward.loss)
	}
	return err
}

// removal is the tables that take an import out of one space, and what the
// counts lose by it.
type removal struct {
	files   []string
	loss    change
	holders []pair // in the order of their keys; without value, the count is not kept any more
}

func (s *Store) removal(ctx context.Context, space byte, path string, number uint32) (r removal, err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
	if err != nil {
		return r, err
	}
	g := shrinking{store: s, result: &r}
	r.files, err = writeTables(s.opts, path, func(t *tables) error {
		var value parts
		var encoded []byte
		n := 0
		for it.First(); it.Valid(); it.Next() {
			if n++; n%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := errors.Join(g.enter(it.Key()), value.read(it.Value(), s.sources)); err != nil {
				return err
			}
			at, found := value.find(number, s.sources)
			switch {
			case !found:
				g.left++
			case len(value.rows) == 1:
				g.lost++
				if err := t.remove(it.Key()); err != nil {
					return err
				}
			default:
				g.left++
				value.rows = slices.Delete(value.rows, at, at+1)
				encoded = value.append(encoded[:0])
				if err := t.set(it.Key(), encoded); err != nil {
					return err
				}
			}
		}
		return errors.Join(it.Error(), g.end())
	})
	return r, errors.Join(err, it.Close())
}

// shrinking counts the rows of one group, a first value and a relation, while
// some of them go.
type shrinking struct {
	store      *Store
	result     *removal
	group      []byte
	left, lost uint64
}

// enter begins another group where key is not of this one.
func (g *shrinking) enter(key []byte) error {
	n := groupLen(key)
	if bytes.Equal(g.group, key[:n]) {
		return nil
	}
	err := g.end()
	g.group = append(g.group[:0], key[:n]...)
	g.left, g.lost = 0, 0
	return err
}

// end notes what the counts lose with the group. Subjects and links are counted
// forward, holders in reverse.
func (g *shrinking) end() error {
	if g.lost == 0 {
		return nil
	}
	if g.group[0] == forwardSpace {
		loss := &g.result.loss[g.group[len(g.group)-1]]
		loss.links -= int64(g.lost)
		if g.left == 0 {
			loss.subjects--
		}
		return nil
	}
	key := holdersKey(g.group)
	kept, known, err := g.store.keptHolders(key)
	if err != nil || !known {
		return err
	}
	count := pair{key: key}
	if kept -= g.lost; kept >= heavyHolders {
		count.value = encodeCount(kept)
	}
	g.result.holders = append(g.result.holders, count)
	return nil
}
