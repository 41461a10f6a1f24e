package database

import (
	"context"
	"time"
)

// A Health says how a database stands that clew can reach.
type Health struct {
	Server    string        // its version
	Standby   bool          // it only follows another server, and takes no writes
	Encrypted bool          // the connection to it is
	Ahead     time.Duration // its clock before this machine's; negative behind
	Used      int           // connections, of everybody
	Most      int           // connections that it allows
	Parts     []string      // of clew's tables, with their versions, by name
	Forbidden []string      // tables of clew's in which this user lacks a right that work needs, by name
	MayMake   bool          // this user may make and change tables, which an update needs
	Owner     string        // of clew's schema; "" where there is none
}

// Health looks at the database, as a user sees it who works in the tables of parts.
// clock is this machine's.
func (db *DB) Health(ctx context.Context, clock func() time.Time, parts ...Part) (h Health, err error) {
	var now time.Time
	before := clock()
	err = db.QueryRow(ctx, `SELECT current_setting('server_version'), pg_is_in_recovery(), coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
		clock_timestamp(), (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), current_setting('max_connections')::int,
		coalesce(has_schema_privilege(to_regnamespace('clew')::oid, 'CREATE'), has_database_privilege(current_database(), 'CREATE'))`).
		Scan(&h.Server, &h.Standby, &h.Encrypted, &now, &h.Used, &h.Most, &h.MayMake)
	if err != nil {
		return h, db.Explain(err)
	}
	// The server read its clock between the two readings of ours.
	h.Ahead = now.Sub(before.Add(clock().Sub(before) / 2))
	if h.Owner, err = db.Owner(ctx); err != nil {
		return h, err
	}
	if h.Forbidden, err = db.forbidden(ctx, parts); err != nil || len(h.Forbidden) > 0 {
		return h, err
	}
	var there bool
	if err := db.QueryRow(ctx, `SELECT to_regclass('clew.parts') IS NOT NULL`).Scan(&there); err != nil || !there {
		return h, db.Explain(err)
	}
	h.Parts, err = db.texts(ctx, `SELECT part || ' ' || version FROM clew.parts ORDER BY part`)
	return h, err
}

func (db *DB) texts(ctx context.Context, query string) ([]string, error) {
	list, err := collect(db.Query(ctx, query))
	return list, db.Explain(err)
}
