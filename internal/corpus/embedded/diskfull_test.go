package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// smallDisk is a file system that is full after so many bytes.
type smallDisk struct {
	vfs.FS

	mu   sync.Mutex
	left int // guarded by mu
}

func newSmallDisk(bytes int) *smallDisk { return &smallDisk{FS: vfs.Default, left: bytes} }

func (d *smallDisk) take(n int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n > d.left {
		d.left = 0
		return syscall.ENOSPC
	}
	d.left -= n
	return nil
}

// resize gives the disk room, or takes it away.
func (d *smallDisk) resize(bytes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left = bytes
}

func (d *smallDisk) wrap(file vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &smallFile{file, d}, nil
}

func (d *smallDisk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.take(1); err != nil {
		return nil, err
	}
	return d.wrap(d.FS.Create(name, category))
}

func (d *smallDisk) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return d.wrap(d.FS.ReuseForWrite(old, name, category))
}

func (d *smallDisk) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return d.wrap(d.FS.OpenReadWrite(name, category, opts...))
}

// smallFile counts what is written. Pebble preallocates and syncs through the
// file below, which costs nothing here.
type smallFile struct {
	vfs.File
	disk *smallDisk
}

func (f *smallFile) Write(p []byte) (int, error) {
	if err := f.disk.take(len(p)); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

func (f *smallFile) WriteAt(p []byte, at int64) (int, error) {
	if err := f.disk.take(len(p)); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, at)
}

func wantDiskFull(t *testing.T, dir string, err error) {
	t.Helper()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want %v", err, syscall.ENOSPC)
	}
	for _, text := range []string{dir, "the disk is full", "free some space"} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q: %v", text, err)
		}
	}
}

// TestDiskFull runs out of disk at many points of one course of writes: while
// the corpus is made, in a Put, in the files of a load, while tables are
// written out or merged. Whatever was acknowledged is there afterwards.
func TestDiskFull(t *testing.T) {
	for bytes := 0; ; bytes += bytes/4 + 400 {
		done := false
		t.Run(fmt.Sprint(bytes), func(t *testing.T) { done = fillDisk(t, bytes) })
		if t.Failed() {
			return
		}
		if done {
			if bytes < 10_000 {
				t.Fatalf("the whole course fits on %d bytes: the test tests nothing", bytes)
			}
			return
		}
	}
}

// fillDisk writes on a small disk until it is full, or done when it never is.
func fillDisk(t *testing.T, bytes int) (done bool) {
	dir, disk := filepath.Join(t.TempDir(), "corpus"), newSmallDisk(bytes)
	s, err := Open(dir, Options{LoadBytes: 8 << 10, fs: disk})
	var acknowledged []int
	if err == nil {
		acknowledged, err = course(t, s)
		for _, n := range acknowledged {
			if !has(t, s, n) {
				t.Errorf("row %d cannot be read on the full disk", n)
			}
		}
		if s.failure.why() != nil {
			wantDiskFull(t, dir, s.Put(t.Context(), rowsOf(0, 1)))
			wantDiskFull(t, dir, s.Close())
			_, err := Open(dir, Options{})
			wantLocked(t, dir, err) // half of it is still there
		} else if closeErr := s.Close(); closeErr != nil {
			wantDiskFull(t, dir, closeErr)
			err = errors.Join(err, closeErr)
		}
	}
	if err == nil {
		return true
	}
	wantDiskFull(t, dir, err)

	s = open(t, copied(t, dir), Options{}) // as if the process had ended
	defer closeStore(t, s)
	for _, n := range acknowledged {
		if !has(t, s, n) {
			t.Errorf("row %d was acknowledged and is gone", n)
		}
	}
	checkCounts(t, s)
	put(t, s, 99_999)
	return false
}

// copied returns a copy of a directory in which obsolete files may still be
// vanishing.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	for _, path := range strings.Fields(tree(t, dir)) {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // a directory, or gone
		}
		write(t, filepath.Join(to, strings.TrimPrefix(path, dir)), string(data))
	}
	return to
}

// course writes in every way there is until something fails; acknowledged are
// the numbers of the rows that were.
func course(t *testing.T, s *Store) (acknowledged []int, err error) {
	for n := range 6 {
		if err := s.Put(t.Context(), rowsOf(n, 1)); err != nil {
			return acknowledged, err
		}
		acknowledged = append(acknowledged, n)
	}
	for round := range 3 {
		from := 100 + 250*round
		if err := loadRows(s, rowsOf(from, 300)); err != nil {
			return acknowledged, err
		}
		acknowledged = append(acknowledged, from, from+299)
		if err := s.Put(t.Context(), rowsOf(10+round, 1)); err != nil {
			return acknowledged, err
		}
		acknowledged = append(acknowledged, 10+round)
		if err := s.Flush(t.Context()); err != nil {
			return acknowledged, err
		}
	}
	return acknowledged, nil
}

func TestALoadThatFilledTheDiskLeavesTheStoreUsable(t *testing.T) {
	dir, disk := t.TempDir(), newSmallDisk(1<<20)
	s := open(t, dir, Options{LoadBytes: 8 << 10, fs: disk})
	defer closeStore(t, s)
	put(t, s, 0)
	disk.resize(20_000) // enough for a Put, not for the load
	wantDiskFull(t, dir, loadRows(s, rowsOf(10, 2000)))
	disk.resize(1 << 20)
	if has(t, s, 10) {
		t.Error("a row of the load is there")
	}
	put(t, s, 1)
	if err := loadRows(s, rowsOf(10, 2000)); err != nil {
		t.Errorf("the same load with room enough: %v", err)
	}
	checkCounts(t, s)
}

// fullDisk says how little room there is before anything fails.
type fullDisk struct{ vfs.FS }

func (fullDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: spareBytes - 1, TotalBytes: 1 << 40}, nil
}

func TestAnAlmostFullDiskIsNotWrittenTo(t *testing.T) {
	dir := t.TempDir()
	makeCorpus(t, dir)
	s := open(t, dir, Options{fs: fullDisk{vfs.Default}})
	defer closeStore(t, s)
	err := s.Put(t.Context(), rowsOf(1000, 1))
	if err == nil || !strings.Contains(err.Error(), "the disk is full: free some space") || !strings.Contains(err.Error(), "63 MiB left") {
		t.Errorf("Put on a disk that is almost full: %v", err)
	}
	if !has(t, s, 1) || has(t, s, 1000) {
		t.Error("reading is not what it was")
	}
}
