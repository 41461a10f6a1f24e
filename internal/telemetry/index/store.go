// Package index remembers which blocks of the team's logs hold which names,
// addresses and digests, so that an indicator that becomes known today is looked
// up in months of logs without reading them again. The index answers which blocks
// may hold a value; whoever asks reads those and looks.
//
// It is a folder of immutable segments, each a sorted list of 48-bit fingerprints
// with the blocks that hold them. A segment is written beside its place and
// renamed into it, and says itself what it covers: after a crash at any moment
// the segments that are there are whole, and what they do not cover is read again.
package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"clew/internal/durable"
	"clew/internal/telemetry/match"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const suffix = ".idx"

// A Store is an index on disk. Lookups may run while one Update, Merge or Expire
// is under way.
type Store struct {
	dir  string
	lock io.Closer // nil when opened for reading

	mu       sync.RWMutex
	segments []*segment // by name
	next     int        // number of the next segment

	// Damaged are segments that cannot be read; what they covered is not in the
	// index until the next Update.
	Damaged []error
}

// ErrBusy means that another process is writing to the index.
var ErrBusy = errors.New("the telemetry index is being written by another clew")

// Open opens the index in dir, or makes one. Opened for writing it removes what a
// crash left behind; only one process can.
func Open(dir string, write bool) (s *Store, err error) {
	s = &Store{dir: dir}
	if write {
		if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // the data directory is the analyst's to name
			return nil, err
		}
		if s.lock, err = vfs.Default.Lock(filepath.Join(dir, "lock")); err != nil {
			return nil, fmt.Errorf("%w: %s", ErrBusy, dir)
		}
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) load() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("telemetry index: %w", err)
	}
	replaced := map[string]bool{}
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		switch {
		case strings.HasSuffix(e.Name(), partial) && s.lock != nil:
			if err := os.Remove(path); err != nil {
				return err
			}
		case strings.HasSuffix(e.Name(), suffix):
			var number int
			if _, err := fmt.Sscanf(e.Name(), "%d"+suffix, &number); err == nil {
				s.next = max(s.next, number+1)
			}
			seg, err := openSegment(path)
			if err != nil {
				s.Damaged = append(s.Damaged, err)
				continue
			}
			s.segments = append(s.segments, seg)
			for _, name := range seg.Replaces {
				replaced[name] = true
			}
		}
	}
	return s.drop(func(seg *segment) bool { return replaced[seg.name] })
}

// drop closes the segments that gone reports and, for a writer, removes them.
func (s *Store) drop(gone func(*segment) bool) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments = slices.DeleteFunc(s.segments, func(seg *segment) bool {
		if !gone(seg) {
			return false
		}
		err = errors.Join(err, seg.file.Close())
		if s.lock != nil {
			err = errors.Join(err, os.Remove(filepath.Join(s.dir, seg.name))) //nolint:gosec // below the data directory
		}
		return true
	})
	return err
}

// Close closes the index.
func (s *Store) Close() (err error) {
	for _, seg := range s.segments {
		err = errors.Join(err, seg.file.Close())
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// newName returns the path of the next segment.
func (s *Store) newName() string {
	s.next++
	return filepath.Join(s.dir, fmt.Sprintf("%08d%s", s.next-1, suffix))
}

// commit puts a segment that was written in its place, after before has seen it.
func (s *Store) commit(path string, before func(*Fresh) error) error {
	if before != nil {
		seg, err := openSegment(path + partial)
		if err != nil {
			return err
		}
		if err := errors.Join(before(&Fresh{seg}), seg.file.Close()); err != nil {
			return err
		}
	}
	if err := durable.Rename(path+partial, path); err != nil {
		return err
	}
	seg, err := openSegment(path)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments = append(s.segments, seg)
	return nil
}

// A Place is a block that may hold what was asked for.
type Place struct {
	File   File
	Block  Block
	Header string // lines that explain the block
	Asked  int    // index of the fingerprint
}

// Lookup returns the blocks that hold each fingerprint, by fingerprint, then by
// path and offset.
func (s *Store) Lookup(asked []match.Fingerprint) ([]Place, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var places []Place
	for _, seg := range s.segments {
		found, err := seg.lookup(asked)
		if err != nil {
			return nil, err
		}
		places = append(places, found...)
	}
	sortPlaces(places)
	return places, nil
}

func (s *segment) lookup(asked []match.Fingerprint) (places []Place, err error) {
	var room []byte
	for i, f := range asked {
		var blocks []int
		if blocks, room, err = s.blocks(f, room); err != nil {
			return nil, err
		}
		for _, b := range blocks {
			if b >= len(s.Blocks) {
				return nil, fmt.Errorf("%s: %w", s.name, errDamaged)
			}
			block := s.Blocks[b]
			places = append(places, Place{s.Files[block.File], block, s.Headers[block.Header], i})
		}
	}
	return places, nil
}

func sortPlaces(places []Place) {
	slices.SortFunc(places, func(a, b Place) int {
		if a.Asked != b.Asked {
			return a.Asked - b.Asked
		}
		if c := strings.Compare(a.File.Path, b.File.Path); c != 0 {
			return c
		}
		return int(min(1, max(-1, a.Block.Offset-b.Block.Offset)))
	})
}

// Files returns what the index covers, by path, parts of a file in their order.
func (s *Store) Files() []File {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []File
	for _, seg := range s.segments {
		all = append(all, seg.Files...)
	}
	slices.SortFunc(all, func(a, b File) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		if c := strings.Compare(a.Head, b.Head); c != 0 {
			return c
		}
		return int(min(1, max(-1, a.From-b.From)))
	})
	return all
}

// Size returns the bytes of the segments and of the text they cover.
func (s *Store) Size() (index, text int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, seg := range s.segments {
		index += seg.size
		text += seg.bytes()
	}
	return index, text
}

// Segments returns how many segments there are.
func (s *Store) Segments() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.segments)
}

// Expire forgets the parts of logs that were last written before a time, and says
// how many. A segment that also holds later ones is written anew without them.
func (s *Store) Expire(ctx context.Context, before time.Time) (forgotten int, err error) {
	old := func(f File) bool { return f.ModTime.Before(before) }
	s.mu.RLock()
	segments := slices.Clone(s.segments)
	s.mu.RUnlock()
	for _, seg := range segments {
		n := 0
		for _, f := range seg.Files {
			if old(f) {
				n++
			}
		}
		switch {
		case ctx.Err() != nil:
			return forgotten, ctx.Err()
		case n == 0:
			continue
		case n == len(seg.Files):
			err = s.drop(func(other *segment) bool { return other == seg })
		default:
			err = s.merge([]*segment{seg}, func(f File) bool { return !old(f) })
		}
		if err != nil {
			return forgotten, err
		}
		forgotten += n
	}
	return forgotten, nil
}
