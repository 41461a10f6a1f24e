package naming

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// runBytes is how many bytes of keys are sorted in memory at a time.
const runBytes = 64 << 20

// sorter sorts keys that may be more than memory holds, each kept once with how
// often it was added: runs are written to a directory of the caller's and merged.
type sorter struct {
	dir   string
	limit int
	arena []byte
	ends  []int // of each key in arena
	runs  []string
}

func newSorter(dir string) *sorter { return &sorter{dir: dir, limit: runBytes} }

func (s *sorter) add(key []byte) error {
	if len(s.arena)+len(key) > s.limit {
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.arena = append(s.arena, key...)
	s.ends = append(s.ends, len(s.arena))
	return nil
}

// visitor is given a key and how often it was added. The key is valid until the
// next one.
type visitor func(key []byte, times uint64) error

// eachInMemory visits the keys in memory in order, each once.
func (s *sorter) eachInMemory(visit visitor) error {
	keys := make([][]byte, len(s.ends))
	start := 0
	for i, end := range s.ends {
		keys[i], start = s.arena[start:end], end
	}
	slices.SortFunc(keys, bytes.Compare)
	for i := 0; i < len(keys); {
		next := i + 1
		for next < len(keys) && bytes.Equal(keys[i], keys[next]) {
			next++
		}
		if err := visit(keys[i], uint64(next-i)); err != nil {
			return err
		}
		i = next
	}
	return nil
}

func (s *sorter) flush() error {
	if len(s.ends) == 0 {
		return nil
	}
	path := filepath.Join(s.dir, fmt.Sprintf("run-%d", len(s.runs)))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, path)
	out := bufio.NewWriterSize(file, 1<<20)
	var head []byte
	err = s.eachInMemory(func(key []byte, times uint64) error {
		head = binary.AppendUvarint(binary.AppendUvarint(head[:0], times), uint64(len(key)))
		if _, err := out.Write(head); err != nil {
			return err
		}
		_, err := out.Write(key)
		return err
	})
	if err != nil {
		return errors.Join(err, file.Close())
	}
	s.arena, s.ends = s.arena[:0], s.ends[:0]
	return errors.Join(out.Flush(), file.Close())
}

// each visits all keys in order, each once.
func (s *sorter) each(visit visitor) (err error) {
	if len(s.runs) == 0 {
		return s.eachInMemory(visit)
	}
	if err := s.flush(); err != nil {
		return err
	}
	var heads runHeap
	for _, path := range s.runs {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close() //nolint:errcheck // read only
		r := &run{in: bufio.NewReaderSize(file, 256<<10)}
		if err := r.next(); err != nil {
			return err
		}
		heads = append(heads, r)
	}
	heap.Init(&heads)
	var key []byte
	for len(heads) > 0 {
		key = append(key[:0], heads[0].key...)
		var times uint64
		for len(heads) > 0 && bytes.Equal(heads[0].key, key) {
			times += heads[0].times
			switch err := heads[0].next(); {
			case errors.Is(err, io.EOF):
				heap.Pop(&heads)
			case err != nil:
				return err
			default:
				heap.Fix(&heads, 0)
			}
		}
		if err := visit(key, times); err != nil {
			return err
		}
	}
	return nil
}

// run reads one sorted file.
type run struct {
	in    *bufio.Reader
	key   []byte
	times uint64
}

func (r *run) next() (err error) {
	if r.times, err = binary.ReadUvarint(r.in); err != nil {
		return err
	}
	n, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	r.key = slices.Grow(r.key[:0], int(n))[:n]
	_, err = io.ReadFull(r.in, r.key)
	return err
}

type runHeap []*run

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(i, j int) bool { return bytes.Compare(h[i].key, h[j].key) < 0 }
func (h runHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)        { *h = append(*h, x.(*run)) }
func (h *runHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
