package investigation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/clickhouse"
	"clew/internal/corpus/embedded"
	"clew/internal/corpus/transfer"
)

// connectTimeout bounds opening a corpus on a server.
const connectTimeout = time.Minute

// A RemoteCorpus is a corpus on a server, which takes the place of the embedded
// one. The zero value is none.
type RemoteCorpus struct {
	URL            string // clickhouse://host:port/database?cluster=NAME&secure=1
	User, Password string
}

// listing is a corpus that also goes through what it holds, for the indexes.
type listing interface {
	corpus.Store
	corpus.NameLister
	corpus.ObjectLister
}

// openCorpus opens the corpus of the workspace.
func (w *Workspace) openCorpus(needs Needs) (listing, error) {
	if w.Remote.URL != "" {
		ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
		defer cancel()
		return w.Remote.open(ctx, needs.ReadOnly)
	}
	folder := filepath.Join(w.Dir, corpusFolder)
	_, missing := os.Stat(folder)
	return embedded.Open(folder, embedded.Options{ReadOnly: needs.ReadOnly && missing == nil})
}

const corpusFolder = "corpus"

func (r RemoteCorpus) open(ctx context.Context, readOnly bool) (*clickhouse.Store, error) {
	opts, err := r.options()
	if err != nil {
		return nil, err
	}
	opts.ReadOnly = readOnly
	return clickhouse.Open(ctx, opts)
}

func (r RemoteCorpus) options() (clickhouse.Options, error) {
	opts, err := clickhouse.ParseURL(r.URL)
	opts.User, opts.Password = r.User, r.Password
	return opts, err
}

// Check says why the URL is none, before anything is connected to.
func (r RemoteCorpus) Check() error {
	_, err := clickhouse.ParseURL(r.URL)
	return err
}

// Init makes the tables of a corpus on the server, where they are missing.
func (r RemoteCorpus) Init(ctx context.Context) error {
	opts, err := r.options()
	if err != nil {
		return err
	}
	opts.Remake = true
	store, err := clickhouse.Open(ctx, opts)
	if err != nil {
		return err
	}
	return store.Close()
}

// Compact gives back the space of removed imports on the server.
func (r RemoteCorpus) Compact(ctx context.Context) error {
	store, err := r.open(ctx, false)
	if err != nil {
		return err
	}
	return errors.Join(store.Flush(ctx), store.Close())
}

// PushCorpus moves the embedded corpus of the data directory dir to a server.
func PushCorpus(ctx context.Context, dir string, to RemoteCorpus, now time.Time, progress func(transfer.Progress)) (sum transfer.Summary, err error) {
	folder, err := filepath.Abs(filepath.Join(dir, corpusFolder))
	if err != nil {
		return sum, err
	}
	if _, err := os.Stat(folder); err != nil {
		return sum, fmt.Errorf("there is no corpus to push: %w", err)
	}
	from, err := embedded.Open(folder, embedded.Options{ReadOnly: true})
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	store, err := to.open(ctx, false)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	host, err := os.Hostname()
	if err != nil {
		return sum, err
	}
	return transfer.Push(ctx, from, store, transfer.Options{
		OwnID: transfer.OwnID(host, folder), OwnName: "answers kept by " + host, At: now, Progress: progress,
	})
}
