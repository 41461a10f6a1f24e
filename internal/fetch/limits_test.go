package fetch_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/fetch"
	"clew/internal/source"
)

// stub is what these tests ask; each changes what it is about.
var stub = source.Info{Name: "stub", KeyEnv: "STUB_KEY", KeyHeader: "X-Key"}

// provider answers 200, with headers, and counts.
type provider struct {
	*httptest.Server
	asked   int
	headers func(n int) map[string]string // of the n-th reply, from 1
	status  func(n int) int
}

func newProvider(t *testing.T) *provider {
	p := &provider{}
	p.Server = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		p.asked++
		if p.headers != nil {
			for name, value := range p.headers(p.asked) {
				w.Header().Set(name, value)
			}
		}
		w.Header()["Date"] = nil // else it is the real one
		if p.status != nil {
			w.WriteHeader(p.status(p.asked))
		}
		_, _ = io.WriteString(w, `{}`)
	})
	return p
}

// asks puts n different questions and returns the first error.
func (p *provider) asks(t *testing.T, c *fetch.Client, n int, endpoint string) error {
	t.Helper()
	for i := range n {
		r := source.Request{Source: "stub", Endpoint: endpoint, URL: fmt.Sprintf("%s/%s/%d", p.URL, endpoint, i)}
		if _, err := c.Ask(t.Context(), r); err != nil {
			return err
		}
	}
	return nil
}

func total(waits []time.Duration) (sum time.Duration) {
	for _, d := range waits {
		sum += d
	}
	return sum
}

func TestDocumentedQuotas(t *testing.T) {
	always := func(h map[string]string) func(int) map[string]string {
		return func(int) map[string]string { return h }
	}
	fourAMinute := []source.Quota{{Requests: 4, Per: source.Minute}}
	twoADay := []source.Quota{{Requests: 2, Per: source.Day}}
	tests := map[string]struct {
		quotas   []source.Quota
		info     func(*source.Info)
		override *fetch.Override
		key      string
		headers  func(int) map[string]string
		asks     int
		sent     int           // requests that got through
		waited   time.Duration // in all
		why      string        // the first error
	}{
		"four_go_at_once":               {quotas: fourAMinute, asks: 4, sent: 4},
		"the_fifth_waits_a_minute":      {quotas: fourAMinute, asks: 5, sent: 5, waited: time.Minute},
		"nine_wait_two_minutes":         {quotas: fourAMinute, asks: 9, sent: 9, waited: 2 * time.Minute},
		"large_windows_are_cut":         {quotas: []source.Quota{{Requests: 3600, Per: source.Hour}}, asks: 32, sent: 32, waited: time.Hour / 113},
		"day_quota_ends_it":             {quotas: twoADay, asks: 3, sent: 2, why: "quota used up or rate limited: 2 a day used up; resets 2026-03-02 00:00:00 UTC"},
		"day_in_its_zone":               {quotas: []source.Quota{{Requests: 2, Per: source.Day, Zone: time.FixedZone("", -8*3600)}}, asks: 3, sent: 2, why: "resets 2026-03-02 08:00:00 UTC"},
		"week_begins_on_monday":         {quotas: []source.Quota{{Requests: 2, Per: source.Week}}, asks: 3, sent: 2, why: "2 a week used up; resets 2026-03-02 00:00:00 UTC"},
		"month_quota":                   {quotas: []source.Quota{{Requests: 2, Per: source.Month}}, asks: 3, sent: 2, why: "2 a month used up; resets 2026-04-01 00:00:00 UTC"},
		"hour_is_not_waited_for":        {quotas: []source.Quota{{Requests: 2, Per: source.Hour}}, asks: 3, sent: 2, why: "2 an hour used up; resets 2026-03-01 13:00:00 UTC"},
		"other_windows":                 {quotas: []source.Quota{{Requests: 2, Per: "10m"}}, asks: 3, sent: 2, why: "2 in 10m used up; resets 2026-03-01 12:10:00 UTC"},
		"patience_is_configured":        {quotas: []source.Quota{{Requests: 2, Per: source.Hour}}, override: &fetch.Override{Patience: 2 * time.Hour}, asks: 3, sent: 3, waited: time.Hour},
		"another_endpoint_is_free":      {quotas: []source.Quota{{Requests: 1, Per: source.Day, Endpoint: "other"}}, asks: 5, sent: 5},
		"this_endpoint_is_not":          {quotas: []source.Quota{{Requests: 1, Per: source.Day, Endpoint: "search"}}, asks: 5, sent: 1, why: "1 a day for search used up"},
		"without_a_key":                 {quotas: []source.Quota{{Requests: 1, Per: source.Day, Access: source.WithoutKey}}, asks: 2, sent: 1, why: "1 a day"},
		"with_a_key_other_limits":       {quotas: []source.Quota{{Requests: 1, Per: source.Day, Access: source.WithoutKey}}, key: "secret", asks: 3, sent: 3},
		"configuration_replaces":        {quotas: twoADay, override: &fetch.Override{Quotas: []source.Quota{{Requests: 4, Per: source.Day}}}, asks: 9, sent: 4, why: "4 a day"},
		"configuration_lifts":           {quotas: twoADay, override: &fetch.Override{Quotas: []source.Quota{}}, asks: 9, sent: 9},
		"a_quota_of_none":               {quotas: []source.Quota{{Per: source.Minute}}, asks: 1, why: "used up or rate limited: 0 a minute"},
		"pace_and_quota_together":       {quotas: fourAMinute, info: func(i *source.Info) { i.Every = 2 * time.Second }, asks: 5, sent: 5, waited: time.Minute},
		"configured_pace":               {info: func(i *source.Info) { i.Every = time.Hour }, override: &fetch.Override{Every: new(time.Duration)}, asks: 5, sent: 5},
		"header_raises_the_default":     {quotas: twoADay, headers: always(map[string]string{"X-Rate-Limit-Window": "day", "X-Rate-Limit-Limit": "5000", "X-Rate-Limit-Remaining": "4000", "X-Rate-Limit-Reset-After": "43200"}), asks: 6, sent: 6},
		"header_lowers_the_default":     {quotas: twoADay, headers: always(map[string]string{"X-Rate-Limit-Window": "day", "X-Rate-Limit-Limit": "1", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset-After": "7200"}), asks: 2, sent: 1, why: "1 a day used up; resets 2026-03-01 14:00:00 UTC"},
		"header_by_its_end_alone":       {quotas: twoADay, headers: always(map[string]string{"X-RateLimit-Limit": "9", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772409600"}), asks: 2, sent: 1, why: "9 a day used up; resets 2026-03-02 00:00:00 UTC"},
		"header_tightens_configuration": {override: &fetch.Override{Quotas: []source.Quota{{Requests: 9, Per: source.Day}}}, headers: always(map[string]string{"X-Rate-Limit-Window": "day", "X-Rate-Limit-Limit": "1", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset-After": "7200"}), asks: 2, sent: 1, why: "1 a day"},
		"header_loosens_no_configuration": {override: &fetch.Override{Quotas: []source.Quota{{Requests: 2, Per: source.Day}}}, headers: func(n int) map[string]string {
			return map[string]string{"X-Rate-Limit-Window": "day", "X-Rate-Limit-Limit": "5000", "X-Rate-Limit-Remaining": fmt.Sprint(5000 - n), "X-Rate-Limit-Reset-After": "43200"}
		}, asks: 6, sent: 2, why: "2 a day"},
		"header_sets_the_pace":        {headers: always(map[string]string{"X-Ratelimit-Limit-Second": "2"}), asks: 5, sent: 5, waited: 2 * time.Second},
		"somebody_else_uses_it_up":    {headers: always(map[string]string{"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}), asks: 2, sent: 2, waited: 30 * time.Second},
		"block_quota_is_gone":         {headers: always(map[string]string{"X-RateLimit-Limit": "500", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "n/a", "X-RateLimit-Expires": "1772539200"}), asks: 2, sent: 1, why: "500 until then used up; resets 2026-03-03 12:00:00 UTC"},
		"header_of_one_endpoint_only": {info: func(i *source.Info) { i.PerEndpoint = true }, quotas: []source.Quota{{Requests: 3, Per: source.Day, Endpoint: "search"}}, headers: always(map[string]string{"X-RateLimit-Limit": "7", "X-RateLimit-Remaining": "6", "X-RateLimit-Reset": "1772409600"}), asks: 4, sent: 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.headers = test.headers
			client, c := local(t, p.Server, func(o *fetch.Options) {
				info := stub
				info.Quotas = test.quotas
				if test.info != nil {
					test.info(&info)
				}
				o.Sources = []source.Info{info}
				if test.key != "" {
					o.Key = func(source.Info) string { return test.key }
				}
				if test.override != nil {
					o.Overrides = map[string]fetch.Override{"stub": *test.override}
				}
			})
			err := p.asks(t, client, test.asks, "search")
			if p.asked != test.sent || total(c.slept) != test.waited {
				t.Errorf("%d sent after %s, want %d after %s", p.asked, total(c.slept), test.sent, test.waited)
			}
			if (err != nil) != (test.why != "") || err != nil && !strings.Contains(err.Error(), test.why) {
				t.Errorf("error %v, want …%s…", err, test.why)
			}
			if err != nil && !errors.Is(err, source.ErrQuota) {
				t.Errorf("%v is no ErrQuota", err)
			}
		})
	}
}

// renewed is a client on the same state at a later time, or with another key.
func renewed(t *testing.T, p *provider, s fetch.State, at time.Time, info source.Info, key string) (*fetch.Client, *clock) {
	client, c := local(t, p.Server, func(o *fetch.Options) {
		o.State, o.Sources = s, []source.Info{info}
		o.Key = func(source.Info) string { return key }
	})
	c.now = at
	return client, c
}

func TestWhatWasSpentOutlivesTheRun(t *testing.T) {
	p, s, info := newProvider(t), fetch.NewMemory(), stub
	info.Quotas = []source.Quota{{Requests: 3, Per: source.Day}, {Requests: 5, Per: source.Month}}
	noon := time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC)
	steps := []struct {
		at    time.Time
		key   string
		sent  int
		until string
	}{
		{noon, "a", 3, "3 a day used up; resets 2026-03-31"},
		{noon.Add(11 * time.Hour), "a", 0, "3 a day used up; resets 2026-03-31"},
		{noon.Add(12 * time.Hour), "a", 2, "5 a month used up; resets 2026-04-01"},
		{noon.Add(12 * time.Hour), "b", 3, "3 a day"}, // another key has its own
		{noon.Add(36 * time.Hour), "a", 3, "3 a day used up; resets 2026-04-02"},
		// Set back by a day, the clock gives nothing back, and nobody waits for the day to come again.
		{noon.Add(12 * time.Hour), "a", 0, "3 a day used up; resets 2026-04-02"},
		// A clock that was a year ahead does not end all questions for a year.
		{noon.Add(366 * 24 * time.Hour), "a", 3, "3 a day used up; resets 2027-04-01"},
		{noon.Add(48 * time.Hour), "a", 0, "3 a day used up; resets 2026-04-02"},
		{noon.Add(72 * time.Hour), "a", 2, "5 a month used up; resets 2026-05-01"},
	}
	for i, step := range steps {
		client, _ := renewed(t, p, s, step.at, info, step.key)
		p.asked = 0
		err := p.asks(t, client, 9, "search")
		if p.asked != step.sent || err == nil || !strings.Contains(err.Error(), step.until) {
			t.Errorf("step %d: %d sent, then %v; want %d, then …%s…", i, p.asked, err, step.sent, step.until)
		}
	}
}

func TestClockSetBackMakesNobodyWaitLonger(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, back := range []time.Duration{3 * time.Second, time.Hour, 24 * time.Hour} {
		p, s, info := newProvider(t), fetch.NewMemory(), stub
		info.Quotas = []source.Quota{{Requests: 2, Per: source.Minute}}
		client, _ := renewed(t, p, s, noon, info, "")
		if err := p.asks(t, client, 2, "a"); err != nil {
			t.Fatal(err)
		}
		client, c := renewed(t, p, s, noon.Add(-back), info, "")
		if err := p.asks(t, client, 1, "b"); err != nil {
			t.Fatal(err)
		}
		if waited := total(c.slept); waited < time.Minute || waited > time.Minute+3*time.Second {
			t.Errorf("set back by %s: waited %s, want the minute", back, waited)
		}
	}
}

func TestUsage(t *testing.T) {
	p, s, info := newProvider(t), fetch.NewMemory(), stub
	info.Every = 0
	info.Quotas = []source.Quota{{Requests: 4, Per: source.Minute}, {Requests: 500, Per: source.Day}, {Requests: 9, Per: source.Month, Endpoint: "search"}}
	p.headers = func(n int) map[string]string {
		return map[string]string{"X-Rate-Limit-Window": "day", "X-Rate-Limit-Limit": "600", "X-Rate-Limit-Remaining": fmt.Sprint(400 - n), "X-Rate-Limit-Reset-After": "43200"}
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	client, _ := renewed(t, p, s, noon, info, "secret")
	before, err := client.Usage(t.Context())
	if err != nil || len(before) != 1 || before[0].Outcome != "" || len(before[0].Limits) != 3 {
		t.Errorf("before anything was asked: %+v (%v)", before, err)
	}
	if err := p.asks(t, client, 2, "search"); err != nil {
		t.Fatal(err)
	}
	got, err := client.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	midnight := noon.Add(12 * time.Hour)
	want := []fetch.Usage{{
		Source: "stub", Next: noon, Outcome: "HTTP 200", At: noon,
		Limits: []fetch.LimitUse{
			{Window: source.Day, Limit: 600, Spent: 202, Resets: midnight, Origin: fetch.Header},
			{Window: source.Minute, Limit: 4, Spent: 2, Origin: fetch.Default},
			{Window: source.Month, Endpoint: "search", Limit: 9, Spent: 2, Resets: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), Origin: fetch.Default},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}

func TestServersHaveTheirOwnPaceWhereASourceAsksMany(t *testing.T) {
	one, two := newProvider(t), newProvider(t)
	info := stub
	info.Every, info.PerHost = time.Minute, true
	client, c := local(t, one.Server, func(o *fetch.Options) { o.Sources = []source.Info{info} })
	c.now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, p := range []*provider{one, two} {
		if err := p.asks(t, client, 1, "a"); err != nil && p == one {
			t.Fatal(err)
		}
	}
	if total(c.slept) >= time.Minute {
		t.Errorf("slept %v: the second server waited for the first", c.slept)
	}
	usage, err := client.Usage(t.Context())
	if err != nil || len(usage) != 2 || usage[0].Host == usage[1].Host {
		t.Errorf("usage of two servers: %+v (%v)", usage, err)
	}
}
