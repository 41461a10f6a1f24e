package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"

	"github.com/cockroachdb/pebble/v2"
)

// imports are the entries of the loads, in memory as on disk. The number of an
// import stands in its rows; it is never reused.
type imports struct {
	mu   sync.RWMutex // guards all below
	all  map[string]stored
	last uint32 // number given out
}

type stored struct {
	number uint32
	corpus.Import
}

// loadImports reads the entries. used is the highest number that rows may have:
// a load that died left no entry.
func loadImports(db *pebble.DB, used uint32) (*imports, error) {
	i := &imports{all: map[string]stored{}, last: used}
	err := scanSpace(db, importSpace, func(key, value []byte) error {
		var entry corpus.Import
		if err := json.Unmarshal(value, &entry); err != nil || len(key) != 4 {
			return fmt.Errorf("malformed entry of an import: %q %.80q", key, value)
		}
		i.add(binary.BigEndian.Uint32(key), entry)
		return nil
	})
	return i, err
}

// importEntry returns the key and value of an entry.
func importEntry(number uint32, entry corpus.Import) (key, value []byte) {
	value, err := json.Marshal(entry)
	if err != nil {
		panic(err) // numbers, texts and times of four digits a year: there is nothing to refuse
	}
	return importKey(number), value
}

func importKey(number uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{importSpace}, number)
}

// next gives out a number.
func (i *imports) next() uint32 {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last++
	return i.last
}

func (i *imports) add(number uint32, entry corpus.Import) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all[entry.ID] = stored{number, entry}
	i.last = max(i.last, number)
}

func (i *imports) find(id string) (stored, bool) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	found, ok := i.all[id]
	return found, ok
}

func (i *imports) remove(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.all, id)
}

// Imports implements [corpus.Register].
func (s *Store) Imports(ctx context.Context) ([]corpus.Import, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	s.imports.mu.RLock()
	defer s.imports.mu.RUnlock()
	entries := make([]corpus.Import, 0, len(s.imports.all))
	for _, i := range s.imports.all {
		i.Coverage = slices.Clone(i.Coverage)
		entries = append(entries, i.Import)
	}
	slices.SortFunc(entries, corpus.CompareImports)
	return entries, nil
}

// covered counts the coverage of forward rows as they come.
type covered struct {
	tally *corpus.Tally
	row   wholeRow
	group []byte // subject and relation of the row before
}

func (c *covered) add(key, value []byte) error {
	if err := c.row.read(value); err != nil {
		return err
	}
	n := groupLen(key)
	fresh := !bytes.Equal(c.group, key[:n])
	if fresh {
		c.group = append(c.group[:0], key[:n]...)
	}
	c.tally.Add(observation.Relation(key[n-1]), observable.Kind(key[1]), c.row.window(), fresh)
	return nil
}

// RemoveImport implements [corpus.Register]. It reads the whole store once and
// rewrites the rows of the import; the space comes back with Flush.
func (s *Store) RemoveImport(ctx context.Context, id string) error {
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
	entry, there := s.imports.find(id)
	if !there {
		return fmt.Errorf("%s: %w", id, corpus.ErrNoImport)
	}
	dir := s.newLoadDir()
	if err := s.opts.fs.MkdirAll(dir, 0o700); err != nil {
		return s.explain(err)
	}
	err = s.removeRows(ctx, dir, entry.number)
	if err == nil {
		s.imports.remove(id)
	}
	_ = s.opts.fs.RemoveAll(dir) // what is removed stays so; files left behind go at the next Open
	return s.explain(err)
}
