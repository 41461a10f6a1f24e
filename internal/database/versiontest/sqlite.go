package versiontest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the engine of every file of a data directory
)

// A File is the file of an engine, and where it says its version.
type File struct {
	Name    string // in the folder
	Version string // query of it, "" for the header of the file
	Advance string // statement that says another, with %d
}

// SQLite tests the versions of a store in a file of a folder.
func SQLite[S io.Closer](t *testing.T, file File, open func(ctx context.Context, folder string) (S, error), s Store[S]) {
	if file.Version == "" {
		file.Version, file.Advance = `PRAGMA user_version`, `PRAGMA user_version = %d`
	}
	run(t, sqliteEngine[S]{file, open}, s)
}

type sqliteEngine[S io.Closer] struct {
	file   File
	opener func(ctx context.Context, folder string) (S, error)
}

func (e sqliteEngine[S]) place(t *testing.T) string { return t.TempDir() }

func (e sqliteEngine[S]) open(t *testing.T, folder string) (S, error) {
	return e.opener(t.Context(), folder)
}

func (e sqliteEngine[S]) raw(t *testing.T, folder string, do func(*sql.DB) error) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(folder, e.file.Name))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	err = do(db)
	if closed := db.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (e sqliteEngine[S]) run(t *testing.T, folder, statements string) {
	t.Helper()
	e.raw(t, folder, func(db *sql.DB) error {
		_, err := db.ExecContext(t.Context(), statements)
		return err
	})
}

func (e sqliteEngine[S]) version(t *testing.T, folder string) (n int) {
	t.Helper()
	e.raw(t, folder, func(db *sql.DB) error { return db.QueryRowContext(t.Context(), e.file.Version).Scan(&n) })
	return n
}

func (e sqliteEngine[S]) advance(t *testing.T, folder string, to int) {
	t.Helper()
	e.run(t, folder, fmt.Sprintf(e.file.Advance, to))
}

func (e sqliteEngine[S]) texts(t *testing.T, folder string, queries ...string) (all []string) {
	t.Helper()
	e.raw(t, folder, func(db *sql.DB) error {
		for _, query := range queries {
			rows, err := db.QueryContext(t.Context(), query)
			if err != nil {
				return err
			}
			for rows.Next() {
				var text string
				if err := rows.Scan(&text); err != nil {
					return err
				}
				all = append(all, text)
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

// shape are columns, indexes and triggers: a table that was altered reads otherwise
// than one that was made so.
func (e sqliteEngine[S]) shape(t *testing.T, folder string) []string {
	t.Helper()
	all := e.texts(t, folder,
		`SELECT 'column ' || m.name || '.' || c.name || ' ' || c.type || ' null ' || (1 - c."notnull") || ' key ' || c.pk || ' default ' || coalesce(c.dflt_value, '')
			FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.name`,
		`SELECT 'table ' || name || ' strict ' || strict || ' without rowid ' || wr FROM pragma_table_list WHERE schema = 'main' ORDER BY name`,
		`SELECT type || ' ' || name || ' ' || coalesce(sql, tbl_name) FROM sqlite_schema WHERE type IN ('index', 'trigger') ORDER BY type, name`)
	for i, text := range all {
		all[i] = strings.Join(strings.Fields(text), " ")
	}
	return all
}

// dump writes a file as statements.
func (e sqliteEngine[S]) dump(t *testing.T, folder string) string {
	t.Helper()
	all := e.texts(t, folder,
		`SELECT 'PRAGMA application_id = ' || (SELECT application_id FROM pragma_application_id)`,
		`SELECT 'PRAGMA user_version = ' || (SELECT user_version FROM pragma_user_version)`,
		`SELECT sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid`)
	for _, table := range e.texts(t, folder, `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid`) {
		columns := e.texts(t, folder, fmt.Sprintf(`SELECT name FROM pragma_table_info('%s') ORDER BY cid`, table))
		var quoted []string
		for _, column := range columns {
			quoted = append(quoted, `quote("`+column+`")`)
		}
		all = append(all, e.texts(t, folder, fmt.Sprintf(`SELECT 'INSERT INTO "%s" VALUES (' || %s || ')' FROM "%s"`, table, strings.Join(quoted, ` || ', ' || `), table))...)
	}
	all = append(all, e.texts(t, folder, `SELECT sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, rowid`)...)
	return strings.Join(all, ";\n") + ";\n"
}
