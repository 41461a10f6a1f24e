package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/casefile/casefiletest"
	"clew/internal/casefile/sqlite"
)

func open(t *testing.T, folder string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() }) // a second close is harmless
	return store
}

// filled makes a record with a case of many events and returns its database file.
func filled(t *testing.T, folder string) string {
	t.Helper()
	store := open(t, folder)
	entries := []casefile.Entry{casefiletest.Opening("evil.example")}
	for n := range 400 {
		entries = append(entries, casefiletest.Note(fmt.Sprint("note ", n, strings.Repeat(" and more", 20))))
	}
	if _, err := store.Append(t.Context(), "a-case", entries...); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, sqlite.FileName)
}

// readAll opens the record and reads every event, as any view does.
func readAll(t *testing.T, folder string) (err error) {
	t.Helper()
	store, err := sqlite.Open(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	_, err = store.Events(t.Context(), "a-case", casefile.Query{})
	return err
}

func closed(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func raw(t *testing.T, file string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFilesThatAreNoSoundRecord(t *testing.T) {
	for name, row := range map[string]struct {
		spoil func(t *testing.T, file string)
		want  error
	}{
		"overwritten_in_the_middle": {func(t *testing.T, file string) {
			rewrite(t, file, func(b []byte) []byte {
				copy(b[len(b)/4:], bytes.Repeat([]byte("garbage "), len(b)/16))
				return b
			})
		}, casefile.ErrDamaged},
		"cut_off":          {func(t *testing.T, file string) { rewrite(t, file, func(b []byte) []byte { return b[:len(b)/2] }) }, casefile.ErrDamaged},
		"beginning_erased": {func(t *testing.T, file string) { rewrite(t, file, func(b []byte) []byte { clear(b[:512]); return b }) }, casefile.ErrForeign},
		"a_text_file": {func(t *testing.T, file string) {
			rewrite(t, file, func([]byte) []byte { return []byte("domain,score\n") })
		}, casefile.ErrForeign},
		"another_database": {func(t *testing.T, file string) {
			rewrite(t, file, func([]byte) []byte { return nil })
			raw(t, file, "CREATE TABLE songs (title)")
		}, casefile.ErrForeign},
		"another_applications": {func(t *testing.T, file string) { raw(t, file, "PRAGMA application_id = 7") }, casefile.ErrForeign},
		"a_newer_schema":       {func(t *testing.T, file string) { raw(t, file, "INSERT INTO schema_version VALUES (99)") }, casefile.ErrNewer},
		"a_table_missing":      {func(t *testing.T, file string) { raw(t, file, "DROP TABLE events") }, casefile.ErrDamaged},
		"a_number_spoiled": {func(t *testing.T, file string) {
			raw(t, file, "UPDATE cases SET seq = -5")
		}, casefile.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			file := filled(t, folder)
			row.spoil(t, file)
			err := readAll(t, folder)
			if !errors.Is(err, row.want) {
				t.Fatalf("got %v, want %v", err, row.want)
			}
			if !strings.Contains(err.Error(), folder) {
				t.Errorf("the message does not name the file: %v", err)
			}
		})
	}
}

func TestAnotherProgramsFileIsNotTouched(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, sqlite.FileName)
	raw(t, file, "CREATE TABLE songs (title)")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(folder); !errors.Is(err, casefile.ErrForeign) {
		t.Fatalf("open: %v, want ErrForeign", err)
	}
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("opening changed another program's file (%v)", err)
	}
}

func rewrite(t *testing.T, file string, change func([]byte) []byte) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, change(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnEmptyFileIsANewRecord(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, sqlite.FileName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store := open(t, folder)
	if _, err := store.Append(t.Context(), "a-case", casefiletest.Opening("evil.example")); err != nil {
		t.Errorf("append: %v", err)
	}
}

func TestAFolderThatIsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(file); !errors.Is(err, casefile.ErrReadOnly) {
		t.Errorf("open: %v, want ErrReadOnly", err)
	}
}

func TestAReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root writes everywhere; the errors themselves are covered by TestEngineErrors")
	}
	folder := filepath.Join(t.TempDir(), "locked")
	if err := os.Mkdir(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(folder); !errors.Is(err, casefile.ErrReadOnly) {
		t.Errorf("open: %v, want ErrReadOnly", err)
	}
}

func TestAWriterThatWaitsTooLong(t *testing.T) {
	folder := t.TempDir()
	file := filled(t, folder)
	store, err := sqlite.OpenWith(t.Context(), folder, sqlite.Options{Wait: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, store)
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, db)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Append(t.Context(), "a-case", casefiletest.Note("x")); !errors.Is(err, casefile.ErrLocked) {
		t.Errorf("append while another writes: %v, want ErrLocked", err)
	}
	if _, err := store.Events(t.Context(), "a-case", casefile.Query{}); err != nil {
		t.Errorf("reading while another writes: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Append(t.Context(), "a-case", casefiletest.Note("x")); err != nil {
		t.Errorf("append after the other ended: %v", err)
	}
}

func TestEventsCannotBeChangedByAccident(t *testing.T) {
	file := filled(t, t.TempDir())
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, db)
	for _, statement := range []string{"UPDATE events SET actor = 'x'", "DELETE FROM events WHERE seq = 2"} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v, want a refusal", statement, err)
		}
	}
}

func TestChangesInTheDatabaseAreFound(t *testing.T) {
	const allow = "DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_removed"
	for name, row := range map[string]struct {
		statement string
		seq       uint64
	}{
		"changed":   {"UPDATE events SET data = replace(data, 'note', 'n0te') WHERE seq = 7", 7},
		"removed":   {"DELETE FROM events WHERE seq = 9", 9},
		"inserted":  {"INSERT INTO events SELECT case_id, 402, time, type, actor, data, prev, hash FROM events WHERE seq = 401", 402},
		"reordered": {"UPDATE events SET seq = 1000 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 6; UPDATE events SET seq = 6 WHERE seq = 1000", 5},
		"truncated": {"DELETE FROM events WHERE seq > 300", 301},
	} {
		folder := t.TempDir()
		raw(t, filled(t, folder), allow, row.statement)
		v, err := casefile.Verify(t.Context(), open(t, folder), "a-case", "")
		if err != nil || len(v.Problems) != 1 || v.Problems[0].Seq != row.seq {
			t.Errorf("%s: %v, %v; want one problem at event %d", name, v.Problems, err, row.seq)
		}
	}
}

// The folder becomes part of a URI: no character of it may end the name there.
func TestAFolderOfAnyName(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a b%20c#d&e=é;f'g")
	filled(t, folder)
	if _, err := os.Stat(filepath.Join(folder, sqlite.FileName)); err != nil {
		t.Fatal(err)
	}
	if err := readAll(t, folder); err != nil {
		t.Error(err)
	}
}

func TestOpeningAgainKeepsEverything(t *testing.T) {
	folder := t.TempDir()
	filled(t, folder)
	for range 3 {
		store := open(t, folder)
		if v, err := casefile.Verify(t.Context(), store, "a-case", ""); err != nil || v.Events != 401 || len(v.Problems) > 0 {
			t.Fatalf("%d events, %v, %v; want 401 and no problem", v.Events, v.Problems, err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
