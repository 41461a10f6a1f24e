package logfile

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// A Follower reads a file that goes on growing. At its end it waits; when the
// file was cut short it begins again, and when another file took its place it
// goes on with that one. Its Read returns the error of ctx when that ends.
type Follower struct {
	ctx   context.Context //nolint:containedctx // io.Reader has no other way to be cancelled
	path  string
	every time.Duration
	file  *os.File
	at    int64
}

// Follow opens path for following; every is how long to wait between looks.
func Follow(ctx context.Context, path string, every time.Duration) (*Follower, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &Follower{ctx: ctx, path: path, every: every, file: f}, nil
}

// Close closes the file.
func (f *Follower) Close() error { return f.file.Close() }

// Read reads what is there, waiting for it if need be.
func (f *Follower) Read(p []byte) (int, error) {
	for {
		n, err := f.file.Read(p)
		f.at += int64(n)
		if n > 0 {
			return n, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		replaced, err := f.replaced()
		if err != nil {
			return 0, err
		}
		if replaced {
			// What was written between the last read and the rotation.
			if n, err := f.file.Read(p); n > 0 || err != nil && !errors.Is(err, io.EOF) {
				f.at += int64(n)
				return n, err
			}
			if err := f.next(); err != nil {
				return 0, err
			}
			continue
		}
		timer := time.NewTimer(f.every)
		select {
		case <-f.ctx.Done():
			timer.Stop()
			return 0, io.EOF
		case <-timer.C:
		}
	}
}

// replaced looks whether the path now means another file than the one that is
// open. A file that became shorter than what was read of it is begun again.
func (f *Follower) replaced() (bool, error) {
	there, err := os.Stat(f.path)
	if err != nil {
		return false, nil //nolint:nilerr // between two files of a rotation there is none; it may come
	}
	open, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	if !os.SameFile(there, open) {
		return true, nil
	}
	if open.Size() < f.at {
		f.at = 0
		_, err := f.file.Seek(0, io.SeekStart)
		return false, err
	}
	return false, nil
}

// next goes on with the file that took the place of the one that is open.
func (f *Follower) next() error {
	file, err := os.Open(f.path)
	if err != nil {
		return nil //nolint:nilerr // gone again; the next look tells
	}
	old := f.file
	f.file, f.at = file, 0
	return old.Close()
}
