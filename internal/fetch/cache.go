package fetch

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"clew/internal/source"
)

// How long replies stay fresh unless the request, its source or the
// configuration says otherwise.
const (
	DefaultTTL     = 24 * time.Hour  // history: passive DNS, WHOIS, certificates, reports
	resolvedTTL    = 5 * time.Minute // what DNS says now
	longestNothing = time.Hour       // "nothing known", and whatever nobody has vouched for yet
)

// betweenSweeps is how often what is fresh no more is removed.
const betweenSweeps = time.Hour

// A cache keeps replies: the index in the state, bodies beside it.
type cache struct {
	state  State
	bodies Bodies // nil: nothing is kept
	mu     sync.Mutex
	swept  time.Time // guarded by mu, when what is fresh no more was last removed, by our clock
}

// keyOf names what is asked: who, with which key's rights, and the request as it
// is sent, but for the key. It is a digest, so the index does not tell.
func (c *Client) keyOf(r source.Request) string {
	h := sha256.New()
	part := func(text string) { fmt.Fprintf(h, "%d:%s", len(text), text) }
	part(r.Source)
	part(identity(c.keyFor(c.sources[r.Source])))
	part(cmp.Or(r.Method, http.MethodGet))
	part(r.URL)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		part(name)
		part(strings.Join(r.Header[name], "\n"))
	}
	part(string(r.Body))
	return hex.EncodeToString(h.Sum(nil))
}

// ttl returns how long a reply to r stays fresh once it has proved useful.
func (c *Client) ttl(r source.Request) time.Duration {
	if o := c.options.Overrides[r.Source].TTL; o != nil && r.TTL >= 0 {
		return *o
	}
	switch info := c.sources[r.Source]; {
	case r.TTL != 0:
		return r.TTL
	case info.TTL != 0:
		return info.TTL
	case strings.HasPrefix(r.URL, "dns:"):
		return resolvedTTL
	}
	return DefaultTTL
}

// get returns the reply kept under key that is fresh at now, by our clock.
func (c *cache) get(ctx context.Context, key string, now time.Time) (source.Reply, bool, error) {
	if c.bodies == nil {
		return source.Reply{}, false, nil
	}
	k, ok, err := c.state.Reply(ctx, key)
	if err != nil {
		return source.Reply{}, false, uncounted(err)
	}
	if !ok {
		return source.Reply{}, false, nil
	}
	skew, err := c.state.Skew(ctx)
	if err != nil {
		return source.Reply{}, false, uncounted(err)
	}
	now = now.Add(skew)
	// One from the future was kept under a clock that was ahead.
	if !now.Before(k.Until) || k.At.After(now.Add(smallStep)) {
		return source.Reply{}, false, nil
	}
	text, err := c.bodies.Body(ctx, k.Body)
	if err != nil {
		return source.Reply{}, false, nil //nolint:nilerr // asked again
	}
	body, err := unpacked(k.Body, text)
	if err != nil {
		return source.Reply{}, false, nil //nolint:nilerr // asked again
	}
	return source.Reply{Status: k.Status, Header: k.Header, Body: body, At: k.At.Add(-skew), Cached: true}, true, nil
}

// put keeps a reply until somebody has read it and says what it is worth.
func (c *cache) put(ctx context.Context, key, secret string, reply source.Reply, ttl time.Duration) error {
	if c.bodies == nil || ttl <= 0 || !worthKeeping(reply) || holds(reply, secret) {
		return nil
	}
	skew, err := c.state.Skew(ctx)
	if err != nil {
		return err
	}
	c.sweep(ctx, reply.At, skew)
	digest, text, err := packed(reply.Body)
	if err != nil {
		return err
	}
	if err := c.bodies.PutBody(ctx, digest, text); err != nil {
		return err
	}
	header := reply.Header.Clone()
	for name := range header {
		if strings.HasSuffix(name, "Cookie") || strings.Contains(name, "Auth") {
			header.Del(name)
		}
	}
	at := reply.At.Add(skew)
	return c.state.KeepReply(ctx, key, Kept{
		Status: reply.Status, Header: header, Body: digest, At: at, Until: at.Add(min(ttl, longestNothing)),
	})
}

// worthKeeping reports whether a reply may be an answer. Refusals and failures
// are not: they are remembered by other means, or may be over in a moment.
func worthKeeping(reply source.Reply) bool {
	switch reply.Status {
	case http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusNoContent, http.StatusNotFound, http.StatusGone:
		return true
	}
	return false
}

// holds reports whether a reply repeats the key that was sent.
func holds(reply source.Reply, secret string) bool {
	if secret == "" {
		return false
	}
	for _, form := range []string{secret, url.QueryEscape(secret), credentials("Basic", secret)} {
		if bytes.Contains(reply.Body, []byte(form)) {
			return true
		}
		for _, values := range reply.Header {
			if strings.Contains(strings.Join(values, "\n"), form) {
				return true
			}
		}
	}
	return false
}

// Judge implements [source.Door].
func (c *Client) Judge(ctx context.Context, r source.Request, v source.Verdict) (until time.Time, err error) {
	if c.cache.bodies == nil {
		return time.Time{}, nil
	}
	key := c.keyOf(r)
	if v == source.Doubtful {
		return time.Time{}, c.state.ForgetReply(ctx, key)
	}
	k, ok, err := c.state.Reply(ctx, key)
	if err != nil || !ok {
		return time.Time{}, err
	}
	skew, err := c.state.Skew(ctx)
	if err != nil {
		return time.Time{}, err
	}
	ttl := c.ttl(r)
	if k.Status != http.StatusOK || v == source.Barren && r.TTL == 0 {
		ttl = min(ttl, longestNothing)
	}
	if until := k.At.Add(ttl); until.After(k.Until) { // else another question has found use for it
		k.Until = until
		if err := c.state.KeepReply(ctx, key, k); err != nil {
			return time.Time{}, err
		}
	}
	return k.Until.Add(-skew), nil
}

// sweep removes what is fresh no more, at the first reply of a run and once an hour.
// What cannot be removed takes room and does no other harm.
func (c *cache) sweep(ctx context.Context, now time.Time, skew time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.swept.IsZero() && now.Sub(c.swept).Abs() < betweenSweeps {
		return
	}
	c.swept = now
	if c.state.ForgetReplies(ctx, now.Add(skew)) == nil {
		_ = c.bodies.SweepBodies(ctx, c.state, now.Add(skew))
	}
}
