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

// TestConformanceOnDisk also makes every load spill many runs.
func TestConformanceOnDisk(t *testing.T) {
	corpustest.Run(t, func(t *testing.T) corpus.Store {
		return &reopening{open(t, t.TempDir(), Options{LoadBytes: 500}), t}
	})
}
