package source_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"clew/internal/corpus"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

var (
	shop    = observable.Must(observable.Domain, "shop.example")
	public  = observable.Must(observable.Domain, "shop.test")
	address = observable.Must(observable.IP, "192.0.2.1")
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 500, time.FixedZone("", 3600))
)

// asker answers by path, and remembers what it was asked.
type asker struct {
	replies map[string]source.Reply
	errs    map[string]error
	asked   []source.Request
}

func (a *asker) Ask(_ context.Context, r source.Request) (source.Reply, error) {
	a.asked = append(a.asked, r)
	if err := a.errs[r.URL]; err != nil {
		return source.Reply{}, err
	}
	reply, ok := a.replies[r.URL]
	if !ok {
		return source.Reply{}, source.ErrNotRecorded
	}
	if reply.Status == 0 {
		reply.Status = http.StatusOK
	}
	return reply, nil
}

// provider is a connector with as many endpoints as paths. A reply's body lists
// addresses; "next=path" names the next page, "held=n" the provider's total.
type provider struct {
	info  source.Info
	paths []string
	extra func(source.Reply) []observation.Observation
}

func (p provider) Info() source.Info {
	p.info.Name, p.info.Title = "stub", "Stub"
	if p.info.Accepts == nil {
		p.info.Accepts = []observable.Kind{observable.Domain, observable.IP}
	}
	return p.info
}

func (p provider) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	var endpoints []source.Endpoint
	for _, path := range p.paths {
		endpoints = append(endpoints, source.Endpoint{
			Name: path, Request: source.Request{URL: "https://stub.example/" + path}, Pages: 5, Decode: p.decode,
		})
	}
	return source.Follow(ctx, ask, q, endpoints...)
}

func (p provider) decode(r source.Reply) (page source.Page, err error) {
	for _, word := range strings.Fields(string(r.Body)) {
		switch name, value, _ := strings.Cut(word, "="); name {
		case "broken":
			return page, source.ErrBadReply
		case "next":
			page.Next.URL = value
		case "held":
			page.Held = source.Number(len(value)) // in strokes: held=|||
		case "total":
			page.Totals = append(page.Totals, corpus.Total{Relation: observation.ResolvesTo, Object: address, N: 43})
		default:
			page.Rows++
			page.Observations = append(page.Observations, observation.Observation{
				Subject: shop, Relation: observation.ResolvesTo, Object: observable.Must(observable.IP, word),
				Window: observation.Window{First: noon}, Count: 1,
			})
		}
	}
	if p.extra != nil {
		page.Observations = append(page.Observations, p.extra(r)...)
	}
	return page, nil
}

func body(text string) source.Reply { return source.Reply{Body: []byte(text), At: noon} }

func ask(t *testing.T, o source.RunnerOptions, p provider, q source.Question) source.Outcome {
	t.Helper()
	o.Clock = func() time.Time { return noon }
	return source.NewRunner(o).Ask(t.Context(), p, q)
}

func TestRunnerStampsWhatItKeeps(t *testing.T) {
	a := &asker{replies: map[string]source.Reply{"https://stub.example/a": body("192.0.2.2 192.0.2.1 192.0.2.1 total=")}}
	out := ask(t, source.RunnerOptions{Asker: a, Replay: true}, provider{paths: []string{"a"}}, source.Question{Value: shop})

	evidence := "sha256:" + out.Evidence[0].SHA256
	window := observation.Window{First: time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)}
	fact := func(object observable.Value, w observation.Window, evidence string) observation.Observation {
		return observation.Observation{
			Subject: shop, Relation: observation.ResolvesTo, Object: object,
			Window: w, Count: 1, Source: "stub", Evidence: evidence,
		}
	}
	want := []observation.Observation{
		fact(address, window, evidence),
		fact(observable.Must(observable.IP, "192.0.2.2"), window, evidence),
	}
	opts := cmp.Options{cmp.Comparer(func(a, b observable.Value) bool { return a == b })}
	if diff := cmp.Diff(want, out.Answer.Observations, opts); diff != "" {
		t.Errorf("observations (-want +got):\n%s", diff)
	}
	wantTotals := []corpus.Total{{Relation: observation.ResolvesTo, Object: address, N: 43, Source: "stub", AsOf: window.First}}
	if diff := cmp.Diff(wantTotals, out.Answer.Totals, opts); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	if out.State != source.Answered || out.Reason != "" {
		t.Errorf("state %s (%s), want answered without a reason", out.State, out.Reason)
	}
	if got := a.asked[0].Source; got != "stub" {
		t.Errorf("request stamped %q, want stub", got)
	}
}

func TestRunnerRefusesWhatNoReplySaid(t *testing.T) {
	forged := observation.Observation{
		Subject: shop, Relation: observation.ResolvesTo, Object: address, Evidence: "sha256:forged",
	}
	p := connector(func(ctx context.Context, ask source.Asker) (source.Answer, error) {
		reply, err := ask.Ask(ctx, source.Request{URL: "https://stub.example/a"})
		backwards := forged
		backwards.Evidence = reply.Evidence()
		backwards.First, backwards.Last = noon, noon.Add(-time.Hour)
		toItself := observation.Observation{Subject: shop, Relation: observation.CNAME, Object: shop, Evidence: reply.Evidence()}
		return source.Answer{Observations: []observation.Observation{forged, backwards, toItself}}, err
	})
	a := &asker{replies: map[string]source.Reply{"https://stub.example/a": body("x")}}
	out := source.NewRunner(source.RunnerOptions{Asker: a, Replay: true}).Ask(t.Context(), p, source.Question{Value: shop})
	if len(out.Answer.Observations) != 0 || out.Answer.Dropped != 3 {
		t.Errorf("kept %d, dropped %d; want none kept and 3 dropped", len(out.Answer.Observations), out.Answer.Dropped)
	}
}

// connector is a source that does not use Follow.
type connector func(context.Context, source.Asker) (source.Answer, error)

func (connector) Info() source.Info {
	return source.Info{Name: "stub", Accepts: []observable.Kind{observable.Domain}}
}

func (c connector) Observe(ctx context.Context, ask source.Asker, _ source.Question) (source.Answer, error) {
	return c(ctx, ask)
}

func TestStatesStayApart(t *testing.T) {
	url := func(path string) string { return "https://stub.example/" + path }
	status := func(code int, contentType string) source.Reply {
		return source.Reply{Status: code, Header: http.Header{"Content-Type": {contentType}, "Retry-After": {"30"}}}
	}
	tests := map[string]struct {
		replies map[string]source.Reply
		errs    map[string]error
		paths   []string
		limit   int
		state   source.State
		missing int
		reason  string // part of it
	}{
		"all_endpoints_answer":    {replies: map[string]source.Reply{url("a"): body("192.0.2.1"), url("b"): body("192.0.2.2")}, paths: []string{"a", "b"}, state: source.Answered},
		"empty_when_all_are":      {replies: map[string]source.Reply{url("a"): body(""), url("b"): status(404, "application/json")}, paths: []string{"a", "b"}, state: source.Empty, reason: "nothing known"},
		"empty_beside_silence":    {replies: map[string]source.Reply{url("a"): body("")}, paths: []string{"a", "b"}, state: source.NotRecorded, reason: "b: no recording"},
		"answer_beside_silence":   {replies: map[string]source.Reply{url("a"): body("192.0.2.1")}, paths: []string{"a", "b"}, state: source.Answered, reason: "b: no recording"},
		"not_recorded":            {paths: []string{"a"}, state: source.NotRecorded, reason: "no recording"},
		"page_of_html_is_no_404":  {replies: map[string]source.Reply{url("a"): status(404, "text/html")}, paths: []string{"a"}, state: source.Failed, reason: "HTTP 404"},
		"no_key_accepted":         {replies: map[string]source.Reply{url("a"): status(401, "")}, paths: []string{"a", "b"}, state: source.Refused, reason: "b: not asked after a was turned down"},
		"one_endpoint_forbidden":  {replies: map[string]source.Reply{url("a"): status(403, ""), url("b"): body("192.0.2.1")}, paths: []string{"a", "b"}, state: source.Answered, reason: "a: HTTP 403"},
		"rate_limited":            {replies: map[string]source.Reply{url("a"): status(429, "")}, paths: []string{"a"}, state: source.Refused, reason: "try again in 30s"},
		"server_error":            {replies: map[string]source.Reply{url("a"): status(500, "")}, paths: []string{"a"}, state: source.Failed, reason: "HTTP 500"},
		"reply_not_understood":    {replies: map[string]source.Reply{url("a"): body("broken")}, paths: []string{"a"}, state: source.Failed, reason: "not understood"},
		"no_connection":           {errs: map[string]error{url("a"): errors.New("connection refused")}, paths: []string{"a"}, state: source.Failed, reason: "connection refused"},
		"cancelled":               {errs: map[string]error{url("a"): context.Canceled}, paths: []string{"a"}, state: source.NotAsked},
		"short_by_a_known_number": {replies: map[string]source.Reply{url("a"): body("192.0.2.1 held=|||")}, paths: []string{"a"}, state: source.Truncated, missing: 2, reason: "holds 2 more"},
		"page_two_failed":         {replies: map[string]source.Reply{url("a"): body("192.0.2.1 next=" + url("a2")), url("a2"): status(500, "")}, paths: []string{"a"}, state: source.Truncated, missing: source.MissingUnknown, reason: "try again in 30s; kept what came before, and the provider holds more"},
		"page_two_elsewhere":      {replies: map[string]source.Reply{url("a"): body("192.0.2.1 next=https://other.example/a2")}, paths: []string{"a"}, state: source.Truncated, missing: source.MissingUnknown, reason: "another host"},
		"limit_reached":           {replies: map[string]source.Reply{url("a"): body("192.0.2.1 next=" + url("a2"))}, paths: []string{"a"}, limit: 1, state: source.Truncated, missing: source.MissingUnknown, reason: "holds more"},
		"two_pages":               {replies: map[string]source.Reply{url("a"): body("192.0.2.1 next=" + url("a2")), url("a2"): body("192.0.2.2 held=||")}, paths: []string{"a"}, state: source.Answered},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := &asker{replies: test.replies, errs: test.errs}
			out := ask(t, source.RunnerOptions{Asker: a, Replay: true}, provider{paths: test.paths}, source.Question{Value: shop, Limit: test.limit})
			if out.State != test.state || out.Answer.Missing != test.missing || !strings.Contains(out.Reason, test.reason) {
				t.Errorf("got %s, missing %d: %q\nwant %s, missing %d: …%s…", out.State, out.Answer.Missing, out.Reason, test.state, test.missing, test.reason)
			}
			if len(out.Parts) != len(test.paths) {
				t.Errorf("%d parts for %d endpoints: %v", len(out.Parts), len(test.paths), out.Parts)
			}
		})
	}
}

// ledger remembers what was disclosed, and fails when told to.
type ledger struct {
	told []source.Disclosure
	err  error
}

func (l *ledger) Disclose(_ context.Context, d source.Disclosure) error {
	l.told = append(l.told, d)
	return l.err
}

func TestRulesBeforeAsking(t *testing.T) {
	amber := source.Info{PAP: marking.Amber}
	tests := map[string]struct {
		info   source.Info
		value  observable.Value
		change func(*source.RunnerOptions)
		state  source.State
		reason string
		asked  int
	}{
		"asked_when_all_is_well": {info: amber, value: public, state: source.Answered, asked: 1},
		"pap_too_strict":         {info: source.Info{PAP: marking.Green}, value: public, state: source.Skipped, reason: "needs PAP:GREEN, the case allows PAP:AMBER"},
		"pap_ignored_in_replay":  {info: source.Info{PAP: marking.Green}, value: public, change: func(o *source.RunnerOptions) { o.Replay = true }, state: source.Answered, asked: 1},
		"no_key":                 {info: source.Info{PAP: marking.Amber, KeyEnv: "STUB_KEY"}, value: public, state: source.Skipped, reason: "no API key configured: set STUB_KEY"},
		"key_not_needed":         {info: source.Info{PAP: marking.Amber, KeyEnv: "STUB_KEY", Keyless: true}, value: public, state: source.Answered, asked: 1},
		"key_configured":         {info: source.Info{PAP: marking.Amber, KeyEnv: "STUB_KEY"}, value: public, change: func(o *source.RunnerOptions) { o.HasKey = func(source.Info) bool { return true } }, state: source.Answered, asked: 1},
		"retired":                {info: source.Info{PAP: marking.Amber, Retired: "switched off"}, value: public, state: source.Skipped, reason: "switched off"},
		"retired_but_recorded":   {info: source.Info{PAP: marking.Amber, Retired: "switched off"}, value: public, change: func(o *source.RunnerOptions) { o.Replay = true }, state: source.Answered, asked: 1},
		"kind_not_accepted":      {info: source.Info{Accepts: []observable.Kind{observable.IP}}, value: public, state: source.Skipped, reason: "Stub is not asked about a domain"},
		"local_address":          {info: amber, value: observable.Must(observable.IP, "10.1.2.3"), state: source.Skipped, reason: "private address (RFC 1918): nobody outside is asked"},
		"local_name":             {info: amber, value: observable.Must(observable.Domain, "printer.local"), state: source.Skipped, reason: "printer.local is a multicast DNS name"},
		"offline":                {info: amber, value: public, change: func(o *source.RunnerOptions) { o.Asker = nil }, state: source.NotAsked, reason: "offline"},
		"ledger_cannot_write":    {info: amber, value: public, change: func(o *source.RunnerOptions) { o.Ledger = &ledger{err: errors.New("disk full")} }, state: source.Failed, reason: "disclosure ledger cannot be written: disk full"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := &asker{replies: map[string]source.Reply{"https://stub.example/a": body("192.0.2.1")}}
			o := source.RunnerOptions{Asker: a, PAP: marking.Amber}
			if test.change != nil {
				test.change(&o)
			}
			out := ask(t, o, provider{info: test.info, paths: []string{"a"}}, source.Question{Value: test.value})
			if out.State != test.state || !strings.Contains(out.Reason, test.reason) || len(a.asked) != test.asked {
				t.Errorf("got %s after %d requests: %q\nwant %s after %d: …%s…", out.State, len(a.asked), out.Reason, test.state, test.asked, test.reason)
			}
		})
	}
}

func TestLedgerHearsOfLiveRequestsOnly(t *testing.T) {
	for _, replay := range []bool{false, true} {
		l := &ledger{}
		a := &asker{replies: map[string]source.Reply{"https://stub.example/a": body("192.0.2.1")}}
		ask(t, source.RunnerOptions{Asker: a, PAP: marking.Green, Replay: replay, Ledger: l},
			provider{info: source.Info{PAP: marking.Amber}, paths: []string{"a"}}, source.Question{Value: public})
		var want []source.Disclosure
		if !replay {
			want = []source.Disclosure{{
				Source: "stub", Value: public, Method: "GET", URL: "https://stub.example/a",
				Needs: marking.Amber, Allowed: marking.Green, At: noon.UTC(),
			}}
		}
		opts := cmp.Options{cmp.Comparer(func(a, b observable.Value) bool { return a == b }), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(want, l.told, opts); diff != "" {
			t.Errorf("replay %t: disclosed (-want +got):\n%s", replay, diff)
		}
	}
}

func TestBudget(t *testing.T) {
	replies := map[string]source.Reply{}
	for _, path := range []string{"a", "b", "c"} {
		replies["https://stub.example/"+path] = body("192.0.2.1")
	}
	tests := map[string]struct {
		budget   source.Budget
		requests int
		asked    int
		last     source.Part
	}{
		"none":         {asked: 3, last: source.Part{Endpoint: "c", State: source.Answered}},
		"overall":      {budget: source.Budget{Total: 2}, asked: 2, last: source.Part{Endpoint: "c", State: source.Skipped, Reason: "over budget: budget of 2 requests spent"}},
		"per_source":   {budget: source.Budget{PerSource: map[string]int{"stub": 1}}, asked: 1, last: source.Part{Endpoint: "c", State: source.Skipped, Reason: "over budget: budget of 1 requests to stub spent"}},
		"per_question": {requests: 2, asked: 2, last: source.Part{Endpoint: "c", State: source.Failed, Reason: "stopped after 2 requests for one question"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := &asker{replies: replies}
			r := source.NewRunner(source.RunnerOptions{Asker: a, Replay: true, Budget: test.budget, Requests: test.requests})
			out := r.Ask(t.Context(), provider{paths: []string{"a", "b", "c"}}, source.Question{Value: shop})
			if len(a.asked) != test.asked || r.Spent()["stub"] != test.asked {
				t.Errorf("sent %d and counted %d, want %d", len(a.asked), r.Spent()["stub"], test.asked)
			}
			if diff := cmp.Diff(test.last, out.Parts[len(out.Parts)-1]); diff != "" {
				t.Errorf("last part (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnrecordedRequestsCostNothing(t *testing.T) {
	r := source.NewRunner(source.RunnerOptions{Asker: &asker{}, Replay: true, Budget: source.Budget{Total: 1}})
	for range 3 {
		if out := r.Ask(t.Context(), provider{paths: []string{"a"}}, source.Question{Value: shop}); out.State != source.NotRecorded {
			t.Fatalf("state %s (%s), want not-recorded", out.State, out.Reason)
		}
	}
}

func TestRepliesToOneQuestionAreBounded(t *testing.T) {
	large := source.Reply{Body: append([]byte("192.0.2.1 "), bytes.Repeat([]byte(" "), source.MaxReply-10)...)}
	a := &asker{replies: map[string]source.Reply{}}
	paths := []string{"a", "b", "c", "d", "e"}
	for _, path := range paths {
		a.replies["https://stub.example/"+path] = large
	}
	out := ask(t, source.RunnerOptions{Asker: a, Replay: true}, provider{paths: paths}, source.Question{Value: shop})
	if len(out.Evidence) != 4 || out.Parts[4].State != source.Failed {
		t.Errorf("%d replies kept, last part %v; want 4 and the fifth refused", len(out.Evidence), out.Parts[4])
	}
}

func TestTooLargeAReplyIsNoAnswer(t *testing.T) {
	a := &asker{replies: map[string]source.Reply{"https://stub.example/a": {Body: make([]byte, source.MaxReply+1)}}}
	out := ask(t, source.RunnerOptions{Asker: a, Replay: true}, provider{paths: []string{"a"}}, source.Question{Value: shop})
	if out.State != source.Failed || len(out.Evidence) != 0 {
		t.Errorf("state %s with %d pieces of evidence, want failed with none", out.State, len(out.Evidence))
	}
}
