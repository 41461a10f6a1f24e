package investigation

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// endless is a file without end; after some reads the person gives up.
type endless struct {
	left   int
	giveUp func()
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left--; e.left == 0 {
		e.giveUp()
	}
	return len(p), nil
}

func TestReadingOverAFileIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := newInput(ctx, &endless{20, cancel}).digest(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestWhatWasNotReadCounts: two archives that differ only in a member that cannot
// be opened are two imports.
func TestWhatWasNotReadCounts(t *testing.T) {
	w := workspace(t)
	seen := map[string]bool{}
	for _, broken := range []string{"\x1f\x8bone", "\x1f\x8btwo"} {
		path := filepath.Join(t.TempDir(), "dump.zip")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		archive := zip.NewWriter(file)
		for name, content := range map[string]string{"a.json": `{"rrname":"a.example","rrtype":"A","rdata":"192.0.2.1"}` + "\n", "b.gz": broken} {
			member, err := archive.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(member, content); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(archive.Close(), file.Close()); err != nil {
			t.Fatal(err)
		}
		done, err := w.ImportPath(t.Context(), path, ImportRequest{Name: "dump", Format: "cof"})
		if err != nil || len(done.LeftOut) != 1 {
			t.Fatalf("%+v, %v", done, err)
		}
		seen[done.Entry.ID] = true
	}
	if len(seen) != 2 {
		t.Errorf("%d imports", len(seen))
	}
}
