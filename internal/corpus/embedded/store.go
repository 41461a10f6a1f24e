// Package embedded is the corpus on one machine: a directory of sorted tables,
// written in both directions so that a value's links are one short range
// whichever end it is. It stands on Pebble, of which nothing shows outside.
//
// One process at a time has a corpus open. What Put acknowledged is on disk; a
// load is visible as a whole or not at all, also after a crash.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"clew/internal/corpus"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Defaults of Options. A load takes about three times LoadBytes while it sorts.
const (
	DefaultCacheBytes = 64 << 20
	DefaultLoadBytes  = 48 << 20
)

// Options tune a store. The zero value is good for an investigation.
type Options struct {
	ReadOnly   bool  // refuse to write; a directory without a corpus is an error
	CacheBytes int64 // memory for blocks read, 0 means DefaultCacheBytes
	LoadBytes  int   // rows a bulk load sorts in memory at a time and direction, in bytes; 0 means DefaultLoadBytes

	fs    vfs.FS // nil means the operating system's
	fanIn int    // runs that a load merges at once, 0 means maxFanIn
}

// A Store is a corpus in a directory. It is safe for concurrent use; writers
// wait for each other, readers wait for nobody.
type Store struct {
	dir  string
	opts Options
	db   *pebble.DB
	lock io.Closer

	alive  sync.RWMutex // held for reading during every call, for writing by Close
	closed bool         // guarded by alive

	writing     chan struct{} // holds one token while somebody writes
	cursors     *cursors
	sources     *sources
	imports     *imports
	populations *populations
	failure     *failure
	loads       atomic.Uint64 // begun so far; numbers their folders
}

var _ corpus.Store = (*Store)(nil)

var (
	errClosed   = errors.New("corpus is closed")
	errReadOnly = errors.New("corpus was opened for reading only")
)

// Open opens the corpus in dir and creates it where there is none. The error is
// corpus.ErrLocked while another process has it open, corpus.ErrDamaged when
// dir holds something else or what a crash or a half copy left.
func Open(dir string, opts Options) (*Store, error) {
	if opts.fs == nil {
		opts.fs = vfs.Default
	}
	if opts.CacheBytes <= 0 {
		opts.CacheBytes = DefaultCacheBytes
	}
	if opts.LoadBytes <= 0 {
		opts.LoadBytes = DefaultLoadBytes
	}
	s := &Store{dir: dir, opts: opts, failure: newFailure(), writing: make(chan struct{}, 1)}
	if err := s.open(); err != nil {
		_ = s.release() // err says more
		return nil, err
	}
	return s, nil
}

func (s *Store) open() error {
	home := directory{fs: s.opts.fs, path: s.dir}
	lock, err := home.prepare(s.opts.ReadOnly)
	if err != nil {
		return err
	}
	s.lock = lock
	s.cursors = &cursors{}
	if s.db, err = home.openDB(s.opts, s.failure, s.cursors.changed); err != nil {
		return err
	}
	s.cursors.db = s.db
	if err := home.finish(s.opts.ReadOnly); err != nil {
		return err
	}
	if s.sources, err = loadSources(s.db, s.failure); err != nil {
		return home.damaged(err)
	}
	if s.populations, err = loadPopulations(s.db); err != nil {
		return home.damaged(err)
	}
	if s.imports, err = loadImports(s.db, s.sources.lastImport()); err != nil {
		return home.damaged(err)
	}
	return nil
}

// Flush implements [corpus.Store]: it merges all tables into one level. The
// space of the old ones is given back by the time the corpus is closed.
func (s *Store) Flush(ctx context.Context) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	release, err := s.beginWrite(ctx)
	if err != nil {
		return err
	}
	defer release()
	return s.explain(s.failure.run(func() error {
		if err := s.db.Flush(); err != nil {
			return err
		}
		return s.db.Compact(ctx, []byte{0}, []byte{0xff}, false)
	}))
}

// Close waits for calls under way and releases the directory.
func (s *Store) Close() error {
	s.alive.Lock()
	defer s.alive.Unlock()
	if s.closed {
		return errClosed
	}
	s.closed = true
	return s.release()
}

// release gives back whatever Open got hold of. After a failure that is
// nothing, and the error says so once more.
func (s *Store) release() error {
	var err error
	if s.db != nil && s.failure.why() == nil {
		err = errors.Join(s.cursors.close(), s.failure.run(s.db.Close))
	}
	if failed := s.failure.why(); failed != nil {
		return s.explain(failed)
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return s.explain(err)
}

// enter begins a call; done ends it.
func (s *Store) enter(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.alive.RLock()
	if s.closed {
		s.alive.RUnlock()
		return nil, errClosed
	}
	return s.alive.RUnlock, nil
}

// beginWrite waits until nobody else writes; release lets the next one in.
func (s *Store) beginWrite(ctx context.Context) (release func(), err error) {
	if s.opts.ReadOnly {
		return nil, fmt.Errorf("%s: %w", s.dir, errReadOnly)
	}
	select {
	case s.writing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	release = func() { <-s.writing }
	if err := s.failure.why(); err != nil {
		release()
		return nil, s.explain(err)
	}
	if err := s.checkSpace(); err != nil {
		release()
		return nil, err
	}
	return release, nil
}
