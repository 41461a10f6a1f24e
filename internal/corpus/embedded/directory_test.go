package embedded

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// sighting is the n-th of endless different observations.
func sighting(n int) observation.Observation {
	return observation.Observation{
		Subject:  numbered(observable.Domain, "h", n),
		Relation: observation.Nameserver,
		Object:   numbered(observable.Domain, "ns", n%7),
		Count:    1,
		Source:   "test",
	}
}

func put(t *testing.T, s *Store, n int) {
	t.Helper()
	if err := s.Put(t.Context(), []observation.Observation{sighting(n)}); err != nil {
		t.Fatal(err)
	}
}

// has reports whether the n-th observation is in the store.
func has(t *testing.T, s *Store, n int) bool {
	t.Helper()
	links, _, err := s.Objects(t.Context(), sighting(n).Subject, 0)
	if err != nil {
		t.Fatal(err)
	}
	return len(links) == 1 && links[0].Object == sighting(n).Object
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// glob returns the files that match, at least one.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no file %s: %v", pattern, err)
	}
	return files
}

func TestOpenRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, dir string) // dir holds a corpus
		says  string                         // in the message, beside the directory
	}{
		"a_directory_of_something_else": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "thesis.txt"), "do not lose")
		}, "--data"},
		"a_file": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			write(t, dir, "not a directory")
		}, "import again"},
		"a_corpus_whose_format_was_lost": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, formatFile)); err != nil {
				t.Fatal(err)
			}
		}, formatFile},
		"a_format_file_of_nonsense": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, formatFile), strings.Repeat("\x00", 100))
		}, "import again"},
		"a_corpus_of_the_future": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, formatFile), formatName+"99\n")
		}, "format 99"},
		"a_half_copied_corpus": {func(t *testing.T, dir string) {
			for _, file := range glob(t, filepath.Join(dir, tablesDir, "marker.manifest.*")) {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
		}, "list of its tables"},
		"a_corpus_without_tables": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, tablesDir)); err != nil {
				t.Fatal(err)
			}
		}, "import again"},
		"a_cut_manifest": {func(t *testing.T, dir string) {
			for _, file := range glob(t, filepath.Join(dir, tablesDir, "MANIFEST-*")) {
				if err := os.Truncate(file, 3); err != nil {
					t.Fatal(err)
				}
			}
		}, "import again"},
		"a_missing_table": {func(t *testing.T, dir string) {
			for _, file := range glob(t, filepath.Join(dir, tablesDir, "*.sst")) {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
		}, "import again"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "corpus")
			makeCorpus(t, dir)
			test.spoil(t, dir)
			before := tree(t, dir)
			for _, opts := range []Options{{}, {ReadOnly: true}} {
				_, err := Open(dir, opts)
				if !errors.Is(err, corpus.ErrDamaged) && !(opts.ReadOnly && errors.Is(err, fs.ErrNotExist)) {
					t.Fatalf("Open(%+v) = %v, want %v", opts, err, corpus.ErrDamaged)
				}
				if !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("the error does not say %q and %q: %v", dir, test.says, err)
				}
			}
			if name == "a_directory_of_something_else" && tree(t, dir) != before {
				t.Errorf("Open changed a directory that is not ours: %s became %s", before, tree(t, dir))
			}
		})
	}
}

// makeCorpus makes a corpus with a table in it.
func makeCorpus(t *testing.T, dir string) {
	t.Helper()
	s := open(t, dir, Options{})
	for n := range 50 {
		put(t, s, n)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// tree lists the files of a directory.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if !errors.Is(err, fs.ErrNotExist) { // vanished meanwhile
			names = append(names, path)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func TestOpenWithoutPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := filepath.Join(t.TempDir(), "corpus")
	makeCorpus(t, dir)
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	_, err := Open(dir, Options{})
	if !errors.Is(err, corpus.ErrDamaged) || !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "--data") {
		t.Errorf("Open of an unreadable directory: %v", err)
	}
}

func TestMissingPermissionSaysWhatToDo(t *testing.T) {
	err := directory{path: "/data"}.damaged(&fs.PathError{Op: "open", Path: "/data/x", Err: fs.ErrPermission})
	if !errors.Is(err, corpus.ErrDamaged) || !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "give yourself access") {
		t.Errorf("got %v", err)
	}
}

func TestACorruptTableIsAnErrorOfItsQuestion(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	if err := loadRows(s, rowsOf(0, 2000)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, file := range glob(t, filepath.Join(dir, tablesDir, "*.sst")) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) < 2000 {
			continue // not of rows
		}
		for i := range len(data) / 2 { // the data blocks come first
			data[i] ^= 0x55
		}
		write(t, file, string(data))
	}
	s = open(t, dir, Options{})
	defer closeStore(t, s)
	_, _, err := s.Objects(t.Context(), sighting(3).Subject, 0)
	if !errors.Is(err, corpus.ErrDamaged) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
		t.Errorf("Objects over a corrupt table: %v", err)
	}
}

func TestOpenStartsOverAfterADeadCreation(t *testing.T) {
	dir := t.TempDir()
	makeCorpus(t, dir)
	write(t, filepath.Join(dir, makingFile), "")
	if err := os.Remove(filepath.Join(dir, formatFile)); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, Options{})
	defer closeStore(t, s)
	if has(t, s, 1) {
		t.Error("what was there before the creation ended is still there")
	}
	put(t, s, 1)
}

func TestOpenRemovesWhatDeadLoadsLeft(t *testing.T) {
	dir := t.TempDir()
	makeCorpus(t, dir)
	left := filepath.Join(dir, loadsDir, "7", "forward.0")
	write(t, left, "half a run")
	s := open(t, dir, Options{ReadOnly: true})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err != nil {
		t.Errorf("a reader removed files: %v", err)
	}
	s = open(t, dir, Options{})
	defer closeStore(t, s)
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a dead load left is still there: %v", err)
	}
	if !has(t, s, 1) {
		t.Error("and the rows are gone")
	}
}

func TestReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "corpus")
	if _, err := Open(dir, Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of nothing for reading: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening for reading made a directory: %v", err)
	}
	makeCorpus(t, dir)
	s := open(t, dir, Options{})
	put(t, s, 1000) // not written out to a table
	closeStore(t, s)
	s = open(t, dir, Options{ReadOnly: true})
	defer closeStore(t, s)
	if !has(t, s, 3) || !has(t, s, 1000) {
		t.Error("a row is missing")
	}
	for name, call := range map[string]func() error{
		"Put":   func() error { return s.Put(t.Context(), []observation.Observation{sighting(1)}) },
		"Load":  func() error { _, err := s.Load(t.Context()); return err },
		"Flush": func() error { return s.Flush(t.Context()) },
	} {
		if err := call(); !errors.Is(err, errReadOnly) {
			t.Errorf("%s = %v, want %v", name, err, errReadOnly)
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	_, err := Open(dir, Options{})
	wantLocked(t, dir, err)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	other := child(t, "hold", dir)
	if line := other.line(); line != "open" {
		t.Fatalf("the other process says %q", line)
	}
	for _, opts := range []Options{{}, {ReadOnly: true}} {
		_, err = Open(dir, opts)
		wantLocked(t, dir, err)
	}
	other.kill()
	s = open(t, dir, Options{}) // a lock dies with its process
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func wantLocked(t *testing.T, dir string, err error) {
	t.Helper()
	if !errors.Is(err, corpus.ErrLocked) {
		t.Fatalf("Open of a corpus in use: %v", err)
	}
	for _, text := range []string{dir, "wait", "--data"} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q: %v", text, err)
		}
	}
}

// process is this test binary again, running one of childRoles.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	out *bufio.Scanner
}

const (
	roleEnv = "CLEW_CORPUS_CHILD"
	dirEnv  = "CLEW_CORPUS_DIR"
)

func child(t *testing.T, role, dir string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), roleEnv+"="+role, dirEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, out: bufio.NewScanner(out)}
	t.Cleanup(p.kill)
	return p
}

// line returns the next line the process prints.
func (p *process) line() string {
	p.t.Helper()
	if !p.out.Scan() {
		p.t.Fatalf("the process ended: %v", p.out.Err())
	}
	return p.out.Text()
}

// kill ends the process as kill -9 does.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}
