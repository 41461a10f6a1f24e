package all_test

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/ingest/all"
	"clew/internal/observation"
)

// folder returns a folder of the facts beside the repository.
func folder(t *testing.T, path string) string {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../../shared"
	}
	path = filepath.Join(root, path)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here: set CLEW_SHARED to the folder of shared facts", path)
	}
	return path
}

// importFolder reads every file below a folder by the format that its content
// tells, and counts what each relation was kept. Files whose content tells none
// are returned.
func importFolder(t *testing.T, path string) (kept map[string]uint64, unknown []string) {
	t.Helper()
	kept = map[string]uint64{}
	root := folder(t, path)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close() //nolint:errcheck // read only
		opened, err := ingest.Open(file)
		if err != nil {
			return err
		}
		buffered := bufio.NewReaderSize(opened, 64<<10)
		head, _ := buffered.Peek(64 << 10)
		format, ok := all.Guess(head)
		if !ok {
			unknown = append(unknown, relativeTo(root, name))
			return nil
		}
		s, err := ingest.Import{Format: format, Source: "test"}.Run(context.Background(), buffered, func(o observation.Observation) error {
			kept[o.Relation.String()]++
			return o.Check()
		})
		if errors.Is(err, ingest.ErrNotFormat) {
			unknown = append(unknown, relativeTo(root, name))
			return nil
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s.Rejected*10 > s.Read+s.Kept {
			t.Errorf("%s: %d of %d rejected, first %+v", name, s.Rejected, s.Read, s.FirstRejected[0])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept, unknown
}

func relativeTo(root, name string) string {
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return name
	}
	return filepath.ToSlash(relative)
}

// TestEveryImportableFile imports whatever is importable below a folder, and
// holds the number of observations of each relation. Files without a format of
// ours are named, so that none is passed over in silence.
func TestEveryImportableFile(t *testing.T) {
	for path, want := range importable {
		t.Run(path, func(t *testing.T) {
			got, unknown := importFolder(t, path)
			if diff := cmp.Diff(want.kept, got); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.unknown, unknown); diff != "" {
				t.Errorf("not recognised (-want +got):\n%s", diff)
			}
		})
	}
}
