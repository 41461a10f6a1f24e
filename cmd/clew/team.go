package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"clew/internal/database"
	"clew/internal/fetch"
	"clew/internal/fetch/state/postgres"
	spent "clew/internal/fetch/state/sqlite"
)

// An openedDatabase is the team's database as a process uses it: opened by whoever
// needs it first, and once.
type openedDatabase struct {
	mu sync.Mutex
	db *database.DB // guarded by mu
}

// team is the team's database, nil where there is none.
func (a *app) team(ctx context.Context) (*database.DB, error) {
	at, err := a.databaseAt("")
	if err != nil || at.URL == "" {
		return nil, err
	}
	if a.pool == nil {
		a.pool = &openedDatabase{}
	}
	a.pool.mu.Lock()
	defer a.pool.mu.Unlock()
	if a.pool.db == nil {
		if a.pool.db, err = database.Open(ctx, at); err != nil {
			a.pool.db = nil
			return nil, err
		}
	}
	return a.pool.db, nil
}

// neverKept reports whether there is no team's database, and the data directory never
// had a file in which something is kept alone.
func (a *app) neverKept(file string) (bool, error) {
	at, err := a.databaseAt("")
	if err != nil || at.URL != "" {
		return false, err
	}
	dir, err := a.dataDir()
	if err != nil {
		return false, err
	}
	_, err = os.Stat(filepath.Join(dir, file))
	return errors.Is(err, fs.ErrNotExist), nil // what else is wrong with it whoever opens it says
}

func (o *openedDatabase) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.db != nil {
		_ = o.db.Close() // returns nothing
		o.db = nil
	}
}

// out are the options of a way out: what was spent, learnt and answered before is
// the team's, or the data directory's where there is no team, and shared with
// every other run on it.
func (a *app) out(ctx context.Context) (o fetch.Options, done func(), err error) {
	nothing := func() {}
	o = fetch.Options{UserAgent: "clew/" + release, Clock: a.clock}
	db, err := a.team(ctx)
	if err != nil {
		return o, nothing, err
	}
	if db != nil {
		shared, err := postgres.In(ctx, db, postgres.Options{Clock: a.clock})
		o.State, o.Bodies = shared, shared
		return o, nothing, err
	}
	dir, err := a.dataDir()
	if err != nil {
		return o, nothing, err
	}
	own, err := spent.Open(ctx, dir)
	if err != nil {
		return o, nothing, err
	}
	o.State, o.CacheDir = own, filepath.Join(dir, "replies")
	return o, func() { _ = own.Close() }, nil // what was spent is committed with each request
}

// accounts are what is known of each provider, and where that is kept: "" for the
// data directory.
func (a *app) accounts(ctx context.Context) (accounts map[string]fetch.Account, where string, err error) {
	db, err := a.team(ctx)
	if err != nil {
		return nil, "", err
	}
	if db != nil {
		where = db.String()
	}
	o, done, err := a.out(ctx)
	if err != nil {
		return nil, where, err
	}
	defer done()
	accounts, err = o.State.Accounts(ctx)
	return accounts, where, err
}

// damaged reports whether the record of what was spent cannot be read.
func damaged(err error) bool {
	return errors.Is(err, spent.ErrDamaged) || errors.Is(err, spent.ErrForeign)
}
