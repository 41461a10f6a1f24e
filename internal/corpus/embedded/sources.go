package embedded

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// An origin is who said something: the name of a source, and the number of the
// import that brought it, 0 for none.
type origin struct {
	name   string
	number uint32
}

// sources numbers origins, so that a row says in a byte who saw it and by which
// import. Numbers start at 1, are never reused, and are on disk before the first
// row that uses them. A dropped load may leave an origin that no row uses.
type sources struct {
	write func(key, value []byte) error // to disk, at once
	all   atomic.Pointer[[]origin]      // all[n-1] has the number n; replaced, never changed

	mu      sync.Mutex // guards numbers, and who may replace all
	numbers map[origin]uint32
}

func loadSources(db *pebble.DB, f *failure) (*sources, error) {
	s := &sources{numbers: map[origin]uint32{}, write: func(key, value []byte) error {
		return f.run(func() error { return db.Set(key, value, pebble.Sync) })
	}}
	var all []origin
	err := scanSpace(db, sourceSpace, func(key, value []byte) error {
		if len(key) != 4 || binary.BigEndian.Uint32(key) != uint32(len(all)+1) {
			return fmt.Errorf("source number %d is missing", len(all)+1)
		}
		o, err := readOrigin(value)
		all = append(all, o)
		s.numbers[o] = uint32(len(all))
		return err
	})
	s.all.Store(&all)
	return s, err
}

// An origin is kept as its name, where it has an import after a zero byte, which
// no name holds, and the number.
func appendOrigin(dst []byte, o origin) []byte {
	if o.number != 0 {
		dst = binary.AppendUvarint(append(dst, 0), uint64(o.number))
	}
	return append(dst, o.name...)
}

func readOrigin(value []byte) (origin, error) {
	if len(value) == 0 || value[0] != 0 {
		return origin{name: string(value)}, nil
	}
	d := decoder{data: value[1:]}
	n := d.uvarint()
	if d.bad || n == 0 || n > math.MaxUint32 {
		return origin{}, fmt.Errorf("%w: source %q", errRow, value)
	}
	return origin{string(d.data), uint32(n)}, nil
}

// number returns the number of an origin, a new one where needed; 0 where there
// is neither name nor import.
func (s *sources) number(o origin) (uint32, error) {
	if o == (origin{}) {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.numbers[o]; ok {
		return n, nil
	}
	all := append(slices.Clone(*s.all.Load()), o)
	n := uint32(len(all))
	key := binary.BigEndian.AppendUint32([]byte{sourceSpace}, n)
	if err := s.write(key, appendOrigin(nil, o)); err != nil {
		return 0, err
	}
	s.numbers[o] = n
	s.all.Store(&all)
	return n, nil
}

// importOf returns the number of the import that a row is of, 0 for none.
func (s *sources) importOf(r *row) uint32 {
	if len(r.sources) == 0 {
		return 0
	}
	return s.importAt(r.sources[0])
}

// importAt returns the number of the import of an origin.
func (s *sources) importAt(n uint32) uint32 {
	if all := *s.all.Load(); int64(n) <= int64(len(all)) {
		return all[n-1].number
	}
	return 0 // damaged: named will say so
}

// lastImport returns the highest number of an import that any origin has.
func (s *sources) lastImport() uint32 {
	var last uint32
	for _, o := range *s.all.Load() {
		last = max(last, o.number)
	}
	return last
}

// named returns the names of numbers, sorted.
func (s *sources) named(numbers []uint32) ([]string, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	all := *s.all.Load()
	names := make([]string, 0, len(numbers))
	for _, n := range numbers {
		if n == 0 || int64(n) > int64(len(all)) {
			return nil, fmt.Errorf("%w: source number %d has no name", errRow, n)
		}
		if name := all[n-1].name; name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
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
