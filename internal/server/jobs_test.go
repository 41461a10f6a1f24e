package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/reference"
	"clew/internal/source"
	"clew/internal/source/all"
)

// patient is a way out through which no answer ever comes.
type patient struct{ asked chan struct{} }

func (p patient) Ask(ctx context.Context, _ source.Request) (source.Reply, error) {
	select {
	case p.asked <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return source.Reply{}, ctx.Err()
}

// waiting is a core whose investigations wait until they are cancelled.
type waiting struct {
	Sharing // nobody asks for these here
	Deciding
	Escalating
	Bundling
	Watching

	dir   string
	lists *reference.Set
	out   patient
}

func (c waiting) Open(needs investigation.Needs) (*investigation.Workspace, error) {
	w := &investigation.Workspace{Lists: c.lists, Sources: all.Sources(), Clock: time.Now, Random: rand.Reader, Version: "test", Actor: "tester"}
	return w, w.Open(c.dir, needs)
}

func (c waiting) Request(_ context.Context, ask Ask) (investigation.Request, func(), error) {
	req := investigation.Request{CaseID: ask.Case, Scope: "hunt", TLP: marking.TLP("AMBER"), PAP: marking.Amber, Depth: 1, MaxHolders: 100, Asker: c.out, HasKey: func(source.Info) bool { return true }}
	for _, text := range ask.Indicators {
		v, err := observable.Parse(text)
		if err != nil {
			return req, nil, err
		}
		req.Seeds = append(req.Seeds, investigation.Seed{Value: v, Confidence: 100})
	}
	return req, func() {}, nil
}

func (waiting) DryRun(context.Context, *investigation.Workspace, Ask) ([]Question, error) {
	return nil, nil
}

func (waiting) Points(context.Context, *investigation.Workspace, observable.Value, int) ([]pivot.Point, error) {
	return nil, nil
}

func (waiting) WouldAsk(context.Context, *investigation.Workspace, Ask, []observable.Value) ([]Question, error) {
	return nil, nil
}
func (c waiting) Under(Defaults, bool) Core                              { return c }
func (waiting) PolicyMark() string                                       { return "" }
func (waiting) Status() Status                                           { return Status{} }
func (waiting) Doctor(context.Context, *investigation.Workspace) []Check { return nil }
func (waiting) TestSource(context.Context, string) (SourceTest, error) {
	return SourceTest{}, nil
}
func (waiting) Sources(context.Context) ([]Source, error) { return nil, nil }
func (waiting) Quotas(context.Context) ([]Quota, error)   { return nil, nil }
func (c waiting) Hunt(_ context.Context, ask HuntAsk) (func(context.Context, HuntWatch) error, error) {
	if len(ask.Logs) == 0 {
		return nil, Refused{errors.New("name where to look")}
	}
	return func(ctx context.Context, watch HuntWatch) error {
		watch.Wanted(2, []string{"com: it is a public suffix"})
		watch.Now(ask.Logs[0])
		for n := range mostHits + 5 {
			watch.Read(int64(n), 2*mostHits)
			watch.Hit(Hit{Indicator: "evil.example", Verdict: "hit", Asset: "host<script>", Line: int64(n + 1)})
		}
		watch.Hit(Hit{Indicator: "192.0.2.1", Verdict: "worthless"})
		watch.Searched(HuntPlace{Where: ask.Logs[0], Seen: []HuntFinding{{Kind: "domain", Value: "evil.example", Count: mostHits + 5}}})
		if ask.Since != "" { // the test's sign to wait
			<-ctx.Done()
		}
		return ctx.Err()
	}, nil
}

func (waiting) Telemetry(context.Context) (TelemetryIndex, error) {
	return TelemetryIndex{Logs: 3}, nil
}

// KeepLogs looks once, and a watch until it is ended.
func (waiting) KeepLogs(_ context.Context, ask LogsAsk) (func(context.Context, func(LogsLooked)) error, error) {
	return func(ctx context.Context, looked func(LogsLooked)) error {
		looked(LogsLooked{Files: len(ask.Paths)})
		if ask.Watch {
			<-ctx.Done()
		}
		return nil
	}, nil
}

func (waiting) Queries(context.Context, HuntAsk) ([]SIEMQuery, error) {
	return []SIEMQuery{{SIEM: "elk", Text: "dns.question.name: evil.example"}}, nil
}

func (waiting) UnderPolicy(d casefile.Document) (casefile.Document, error) {
	return d, nil
}

// served starts a server on loopback and returns its address and how to stop it.
func served(t *testing.T, c waiting) (base string, stop func() error) {
	t.Helper()
	listener, err := Listen(t.Context(), "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(listener.Addr(), Options{Core: c, Token: testToken, Version: "test", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	return "http://" + listener.Addr().(*net.TCPAddr).String(), func() error { cancel(); return <-ended }
}

func ask(t *testing.T, method, url, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(all)
}

func waitingCore(t *testing.T) waiting {
	t.Helper()
	lists, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	return waiting{dir: t.TempDir(), lists: lists, out: patient{make(chan struct{}, 1)}}
}

// TestCancelAndContinue cancels a run that waits for its sources, continues the
// case, and stops the server under the second run: both are in the record.
func TestCancelAndContinue(t *testing.T) {
	c := waitingCore(t)
	base, stop := served(t, c)
	runs := base + "/api/v1/investigations"
	var run Run
	status, text := ask(t, "POST", runs, `{"indicators":["evil.example"]}`)
	if err := json.Unmarshal([]byte(text), &run); err != nil || status != http.StatusAccepted {
		t.Fatalf("%d %s", status, text)
	}
	<-c.out.asked
	for end := time.Now().Add(20 * time.Second); run.Case == "" && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		_, text = ask(t, "GET", runs+"/"+run.ID, "")
		if err := json.Unmarshal([]byte(text), &run); err != nil || run.State != runRunning {
			t.Fatalf("under way: %s", text)
		}
	}
	if status, text := ask(t, "POST", runs, `{"case":"`+run.Case+`"}`); status != http.StatusConflict {
		t.Errorf("the case a second time: %d %s", status, text)
	}
	if status, _ := ask(t, "POST", runs+"/"+run.ID+"/cancel", ""); status != http.StatusOK {
		t.Errorf("cancel: %d", status)
	}
	_, events := ask(t, "GET", runs+"/"+run.ID+"/events", "")
	if !strings.Contains(events, `"state":"interrupted"`) {
		t.Errorf("after the cancel: %s", events)
	}

	select {
	case <-c.out.asked: // by another source of the first run
	default:
	}
	if status, text := ask(t, "POST", runs, `{"case":"`+run.Case+`"}`); status != http.StatusAccepted {
		t.Fatalf("continue: %d %s", status, text)
	}
	<-c.out.asked
	if err := stop(); err != nil {
		t.Error(err)
	}
	w, err := c.Open(investigation.Needs{Corpus: true, Cases: true}) // both are free again
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // nothing was written
	record, err := casefile.Load(t.Context(), w.Cases, run.Case)
	if err != nil {
		t.Fatal(err)
	}
	finished := 0
	for _, e := range record.Events {
		if e.Type == casefile.TypeFinished {
			finished++
		}
	}
	if record.State != casefile.StateInterrupted || finished != 2 {
		t.Errorf("state %s after %d runs", record.State, finished)
	}
}

// TestRunsAreBounded: beyond the most that may run, they wait for their turn; one of
// them outlives the server.
func TestRunsAreBounded(t *testing.T) {
	c := waitingCore(t)
	base, stop := served(t, c)
	runs := base + "/api/v1/investigations"
	state := func(id, want string) {
		t.Helper()
		text := ""
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if _, text = ask(t, "GET", runs+"/"+id, ""); strings.Contains(text, `"state":"`+want+`"`) {
				return
			}
		}
		t.Errorf("want %s: %s", want, text)
	}
	started := make([]Run, mostRunning+1)
	for i := range started {
		status, text := ask(t, "POST", runs, `{"indicators":["evil.example"]}`)
		if err := json.Unmarshal([]byte(text), &started[i]); err != nil || status != http.StatusAccepted {
			t.Fatalf("run %d: %d: %s", i, status, text)
		}
	}
	for _, run := range started[:mostRunning] {
		state(run.ID, runRunning)
	}
	last := started[mostRunning].ID
	state(last, runQueued)
	ask(t, "POST", runs+"/"+started[0].ID+"/cancel", "")
	state(last, runRunning)
	if err := stop(); err != nil {
		t.Error(err)
	}
	base, stop = served(t, c) // it goes on where it was
	runs = base + "/api/v1/investigations"
	state(last, runRunning)
	state(started[0].ID, runInterrupted)
	if status, text := ask(t, "POST", runs+"/"+started[0].ID+"/retry", ""); status != http.StatusOK || !strings.Contains(text, runQueued) {
		t.Errorf("retry: %d %s", status, text)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
