package fetch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"time"

	"clew/internal/source"
)

// An Override changes how one provider is asked. What is left out stays as the
// connector and the client have it.
type Override struct {
	Every  *time.Duration // courtesy pace; 0 means none
	Quotas []source.Quota // instead of those documented; not nil and empty means none
	AtOnce int            // requests under way at most
	// BaseURL is asked instead of the provider's own hosts: a mirror, a proxy that
	// signs requests. {host} in it stands for the host replaced. It may be private,
	// and the key goes to it. Only requests of its own scheme are led there.
	BaseURL  string
	TTL      *time.Duration // how long replies stay fresh; 0 means that none is kept
	Patience time.Duration  // the longest wait for a limit to open again
	Failures int            // in a row, that open the circuit; below 0 never
	Rest     time.Duration  // how long it stays open the first time
	Denied   time.Duration  // how long "no access with this key" is remembered
}

// Defaults of [Override].
const (
	DefaultAtOnce   = 8
	DefaultPatience = 90 * time.Second // more than the longest wait for one of 32 requests in any window a provider documents
	DefaultFailures = 5
	DefaultRest     = time.Minute
	DefaultDenied   = time.Hour
)

// rules are what holds for one request.
type rules struct {
	account    string // whose counters it counts on
	endpoint   string
	class      string    // what announced limits hold for: the endpoint, or "" for all
	question   string    // digest of what is asked; "" when others asking the same do not matter
	looked     time.Time // when a kept reply was last looked for
	every      time.Duration
	quotas     []source.Quota // of all endpoints, for this kind of access
	configured bool           // they are the user's own, which headers do not loosen
	atOnce     int
	patience   time.Duration
	failures   int
	rest       time.Duration
	denied     time.Duration
	timeout    time.Duration
}

// rules returns what holds for a request to u. A source that the client was not
// told of has no pace, and its failures open no circuit.
func (c *Client) rules(u *url.URL, r source.Request) rules {
	info, known := c.sources[r.Source]
	o := c.options.Overrides[r.Source]
	rules := rules{
		endpoint: r.Endpoint, every: info.Every, atOnce: info.AtOnce,
		patience: cmp.Or(o.Patience, DefaultPatience), failures: cmp.Or(o.Failures, DefaultFailures),
		rest: cmp.Or(o.Rest, DefaultRest), denied: cmp.Or(o.Denied, DefaultDenied), timeout: c.options.Timeout,
	}
	if !known {
		rules.failures = 0
	}
	if info.PerEndpoint {
		rules.class = r.Endpoint
	}
	if o.Every != nil {
		rules.every = *o.Every
	}
	rules.atOnce = cmp.Or(o.AtOnce, cmp.Or(rules.atOnce, DefaultAtOnce))
	key := c.keyFor(info)
	rules.quotas, rules.configured = o.Quotas, o.Quotas != nil
	if !rules.configured {
		rules.quotas = slices.DeleteFunc(slices.Clone(info.Quotas), func(q source.Quota) bool {
			return q.Access == source.WithKey && key == "" || q.Access == source.WithoutKey && key != ""
		})
	}
	rules.account = r.Source
	if info.PerHost || r.Source == "" {
		rules.account += "@" + u.Host
	}
	rules.account += identity(key)
	return rules
}

// identity tells accounts with different keys apart, "" without a key. Sixteen
// bits of a digest are enough for that, and too few to guess the key by.
func identity(key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("clew account " + key))
	return "#" + hex.EncodeToString(sum[:2])
}

func (c *Client) keyFor(info source.Info) string {
	if c.options.Key == nil || info.KeyEnv == "" && info.KeyHeader == "" && info.KeyParameter == "" {
		return ""
	}
	return c.options.Key(info)
}
