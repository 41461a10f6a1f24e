package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// connector asks two endpoints of a provider about a domain.
type connector struct {
	info source.Info
	url  string
}

func (c connector) Info() source.Info { return c.info }

func (c connector) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	decode := func(r source.Reply) (p source.Page, err error) {
		if strings.Contains(string(r.Body), "sorry") {
			return p, source.ErrBadReply
		}
		p.Add(q.Value, observation.ResolvesTo, observable.IP, string(r.Body), observation.Window{})
		return p, nil
	}
	endpoint := func(name string, credits int) source.Endpoint {
		return source.Endpoint{
			Name: name, Request: source.Request{URL: c.url + "/" + name + "/" + q.Value.Text()}, Credits: credits, Decode: decode,
		}
	}
	return source.Follow(ctx, ask, q, endpoint("cheap", -1), endpoint("dear", 5))
}

func TestOnlyWhatLeavesIsChargedAndDisclosed(t *testing.T) {
	reply := "192.0.2.1"
	asked := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if strings.Contains(r.URL.Path, "dear") {
			_, _ = io.WriteString(w, reply)
		}
	})
	info := source.Info{Name: "stub", Title: "Stub", Accepts: []observable.Kind{observable.Domain}, PAP: marking.Amber, Credits: 1}
	client, c, _ := keeping(t, server, func(o *fetch.Options) { o.Sources = []source.Info{info} })
	domain := observable.Must(observable.Domain, "shop.test")
	run := func(budget source.Budget) (out source.Outcome, requests, credits, told int) {
		ledger := &tally{}
		runner := source.NewRunner(source.RunnerOptions{Asker: client, PAP: marking.Amber, Budget: budget, Ledger: ledger, Clock: c.Now})
		out = runner.Ask(t.Context(), connector{info, server.URL}, source.Question{Value: domain})
		return out, runner.Spent()["stub"], runner.SpentCredits()["stub"], ledger.told
	}
	tests := []struct {
		what                     string
		reply                    string
		budget                   source.Budget
		wait                     time.Duration
		state                    source.State
		requests, credits, asked int
	}{
		{what: "asked", reply: "192.0.2.1", state: source.Answered, requests: 2, credits: 5, asked: 2},
		{what: "kept, within no budget at all", budget: source.Budget{Total: 1, Credits: map[string]int{"stub": 1}}, state: source.Answered},
		{what: "nothing in one of them: kept for an hour", wait: 2 * time.Hour, state: source.Answered, requests: 1, asked: 1},
		{what: "both old, too few credits", wait: 25 * time.Hour, budget: source.Budget{Credits: map[string]int{"stub": 4}}, state: source.Skipped, requests: 1, asked: 1},
		{what: "an apology with status 200", reply: "sorry", state: source.Failed, requests: 1, credits: 5, asked: 1},
		{what: "which is not kept", reply: "192.0.2.1", state: source.Answered, requests: 1, credits: 5, asked: 1},
	}
	for _, test := range tests {
		if test.reply != "" {
			reply = test.reply
		}
		c.now = c.now.Add(test.wait)
		asked = 0
		out, requests, credits, told := run(test.budget)
		if out.State != test.state || requests != test.requests || credits != test.credits || asked != test.asked || told != test.asked {
			t.Errorf("%s: %s (%s), %d requests, %d credits, %d sent, %d disclosed\nwant %s, %d, %d, %d, %d", test.what,
				out.State, out.Reason, requests, credits, asked, told, test.state, test.requests, test.credits, test.asked, test.asked)
		}
	}
}

func TestARequestSentAgainIsChargedAgainAndDisclosedOnce(t *testing.T) {
	p := newProvider(t)
	p.status = func(n int) int { return map[bool]int{true: 503, false: 404}[n < 3] }
	info := source.Info{Name: "stub", Title: "Stub", Accepts: []observable.Kind{observable.Domain}, PAP: marking.Amber}
	client, c := local(t, p.Server, func(o *fetch.Options) { o.Sources = []source.Info{info} })
	ledger := &tally{}
	runner := source.NewRunner(source.RunnerOptions{Asker: client, PAP: marking.Amber, Ledger: ledger, Clock: c.Now})
	out := runner.Ask(t.Context(), connector{info, p.URL}, source.Question{Value: observable.Must(observable.Domain, "shop.test")})
	if out.State != source.Empty || runner.Spent()["stub"] != 4 || p.asked != 4 || ledger.told != 2 {
		t.Errorf("%s (%s): %d sent, %d charged, %d disclosed", out.State, out.Reason, p.asked, runner.Spent()["stub"], ledger.told)
	}
}

// broken is a state whose disk is full.
type broken struct{ fetch.State }

var errFull = errors.New("no space left")

func (broken) Update(context.Context, string, func(*fetch.Account, time.Duration) error) error {
	return errFull
}

func TestWhatCannotBeCountedIsNotAsked(t *testing.T) {
	p := newProvider(t)
	client, _ := local(t, p.Server, func(o *fetch.Options) { o.State = broken{fetch.NewMemory()} })
	err := p.asks(t, client, 1, "a")
	if !errors.Is(err, errFull) || p.asked != 0 || source.PartOf("", 0, 0, err).State != source.Failed {
		t.Errorf("%d sent (%v), want none and the reason", p.asked, err)
	}
}

func TestMirror(t *testing.T) {
	mirror := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, r.Header.Get("X-Key"))
	})
	tests := map[string]struct {
		base, asked, want, err string
	}{
		"other_host":           {base: mirror.URL, asked: "https://api.stub.example/v1/a?b=c", want: "GET /v1/a?b=c secret"},
		"path_and_host":        {base: mirror.URL + "/{host}/x/", asked: "https://api.stub.example/v1/a%2Fb", want: "GET /api.stub.example/x/v1/a%2Fb secret"},
		"no_key_for_others":    {base: mirror.URL, asked: "https://cdn.stub.example/a", want: "GET /a "},
		"never_in_the_clear":   {base: "http://127.0.0.1/", asked: "https://api.stub.example/", err: "base URL in the configuration of stub"},
		"not_an_address":       {base: "mirror", asked: "https://api.stub.example/", err: "base URL"},
		"of_another_scheme":    {base: "whois://127.0.0.1:1", asked: mirror.URL + "/", want: "GET / "},
		"escape_is_no_way_out": {base: mirror.URL + "/p", asked: "https://api.stub.example/../../etc", want: "GET /p/../../etc secret"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client, _ := local(t, mirror, func(o *fetch.Options) {
				o.AllowLoopback = strings.HasPrefix(test.asked, mirror.URL) // a mirror that is named may be private
				o.Sources = []source.Info{{Name: "stub", KeyHeader: "X-Key", KeyHost: "api.stub.example"}}
				o.Key = func(source.Info) string { return "secret" }
				o.Overrides = map[string]fetch.Override{"stub": {BaseURL: test.base}}
			})
			got, err := client.Ask(t.Context(), source.Request{Source: "stub", URL: test.asked})
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want …%s…", err, test.err)
				}
				return
			}
			if err != nil || string(got.Body) != test.want {
				t.Errorf("the mirror got %q (%v), want %q", got.Body, err, test.want)
			}
		})
	}
}

func TestAMirrorOfOneSourceOpensNoPrivateAddressToOthers(t *testing.T) {
	mirror, other := serve(t, func(http.ResponseWriter, *http.Request) {}), serve(t, func(http.ResponseWriter, *http.Request) {})
	client, _ := local(t, mirror, func(o *fetch.Options) {
		o.AllowLoopback = false
		o.Overrides = map[string]fetch.Override{"stub": {BaseURL: mirror.URL}}
		o.Proxy = func(*url.URL) *url.URL { return nil }
	})
	if _, err := client.Ask(t.Context(), source.Request{Source: "other", URL: other.URL}); err == nil {
		t.Error("another private server was asked")
	}
}

func TestAtOnce(t *testing.T) {
	b := newBarrier(t)
	client, _ := local(t, b.Server, func(o *fetch.Options) {
		o.Sources, o.Sleep = []source.Info{{Name: "stub", AtOnce: 3}}, nil
		o.Clock = time.Now
	})
	done := make(chan error)
	for i := range 9 {
		go func() {
			_, err := client.Ask(t.Context(), source.Request{Source: "stub", URL: fmt.Sprint(b.URL, "/", i)})
			done <- err
		}()
	}
	for range 3 {
		<-b.came
	}
	select {
	case <-b.came:
		t.Error("a fourth request came while three were under way")
	case <-time.After(100 * time.Millisecond):
	}
	close(b.open)
	for range 9 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
