// Package investigation joins the parts into the whole job: it opens a data
// directory, asks the sources, lets the engine follow what they said, and
// writes the record. The command line, the page and the assistants' interface
// all work through it, so they cannot disagree.
package investigation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"clew/internal/casefile"
	"clew/internal/casefile/postgres"
	"clew/internal/casefile/sqlite"
	"clew/internal/corpus"
	"clew/internal/database"
	"clew/internal/job"
	jobpostgres "clew/internal/job/postgres"
	jobsqlite "clew/internal/job/sqlite"
	"clew/internal/pivot"
	"clew/internal/reference"
	"clew/internal/score"
	"clew/internal/similar"
	"clew/internal/source"
	"clew/internal/watch"
	watchpostgres "clew/internal/watch/postgres"
	watchsqlite "clew/internal/watch/sqlite"
)

// A Workspace is one data directory, opened: what is known, and what was done.
type Workspace struct {
	Dir     string
	Corpus  corpus.Store
	Cases   casefile.Store
	Jobs    *job.Store
	Watches *watch.Store
	Lists   *reference.Set
	// Searches are the pivot methods in code, by name.
	Searches map[string]pivot.Search
	Sources  []source.Source
	Clock    func() time.Time
	Random   io.Reader // draws case IDs
	Version  string    // of clew, written into each case
	Actor    string    // who is at the keyboard
	// Attack names techniques and software in reports; nil leaves them as they are.
	Attack AttackLibrary
	// Remote is the corpus on a server to work with instead of the data directory's.
	Remote RemoteCorpus

	// Database is the team's, which holds the case record instead of the data
	// directory. Whoever opened it closes it.
	Database *database.DB

	// Model weighs; nil means the fitted one that is built in.
	Model *score.Model

	names names
}

// Needs says which stores a command uses, so that reading a case does not wait
// for an import to finish.
type Needs struct {
	Corpus, Cases, Jobs, Watches bool
	// ReadOnly opens a corpus that is there without a claim to write, so that
	// it can be read from a full disk.
	ReadOnly bool
}

// Open opens the stores of a data directory, making it when it is not there.
func (w *Workspace) Open(dir string, needs Needs) error {
	w.Dir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w: choose another with --data", err)
	}
	if needs.Corpus {
		store, err := w.openCorpus(needs)
		if err != nil {
			return err
		}
		watched := similar.Watch(store)
		w.names.lister, w.names.dir = store, w.namesDir()
		w.Corpus, w.Searches = watched, watched.Searches(w.lists())
	}
	if needs.Cases {
		store, err := w.openRecord()
		if err != nil {
			return errors.Join(err, w.Close())
		}
		w.Cases = store
	}
	if needs.Jobs {
		store, err := w.openJobs()
		if err != nil {
			return errors.Join(err, w.Close())
		}
		w.Jobs = store
	}
	if needs.Watches {
		store, err := w.openWatches()
		if err != nil {
			return errors.Join(err, w.Close())
		}
		w.Watches = store
	}
	return nil
}

func (w *Workspace) openJobs() (*job.Store, error) {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	if w.Database != nil {
		return jobpostgres.Open(ctx, w.Database)
	}
	return jobsqlite.Open(ctx, w.Dir)
}

func (w *Workspace) openWatches() (*watch.Store, error) {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	if w.Database != nil {
		return watchpostgres.In(ctx, w.Database)
	}
	return watchsqlite.Open(ctx, w.Dir)
}

func (w *Workspace) openRecord() (casefile.Store, error) {
	if w.Database != nil {
		ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
		defer cancel()
		return postgres.In(ctx, w.Database)
	}
	return sqlite.Open(filepath.Join(w.Dir, "cases"))
}

// Close closes what was opened.
func (w *Workspace) Close() error {
	var errs []error
	if w.Corpus != nil {
		errs = append(errs, w.Corpus.Close())
	}
	if w.Cases != nil {
		errs = append(errs, w.Cases.Close())
	}
	if w.Jobs != nil {
		errs = append(errs, w.Jobs.Close())
	}
	if w.Watches != nil {
		errs = append(errs, w.Watches.Close())
	}
	errs = append(errs, w.names.close())
	w.Corpus, w.Cases, w.Jobs, w.Watches = nil, nil, nil, nil
	return errors.Join(errs...)
}
