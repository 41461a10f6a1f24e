package embedded

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// spareBytes is the room a write must leave on the disk. The tables have small
// writes of their own that must not fail in the middle: a log to roll over, a
// few MiB of memory to write out.
const spareBytes = 64 << 20

// fatal is what a Pebble failure that it cannot survive panics with. Where it
// comes from one of our calls, guard turns it into that call's error.
type fatal struct{ err error }

func (f fatal) String() string { return "corpus: " + f.err.Error() }

// quiet is Pebble's logger: silent, except that it may not return from Fatalf.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

func (quiet) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	for _, arg := range args {
		if cause, ok := arg.(error); ok {
			err = cause
		}
	}
	panic(fatal{err})
}

// brokenState remembers why nothing can be written any more.
type brokenState struct{ err atomic.Pointer[error] }

func (b *brokenState) why() error {
	if err := b.err.Load(); err != nil {
		return *err
	}
	return nil
}

// guard turns what a write panicked with into its error. After that only
// reading is safe, until the corpus is opened again.
func (s *Store) guard(err *error) {
	switch cause := recover().(type) {
	case nil:
		*err = s.explain(*err)
		return
	case fatal:
		*err = s.explain(cause.err)
	case runtime.Error:
		panic(cause)
	case error:
		*err = s.explain(cause)
	default:
		panic(cause)
	}
	failed := *err
	s.broken.err.CompareAndSwap(nil, &failed)
}

// explain gives the errors of the tables words and the sentinels of the contract.
func (s *Store) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case vfs.IsNoSpaceError(err):
		return diskFull(s.dir, err)
	case pebble.IsCorruptionError(err), errors.Is(err, errRow):
		return directory{path: s.dir}.damaged(err)
	}
	return err
}

func diskFull(dir string, cause error) error {
	return fmt.Errorf("%s: the disk is full: free some space and run again, what was acknowledged is kept: %w", dir, cause)
}

// checkSpace refuses a write before the disk is so full that it could fail half way.
func (s *Store) checkSpace() error {
	usage, err := s.opts.fs.GetDiskUsage(s.dir)
	if err != nil || usage.AvailBytes >= spareBytes {
		return nil // a file system that cannot tell will say so when it is full
	}
	return fmt.Errorf("%s: the disk is full: %d MiB left, %d MiB needed: free some space and run again, what was acknowledged is kept",
		s.dir, usage.AvailBytes>>20, spareBytes>>20)
}

// closeDB closes the tables. After a failed write Pebble may panic on the way;
// the directory is as good as after a crash then, and opens again.
func (s *Store) closeDB() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			if s.broken.why() == nil {
				panic(cause)
			}
			err = nil
		}
	}()
	err = s.db.Close()
	if s.broken.why() != nil {
		return nil // the failure was reported when it happened
	}
	return err
}
