package investigation

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"clew/internal/corpus"
	"clew/internal/corpus/embedded"
	"clew/internal/observable"
	"clew/internal/observation"
)

const (
	killDirEnv   = "CLEW_TEST_IMPORT_DIR"   // tells the child where the corpus and the files are
	killCountEnv = "CLEW_TEST_IMPORT_KILLS" // how often to kill; few by default
	killFiles    = 12
	killLines    = 4000
)

// killWorkspace opens the corpus of these tests with loads so small that they
// spill to disk many times.
func killWorkspace(dir string) (*Workspace, error) {
	store, err := embedded.Open(filepath.Join(dir, "corpus"), embedded.Options{LoadBytes: 64 << 10})
	return &Workspace{Dir: dir, Corpus: store, Clock: func() time.Time { return time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC) }}, err
}

// importAll imports every file and prints the ID of each that was acknowledged.
func importAll(w *Workspace, files string, acknowledged func(id string)) error {
	for n := range killFiles {
		done, err := w.ImportPath(context.Background(), filepath.Join(files, fmt.Sprintf("%d.ndjson", n)), ImportRequest{Name: fmt.Sprint(n), Format: "cof"})
		if err != nil && !errors.Is(err, corpus.ErrImported) {
			return err
		}
		acknowledged(done.Entry.ID)
	}
	return nil
}

func TestImportChild(t *testing.T) {
	dir := os.Getenv(killDirEnv)
	if dir == "" {
		t.Skip("this is what TestKilledWhileImporting runs as a process of its own")
	}
	w, err := killWorkspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("open")
	if err := importAll(w, filepath.Dir(dir), func(id string) { fmt.Println(id) }); err != nil {
		t.Fatal(err)
	}
}

// TestKilledWhileImporting kills an import of several files at random moments.
// The corpus opens, holds every import that was acknowledged, and running the
// same import again makes it equal to one that was never interrupted.
func TestKilledWhileImporting(t *testing.T) {
	kills, _ := strconv.Atoi(os.Getenv(killCountEnv))
	files := t.TempDir()
	writeKillFiles(t, files)
	began := time.Now()
	want := whole(t, filepath.Join(files, "whole"))
	span := time.Since(began)
	rng := rand.New(rand.NewPCG(20261127, 1))
	for round := range max(kills, 4) {
		dir := filepath.Join(files, fmt.Sprintf("killed-%d", round))
		acknowledged := killAfter(t, dir, time.Duration(rng.Int64N(int64(span)+1)))
		w, err := killWorkspace(dir)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		checkAcknowledged(t, w, acknowledged)
		if err := importAll(w, files, func(string) {}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, dump(t, w.Corpus), cmp.Comparer(func(a, b observable.Value) bool { return a == b }), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("round %d, %d acknowledged (-uninterrupted +resumed):\n%s", round, len(acknowledged), diff)
		}
		if err := errors.Join(w.Corpus.Close(), os.RemoveAll(dir)); err != nil {
			t.Fatal(err)
		}
	}
}

// writeKillFiles writes files that share facts, so that merging counts.
func writeKillFiles(t *testing.T, dir string) {
	t.Helper()
	for n := range killFiles {
		var b strings.Builder
		for i := range killLines {
			fmt.Fprintf(&b, `{"rrname":"n%d.example","rrtype":"A","rdata":"198.51.%d.%d","time_first":%d,"time_last":%d,"count":%d}`+"\n",
				i%1500, (i+n)%100, i%250, 1700000000+i*n, 1750000000+i, 1+n)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.ndjson", n)), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// whole imports without interruption and returns what the corpus holds then.
func whole(t *testing.T, dir string) dumped {
	t.Helper()
	w, err := killWorkspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Corpus.Close() //nolint:errcheck // it is not needed any more
	if err := importAll(w, filepath.Dir(dir), func(string) {}); err != nil {
		t.Fatal(err)
	}
	return dump(t, w.Corpus)
}

// killAfter runs the import in a process and kills it that long after the corpus
// is open. It returns the imports that were acknowledged before.
func killAfter(t *testing.T, dir string, wait time.Duration) (acknowledged []string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run", "^TestImportChild$")
	child.Env = append(os.Environ(), killDirEnv+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "open" {
		t.Fatalf("the child said %q", lines.Text())
	}
	timer := time.AfterFunc(wait, func() { _ = child.Process.Kill() })
	defer timer.Stop()
	for lines.Scan() {
		if id := lines.Text(); len(id) == 12 {
			acknowledged = append(acknowledged, id)
		}
	}
	_ = child.Wait() // it was killed, or was faster
	return acknowledged
}

func checkAcknowledged(t *testing.T, w *Workspace, acknowledged []string) {
	t.Helper()
	for _, id := range acknowledged {
		if _, err := w.importNamed(t.Context(), id); err != nil {
			t.Errorf("an acknowledged import is gone: %v", err)
		}
	}
}

// dumped is everything that the corpus of these tests can be asked.
type dumped struct {
	Imports    []corpus.Import
	Links      []corpus.Link
	Population corpus.Population
}

func dump(t *testing.T, store corpus.Store) (d dumped) {
	t.Helper()
	var err error
	if d.Imports, err = store.Imports(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d.Population, err = store.Population(t.Context(), observation.ResolvesTo); err != nil {
		t.Fatal(err)
	}
	for n := range 1500 {
		links, _, err := store.Objects(t.Context(), observable.Must(observable.Domain, fmt.Sprintf("n%d.example", n)), 0)
		if err != nil {
			t.Fatal(err)
		}
		d.Links = append(d.Links, links...)
	}
	return d
}
