package embedded

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// sources numbers the names of sources, so that a row says in a byte who saw
// it. Numbers start at 1, are never reused, and are on disk before the first
// row that uses them. A dropped load may leave a name that no row uses.
type sources struct {
	write func(key, value []byte) error // to disk, at once
	names atomic.Pointer[[]string]      // names[n-1] is the name of number n; replaced, never changed

	mu      sync.Mutex // guards numbers, and who may replace names
	numbers map[string]uint32
}

func loadSources(db *pebble.DB, f *failure) (*sources, error) {
	s := &sources{numbers: map[string]uint32{}, write: func(key, value []byte) error {
		return f.run(func() error { return db.Set(key, value, pebble.Sync) })
	}}
	var names []string
	err := scanSpace(db, sourceSpace, func(key, value []byte) error {
		if len(key) != 4 || binary.BigEndian.Uint32(key) != uint32(len(names)+1) {
			return fmt.Errorf("source number %d is missing", len(names)+1)
		}
		names = append(names, string(value))
		s.numbers[string(value)] = uint32(len(names))
		return nil
	})
	s.names.Store(&names)
	return s, err
}

// number returns the number of a name, a new one where needed; 0 for no name.
func (s *sources) number(name string) (uint32, error) {
	if name == "" {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.numbers[name]; ok {
		return n, nil
	}
	names := append(slices.Clone(*s.names.Load()), name)
	n := uint32(len(names))
	key := binary.BigEndian.AppendUint32([]byte{sourceSpace}, n)
	if err := s.write(key, []byte(name)); err != nil {
		return 0, err
	}
	s.numbers[name] = n
	s.names.Store(&names)
	return n, nil
}

// named returns the names of numbers, sorted.
func (s *sources) named(numbers []uint32) ([]string, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	all := *s.names.Load()
	names := make([]string, len(numbers))
	for i, n := range numbers {
		if n == 0 || int64(n) > int64(len(all)) {
			return nil, fmt.Errorf("%w: source number %d has no name", errRow, n)
		}
		names[i] = all[n-1]
	}
	slices.Sort(names)
	return names, nil
}

// scanSpace visits a whole small space; key comes without the byte of the space.
func scanSpace(db *pebble.DB, space byte, visit func(key, value []byte) error) error {
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
	if err != nil {
		return err
	}
	for it.First(); it.Valid() && err == nil; it.Next() {
		err = visit(it.Key()[1:], it.Value())
	}
	if closeErr := it.Close(); err == nil {
		err = closeErr
	}
	return err
}
