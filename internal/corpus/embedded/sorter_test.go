package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// shuffled fills a sorter with n rows in an order that has nothing of their keys'.
func shuffled(t *testing.T, s *sorter, n int) error {
	t.Helper()
	for i := range n {
		key := binary.BigEndian.AppendUint32(nil, uint32(i*7919%n))
		s.add(key, append([]byte("value of "), key...))
		if s.full() {
			if err := s.spill(); err != nil {
				return err
			}
			if most := (s.fanIn - 1) * len(s.levels); countRuns(s) > most {
				t.Fatalf("%d runs on disk after %d were written, at most %d are to be merged in the end", countRuns(s), s.made, most)
			}
		}
	}
	return nil
}

func countRuns(s *sorter) (n int) {
	for _, level := range s.levels {
		n += len(level)
	}
	return n
}

// TestRunsAreMergedOnTheWay sorts so little at a time that three levels of runs
// come about: the readers open at the end stay few, all rows are there, and no
// file of a merged run is left.
func TestRunsAreMergedOnTheWay(t *testing.T) {
	const rows, fanIn = 10_007, 3
	fs := vfs.NewMem()
	s := &sorter{fs: fs, path: "run", limit: 512, fanIn: fanIn}
	if err := shuffled(t, s, rows); err != nil {
		t.Fatal(err)
	}
	if s.made < 300 || len(s.levels) < 4 {
		t.Fatalf("%d runs in %d levels: the test would prove nothing", s.made, len(s.levels))
	}
	files, err := fs.List("")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != countRuns(s) {
		t.Errorf("%d files for %d runs", len(files), countRuns(s))
	}
	sorted, err := s.sorted()
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		key, value, ok, err := sorted.next()
		want := binary.BigEndian.AppendUint32(nil, uint32(i))
		if err != nil || !ok || !bytes.Equal(key, want) || !bytes.HasSuffix(value, want) {
			t.Fatalf("row %d: key %x, value %q, %v, %v", i, key, value, ok, err)
		}
	}
	if _, _, ok, err := sorted.next(); ok || err != nil {
		t.Errorf("a row too many, or %v", err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

func TestAMergeOnTheWayIsCancelled(t *testing.T) {
	stopped := errors.New("stopped")
	s := &sorter{fs: vfs.NewMem(), path: "run", limit: 8 * checkEvery, fanIn: 2, stop: func() error { return stopped }}
	if err := shuffled(t, s, 10*checkEvery); !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
	if len(s.runs) > 0 {
		t.Error("readers are left open")
	}
}
