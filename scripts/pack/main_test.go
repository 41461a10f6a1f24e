package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var committed = time.Date(2026, 11, 27, 20, 0, 1, 0, time.UTC)

// release writes what a release has, in the order given, as somebody with that
// umask and at that time would.
func release(t *testing.T, order []string, folders, files fs.FileMode, at time.Time) string {
	t.Helper()
	top := filepath.Join(t.TempDir(), "clew_v1_linux_amd64")
	for _, name := range order {
		file := filepath.Join(top, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), folders); err != nil {
			t.Fatal(err)
		}
		mode := files
		if name == "clew" {
			mode |= folders & 0o111
		}
		if err := os.WriteFile(file, []byte("this is "+name), mode); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Chmod(file, mode), os.Chtimes(file, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	return top
}

var names = []string{"LICENSE", "README.md", "clew", "man/clew-act.1", "man/clew.1"}

// Who built it, when, in which order and with which umask is in no archive.
func TestSameBytes(t *testing.T) {
	backwards := slices.Clone(names)
	slices.Reverse(backwards)
	ours := release(t, names, 0o755, 0o644, time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC))
	theirs := release(t, backwards, 0o700, 0o600, time.Date(2031, 7, 7, 7, 7, 7, 7, time.FixedZone("far away", 13*3600)))
	for _, ending := range []string{".tar.gz", ".zip"} {
		var sums [][32]byte
		for i, folder := range []string{ours, theirs} {
			archive := filepath.Join(t.TempDir(), "a"+ending)
			at := committed
			if i == 1 {
				at = committed.In(time.FixedZone("elsewhere", -8*3600))
			}
			if err := pack(folder, archive, at); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			sums = append(sums, sha256.Sum256(text))
		}
		if sums[0] != sums[1] {
			t.Errorf("%s: the same folder gave two archives", ending)
		}
	}
}

// What comes out is what went in, all of one time and nobody's.
func TestContent(t *testing.T) {
	folder := release(t, names, 0o700, 0o600, time.Now())
	dir := t.TempDir()
	for _, ending := range []string{".tar.gz", ".zip"} {
		if err := pack(folder, filepath.Join(dir, "a"+ending), committed); err != nil {
			t.Fatal(err)
		}
	}
	type entry struct {
		name, text string
		mode       fs.FileMode
		at         time.Time
	}
	top := filepath.Base(folder) + "/"
	want := []entry{{top, "", 0o755 | fs.ModeDir, committed}}
	for _, name := range names {
		if name == "man/clew-act.1" {
			want = append(want, entry{top + "man/", "", 0o755 | fs.ModeDir, committed})
		}
		mode := fs.FileMode(0o644)
		if name == "clew" {
			mode = 0o755
		}
		want = append(want, entry{top + name, "this is " + name, mode, committed})
	}
	var tarred, zipped []entry
	packed, err := os.ReadFile(filepath.Join(dir, "a.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil || !plain.ModTime.IsZero() || plain.Name != "" {
		t.Fatal(plain, err)
	}
	for r := tar.NewReader(plain); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname+h.Gname != "" {
			t.Errorf("%s belongs to %d %d %s %s", h.Name, h.Uid, h.Gid, h.Uname, h.Gname)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		tarred = append(tarred, entry{h.Name, string(text), h.FileInfo().Mode(), h.ModTime.UTC()})
	}
	r, err := zip.OpenReader(filepath.Join(dir, "a.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for _, f := range r.File {
		text, err := fs.ReadFile(&r.Reader, f.Name)
		if err != nil && !f.Mode().IsDir() {
			t.Fatal(err)
		}
		if f.Mode().IsDir() {
			text = nil
		}
		zipped = append(zipped, entry{f.Name, string(text), f.Mode(), f.Modified.UTC()})
	}
	if !slices.Equal(tarred, want) {
		t.Errorf("tar: %v, want %v", tarred, want)
	}
	if !slices.Equal(zipped, want) {
		t.Errorf("zip: %v, want %v", zipped, want)
	}
}

// What is no file is not followed, and an ending that says nothing is refused.
func TestRefuses(t *testing.T) {
	folder := release(t, names, 0o755, 0o644, committed)
	if err := pack(folder, filepath.Join(t.TempDir(), "a.rar"), committed); err == nil {
		t.Error("a.rar was written")
	}
	if err := os.Symlink("LICENSE", filepath.Join(folder, "other")); err != nil {
		t.Skip("no links here: ", err)
	}
	if err := pack(folder, filepath.Join(t.TempDir(), "a.zip"), committed); err == nil {
		t.Error("a link was packed")
	}
}
