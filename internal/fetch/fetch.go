// Package fetch is the only place that opens an outbound connection. It asks
// providers over HTTPS, registries over port 43 and resolvers over DNS, each at
// its own pace and within its quotas, nobody twice for the same, and never
// reaches an address that is not public.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"clew/internal/source"
)

// Defaults of [Options], and bounds that are not options.
const (
	DefaultTimeout = 60 * time.Second // OTX takes over 30 seconds for a busy address
	attempts       = 3
	firstWait      = 2 * time.Second
	unsaidWait     = time.Minute // after a last 429 that does not say how long
	maxRedirects   = 3
)

// Options say how to ask. Every field may be left out.
type Options struct {
	Sources   []source.Info            // whose pace, quotas and keys are known
	Key       func(source.Info) string // a source's key, "" for none; nil means no keys
	UserAgent string                   // "clew" when empty
	Timeout   time.Duration            // of one request, its body included
	RootCAs   *x509.CertPool           // nil means the system's
	Proxy     func(*url.URL) *url.URL  // nil means HTTPS_PROXY and NO_PROXY of the environment
	Clock     func() time.Time         // nil means time.Now
	Sleep     func(context.Context, time.Duration) error
	Jitter    func() float64 // in [0,1); nil means math/rand
	// Resolver answers dns:// requests: the address of a DNS server, with a port
	// unless it is 53, which may be private, or the https address of one that
	// speaks JSON as dns.google does. "" means the first of /etc/resolv.conf.
	Resolver string
	// State holds what was spent and learnt; nil means in memory, for this run only.
	State State
	// Bodies keep the bodies of replies; nil means the folder CacheDir, and where that
	// is "" none is kept.
	Bodies    Bodies
	CacheDir  string
	Overrides map[string]Override // by source
	// Named are servers of the team's own, host:port, that the configuration names:
	// they may be private, and asked over plain http.
	Named []string
	// AllowLoopback lets this machine itself be asked, which tests need.
	AllowLoopback bool
}

// A Client is a live [source.Asker]. It may be used by many goroutines.
type Client struct {
	options Options
	http    *http.Client
	guard   guard
	sources map[string]source.Info
	state   State
	cache   *cache
	gates   *gates
	notes   notes
	flights *flights
	tokens  tokens
}

// New returns a client. Certificates are always verified.
func New(o Options) *Client {
	if o.UserAgent == "" {
		o.UserAgent = "clew"
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64 // spreads retries; nothing secret depends on it
	}
	if o.State == nil {
		o.State = NewMemory()
	}
	if o.Bodies == nil && o.CacheDir != "" {
		o.Bodies = folder(o.CacheDir)
	}
	c := &Client{
		options: o, sources: map[string]source.Info{}, state: o.State,
		cache: &cache{state: o.State, bodies: o.Bodies}, gates: newGates(), flights: newFlights(),
	}
	for _, info := range o.Sources {
		c.sources[info.Name] = info
	}
	c.guard = newGuard(o)
	for _, server := range o.Named {
		c.guard.named.Store(server, true)
	}
	for _, override := range o.Overrides {
		if base, err := url.Parse(override.BaseURL); err == nil && base.Host != "" {
			c.guard.named.Store(hostPort(base), true)
		}
	}
	c.http = &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: stayOnHost,
		Transport: &http.Transport{
			Proxy:                 c.guard.proxy,
			DialContext:           c.guard.dial,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   DefaultAtOnce,
			IdleConnTimeout:       90 * time.Second,
			ResponseHeaderTimeout: o.Timeout,
		},
	}
	return c
}

// stayOnHost follows a redirect within one host. Elsewhere it is not followed:
// the reply is the redirect, and no key goes along.
func stayOnHost(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > maxRedirects || next.URL.Scheme != "https" || next.URL.Host != first.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// Ask implements [source.Asker].
func (c *Client) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	return c.Pass(ctx, r, func(context.Context) error { return nil })
}

// Pass implements [source.Door]. A reply that is still fresh, or that somebody
// else is about to get, is not asked for. Else it waits for the source's turn,
// and asks again a few times where the provider says "later" or the connection
// breaks.
func (c *Client) Pass(ctx context.Context, r source.Request, leave func(context.Context) error) (source.Reply, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return source.Reply{}, fmt.Errorf("address to ask: %w", err)
	}
	e := errand{Request: r, rules: c.rules(u, r), key: c.keyOf(r), leave: leave}
	if !r.Anew && c.cache.bodies != nil && c.ttl(r) > 0 { // else their reply is of no use to us
		e.rules.question = e.key[:32]
	}
	if e.carry, err = c.carrierOf(u); err != nil {
		return source.Reply{}, err
	}
	if e.to, err = c.route(u, r); err != nil {
		return source.Reply{}, err
	}
	return c.flights.do(ctx, fmt.Sprint(e.key, r.Anew), func() (source.Reply, error) {
		reply, err := c.keptOrSent(ctx, e)
		if err != nil && ctx.Err() != nil {
			return reply, ownError{err}
		}
		return reply, err
	})
}

// keptOrSent runs within the flight: a look at what is kept before it would miss
// the reply that another's flight brings in between, and ask the same twice.
func (c *Client) keptOrSent(ctx context.Context, e errand) (source.Reply, error) {
	e.looked = c.options.Clock()
	if !e.Anew {
		if reply, ok, err := c.cache.get(ctx, e.key, e.looked); ok || err != nil {
			return reply, err
		}
	}
	return c.send(ctx, e)
}

func (c *Client) overHTTP(ctx context.Context, u *url.URL, r source.Request) (source.Reply, error) {
	request, err := c.request(ctx, u, r)
	if err != nil {
		return source.Reply{}, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return source.Reply{}, withoutAddress(err, u.Host)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := read(response.Body, source.MaxReply)
	if err != nil {
		return source.Reply{}, fmt.Errorf("reply of %s: %w", u.Host, err)
	}
	return source.Reply{Status: response.StatusCode, Header: response.Header, Body: body, At: c.options.Clock().UTC()}, nil
}

// read returns all of r, or an error when it is larger than most; r is
// decompressed already, so a small bomb counts as large as it gets.
func read(r io.Reader, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > most {
		return nil, fmt.Errorf("%w: larger than %d bytes", source.ErrBadReply, most)
	}
	return body, nil
}
