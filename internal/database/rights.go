package database

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Rights are what a user may do to a table, as GRANT names it.
type Rights []string

// Rights to tables.
var (
	Working    = Rights{"SELECT", "INSERT", "UPDATE", "DELETE"} // where nothing else is said
	Keeping    = Rights{"SELECT", "INSERT", "UPDATE"}           // rows change, and none goes
	Appending  = Rights{"SELECT", "INSERT"}                     // what was written stays as it is
	Turning    = Rights{"SELECT", "UPDATE"}                     // the rows are those that were made with the table
	OnlyLooked = Rights{"SELECT"}
)

// needs are the rights to the tables of a schema that differ from [Working].
func needs(parts []Part) map[string]Rights {
	all := map[string]Rights{"parts": OnlyLooked}
	for _, p := range parts {
		maps.Copy(all, p.Rights)
	}
	return all
}

func of(table string, all map[string]Rights) Rights {
	if rights, said := all[table]; said {
		return rights
	}
	return Working
}

// Grant lets users work in the tables of parts, which are there: each has the rights
// to every table that work needs and none beyond, whatever it had before. Whoever was
// granted the same earlier is granted it again, for tables that came since. It
// returns all of them, by name, and is for the user who owns the tables.
func (db *DB) Grant(ctx context.Context, parts []Part, users ...string) (granted []string, err error) {
	err = pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		if err := db.ownsAll(ctx, tx); err != nil {
			return err
		}
		earlier, err := collect(tx.Query(ctx, `SELECT DISTINCT r.rolname::text FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
			WHERE c.relnamespace = 'clew'::regnamespace AND c.relname = 'cases' AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner`))
		if err != nil {
			return err
		}
		granted = slices.Compact(slices.Sorted(slices.Values(slices.Concat(earlier, users))))
		tables, err := collect(tx.Query(ctx, `SELECT relname::text FROM pg_class WHERE relnamespace = 'clew'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1`))
		if err != nil {
			return err
		}
		for _, user := range granted {
			if err := db.mayBeGranted(ctx, tx, user); err != nil {
				return err
			}
			for _, statement := range grants(user, tables, needs(parts)) {
				if _, err := tx.Exec(ctx, statement); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return granted, db.Explain(err)
}

// ownsAll refuses a user who cannot grant: PostgreSQL would only warn.
func (db *DB) ownsAll(ctx context.Context, tx pgx.Tx) error {
	others, err := collect(tx.Query(ctx, `SELECT DISTINCT pg_get_userbyid(owner)::text FROM (SELECT nspowner AS owner FROM pg_namespace WHERE nspname = 'clew'
		UNION ALL SELECT relowner FROM pg_class WHERE relnamespace = 'clew'::regnamespace AND relkind IN ('r', 'p', 'S')) o WHERE NOT pg_has_role(owner, 'USAGE') ORDER BY 1`))
	if err != nil || len(others) == 0 {
		return err
	}
	return &Error{Kind: ErrRights, At: db.at, Todo: fmt.Sprintf("%s does not own its tables, %s does: run it as that user; nobody's rights were changed", db.user(), strings.Join(others, " and "))}
}

// mayBeGranted refuses a user for whom rights would be no bound.
func (db *DB) mayBeGranted(ctx context.Context, tx pgx.Tx, user string) error {
	var there, owns, makes bool
	err := tx.QueryRow(ctx, `SELECT r.oid IS NOT NULL, coalesce(pg_has_role(r.oid, n.nspowner, 'MEMBER'), false),
		coalesce(has_database_privilege(r.oid, current_database(), 'CREATE'), false)
		FROM pg_namespace n LEFT JOIN pg_roles r ON r.rolname = $1 WHERE n.nspname = 'clew'`, user).Scan(&there, &owns, &makes)
	todo := ""
	switch {
	case err != nil:
		return err
	case !there:
		todo = fmt.Sprintf("it has no user %s: make it first (createuser --pwprompt %[1]s)", user)
	case owns:
		todo = fmt.Sprintf("%s owns the tables, is a superuser or a member of who owns them, and may do everything whatever is granted: name another user", user)
	case makes:
		todo = fmt.Sprintf("%s may make schemas in the database: REVOKE CREATE ON DATABASE from it, or name a user who does not own the database", user)
	default:
		return nil
	}
	return &Error{Kind: ErrRights, At: db.at, Todo: todo + "; nobody's rights were changed"}
}

// grants are the statements that give a user its rights, and no other.
func grants(user string, tables []string, needed map[string]Rights) []string {
	to := pgx.Identifier{user}.Sanitize()
	all := []string{
		"REVOKE ALL ON SCHEMA clew FROM " + to, "GRANT USAGE ON SCHEMA clew TO " + to,
		"REVOKE ALL ON ALL TABLES IN SCHEMA clew FROM " + to,
		"REVOKE ALL ON ALL SEQUENCES IN SCHEMA clew FROM " + to, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA clew TO " + to,
		"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA clew TO " + to, // where it was taken from everybody
	}
	for _, table := range tables {
		for _, right := range of(table, needed) {
			all = append(all, fmt.Sprintf("GRANT %s ON %s TO %s", right, pgx.Identifier{Schema, table}.Sanitize(), to))
		}
	}
	return all
}

// forbidden are the tables in which this user lacks a right that work needs, by name.
func (db *DB) forbidden(ctx context.Context, parts []Part) (list []string, err error) {
	rows, err := db.Query(ctx, `SELECT c.relname::text, has_schema_privilege(c.relnamespace, 'USAGE'), ARRAY(SELECT r FROM unnest($1::text[]) r WHERE has_table_privilege(c.oid, r))
		FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'clew') AND c.relkind IN ('r', 'p') ORDER BY 1`, []string(Working))
	if err != nil {
		return nil, db.Explain(err)
	}
	needed := needs(parts)
	var (
		table string
		in    bool
		has   []string
	)
	_, err = pgx.ForEachRow(rows, []any{&table, &in, &has}, func() error {
		if !in || slices.ContainsFunc(of(table, needed), func(right string) bool { return !slices.Contains(has, right) }) {
			list = append(list, table)
		}
		return nil
	})
	return list, db.Explain(err)
}

func collect(rows pgx.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Owner is the user who owns clew's schema, "" where there is none.
func (db *DB) Owner(ctx context.Context) (string, error) {
	names, err := db.texts(ctx, `SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'clew'`)
	return cmp.Or(append(names, "")...), err
}
