package sourcetest

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/replay"
)

// parrot answers every request with the same bytes.
type parrot struct {
	status int
	body   []byte
}

// Ask implements [source.Asker].
func (p parrot) Ask(context.Context, source.Request) (source.Reply, error) {
	return source.Reply{Status: p.status, Header: http.Header{}, Body: p.body}, nil
}

// Fuzz feeds every decoder of src any bytes at all: each endpoint of each kind
// it accepts gets them as its reply. Seeds are the replies under testdata.
func Fuzz(f *testing.F, src source.Source) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		switch filepath.Base(file) {
		case replay.IndexName, "ask.txt", "want.txt":
			continue
		}
		body, err := os.ReadFile(file)
		if err != nil { // testdata/fuzz holds folders
			continue
		}
		f.Add(http.StatusOK, body)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		runner := source.NewRunner(source.RunnerOptions{Asker: parrot{status, body}, Replay: true})
		for _, kind := range src.Info().Accepts {
			value := observable.Must(kind, samples[kind])
			check(t, src, runner.Ask(t.Context(), src, source.Question{Value: value}))
		}
	})
}
