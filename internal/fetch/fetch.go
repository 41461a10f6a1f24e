// Package fetch is the only place that opens an outbound connection. It asks
// providers over HTTPS and registries over port 43, each at its own pace, and
// never reaches an address that is not public.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
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
	longestWait    = 30 * time.Second // a provider that asks for more is asked again another day
	maxRedirects   = 3
)

// Options say how to ask. Every field may be left out.
type Options struct {
	Sources   []source.Info            // whose pace and key header are known
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
	// AllowLoopback lets this machine itself be asked, which tests need.
	AllowLoopback bool
}

// A Client is a live [source.Asker]. It may be used by many goroutines.
type Client struct {
	options Options
	http    *http.Client
	guard   guard
	sources map[string]source.Info
	pace    *pace
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
	c := &Client{options: o, sources: map[string]source.Info{}, pace: newPace(o.Clock, o.Sleep)}
	for _, info := range o.Sources {
		c.sources[info.Name] = info
	}
	c.guard = newGuard(o)
	c.http = &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: stayOnHost,
		Transport: &http.Transport{
			Proxy:                 c.guard.proxy,
			DialContext:           c.guard.dial,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   2,
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

// Ask implements [source.Asker]. It waits for the source's turn, and asks again
// a few times where the provider says "later" or the connection breaks.
func (c *Client) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return source.Reply{}, fmt.Errorf("address to ask: %w", err)
	}
	ask := c.overHTTP
	switch u.Scheme {
	case "whois":
		ask = c.overPort43
	case "dns":
		ask = c.overDNS
	case "https":
	default:
		return source.Reply{}, fmt.Errorf("%s is asked by https only", u.Host)
	}
	for attempt := 1; ; attempt++ {
		if err := c.pace.wait(ctx, r.Source, c.sources[r.Source].Every); err != nil {
			return source.Reply{}, err
		}
		reply, err := ask(ctx, u, r)
		wait, again := c.retry(reply, err, attempt)
		if !again || ctx.Err() != nil {
			return reply, err
		}
		if err := c.options.Sleep(ctx, wait); err != nil {
			return source.Reply{}, err
		}
	}
}

// retry says how long to wait before asking again: as long as the provider says,
// else twice as long each time, spread so that many clients do not come at once.
func (c *Client) retry(reply source.Reply, err error, attempt int) (wait time.Duration, again bool) {
	if attempt >= attempts || err != nil && !temporary(err) {
		return 0, false
	}
	if err == nil {
		switch reply.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		default:
			return 0, false
		}
	}
	wait = time.Duration(float64(firstWait<<(attempt-1)) * (0.5 + c.options.Jitter()))
	if asked := source.RetryAfter(reply); asked > 0 {
		wait = asked
	}
	return wait, wait <= longestWait
}

// temporary reports whether the same request may go better in a moment.
func temporary(err error) bool {
	for _, final := range []error{errNotPublic, errQuestion, errNoResolver, source.ErrBadReply} {
		if errors.Is(err, final) {
			return false
		}
	}
	return !errors.As(err, new(*tls.CertificateVerificationError))
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
