package versiontest

import (
	"context"
	"fmt"
	"io"
	"path"
	"testing"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
)

// Postgres tests the versions of one part of a team's database.
func Postgres[S io.Closer](t *testing.T, server *postgrestest.Server, part string, open func(ctx context.Context, db *database.DB) (S, error), s Store[S]) {
	run(t, postgresEngine[S]{server, part, open}, Store[closing[S]]{
		Fill:  func(t *testing.T, c closing[S]) { s.Fill(t, c.store) },
		Holds: func(t *testing.T, c closing[S]) { s.Holds(t, c.store) },
		Newer: s.Newer,
	})
}

// closing closes a store and the connections that it was given.
type closing[S io.Closer] struct {
	store S
	db    *database.DB
}

func (c closing[S]) Close() error {
	if err := c.store.Close(); err != nil {
		return err
	}
	return c.db.Close()
}

type postgresEngine[S io.Closer] struct {
	server *postgrestest.Server
	part   string
	opener func(ctx context.Context, db *database.DB) (S, error)
}

func (e postgresEngine[S]) place(t *testing.T) string { return e.server.Database(t) }

// open has connections of its own, as another server of the team has.
func (e postgresEngine[S]) open(t *testing.T, url string) (c closing[S], err error) {
	if c.db, err = database.Open(t.Context(), database.Target{URL: url, User: postgrestest.User, Password: postgrestest.Password}); err != nil {
		return c, err
	}
	if c.store, err = e.opener(t.Context(), c.db); err != nil {
		_ = c.db.Close() // returns nothing
	}
	return c, err
}

func (e postgresEngine[S]) run(t *testing.T, url, statements string) {
	t.Helper()
	e.server.Exec(t, path.Base(url), statements)
}

func (e postgresEngine[S]) version(t *testing.T, url string) (n int) {
	t.Helper()
	for _, text := range e.server.Texts(t, path.Base(url), fmt.Sprintf(`SELECT version::text FROM clew.parts WHERE part = '%s'`, e.part)) {
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func (e postgresEngine[S]) advance(t *testing.T, url string, to int) {
	t.Helper()
	e.run(t, url, fmt.Sprintf(`UPDATE clew.parts SET version = %d WHERE part = '%s'`, to, e.part))
}

func (e postgresEngine[S]) shape(t *testing.T, url string) []string {
	t.Helper()
	return e.server.Shape(t, path.Base(url))
}

func (e postgresEngine[S]) dump(t *testing.T, url string) string {
	t.Helper()
	return e.server.Dump(t, path.Base(url))
}
