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

// Part is the tables of accounts among others of the database. Who only works adds
// lines to the audit; old ones go by the hands of who owns it.
var Part = database.Part{Name: "accounts", Steps: steps, Rights: map[string]database.Rights{
	"access_revision": database.Turning, "audit": database.Appending, "audit_removed": database.OnlyLooked,
}}

// steps bring the tables forward, one version each. Never change one that was
// released: append another.
var steps = []string{
	relational.Tables("clew.", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY") + `
CREATE FUNCTION clew.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON clew.audit
	FOR EACH STATEMENT EXECUTE FUNCTION clew.audit_is_append_only();
`,
	relational.FactorTables("clew."),
	relational.AuditRemovedTable("clew.") + `
CREATE FUNCTION clew.audit_goes_by_age() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' AND OLD.id <= (SELECT coalesce(max(through), 0) FROM clew.audit_removed) THEN
		RETURN OLD;
	END IF;
	RAISE EXCEPTION 'the audit is append-only';
END $$;
CREATE FUNCTION clew.audit_is_kept_for_a_while() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT 1 FROM clew.audit WHERE id <= NEW.through AND at > (extract(epoch FROM now() - interval '90 days') * 1000)::bigint) THEN
		RAISE EXCEPTION 'the audit is kept for 90 days';
	END IF;
	RETURN NEW;
END $$;
DROP TRIGGER audit_is_never_changed ON clew.audit;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON clew.audit
	FOR EACH ROW EXECUTE FUNCTION clew.audit_goes_by_age();
CREATE TRIGGER audit_is_never_truncated BEFORE TRUNCATE ON clew.audit
	FOR EACH STATEMENT EXECUTE FUNCTION clew.audit_is_append_only();
CREATE TRIGGER audit_is_kept_for_a_while BEFORE INSERT ON clew.audit_removed
	FOR EACH ROW EXECUTE FUNCTION clew.audit_is_kept_for_a_while();
CREATE TRIGGER audit_removed_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON clew.audit_removed
	FOR EACH STATEMENT EXECUTE FUNCTION clew.audit_is_append_only();
`,
}

const uniqueViolation = "23505"

// Open readies the accounts in a database, which stays open when they are closed.
func Open(ctx context.Context, db *database.DB) (*relational.Store, error) {
	if err := db.Migrate(ctx, Part); err != nil {
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
