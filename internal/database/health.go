package database

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
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
	Forbidden []string      // tables of clew's that this user may not read and write, by name
	MayMake   bool          // this user may make and change tables, which an update needs
}

// Health looks at the database. clock is this machine's.
func (db *DB) Health(ctx context.Context, clock func() time.Time) (h Health, err error) {
	var now time.Time
	before := clock()
	err = db.QueryRow(ctx, `SELECT current_setting('server_version'), pg_is_in_recovery(), coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
		clock_timestamp(), (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), current_setting('max_connections')::int,
		coalesce(has_schema_privilege(to_regnamespace('clew')::oid, 'CREATE'), true)`).
		Scan(&h.Server, &h.Standby, &h.Encrypted, &now, &h.Used, &h.Most, &h.MayMake)
	if err != nil {
		return h, db.Explain(err)
	}
	// The server read its clock between the two readings of ours.
	h.Ahead = now.Sub(before.Add(clock().Sub(before) / 2))
	if h.Forbidden, err = db.texts(ctx, `SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = to_regnamespace('clew')::oid AND c.relkind = 'r'
		AND NOT (has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
			AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')) ORDER BY 1`); err != nil || len(h.Forbidden) > 0 {
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
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, db.Explain(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, db.Explain(err)
}
