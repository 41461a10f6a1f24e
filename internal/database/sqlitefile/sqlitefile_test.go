package sqlitefile_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"clew/internal/database/sqlitefile"
)

var (
	errForeign = errors.New("somebody else's")
	errNewer   = errors.New("newer")
	errEngine  = errors.New("the engine says")
)

var steps = []string{`CREATE TABLE songs (title TEXT) STRICT`, `ALTER TABLE songs ADD length INTEGER; INSERT INTO songs VALUES ('a', 1)`}

func songs(path string, versions int) sqlitefile.File {
	return sqlitefile.File{
		Path: path, ID: 42, Steps: steps[:versions], Connections: 2, Foreign: errForeign, Newer: errNewer,
		Explain: func(err error) error {
			if sqlitefile.Code(err) != 0 {
				return errors.Join(errEngine, err)
			}
			return err
		},
	}
}

func open(ctx context.Context, f sqlitefile.File) (rows int, err error) {
	db, err := sqlitefile.Open(ctx, f)
	if err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM songs`).Scan(&rows)
	return rows, errors.Join(err, db.Close())
}

func TestEachStepRunsOnceFromEveryVersion(t *testing.T) {
	for from := range len(steps) + 1 {
		path := filepath.Join(t.TempDir(), "new", "songs.db")
		if from > 0 {
			if _, err := open(t.Context(), songs(path, from)); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if rows, err := open(t.Context(), songs(path, 2)); err != nil || rows != 1 {
				t.Errorf("from version %d: %d rows, %v", from, rows, err)
			}
		}
		if _, err := open(t.Context(), songs(path, 1)); !errors.Is(err, errNewer) {
			t.Errorf("an older clew: %v", err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v: others may read it", info.Mode(), err)
		}
	}
}

func TestSomebodyElsesFileIsLeftAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "songs.db")
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), `CREATE TABLE mine (n)`); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t.Context(), songs(path, 2)); !errors.Is(err, errForeign) {
		t.Errorf("another program's file: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("it was changed (%v)", err)
	}
}

func TestDamageIsExplained(t *testing.T) {
	path := filepath.Join(t.TempDir(), "songs.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t.Context(), songs(path, 2)); !errors.Is(err, errEngine) {
		t.Errorf("no database: %v", err)
	}
	if _, err := open(t.Context(), songs(filepath.Join(path, "below"), 2)); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestManyOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "songs.db")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if rows, err := open(t.Context(), songs(path, 2)); err != nil || rows != 1 {
				t.Errorf("%d rows, %v", rows, err)
			}
		})
	}
	wait.Wait()
}

func TestSnapshot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "songs.db")
	if _, err := open(t.Context(), songs(path, 2)); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := sqlitefile.Snapshot(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	if rows, err := open(t.Context(), songs(to, 2)); err != nil || rows != 1 {
		t.Errorf("the copy has %d rows, %v", rows, err)
	}
}
