package fetch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/source"
)

// trial puts questions to a provider in trouble, on a state that outlives its clients.
type trial struct {
	*testing.T
	p      *provider
	state  fetch.State
	now    time.Time
	status int
	info   source.Info
	key    string
	n      int
}

func newTrial(t *testing.T) *trial {
	x := &trial{T: t, p: newProvider(t), state: fetch.NewMemory(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), info: stub}
	x.p.status = func(int) int { return x.status }
	return x
}

// ask puts one question with a new client, and returns how many requests it took.
func (x *trial) ask(endpoint string) (sent int, err error) {
	client, _ := renewed(x.T, x.p, x.state, x.now, x.info, x.key)
	before := x.p.asked
	x.n++
	_, err = client.Ask(x.Context(), source.Request{Source: "stub", Endpoint: endpoint, URL: fmt.Sprint(x.p.URL, "/", x.n)})
	return x.p.asked - before, err
}

func (x *trial) want(what string, sent int, why string) {
	x.Helper()
	got, err := x.ask("search")
	if got != sent || (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
		x.Errorf("%s: %d sent (%v), want %d (…%s…)", what, got, err, sent, why)
	}
}

func TestBreaker(t *testing.T) {
	x := newTrial(t)
	x.status = 500
	for i := range 5 {
		x.want(fmt.Sprint("failure ", i+1), 1, "")
	}
	x.want("open", 0, "circuit open until 2026-03-01 12:01:00 UTC: 5 requests failed in a row, the last with: HTTP 500")
	x.now = x.now.Add(59 * time.Second)
	x.want("still open", 0, "circuit open until 2026-03-01 12:01:00 UTC")
	x.now = x.now.Add(time.Second)
	x.want("probe fails", 1, "")
	x.want("open for twice as long", 0, "circuit open until 2026-03-01 12:03:00 UTC")
	x.now = x.now.Add(2 * time.Minute)
	x.status = 503 // asked again in other times, but a probe is one request
	x.want("probe fails again", 1, "")
	x.want("open for longer", 0, "until 2026-03-01 12:07:00 UTC")
	x.now, x.status = x.now.Add(4*time.Minute), 404
	x.want("probe succeeds", 1, "")
	x.status = 500
	for range 4 {
		x.want("closed", 1, "")
	}
	x.status = 200
	x.want("a success between", 1, "")
	x.status = 500
	x.want("counts from the beginning", 1, "")
	x.want("counts from the beginning", 1, "")
}

func TestBreakerIsSkippedNotFailed(t *testing.T) {
	x := newTrial(t)
	x.status = 500
	for range 5 {
		x.want("failure", 1, "")
	}
	_, err := x.ask("search")
	part := source.PartOf("search", 0, 0, err)
	if part.State != source.Skipped || !part.Until.Equal(x.now.Add(time.Minute)) {
		t.Errorf("%+v", part)
	}
}

func TestBreakerLetsOneProbeThrough(t *testing.T) {
	b := newBarrier(t)
	s := fetch.NewMemory()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	open := fetch.Account{Last: at, Breaker: fetch.Breaker{Failures: 5, Opened: 1, Until: at, Last: "timeout"}}
	if err := s.Update(t.Context(), "stub", func(a *fetch.Account, _ time.Duration) error { *a = open; return nil }); err != nil {
		t.Fatal(err)
	}
	p := &provider{Server: b.Server}
	probe, _ := renewed(t, p, s, at, stub, "")
	other, _ := renewed(t, p, s, at, stub, "")
	done := make(chan error)
	go func() { done <- p.asks(t, probe, 1, "a") }()
	<-b.came
	if err := p.asks(t, other, 1, "b"); !errors.Is(err, source.ErrCircuit) {
		t.Errorf("beside the probe: %v, want an open circuit", err)
	}
	close(b.open)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := p.asks(t, other, 1, "b"); err != nil {
		t.Errorf("after the probe: %v, want an answer", err)
	}
}

func TestNoAccessIsRemembered(t *testing.T) {
	tests := map[string]struct {
		status  int
		headers map[string]string
		same    string // why the same endpoint is not asked again, "" when it is
		other   string // why another endpoint is not
	}{
		"wrong_key":            {status: 401, same: "HTTP 401 with this key", other: "HTTP 401 with this key"},
		"not_on_this_plan":     {status: 403, same: "HTTP 403 with this key, asked again after 2026-03-01 13:00:00 UTC"},
		"to_be_paid_for":       {status: 402, same: "HTTP 402"},
		"nothing_left":         {status: 403, headers: map[string]string{"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772409600"}, same: "5 until then used up; resets 2026-03-02 00:00:00", other: "5 until then used up"},
		"told_to_wait":         {status: 403, headers: map[string]string{"Retry-After": "600"}, same: "rate limited (HTTP 403); resets 2026-03-01 12:10:00 UTC", other: "rate limited"},
		"rate_limited":         {status: 429, headers: map[string]string{"Retry-After": "600"}, same: "rate limited (HTTP 429); resets 2026-03-01 12:10:00 UTC", other: "rate limited"},
		"nothing_known":        {status: 404},
		"unavailable_for_long": {status: 503, headers: map[string]string{"Retry-After": "600"}, same: "rate limited (HTTP 503)", other: "rate limited"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			x := newTrial(t)
			x.status, x.key = test.status, "secret"
			x.p.headers = func(int) map[string]string { return test.headers }
			if _, err := x.ask("search"); err != nil {
				t.Fatal(err)
			}
			for _, again := range []struct{ endpoint, why string }{{"search", test.same}, {"other", test.other}} {
				sent, err := x.ask(again.endpoint)
				if (sent == 0) != (again.why != "") || err != nil && !strings.Contains(err.Error(), again.why) {
					t.Errorf("%s: %d sent (%v), want …%s…", again.endpoint, sent, err, again.why)
				}
				if err != nil && source.PartOf("", 0, 0, err).State != source.Refused {
					t.Errorf("%v is not a refusal", err)
				}
			}
			x.key = "another"
			if sent, err := x.ask("search"); sent != 1 {
				t.Errorf("another key was not tried (%v)", err)
			}
		})
	}
}
