package sourcetest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"clew/internal/source"
	"clew/internal/source/replay"
)

// A liar answers from a case's replies, each changed.
type liar struct {
	inner  source.Asker
	change func([]byte) []byte
}

// Ask implements [source.Asker].
func (l liar) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	reply, err := l.inner.Ask(ctx, r)
	reply.Body = l.change(reply.Body)
	return reply, err
}

// lies feeds a connector its own cases with values no provider should send. The
// answer may be short, it may not be invalid, and nothing may fall over.
func lies(t *testing.T, src source.Source) {
	t.Helper()
	changes := map[string]func(any) any{
		"huge_numbers":     number(json.Number("9223372036854775807")),
		"negative_numbers": number(json.Number("-9223372036854775808")),
		"fractions":        number(json.Number("1e308")),
		"numbers_as_text":  number("n/a"),
		"no_text":          text(""),
		"control_text":     text("a\u0000b\u001b[31m\u202ec"),
		"markup_text":      text("<script>alert(1)</script>"),
		"text_as_number":   text(json.Number("7")),
		"text_as_null":     text(nil),
		"lists_as_null":    list(nil),
		"lists_as_text":    list("x"),
	}
	for name, change := range changes {
		for _, dir := range folders(t) {
			recorded, value := openCase(t, dir)
			l := liar{recorded, func(body []byte) []byte { return mapJSON(body, change) }}
			out := source.NewRunner(source.RunnerOptions{Asker: l, Replay: true}).
				Ask(t.Context(), src, source.Question{Value: value})
			t.Run(name+"/"+filepath.Base(dir), func(t *testing.T) { check(t, src, out) })
		}
	}
	for _, part := range []int{4, 2} { // a quarter, a half of each reply
		for _, dir := range folders(t) {
			recorded, value := openCase(t, dir)
			l := liar{recorded, func(body []byte) []byte { return body[:len(body)/part] }}
			out := source.NewRunner(source.RunnerOptions{Asker: l, Replay: true}).
				Ask(t.Context(), src, source.Question{Value: value})
			check(t, src, out)
		}
	}
}

func number(to any) func(any) any {
	return func(v any) any {
		if _, ok := v.(json.Number); ok {
			return to
		}
		return v
	}
}

func text(to any) func(any) any {
	return func(v any) any {
		if _, ok := v.(string); ok {
			return to
		}
		return v
	}
}

func list(to any) func(any) any {
	return func(v any) any {
		if _, ok := v.([]any); ok {
			return to
		}
		return v
	}
}

// mapJSON applies change to each value of a document, leaves first. What is no
// JSON stays as it is.
func mapJSON(body []byte, change func(any) any) []byte {
	return mapJSONAt(body, func(_ string, v any) any { return change(v) })
}

// mapJSONAt is mapJSON for changes that need to know where a value is: the names
// of the members down to it. All elements of a list are at the same place.
func mapJSONAt(body []byte, change func(at string, v any) any) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var document any
	if decoder.Decode(&document) != nil {
		return body
	}
	out, err := json.Marshal(mapValue("", document, change))
	if err != nil {
		return body
	}
	return out
}

func mapValue(at string, v any, change func(string, any) any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = mapValue(at+"/"+name, member, change)
		}
	case []any:
		for i, member := range v {
			v[i] = mapValue(at, member, change)
		}
	}
	return change(at, v)
}

// An echo answers every request to a path with the same reply, whatever page it
// asks for.
type echo struct {
	byPath map[string][]byte
	sent   int
}

// Ask implements [source.Asker].
func (e *echo) Ask(_ context.Context, r source.Request) (source.Reply, error) {
	e.sent++
	u, err := url.Parse(r.URL)
	if err != nil {
		return source.Reply{}, err
	}
	body, ok := e.byPath[u.Host+u.Path]
	if !ok {
		return source.Reply{}, source.ErrNotRecorded
	}
	return source.Reply{Status: 200, Body: body}, nil
}

// endless lets every page be followed by itself: a connector must stop, and may
// not take the bait of a limit that is never reached.
func endless(t *testing.T, src source.Source) {
	t.Helper()
	for _, dir := range folders(t) {
		e := &echo{byPath: bodies(t, dir)}
		_, value := openCase(t, dir)
		for _, limit := range []int{0, 1 << 30} {
			e.sent = 0
			out := source.NewRunner(source.RunnerOptions{Asker: e, Replay: true}).
				Ask(t.Context(), src, source.Question{Value: value, Limit: limit})
			check(t, src, out)
			if e.sent > source.DefaultRequests {
				t.Errorf("%s: %d requests in %s", src.Info().Name, e.sent, dir)
			}
		}
	}
}

// bodies reads the replies of a case by host and path.
func bodies(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(dir, replay.IndexName))
	must(t, err)
	var rows []replay.Row
	must(t, json.Unmarshal(index, &rows))
	found := map[string][]byte{}
	for _, row := range rows {
		u, err := url.Parse(row.URL)
		must(t, err)
		body, err := os.ReadFile(filepath.Join(dir, row.File))
		must(t, err)
		found[u.Host+u.Path] = body
	}
	return found
}
