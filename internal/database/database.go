// Package database is a team's PostgreSQL: where it is, the connections to it,
// what its errors mean, and the versions of the tables that clew keeps there. Who
// keeps what in those tables is the business of the engines that use it.
//
// Whatever the server's defaults are, a commit is on its disk before it is
// acknowledged (synchronous_commit), and times are UTC.
package database

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Bounds of waiting for the server.
const (
	ConnectWithin = 10 * time.Second
	lockWithin    = 30 * time.Second // for whoever else writes the same
)

// A DB is a database on a server. Engines share it; whoever opened it closes it.
type DB struct {
	*pgxpool.Pool
	at string // for people, without the password
}

// runtimeParams bind every connection, whatever the server's defaults are.
var runtimeParams = map[string]string{
	"application_name":                    "clew",
	"synchronous_commit":                  "on",
	"timezone":                            "UTC",
	"lock_timeout":                        fmt.Sprint(lockWithin.Milliseconds()),
	"idle_in_transaction_session_timeout": "60000", // a client that hangs holds no lock for ever
	"standard_conforming_strings":         "on",
}

// Open connects to the server that t names. It makes no tables: [DB.Migrate] does.
func Open(ctx context.Context, t Target) (*DB, error) {
	config, err := t.config()
	if err != nil {
		return nil, err
	}
	db := &DB{at: t.String()}
	if db.Pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, db.Explain(err)
	}
	if err := db.answers(ctx); err != nil {
		db.Pool.Close()
		return nil, db.Explain(err)
	}
	return db, nil
}

func (db *DB) answers(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, ConnectWithin)
	defer cancel()
	if err := db.Ping(within); err != nil {
		if ctx.Err() == nil && within.Err() != nil {
			return fmt.Errorf("%w after %s", errSilent, ConnectWithin)
		}
		return err
	}
	return nil
}

// String names the database for people.
func (db *DB) String() string { return db.at }

// Close lets go of the server.
func (db *DB) Close() error {
	db.Pool.Close()
	return nil
}
