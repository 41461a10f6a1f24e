package server

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"clew/internal/corpus"
	"clew/internal/investigation"
	"clew/internal/job"
)

// uploadsFolder is where files that were sent wait for their import, in the data
// directory. They are not put into a team's database: the import is done by the
// machine that has them, and goes into the corpus that this machine has.
const uploadsFolder = "uploads"

// An orderedImport is an import as its job has it.
type orderedImport struct {
	ImportAsk
	Uploaded bool `json:"uploaded,omitempty"` // the file is ours, and is removed in the end
}

// importPath begins a run that imports a file of this machine.
func (js *jobs) importPath(ctx context.Context, o orderedImport) (Run, error) {
	if _, err := o.request(); err != nil {
		return Run{}, err
	}
	if _, err := os.Stat(o.Path); err != nil {
		return Run{}, Refused{err}
	}
	path, err := filepath.Abs(o.Path) // a worker has a folder of its own
	if err != nil {
		return Run{}, err
	}
	if o.Path = path; o.Name == "" {
		o.Name = filepath.Base(path)
	}
	shown := Imported{File: filepath.Base(path), First: []Rejection{}, LeftOut: []string{}}
	return asRun(js.add(ctx, job.New{Kind: kindImport, Queue: job.QueueOf(js.machine), Doc: newRun(Run{Import: &shown})}, order{Import: &o}))
}

func (w *Worker) runImport(ctx context.Context, t *job.Task, o orderedImport) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	work, giveBack, err := w.shelf.lend()
	if err != nil {
		return err
	}
	defer giveBack()
	err = importInto(ctx, work, newProgress[Run](t), o.Path, req)
	cause := context.Cause(ctx)
	if o.Uploaded && (err == nil || cause == nil && !errors.As(passing(err), &job.Later{}) || errors.Is(cause, job.ErrCancelled)) {
		_ = os.RemoveAll(filepath.Dir(o.Path)) // what stays is swept later
	}
	return err
}

func importInto(ctx context.Context, w *investigation.Workspace, run *progress[Run], path string, req investigation.ImportRequest) error {
	show := func(edit func(*Imported)) { run.change(func(r *Run) { edit(r.Import) }) }
	req.Progress = func(p investigation.ImportProgress) {
		show(func(i *Imported) {
			i.Read, i.Kept, i.Skipped, i.Rejected, i.Bytes, i.Total = p.Read, p.Kept, p.Skipped, p.Rejected, p.Bytes, p.Total
		})
	}
	done, err := w.ImportPath(ctx, path, req)
	there := errors.Is(err, corpus.ErrImported)
	show(func(i *Imported) {
		i.ID, i.Format, i.Read, i.Kept, i.Merged = done.Entry.ID, done.Entry.Format, done.Read, done.Kept, done.Merged
		i.Skipped, i.Rejected, i.Incomplete = done.Skipped, done.Rejected, done.Incomplete
		i.LeftOut = append([]string{}, done.LeftOut...)
		i.First = []Rejection{}
		for _, r := range done.FirstRejected {
			i.First = append(i.First, Rejection(r))
		}
		if there {
			i.Unchanged = instant(done.Entry.At)
		}
	})
	if err != nil && !there {
		return err
	}
	run.change(func(r *Run) { r.Now = "counting names" })
	return w.KeepNames(ctx, nil)
}

// sweepUploads removes files that were sent and whose import has ended or never
// began.
func (js *jobs) sweepUploads(ctx context.Context) {
	folder := filepath.Join(js.record.Dir, uploadsFolder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return // there are none
	}
	waiting, err := js.store.List(ctx, job.Filter{Kinds: []string{kindImport}, States: []job.State{job.Queued, job.Running, job.Interrupted, job.Failed}})
	if err != nil {
		return // with the next start
	}
	needed := map[string]bool{}
	for _, j := range waiting {
		var o order
		if work, err := js.store.Work(ctx, j.ID); err == nil && json.Unmarshal(work, &o) == nil && o.Import != nil {
			needed[filepath.Base(filepath.Dir(o.Import.Path))] = true
		}
	}
	for _, e := range entries {
		if !needed[e.Name()] {
			_ = os.RemoveAll(filepath.Join(folder, e.Name())) // with the next start
		}
	}
}
