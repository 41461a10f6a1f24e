package fetch_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/fetch/state/sqlite"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/all"
)

// allowance is what a provider documents, written down once more beside the
// connectors: n requests in any window, or in a day of UTC.
type allowance struct {
	n   int
	per time.Duration
}

const aDay = 24 * time.Hour

// documented holds the providers of the proof. A replay server enforces what is
// written here, however the requests come.
var documented = map[string][]allowance{
	"certspotter":    {{10, time.Hour}},
	"crtsh":          {}, // none published
	"dnsdb":          {{500, 365 * aDay}},
	"hackertarget":   {{2, time.Second}, {50, aDay}},
	"hybridanalysis": {{200, time.Minute}, {2000, time.Hour}},
	"mnemonic":       {{100, time.Minute}, {1000, aDay}},
	"otx":            {{10000, time.Hour}},
	"rdap":           {}, // none published
	"securitytrails": {{2, time.Second}},
	"shodan":         {{1, time.Second}},
	"urlscan":        {{60, time.Minute}, {500, aDay}},
	"virustotal":     {{4, time.Minute}, {500, aDay}},
	"whois":          {{1, time.Second}},
}

// keyed are the sources that get a key.
var keyed = []string{"dnsdb", "hybridanalysis", "otx", "securitytrails", "shodan", "virustotal"}

// strict is all of these providers behind one address. It knows nothing about
// anything, and answers 429 to whoever asks too often.
type strict struct {
	*httptest.Server
	port43  string
	clock   *leap
	mu      sync.Mutex
	times   map[string][]time.Time // guarded by mu, of arrival, by provider and server
	asked   map[string]int         // guarded by mu, by question
	tooMuch []string               // guarded by mu: what was answered 429
}

func newStrict(t testing.TB, clock *leap) *strict {
	s := &strict{clock: clock, times: map[string][]time.Time{}, asked: map[string]int{}}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s.port43 = listener.Addr().String()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve43(conn)
		}
	}()
	return s
}

// serve answers /provider/host/path.
func (s *strict) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 3)
	provider, host := parts[0], parts[1]
	ok, used := s.arrive(provider, host, fmt.Sprint(r.Method, r.URL, string(body)))
	w.Header()["Date"] = nil
	w.Header().Set("Content-Type", "application/json")
	s.announce(w.Header(), provider, used)
	switch {
	case !ok:
		w.WriteHeader(http.StatusTooManyRequests)
	case host == "data.iana.org":
		_, _ = io.WriteString(w, `{"services":[[["test"],["https://rdap.registry.test/"]]]}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{}`)
	}
}

func (s *strict) serve43(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	line, _ := bufio.NewReader(conn).ReadString('\n')
	line = strings.TrimSpace(line)
	host, reply := "registry", "No match for domain.\r\n"
	if !strings.Contains(line, ".") {
		host, reply = "iana", "refer: whois.registry.test\r\n"
	}
	if ok, _ := s.arrive("whois", host, line); ok {
		_, _ = io.WriteString(conn, reply)
	}
}

// arrive counts a request, and reports whether it is allowed, and how many of
// each allowance are used.
func (s *strict) arrive(provider, host, question string) (ok bool, used []int) {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[provider+" "+question]++
	who := provider + " " + host
	s.times[who] = append(s.times[who], now)
	ok = true
	for _, a := range documented[provider] {
		n := 0
		for _, at := range s.times[who] {
			if same := a.per == aDay && at.Truncate(aDay).Equal(now.Truncate(aDay)); same || a.per != aDay && now.Sub(at) < a.per {
				n++
			}
		}
		used = append(used, n)
		if n > a.n {
			ok = false
			s.tooMuch = append(s.tooMuch, fmt.Sprintf("%s: request %d of %d in %s", who, n, a.n, a.per))
		}
	}
	return ok, used
}

// announce sets the headers that the provider is known to send.
func (s *strict) announce(h http.Header, provider string, used []int) {
	left := func(i int) string { return fmt.Sprint(max(documented[provider][i].n-used[i], 0)) }
	switch provider {
	case "urlscan":
		i, window := 0, "minute"
		if used[1] > 440 {
			i, window = 1, "day"
		}
		a := documented[provider][i]
		reset := s.clock.Now().Truncate(a.per).Add(a.per)
		h.Set("X-Rate-Limit-Window", window)
		h.Set("X-Rate-Limit-Limit", fmt.Sprint(a.n))
		h.Set("X-Rate-Limit-Remaining", left(i))
		h.Set("X-Rate-Limit-Reset", reset.Format(time.RFC3339))
	case "securitytrails":
		h.Set("X-Ratelimit-Limit-Second", "2")
		h.Set("X-Ratelimit-Remaining-Second", left(0))
	case "dnsdb":
		h.Set("X-RateLimit-Limit", "500")
		h.Set("X-RateLimit-Remaining", left(0))
		h.Set("X-RateLimit-Reset", "n/a")
		h.Set("X-RateLimit-Expires", fmt.Sprint(s.clock.Now().Add(30*aDay).Truncate(30*aDay).Unix()))
	case "hybridanalysis":
		h.Set("Api-Limits", fmt.Sprintf(`{"limits":{"minute":200,"hour":2000},"used":{"minute":%d,"hour":%d},"limit_reached":false}`, used[0], used[1]))
	}
}

// least is the shortest time in which what came could have come: under what the
// provider allows, and the courtesy pace of its connector.
func (s *strict) least(every map[string]time.Duration) (slowest string, least time.Duration) {
	for who, times := range s.times {
		provider, _, _ := strings.Cut(who, " ")
		needs := every[provider] * time.Duration(len(times)-1)
		for _, a := range documented[provider] {
			if a.per < aDay {
				needs = max(needs, a.per*time.Duration((len(times)-1)/a.n))
			}
		}
		if needs > least {
			slowest, least = who, needs
		}
	}
	return slowest, least
}

// tally is a ledger that counts.
type tally struct {
	mu   sync.Mutex
	told int // guarded by mu
}

func (l *tally) Disclose(context.Context, source.Disclosure) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told++
	return nil
}

// proof is one run of many indicators at once.
type proof struct {
	server  *strict
	elapsed time.Duration // by the clock that leaps
	told    int           // disclosures
	states  map[source.State]int
	failed  string // why a question failed, one of them
	every   map[string]time.Duration
}

// investigate puts n domains to every provider, for two cases at the same time.
func investigate(t testing.TB, n int, s fetch.State) *proof {
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	clock := &leap{now: start}
	p := &proof{server: newStrict(t, clock), states: map[source.State]int{}, every: map[string]time.Duration{}}
	ctx, stop := context.WithCancel(t.Context())
	var leaping sync.WaitGroup
	leaping.Go(func() { clock.run(ctx) })
	defer leaping.Wait()
	defer stop()

	var sources []source.Source
	roots := x509.NewCertPool()
	roots.AddCert(p.server.Certificate())
	key := func(i source.Info) string { return map[bool]string{true: "key"}[slices.Contains(keyed, i.Name)] }
	o := fetch.Options{
		State: s, CacheDir: t.TempDir(), RootCAs: roots, AllowLoopback: true, Key: key,
		Proxy: func(*url.URL) *url.URL { return nil }, Clock: clock.Now, Sleep: clock.Sleep,
		Overrides: map[string]fetch.Override{},
	}
	for _, src := range all.Sources() {
		info := src.Info()
		if _, ok := documented[info.Name]; !ok || !slices.Contains(info.Accepts, observable.Domain) {
			continue
		}
		sources = append(sources, src)
		p.every[info.Name] = info.Every
		o.Sources = append(o.Sources, info)
		o.Overrides[info.Name] = fetch.Override{BaseURL: p.server.URL + "/" + info.Name + "/{host}"}
	}
	o.Overrides["whois"] = fetch.Override{BaseURL: "whois://" + p.server.port43}
	if len(sources) != len(documented) {
		t.Fatalf("%d sources for %d documented providers", len(sources), len(documented))
	}
	client := fetch.New(o)

	ledger := &tally{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 2 {
		runner := source.NewRunner(source.RunnerOptions{
			Asker: watched{client, clock}, PAP: marking.Amber, Clock: clock.Now, Ledger: ledger, HasKey: func(i source.Info) bool { return key(i) != "" },
		})
		for i := range n {
			domain := observable.Must(observable.Domain, fmt.Sprintf("shop%d.test", i))
			for _, src := range sources {
				group.Go(func() {
					out := runner.Ask(t.Context(), src, source.Question{Value: domain})
					mu.Lock()
					defer mu.Unlock()
					p.states[out.State]++
					if out.State == source.Failed {
						p.failed = out.Source + ": " + out.Reason
					}
				})
			}
		}
	}
	group.Wait()
	p.elapsed, p.told = clock.Now().Sub(start), ledger.told
	return p
}

func (p *proof) check(t testing.TB) (ratio float64) {
	t.Helper()
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	for _, what := range p.server.tooMuch {
		t.Errorf("429 caused by us: %s", what)
	}
	sent := 0
	for question, times := range p.server.asked {
		sent += times
		if times > 1 {
			t.Errorf("asked %d times: %s", times, question)
		}
	}
	if p.told != sent {
		t.Errorf("%d requests and %d disclosures", sent, p.told)
	}
	for _, state := range []source.State{source.Failed, source.Skipped, source.NotAsked, source.Answered} {
		if n := p.states[state]; n > 0 {
			t.Errorf("%d questions ended as %s: %s", n, state, p.failed)
		}
	}
	slowest, least := p.server.least(p.every)
	ratio = float64(p.elapsed) / float64(least)
	if ratio > 1.2 {
		t.Errorf("took %s, %.2f times the %s that %s needs at least", p.elapsed, ratio, least, slowest)
	}
	t.Logf("%d requests in %s; %s needs %s at least: %.3f; %v", sent, p.elapsed, slowest, least, ratio, p.states)
	return ratio
}

func TestTwoHundredIndicatorsAtOnce(t *testing.T) {
	investigate(t, 200, nil).check(t)
}

// BenchmarkIndicatorsAtOnce is the proof at a larger scale and on the state that
// processes share. Its figures: how much longer than the slowest provider needs,
// and what a request costs us.
func BenchmarkIndicatorsAtOnce(b *testing.B) {
	for b.Loop() {
		s, err := sqlite.Open(b.Context(), b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		p := investigate(b, 1000, s)
		b.ReportMetric(p.check(b), "of-least-time")
		b.ReportMetric(p.elapsed.Hours(), "hours-passed")
		b.ReportMetric(float64(p.told), "requests")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
