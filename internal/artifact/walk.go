package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"clew/internal/artifact/view"
)

// A Skipped path was not read, and why: a device, a pipe, a link out of a
// folder, a file that may not be opened.
type Skipped struct {
	Path string
	Err  error
}

// ErrNoFile means the path is nothing that is read: a device, a pipe, a socket.
var ErrNoFile = errors.New("is no ordinary file, and is left alone")

// An Outcome is one path on disk: the file with all that is in it, or why not.
type Outcome struct {
	Files   []*File // outermost first; nil when skipped
	Skipped *Skipped
}

// Walk analyses paths and everything below those that are folders, and hands
// the outcomes to visit in the order of the paths, names sorted. Links below a
// folder are not followed. It ends with ctx or with the error of visit.
func (a *Analyzer) Walk(ctx context.Context, paths []string, visit func(Outcome) error) error {
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	type job struct {
		path string
		err  error
		done chan Outcome
	}
	todo, order := make(chan job), make(chan job, 4*workers)
	group.Go(func() error {
		defer close(todo)
		defer close(order)
		send := func(path string, err error) error {
			j := job{path, err, make(chan Outcome, 1)}
			for _, to := range []chan job{order, todo} {
				select {
				case to <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		}
		for _, path := range paths {
			if err := list(path, send); err != nil {
				return err
			}
		}
		return nil
	})
	for range workers {
		group.Go(func() error {
			for j := range todo {
				outcome, err := a.outcome(ctx, j.path, j.err)
				if err != nil {
					return err
				}
				j.done <- outcome
			}
			return nil
		})
	}
	group.Go(func() error {
		for j := range order {
			select {
			case outcome := <-j.done:
				if err := visit(outcome); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return group.Wait()
}

// list sends a path, or every file below it. What cannot be listed is sent
// with the reason.
func list(path string, send func(string, error) error) error {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return send(path, err)
	}
	return filepath.WalkDir(path, func(below string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return send(below, err)
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			return send(below, errors.New("is a link, which is not followed below a folder"))
		case !d.Type().IsRegular():
			return send(below, ErrNoFile)
		}
		return send(below, nil)
	})
}

func (a *Analyzer) outcome(ctx context.Context, path string, listed error) (Outcome, error) {
	files, err := []*File(nil), listed
	if err == nil {
		files, err = a.path(ctx, path)
	}
	if ctx.Err() != nil {
		return Outcome{}, ctx.Err()
	}
	if err != nil {
		return Outcome{Skipped: &Skipped{path, err}}, nil
	}
	return Outcome{Files: files}, nil
}

// path opens a file that was found to be one; what became a pipe meanwhile
// would block, so it is looked at before it is opened and after.
func (a *Analyzer) path(ctx context.Context, path string) ([]*File, error) {
	before, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, ErrNoFile
	}
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer opened.Close() //nolint:errcheck // read only
	info, err := opened.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(before, info) || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it changed while it was opened: %w", ErrNoFile)
	}
	return a.file(ctx, view.New(opened, info.Size()), path, "", 0, a.Limits.budget())
}
