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

// A cache keeps replies: bodies in a folder, the index in the state.
type cache struct {
	state  State
	bodies bodies // without a folder nothing is kept
	once   sync.Once
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

// get returns the reply kept under key that is fresh at now.
func (c *cache) get(ctx context.Context, key string, now time.Time) (source.Reply, bool, error) {
	if c.bodies.folder == "" {
		return source.Reply{}, false, nil
	}
	k, ok, err := c.state.Reply(ctx, key)
	if err != nil {
		return source.Reply{}, false, uncounted(err)
	}
	// One from the future was kept under a clock that was ahead.
	if !ok || !now.Before(k.Until) || k.At.After(now.Add(smallStep)) {
		return source.Reply{}, false, nil
	}
	body, err := c.bodies.get(k.Body)
	if err != nil {
		return source.Reply{}, false, nil //nolint:nilerr // asked again
	}
	return source.Reply{Status: k.Status, Header: k.Header, Body: body, At: k.At, Cached: true}, true, nil
}

// put keeps a reply until somebody has read it and says what it is worth.
func (c *cache) put(ctx context.Context, key, secret string, reply source.Reply, ttl time.Duration) error {
	if c.bodies.folder == "" || ttl <= 0 || !worthKeeping(reply) || holds(reply, secret) {
		return nil
	}
	c.once.Do(func() { c.sweep(ctx, reply.At) })
	digest, err := c.bodies.put(reply.Body)
	if err != nil {
		return err
	}
	header := reply.Header.Clone()
	for name := range header {
		if strings.HasSuffix(name, "Cookie") || strings.Contains(name, "Auth") {
			header.Del(name)
		}
	}
	return c.state.KeepReply(ctx, key, Kept{
		Status: reply.Status, Header: header, Body: digest, At: reply.At, Until: reply.At.Add(min(ttl, longestNothing)),
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
	if c.cache.bodies.folder == "" {
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
	return k.Until, nil
}

// sweep removes what is fresh no more, once a run. What cannot be removed takes
// room and does no other harm.
func (c *cache) sweep(ctx context.Context, now time.Time) {
	needed, err := c.state.ForgetReplies(ctx, now)
	if err == nil {
		_ = c.bodies.sweep(needed, now)
	}
}
