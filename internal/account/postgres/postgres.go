// Package postgres keeps the accounts of a team in its PostgreSQL, where several
// servers share them.
package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"clew/internal/account/relational"
	"clew/internal/database"
)

// part is the name of these tables among clew's.
const part = "accounts"

// steps bring the tables forward, one version each. Never change one that was
// released: append another.
var steps = []string{
	relational.Tables("clew.", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY") + `
CREATE FUNCTION clew.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON clew.audit
	FOR EACH STATEMENT EXECUTE FUNCTION clew.audit_is_append_only();
`,
	relational.FactorTables("clew."),
}

const uniqueViolation = "23505"

// Open readies the accounts in a database, which stays open when they are closed.
func Open(ctx context.Context, db *database.DB) (*relational.Store, error) {
	if err := db.Migrate(ctx, part, steps...); err != nil {
		return nil, err
	}
	return relational.New(stdlib.OpenDBFromPool(db.Pool), relational.Dialect{
		Prefix: "clew.", Number: true,
		Lock: `SELECT pg_advisory_xact_lock(hashtextextended('clew accounts', 0))`,
		Taken: func(err error) bool {
			var pg *pgconn.PgError
			return errors.As(err, &pg) && pg.Code == uniqueViolation
		},
		Explain: db.Explain,
	}), nil
}
