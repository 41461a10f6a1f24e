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
)

func open(t *testing.T, dir string, opts Options) *Store {
	t.Helper()
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	corpustest.Run(t, func(t *testing.T) corpus.Store { return open(t, t.TempDir(), Options{}) })
}

// reopening closes the directory and opens it again instead of every Flush, so
// that the suite also holds for what is on disk. While a load is open it
// flushes: closing would end the load.
type reopening struct{ *Store }

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
	return r.open()
}

func TestConformanceOnDisk(t *testing.T) {
	corpustest.Run(t, func(t *testing.T) corpus.Store { return &reopening{open(t, t.TempDir(), Options{})} })
}

// TestConformanceOfSmallRuns makes every load spill to disk many times.
func TestConformanceOfSmallRuns(t *testing.T) {
	corpustest.Run(t, func(t *testing.T) corpus.Store { return open(t, t.TempDir(), Options{LoadBytes: 500}) })
}
