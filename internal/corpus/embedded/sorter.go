package embedded

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A stream gives rows in the order of their keys. What next returns is valid
// until it is called again; ok is false at the end.
type stream interface {
	next() (key, value []byte, ok bool, err error)
}

// maxFanIn is how many runs of one level there are before they become one run of
// the next, so that the readers open at the end stay few: at 48 MiB a run, level 1
// ends at 3 GiB of rows, level 2 at 192 GiB and level 3 at 12 TiB.
const maxFanIn = 64

// sorter takes rows in any order and gives them back sorted, one for each key.
// What exceeds its memory goes to sorted runs on disk.
type sorter struct {
	fs    vfs.FS
	path  string       // of the runs, without their number
	limit int          // bytes of arena
	fanIn int          // runs of one level; 0 means maxFanIn
	stop  func() error // says whether to give up a long merge; may be nil

	origins *sources

	arena  []byte // keys and values, one behind the other
	refs   []ref  // the rows in arena
	runs   []*runReader
	made   int        // runs written so far
	levels [][]string // the files of the runs on disk, by how often they were merged
}

// ref is a row in the arena. While sorting, digit is the eight bytes of its key
// that are being compared.
type ref struct {
	digit      uint64
	at         uint32
	klen, vlen uint16
}

func (s *sorter) add(key, value []byte) {
	s.refs = append(s.refs, ref{at: uint32(len(s.arena)), klen: uint16(len(key)), vlen: uint16(len(value))})
	s.arena = append(append(s.arena, key...), value...)
}

func (s *sorter) full() bool { return len(s.arena) >= s.limit }

func (s *sorter) key(r ref) []byte { return s.arena[r.at : r.at+uint32(r.klen)] }

func (s *sorter) value(r ref) []byte {
	at := r.at + uint32(r.klen)
	return s.arena[at : at+uint32(r.vlen)]
}

// sort orders the rows by their keys, eight bytes at a time: comparing numbers
// beside each other is several times faster than comparing keys all over the
// arena.
func (s *sorter) sort() { s.sortFrom(s.refs, 0) }

// sortFrom sorts rows whose keys agree in their first depth bytes.
func (s *sorter) sortFrom(refs []ref, depth int) {
	for i := range refs {
		refs[i].digit = digitAt(s.key(refs[i]), depth)
	}
	slices.SortFunc(refs, func(a, b ref) int { return cmp.Compare(a.digit, b.digit) })
	depth += 8
	for len(refs) > 0 {
		n := 1
		for n < len(refs) && refs[n].digit == refs[0].digit {
			n++
		}
		if n > 1 && int(refs[0].klen) > depth { // no key is the start of another: shorter ones are equal
			s.sortFrom(refs[:n], depth)
		}
		refs = refs[n:]
	}
}

func digitAt(key []byte, depth int) uint64 {
	if depth+8 <= len(key) {
		return binary.BigEndian.Uint64(key[depth:])
	}
	var digit [8]byte
	if depth < len(key) {
		copy(digit[:], key[depth:])
	}
	return binary.BigEndian.Uint64(digit[:])
}

// spill writes what is in memory to a run and forgets it.
func (s *sorter) spill() error {
	s.sort()
	path := s.newRun()
	if err := writeRun(s.fs, path, &memoryRun{sorter: s}); err != nil {
		return err
	}
	s.arena, s.refs = s.arena[:0], s.refs[:0]
	return s.keep(path, 0)
}

func (s *sorter) newRun() string {
	s.made++
	return fmt.Sprintf("%s.%d", s.path, s.made)
}

// keep takes a run into its level, and merges the level into one run of the next
// when it is full.
func (s *sorter) keep(path string, level int) error {
	if level == len(s.levels) {
		s.levels = append(s.levels, nil)
	}
	s.levels[level] = append(s.levels[level], path)
	fanIn := s.fanIn
	if fanIn == 0 {
		fanIn = maxFanIn
	}
	if len(s.levels[level]) < fanIn {
		return nil
	}
	whole, err := s.mergeLevel(level)
	if err != nil {
		return err
	}
	return s.keep(whole, level+1)
}

// mergeLevel writes the runs of a level as one and removes them.
func (s *sorter) mergeLevel(level int) (path string, err error) {
	streams, err := s.open(nil, s.levels[level])
	if err == nil {
		var rows stream
		if rows, err = newMerged(s.origins, streams); err == nil {
			path = s.newRun()
			err = writeRun(s.fs, path, &stoppable{stream: rows, stop: s.stop})
		}
	}
	if err := errors.Join(err, s.closeRuns()); err != nil {
		return "", err
	}
	for _, file := range s.levels[level] {
		if err := s.fs.Remove(file); err != nil {
			return "", err
		}
	}
	s.levels[level] = s.levels[level][:0]
	return path, nil
}

// open appends a stream for each run.
func (s *sorter) open(streams []stream, paths []string) ([]stream, error) {
	for _, path := range paths {
		run, err := openRun(s.fs, path)
		if err != nil {
			return nil, err
		}
		s.runs = append(s.runs, run)
		streams = append(streams, run)
	}
	return streams, nil
}

// stoppable is a stream that asks now and then whether to go on.
type stoppable struct {
	stream
	stop func() error
	n    int
}

func (c *stoppable) next() (key, value []byte, ok bool, err error) {
	if c.n++; c.stop != nil && c.n%checkEvery == 0 {
		if err := c.stop(); err != nil {
			return nil, nil, false, err
		}
	}
	return c.stream.next()
}

// sorted returns everything that was added. Nothing may be added after it.
func (s *sorter) sorted() (stream, error) {
	s.sort()
	streams := []stream{&memoryRun{sorter: s}}
	for _, level := range s.levels {
		var err error
		if streams, err = s.open(streams, level); err != nil {
			return nil, err
		}
	}
	return newMerged(s.origins, streams)
}

// close closes the runs; whoever owns their folder removes them.
func (s *sorter) close() error {
	err := s.closeRuns()
	s.arena, s.refs = nil, nil
	return err
}

func (s *sorter) closeRuns() error {
	var first error
	for _, run := range s.runs {
		first = cmp.Or(first, run.close())
	}
	s.runs = nil
	return first
}

// memoryRun gives the sorted rows of the arena.
type memoryRun struct {
	sorter *sorter
	at     int
}

func (m *memoryRun) next() (key, value []byte, ok bool, err error) {
	if m.at == len(m.sorter.refs) {
		return nil, nil, false, nil
	}
	r := m.sorter.refs[m.at]
	m.at++
	return m.sorter.key(r), m.sorter.value(r), true, nil
}

// merged merges sorted streams, and rows with equal keys into one.
type merged struct {
	heap  []part // smallest key first
	key   []byte
	value []byte
	rows  rowMerger
}

// part is a stream and its next row.
type part struct {
	from       stream
	key, value []byte
}

func newMerged(origins *sources, streams []stream) (*merged, error) {
	m := &merged{rows: rowMerger{origins: origins}}
	for _, from := range streams {
		p := part{from: from}
		more, err := p.advance()
		if err != nil {
			return nil, err
		}
		if more {
			m.heap = append(m.heap, p)
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
	return m, nil
}

func (p *part) advance() (more bool, err error) {
	p.key, p.value, more, err = p.from.next()
	return more, err
}

func (m *merged) next() (key, value []byte, ok bool, err error) {
	if len(m.heap) == 0 {
		return nil, nil, false, nil
	}
	m.key = append(m.key[:0], m.heap[0].key...)
	m.value = append(m.value[:0], m.heap[0].value...)
	if err := m.pop(); err != nil {
		return nil, nil, false, err
	}
	for len(m.heap) > 0 && bytes.Equal(m.heap[0].key, m.key) {
		if m.value, err = m.rows.merge(m.value, m.heap[0].value); err != nil {
			return nil, nil, false, err
		}
		if err := m.pop(); err != nil {
			return nil, nil, false, err
		}
	}
	return m.key, m.value, true, nil
}

// pop moves the first stream on and puts the heap in order again.
func (m *merged) pop() error {
	more, err := m.heap[0].advance()
	if err != nil {
		return err
	}
	if !more {
		last := len(m.heap) - 1
		m.heap[0] = m.heap[last]
		m.heap = m.heap[:last]
	}
	m.sink(0)
	return nil
}

// sink moves part i down to where its key belongs.
func (m *merged) sink(i int) {
	for {
		child := 2*i + 1
		if child >= len(m.heap) {
			return
		}
		if right := child + 1; right < len(m.heap) && bytes.Compare(m.heap[right].key, m.heap[child].key) < 0 {
			child = right
		}
		if bytes.Compare(m.heap[i].key, m.heap[child].key) <= 0 {
			return
		}
		m.heap[i], m.heap[child] = m.heap[child], m.heap[i]
		i = child
	}
}
