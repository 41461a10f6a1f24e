package backup_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/backup"
)

var made = time.Date(2026, 11, 27, 9, 30, 0, 0, time.UTC)

// filled is a data directory with files of several sorts.
func filled(t *testing.T) (dir string, files map[string]string) {
	t.Helper()
	dir = t.TempDir()
	files = map[string]string{
		"corpus/CORPUS": "one\n", "corpus/db/000001.sst": strings.Repeat("table", 500), "lists/a list.json": "{}", "empty": "",
	}
	for name, text := range files {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir, files
}

var parts = []backup.Part{{Path: "corpus"}, {Path: "lists"}, {Path: "empty"}, {Path: "not there"}}

func write(t *testing.T, dir string) (name string, content []byte) {
	t.Helper()
	var out bytes.Buffer
	if _, err := backup.Write(t.Context(), &out, dir, parts, backup.Manifest{Tool: "test", Made: made}); err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(t.TempDir(), "kept.zip")
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name, out.Bytes()
}

func TestWhatIsKeptComesBack(t *testing.T) {
	dir, files := filled(t)
	name, _ := write(t, dir)
	to := filepath.Join(t.TempDir(), "again")
	m, err := backup.Restore(t.Context(), name, to)
	if err != nil || len(m.Files) != len(files) {
		t.Fatalf("%d files, %v", len(m.Files), err)
	}
	for file, text := range files {
		if got, err := os.ReadFile(filepath.Join(to, filepath.FromSlash(file))); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", file, len(got), err)
		}
	}
	if _, err := backup.Restore(t.Context(), name, to); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a second time: %v", err)
	}
}

func TestAPartIsReadFromItsSnapshot(t *testing.T) {
	dir, _ := filled(t)
	rested := false
	snap := backup.Part{Path: "lists", Snapshot: func(_ context.Context, read func(string) error) error {
		rested = true
		at := t.TempDir()
		return errors.Join(os.WriteFile(filepath.Join(at, "then"), []byte("as it was"), 0o600), read(at))
	}}
	var out bytes.Buffer
	m, err := backup.Write(t.Context(), &out, dir, []backup.Part{snap}, backup.Manifest{Made: made})
	if err != nil || !rested || len(m.Files) != 1 || m.Files[0].Path != "lists/then" {
		t.Errorf("%+v, %v", m, err)
	}
}

// Every byte of the archive counts: a change anywhere is found, or changes
// nothing of what comes back.
func TestDamageIsFound(t *testing.T) {
	dir, files := filled(t)
	name, whole := write(t, dir)
	if _, err := backup.Check(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	spoil := func(content []byte) error {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := backup.Check(t.Context(), name)
		if err == nil {
			to := filepath.Join(t.TempDir(), "again")
			if _, err := backup.Restore(t.Context(), name, to); err != nil {
				return err
			}
			for file, text := range files {
				if got, err := os.ReadFile(filepath.Join(to, filepath.FromSlash(file))); err != nil || string(got) != text {
					return errors.New("restored something else")
				}
			}
			return nil
		}
		if !errors.Is(err, backup.ErrNoBackup) {
			return err
		}
		return nil
	}
	for at := 0; at < len(whole); at += max(1, len(whole)/300) {
		changed := bytes.Clone(whole)
		changed[at] ^= 0x20
		if err := spoil(changed); err != nil {
			t.Errorf("byte %d of %d: %v", at, len(whole), err)
		}
		if err := spoil(whole[:at]); err != nil {
			t.Errorf("cut after %d: %v", at, err)
		}
	}
}

// A backup that somebody prepared writes nowhere but below the data directory.
func TestPathsStayBelow(t *testing.T) {
	for _, path := range []string{"../escaped", "/escaped", "a/../../escaped", ""} {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for file, text := range map[string]string{path + "x": "evil", "clew-backup.json": `{"format":1,"files":[{"path":"` + path + `","size":4,"sha256":"x"}]}`} {
			w, err := z.Create(file)
			if err == nil {
				_, err = io.WriteString(w, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		home := t.TempDir()
		name := filepath.Join(home, "kept.zip")
		if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Restore(t.Context(), name, filepath.Join(home, "in", "data")); !errors.Is(err, backup.ErrNoBackup) {
			t.Errorf("%q: %v", path, err)
		}
		if _, err := os.Stat(filepath.Join(home, "escaped")); err == nil {
			t.Errorf("%q wrote outside", path)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, content []byte) {
		name := filepath.Join(t.TempDir(), "kept.zip")
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Check(t.Context(), name); err != nil && !errors.Is(err, backup.ErrNoBackup) {
			t.Errorf("%v", err)
		}
	})
}
