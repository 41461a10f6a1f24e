package exporttest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/observable"
)

var update = flag.Bool("update", false, "write the golden files")

// Rules are the defaults with the clock and the lists of tests.
func Rules() export.Rules {
	return export.Rules{At: Now, Producer: "Example CERT", Benign: func(v observable.Value) (string, bool) {
		return "provider's own name", strings.HasSuffix(v.Text(), "provider.example")
	}, Learn: func(names []observable.Value) (export.NamePattern, bool) {
		// Stands for package naming, which stands elsewhere.
		return export.NamePattern{Regexp: `^[a-z]{4,5}-[a-z]{5,6}\.example$`, Words: []string{"two words"}, Learned: len(names), False: "corpus: 3 of 250000"}, len(names) > 2
	}}
}

// Set chooses what f holds of documents, the worked case when none is given.
func Set(t testing.TB, f export.Format, r export.Rules, documents ...casefile.Document) export.Set {
	t.Helper()
	if len(documents) == 0 {
		documents = []casefile.Document{Worked()}
	}
	s, err := export.Choose(documents, f, r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Write returns the files of a set by name; the one file of a format that is no
// folder has its usual name.
func Write(t testing.TB, f export.Format, s export.Set) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	if f.Files == nil {
		var out bytes.Buffer
		if err := f.Write(&out, s); err != nil {
			t.Fatal(err)
		}
		files[f.File] = out.Bytes()
		return files
	}
	list, err := f.Files(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range list {
		if !safeName(file.Name) {
			t.Errorf("file name %q leads elsewhere", file.Name)
		}
		if _, twice := files[file.Name]; twice {
			t.Errorf("two files named %q", file.Name)
		}
		files[file.Name] = file.Content
	}
	return files
}

func safeName(name string) bool {
	return filepath.IsLocal(name) && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == "" && !strings.Contains(name, "..")
}

// Only returns the content of a format of one file, for the worked case.
func Only(t testing.TB, f export.Format) string {
	t.Helper()
	return string(Write(t, f, Set(t, f, Rules()))[f.File])
}

// Golden compares what the worked case gives with testdata/NAME, which -update writes. Two exports must be the same bytes, also when the clock went on.
func Golden(t *testing.T, f export.Format) {
	t.Helper()
	got := Write(t, f, Set(t, f, Rules()))
	again := Worked()
	slices.Reverse(again.Findings)
	if diff := cmp.Diff(texts(got), texts(Write(t, f, Set(t, f, Rules(), again)))); diff != "" {
		t.Errorf("other bytes from the same case in another order:\n%s", diff)
	}
	folder := filepath.Join("testdata", f.Name)
	if *update {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		for name, content := range got {
			path := filepath.Join(folder, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	want := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		want[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil {
		t.Fatalf("%v: run the test with -update", err)
	}
	if diff := cmp.Diff(want, texts(got)); diff != "" {
		t.Errorf("not the golden files (-update writes them):\n%s", diff)
	}
}

func texts(files map[string][]byte) map[string]string {
	all := map[string]string{}
	for name, content := range files {
		all[name] = string(content)
	}
	return all
}

// Value is a value of a kind named as in JSON.
func Value(t testing.TB, kind, text string) observable.Value {
	t.Helper()
	k, ok := observable.KindNamed(kind)
	if !ok {
		t.Fatalf("%q is no kind", kind)
	}
	return observable.Must(k, text)
}
