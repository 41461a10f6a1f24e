package investigation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/casefile/sqlite"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// oracle is a provider that knows which names share an address, and remembers
// what it was asked. It stops the run at its stop-th question.
type oracle struct {
	mu    sync.Mutex
	asked []string // guarded by mu
	stop  int
	halt  context.CancelFunc
}

func (o *oracle) Info() source.Info {
	return source.Info{
		Name: "oracle", Title: "Oracle", Accepts: []observable.Kind{observable.Domain, observable.IP},
		Answers: []observation.Relation{observation.ResolvesTo}, PAP: marking.Amber,
	}
}

func (o *oracle) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	reply, err := ask.Ask(ctx, source.Request{URL: "https://oracle.test/" + q.Value.Text()})
	if err != nil {
		return source.Answer{}, err
	}
	var answer source.Answer
	for _, line := range strings.Fields(string(reply.Body)) {
		name, address, _ := strings.Cut(line, "=")
		answer.Observations = append(answer.Observations, observation.Observation{
			Subject: observable.Must(observable.Domain, name), Relation: observation.ResolvesTo,
			Object: observable.Must(observable.IP, address), Count: 1, Evidence: reply.Evidence(),
			Window: observation.Window{First: reply.At.AddDate(0, -1, 0), Last: reply.At},
		})
	}
	return answer, nil
}

// Ask implements source.Asker as the provider's server.
func (o *oracle) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	value := r.URL[strings.LastIndex(r.URL, "/")+1:]
	o.asked = append(o.asked, value)
	if o.stop > 0 && len(o.asked) == o.stop {
		o.halt()
		return source.Reply{}, ctx.Err()
	}
	var body strings.Builder
	for i := range 6 {
		fmt.Fprintf(&body, "postalia-%c.test=192.0.2.10\n", 'a'+i)
	}
	return source.Reply{Status: 200, Body: []byte(body.String()), At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}, nil
}

// recorded returns a workspace with a record, and a request to run in it.
func recorded(t *testing.T, o *oracle) (*Workspace, Request) {
	t.Helper()
	w := workspace(t)
	store, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Cases, w.Sources, w.Version, w.Actor = store, []source.Source{o}, "test", "tester"
	w.Random = rand.NewChaCha8([32]byte{1})
	return w, Request{
		Seeds: []Seed{{Value: observable.Must(observable.Domain, "postalia-a.test"), Confidence: 100}},
		Scope: "hunt", TLP: marking.TLPAmber, PAP: marking.Amber, Asker: o, Replay: true,
	}
}

func TestInterruptedRunResumesAndAsksNothingTwice(t *testing.T) {
	for stop := 1; stop <= 6; stop++ {
		t.Run(fmt.Sprintf("stopped_at_question_%d", stop), func(t *testing.T) {
			o := &oracle{stop: stop}
			w, req := recorded(t, o)
			ctx, cancel := context.WithCancel(context.Background())
			o.halt = cancel
			doc, err := w.Investigate(ctx, req)
			if !errors.Is(err, ErrInterrupted) {
				t.Fatalf("got %v, want ErrInterrupted", err)
			}
			if doc.Case.State != casefile.StateInterrupted {
				t.Errorf("state %s, want interrupted", doc.Case.State)
			}
			answered := map[string]bool{}
			for _, value := range o.asked[:stop-1] {
				answered[value] = true
			}
			o.stop, o.asked = 0, nil
			req.CaseID = doc.Case.ID
			doc, err = w.Investigate(context.Background(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, value := range o.asked {
				if answered[value] {
					t.Errorf("%s was asked and answered before, and is asked again", value)
				}
				answered[value] = true
			}
			if doc.Case.State != casefile.StateComplete || len(doc.Findings) != 6 {
				t.Errorf("%s with %d findings, want complete with five names and their address", doc.Case.State, len(doc.Findings))
			}
			if v, err := casefile.Verify(context.Background(), w.Cases, doc.Case.ID, ""); err != nil || len(v.Problems) > 0 {
				t.Errorf("record: %v %v", v.Problems, err)
			}
		})
	}
}

func TestResumedRunFindsWhatAnUninterruptedOneFinds(t *testing.T) {
	findings := func(stop int) string {
		o := &oracle{stop: stop}
		w, req := recorded(t, o)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		o.halt = cancel
		doc, err := w.Investigate(ctx, req)
		if errors.Is(err, ErrInterrupted) {
			o.stop = 0
			req.CaseID = doc.Case.ID
			doc, err = w.Investigate(context.Background(), req)
		}
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v", doc.Findings)
	}
	whole := findings(0)
	for stop := 1; stop <= 6; stop++ {
		if got := findings(stop); got != whole {
			t.Errorf("stopped at %d and resumed:\n%.300s\nnever stopped:\n%.300s", stop, got, whole)
		}
	}
}

func TestBundleReplaysToTheSameBytesElsewhere(t *testing.T) {
	w, req := recorded(t, &oracle{})
	doc, err := w.Investigate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	var bundle bytes.Buffer
	if err := casefile.WriteBundle(context.Background(), &bundle, w.Cases, doc.Case.ID, "test"); err != nil {
		t.Fatal(err)
	}
	b, err := casefile.ReadBundle(context.Background(), bytes.NewReader(bundle.Bytes()), int64(bundle.Len()))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Replay(context.Background(), b, b.ID())
	if err != nil {
		t.Fatal(err)
	}
	if again.Findings != len(doc.Findings) || fmt.Sprintf("%+v", again.Document.Findings) != fmt.Sprintf("%+v", doc.Findings) {
		t.Errorf("replay gives %d findings, the run %d", again.Findings, len(doc.Findings))
	}
	var twice bytes.Buffer
	if err := casefile.WriteBundle(context.Background(), &twice, b, b.ID(), "test"); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bundle.Bytes(), twice.Bytes()) {
		t.Error("the bundle of a bundle has other bytes")
	}
}

func TestRejectedValueNoLongerConnects(t *testing.T) {
	w, req := recorded(t, &oracle{})
	doc, err := w.Investigate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	address := observable.Must(observable.IP, "192.0.2.10")
	_, err = w.Cases.Append(context.Background(), doc.Case.ID, casefile.Entry{
		Time: w.Clock(), Type: casefile.TypeRejected, Actor: "tester",
		Data: casefile.Verdict{About: casefile.ValueOf(address), Reason: "our sinkhole", Scope: casefile.ScopeCase},
	})
	if err != nil {
		t.Fatal(err)
	}
	req.CaseID = doc.Case.ID
	doc, err = w.Investigate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range doc.Findings {
		if f.Band != "coincidence" {
			t.Errorf("%s is %s over an address the analyst rejected", f.Value, f.Band)
		}
	}
	for _, p := range doc.Pivots {
		if p.Value == address.Text() && (p.State != "rejected" || !strings.Contains(p.Reason, "our sinkhole")) {
			t.Errorf("pivot on %s is %s: %s", p.Value, p.State, p.Reason)
		}
	}
}
