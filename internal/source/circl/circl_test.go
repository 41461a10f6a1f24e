package circl_test

import (
	"context"
	"flag"
	"net/http"
	"testing"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/circl"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, circl.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, circl.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, circl.Source{}) }

// pages answers with one record a page and a cursor to the next.
type pages struct {
	t     *testing.T
	names []string
	asked []string // cursors
}

// Ask implements [source.Asker].
func (p *pages) Ask(_ context.Context, r source.Request) (source.Reply, error) {
	if r.Header.Get("Dribble-Disable-Active-Query") != "1" {
		p.t.Error("CIRCL was not told to leave the name alone")
	}
	n := len(p.asked)
	p.asked = append(p.asked, r.Header.Get("Dribble-Paginate-Cursor"))
	header := http.Header{"Content-Type": {"text/html"}}
	if n+1 < len(p.names) {
		header.Set("X-Dribble-Cursor", p.names[n+1])
	}
	body := `{"rrname":"` + p.names[n] + `","rrtype":"A","rdata":"192.0.2.1","time_first":1,"time_last":2}`
	return source.Reply{Status: 200, Header: header, Body: []byte(body)}, nil
}

func TestPagesAreFollowedByTheirCursor(t *testing.T) {
	p := &pages{t: t, names: []string{"a.example", "b.example", "c.example"}}
	ask := source.Question{Value: observable.Must(observable.Domain, "a.example")}
	out := source.NewRunner(source.RunnerOptions{Asker: p, Replay: true}).Ask(t.Context(), circl.Source{}, ask)
	if len(out.Answer.Observations) != 3 || len(p.asked) != 3 || p.asked[0] != "" || p.asked[2] != "c.example" {
		t.Errorf("facts %d, cursors %q; want the three pages", len(out.Answer.Observations), p.asked)
	}
	p = &pages{t: t, names: make([]string, 9)}
	for i := range p.names {
		p.names[i] = string(rune('a'+i)) + ".example"
	}
	out = source.NewRunner(source.RunnerOptions{Asker: p, Replay: true}).Ask(t.Context(), circl.Source{}, ask)
	if out.State != source.Truncated || out.Answer.Missing != source.MissingUnknown {
		t.Errorf("five pages of nine: state %s, missing %d; want truncated by an unknown number", out.State, out.Answer.Missing)
	}
}

func TestTroubleInAHeaderIsTold(t *testing.T) {
	asker := headed{source.Reply{Status: 200, Header: http.Header{"Content-Type": {"text/html"}, "X-Dribble-Errors": {`{"db":"down"}`}}}}
	out := source.NewRunner(source.RunnerOptions{Asker: asker, Replay: true}).
		Ask(t.Context(), circl.Source{}, source.Question{Value: observable.Must(observable.Domain, "a.example")})
	if out.State != source.Failed {
		t.Errorf("state %s (%s), want failed", out.State, out.Reason)
	}
}

type headed struct{ reply source.Reply }

// Ask implements [source.Asker].
func (h headed) Ask(context.Context, source.Request) (source.Reply, error) { return h.reply, nil }

func TestOnlySHA1IsAsked(t *testing.T) {
	asker := headed{source.Reply{Status: 500}}
	cert := observable.Must(observable.Cert, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
	out := source.NewRunner(source.RunnerOptions{Asker: asker, Replay: true}).Ask(t.Context(), circl.Source{}, source.Question{Value: cert})
	if out.State != source.Skipped || len(out.Evidence) != 0 {
		t.Errorf("state %s (%s), %d requests; want skipped without any", out.State, out.Reason, len(out.Evidence))
	}
}
