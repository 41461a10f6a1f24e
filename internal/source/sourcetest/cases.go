package sourcetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/replay"
)

// Cases asks src what each folder of testdata says. A folder is a replay folder
// (index.json and the replies, written by hand with reserved names), with the
// value to ask in ask.txt and the expected [Listing] in want.txt. With update,
// want.txt is written instead: read it before you commit it.
func Cases(t *testing.T, src source.Source, update bool) {
	t.Helper()
	for _, dir := range folders(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			recorded, value := openCase(t, dir)
			out := source.NewRunner(source.RunnerOptions{Asker: recorded, Replay: true}).
				Ask(t.Context(), src, source.Question{Value: value})
			check(t, src, out)
			got, path := Listing(out), filepath.Join(dir, "want.txt")
			if update {
				must(t, os.WriteFile(path, []byte(got), 0o600))
				return
			}
			want, err := os.ReadFile(path)
			must(t, err)
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s answered about %s (-want +got):\n%s", src.Info().Name, value, diff)
			}
		})
	}
}

// folders lists the cases of the package under test.
func folders(t *testing.T) []string {
	t.Helper()
	indexes, err := filepath.Glob(filepath.Join("testdata", "*", replay.IndexName))
	must(t, err)
	if len(indexes) == 0 {
		t.Fatal("no cases: a connector needs testdata/<case>/index.json")
	}
	for i := range indexes {
		indexes[i] = filepath.Dir(indexes[i])
	}
	return indexes
}

func openCase(t *testing.T, dir string) (*replay.Replay, observable.Value) {
	t.Helper()
	recorded, err := replay.Open(dir)
	must(t, err)
	t.Cleanup(func() { must(t, recorded.Close()) })
	text, err := os.ReadFile(filepath.Join(dir, "ask.txt"))
	must(t, err)
	value, err := observable.Parse(strings.TrimSpace(string(text)))
	must(t, err)
	return recorded, value
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
