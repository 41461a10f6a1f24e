package postgrestest

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Texts returns the rows of a query of one column of text.
func (s *Server) Texts(t testing.TB, database, query string) []string {
	t.Helper()
	ctx := context.Background()
	conn, err := s.connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // of a test
	rows, err := conn.Query(ctx, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return texts
}

// Shape says what the schema clew of a database is made of, in an order of its own:
// columns, keys, indexes, triggers and functions, however they came to be.
func (s *Server) Shape(t testing.TB, database string) (all []string) {
	t.Helper()
	for _, query := range []string{
		`SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' null ' || (NOT a.attnotnull) || ' storage ' || a.attstorage::text ||
			' identity ' || a.attidentity::text || ' default ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
			FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
			WHERE c.relnamespace = 'clew'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`,
		`SELECT 'table ' || relname || ' ' || coalesce(array_to_string(reloptions, ' '), '') FROM pg_class WHERE relnamespace = 'clew'::regnamespace AND relkind = 'r'`,
		`SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'clew'`,
		`SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'clew'::regnamespace AND conrelid <> 0`,
		`SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'clew'::regnamespace AND NOT t.tgisinternal`,
		`SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'clew'::regnamespace AND prokind = 'f'`,
	} {
		all = append(all, s.Texts(t, database, query)...)
	}
	slices.Sort(all)
	return all
}

// Dump is the schema clew of a database as statements, by pg_dump, without what
// differs between the versions of that program.
func (s *Server) Dump(t testing.TB, database string) string {
	t.Helper()
	text := s.Tool(t, "pg_dump", nil, "--schema=clew", "--inserts", "--no-owner", "--no-privileges", s.URL(database))
	var kept []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "", line == "--", strings.HasPrefix(line, "SET "), strings.HasPrefix(line, "SELECT pg_catalog.set_config"),
			strings.HasPrefix(line, `\restrict`), strings.HasPrefix(line, `\unrestrict`), strings.HasPrefix(line, "-- Name:"),
			strings.HasPrefix(line, "-- Data for Name:"), strings.HasPrefix(line, "-- PostgreSQL database dump"), strings.HasPrefix(line, "-- Dumped"):
		default:
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n") + "\n"
}

// Tool runs one of the server's programs (pg_dump, psql...) as the server's user, and
// returns what it prints.
func (s *Server) Tool(t testing.TB, name string, in []byte, args ...string) []byte {
	t.Helper()
	cmd := s.command(name, args...)
	cmd.Env = append(os.Environ(), "PGUSER="+User, "PGPASSWORD="+Password)
	cmd.Stdin = strings.NewReader(string(in))
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, said.String())
	}
	return out
}
