package embedded

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"clew/internal/corpus/valuekey"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A full disk must end a write with an error, not the process, and must leave
// what was acknowledged. Pebble cannot go on after a failed write to its own
// files: it panics, or tries again without end. So it never sees one: the file
// system it is given notes the failure and lets go of that goroutine for good,
// which is to the tables as if the process had died there, and everybody who
// waits for it gets the failure as his error. Questions are still answered. The
// directory stays locked until the process ends, since half a store still sits
// on it; opened again, it recovers as after a crash.

// spareBytes is the room a write must find on the disk, so that a disk that
// fills up is noticed before Pebble is in the middle of something.
const spareBytes = 64 << 20

// failure remembers why a store cannot write any more.
type failure struct {
	mu   sync.Mutex
	err  error         // guarded by mu; set once
	done chan struct{} // closed when err is set
}

func newFailure() *failure { return &failure{done: make(chan struct{})} }

func (f *failure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
		close(f.done)
	}
}

func (f *failure) why() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// stop notes err and does not return.
func (f *failure) stop(err error) {
	f.set(err)
	select {}
}

// run does work that writes tables. When writing fails meanwhile, work is left
// behind where it is stuck.
func (f *failure) run(work func() error) error {
	result := make(chan error, 1)
	go func() { result <- work() }()
	select {
	case err := <-result:
		return err
	case <-f.done:
		return f.why()
	}
}

// tablesFS is the file system that Pebble works on.
type tablesFS struct {
	vfs.FS
	failure *failure
}

// Lock locks nothing: the corpus has a lock of its own.
func (t tablesFS) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// Unwrap lets Pebble find the file system of the disk.
func (t tablesFS) Unwrap() vfs.FS { return t.FS }

func (t tablesFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := t.FS.Create(name, category)
	return t.guard(file, err)
}

func (t tablesFS) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	file, err := t.FS.OpenReadWrite(name, category, opts...)
	return t.guard(file, err)
}

func (t tablesFS) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := t.FS.ReuseForWrite(old, name, category)
	return t.guard(file, err)
}

func (t tablesFS) guard(file vfs.File, err error) (vfs.File, error) {
	if err != nil {
		t.failure.stop(err)
	}
	return tablesFile{file, t.failure}, nil
}

// tablesFile is a file that Pebble writes.
type tablesFile struct {
	vfs.File
	failure *failure
}

func (t tablesFile) Write(p []byte) (int, error) {
	n, err := t.File.Write(p)
	return n, t.guard(err)
}

func (t tablesFile) WriteAt(p []byte, at int64) (int, error) {
	n, err := t.File.WriteAt(p, at)
	return n, t.guard(err)
}

func (t tablesFile) Sync() error     { return t.guard(t.File.Sync()) }
func (t tablesFile) SyncData() error { return t.guard(t.File.SyncData()) }

func (t tablesFile) SyncTo(length int64) (fullSync bool, err error) {
	fullSync, err = t.File.SyncTo(length)
	return fullSync, t.guard(err)
}

func (t tablesFile) guard(err error) error {
	if err != nil {
		t.failure.stop(err)
	}
	return nil
}

// quiet is Pebble's logger. It says nothing until Pebble finds itself in the wrong.
type quiet struct{}

func (quiet) Infof(string, ...any)              {}
func (quiet) Errorf(string, ...any)             {}
func (quiet) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// explain gives the errors of the tables words and the sentinels of the contract.
func (s *Store) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case vfs.IsNoSpaceError(err):
		return diskFull(s.dir, err)
	case pebble.IsCorruptionError(err), errors.Is(err, errRow), errors.Is(err, valuekey.ErrMalformed):
		return directory{path: s.dir}.damaged(err)
	}
	return err
}

func diskFull(dir string, cause error) error {
	return fmt.Errorf("%s: the disk is full: free some space and run again, what was acknowledged is kept: %w", dir, firstLine{cause})
}

// checkSpace refuses a write before the disk is so full that it could fail half way.
func (s *Store) checkSpace() error {
	usage, err := s.opts.fs.GetDiskUsage(s.dir)
	if err != nil || usage.AvailBytes >= spareBytes {
		return nil // a file system that cannot tell will say so when it is full
	}
	return diskFull(s.dir, fmt.Errorf("%d MiB left, %d MiB needed", usage.AvailBytes>>20, spareBytes>>20))
}
