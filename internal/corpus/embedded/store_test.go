package embedded

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"clew/internal/corpus"
	"clew/internal/corpus/corpustest"
	"clew/internal/observation"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func open(t *testing.T, dir string, opts Options) *Store {
	t.Helper()
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestConformance(t *testing.T) {
	corpustest.Run(t, func(t *testing.T) corpus.Store { return open(t, "corpus", Options{fs: vfs.NewMem()}) })
}

// reopening closes the directory and opens it again instead of every Flush, so
// that the suite also holds for what is on disk. While a load is open it
// flushes: closing would end the load.
type reopening struct {
	*Store
	t *testing.T
}

func (r *reopening) Flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.alive.Lock()
	loads, err := os.ReadDir(filepath.Join(r.dir, loadsDir))
	if r.closed || len(loads) > 0 {
		r.alive.Unlock()
		return r.Store.Flush(ctx)
	}
	defer r.alive.Unlock()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := r.release(); err != nil {
		return err
	}
	err = r.open()
	if err == nil {
		checkCounts(r.t, r.Store)
	}
	return err
}

// TestConformanceOnDisk also makes every load spill many runs, and merge them on
// the way.
func TestConformanceOnDisk(t *testing.T) {
	corpustest.Run(t, func(t *testing.T) corpus.Store {
		return &reopening{open(t, t.TempDir(), Options{LoadBytes: 500, fanIn: 2}), t}
	})
}

func TestALongScanEndsWhenItIsCancelled(t *testing.T) {
	s := open(t, "corpus", Options{fs: vfs.NewMem()})
	defer closeStore(t, s)
	rows := rowsOf(0, 7*3*checkEvery) // a seventh of them leads to one object
	if err := loadRows(s, rows); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	visited := 0
	err := s.Sightings(ctx, rows[0].Relation, rows[0].Object, func(observation.Window, uint64) bool {
		visited++
		cancel()
		return true
	})
	if !errors.Is(err, context.Canceled) || visited > checkEvery {
		t.Errorf("a scan cancelled at its first row went on for %d: %v", visited, err)
	}
	l, err := s.Load(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Load on a cancelled context: %v, %v", l, err)
	}
}

func TestSightings(t *testing.T) {
	s := open(t, "corpus", Options{fs: vfs.NewMem()})
	defer closeStore(t, s)
	if err := loadRows(s, rowsOf(0, 700)); err != nil {
		t.Fatal(err)
	}
	o := sighting(3)
	links, _, err := s.Subjects(t.Context(), o.Relation, o.Object, 0)
	if err != nil || len(links) != 100 {
		t.Fatalf("%d links: %v", len(links), err)
	}
	visited := 0
	err = s.Sightings(t.Context(), o.Relation, o.Object, func(w observation.Window, count uint64) bool {
		if l := links[visited]; l.Window != w || l.Count != count {
			t.Errorf("sighting %d is %v, %d; the link says %v, %d", visited, w, count, l.Window, l.Count)
		}
		visited++
		return visited < 40
	})
	if err != nil || visited != 40 {
		t.Errorf("visited %d, wanted to stop at 40: %v", visited, err)
	}
}
