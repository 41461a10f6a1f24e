package sourcetest

import (
	"context"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/source"
)

// A listener notes what it is asked and answers nothing.
type listener struct{ heard []string }

// Ask implements [source.Asker].
func (l *listener) Ask(_ context.Context, r source.Request) (source.Reply, error) {
	l.heard = append(l.heard, strings.TrimSpace(r.Method+" "+r.URL+" "+string(r.Body)))
	return source.Reply{}, source.ErrNotRecorded
}

// Requests lists what src sends about a sample value of a kind it accepts, as
// far as that does not hang on an answer.
func Requests(t *testing.T, src source.Source, kind observable.Kind) []string {
	t.Helper()
	l := &listener{}
	source.NewRunner(source.RunnerOptions{Asker: l, Replay: true}).
		Ask(t.Context(), src, source.Question{Value: observable.Must(kind, samples[kind])})
	return l.heard
}
