package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"clew/internal/source"
)

// An errand is a request with all that holds for it.
type errand struct {
	source.Request
	to    *url.URL // where it is sent
	carry carrier
	rules rules
	key   string // of its reply in the cache
	leave func(context.Context) error
	// looked is when a kept reply was last looked for, by our clock.
	looked time.Time
}

// A carrier brings a request to where u leads, and the reply back.
type carrier func(ctx context.Context, u *url.URL, r source.Request) (source.Reply, error)

// carrierOf returns what carries a request to u.
func (c *Client) carrierOf(u *url.URL) (carrier, error) {
	switch u.Scheme {
	case "whois":
		return c.overPort43, nil
	case "dns":
		return c.overDNS, nil
	case "https":
		return c.overHTTP, nil
	case "http":
		if slices.Contains(c.options.Named, hostPort(u)) {
			return c.overHTTP, nil
		}
	}
	return nil, fmt.Errorf("%s is asked by https only", u.Host)
}

// A try is what came of running an errand once.
type try struct {
	reply source.Reply
	err   error
	sent  bool          // else err says why it was not, or the reply was there already
	wait  time.Duration // until the next try, 0 when there should be none
}

// send asks until there is an answer, or no use in asking again. Then what the
// last request brought stands.
func (c *Client) send(ctx context.Context, e errand) (source.Reply, error) {
	var last try
	var earliest time.Time
	for n := 1; n == 1 || last.wait > 0; n++ {
		next := c.tryUnlessAsked(ctx, e, n, earliest)
		if next.err != nil && !next.sent && last.sent && ctx.Err() == nil && !errors.As(next.err, new(ownError)) {
			break
		}
		if last = next; last.wait == 0 {
			break
		}
		earliest = c.options.Clock().Add(last.wait)
		if err := c.options.Sleep(ctx, last.wait); err != nil {
			return source.Reply{}, err
		}
	}
	return last.reply, last.err
}

// tryUnlessAsked tries, once nobody else who shares the state is asking the same.
// Their reply is then ours too, if it is one to keep.
func (c *Client) tryUnlessAsked(ctx context.Context, e errand, n int, earliest time.Time) try {
	for look := oneLook; ; {
		t := c.try(ctx, e, n, earliest)
		switch {
		case errors.Is(t.err, errUnderWay):
			if err := c.options.Sleep(ctx, look); err != nil {
				return try{err: err}
			}
			look = min(2*look, longestLook)
		case !errors.Is(t.err, errAnswered):
			return t
		}
		e.looked = c.options.Clock()
		if reply, ok := c.kept(ctx, e); ok {
			return try{reply: reply}
		}
	}
}

// kept is the reply that another was given meanwhile. What cannot be looked up is
// not there.
func (c *Client) kept(ctx context.Context, e errand) (source.Reply, bool) {
	if e.Anew {
		return source.Reply{}, false
	}
	reply, ok, err := c.cache.get(ctx, e.key, c.options.Clock())
	return reply, ok && err == nil
}

// try waits for the turn of an errand, not before earliest, and runs it.
func (c *Client) try(ctx context.Context, e errand, n int, earliest time.Time) try {
	leave, err := c.gates.enter(ctx, "under way "+e.rules.account, e.rules.atOnce)
	if err != nil {
		return try{err: err}
	}
	defer leave()
	id, refused := c.turn(ctx, e, earliest)
	if errors.Is(refused, errUnderWay) || errors.Is(refused, errAnswered) || refused != nil && ctx.Err() != nil {
		return try{err: refused}
	}
	// Whoever asked the same before this turn has kept the reply by now; they may have
	// had the last one.
	if reply, ok := c.kept(ctx, e); ok {
		if refused == nil {
			c.giveBack(ctx, e.rules, id)
		}
		return try{reply: reply}
	}
	if refused != nil {
		return try{err: refused}
	}
	if err := e.leave(ctx); err != nil {
		c.giveBack(ctx, e.rules, id)
		return try{err: ownError{err}}
	}
	t := try{sent: true}
	t.reply, t.err = e.carry(ctx, e.to, e.Request)
	if t.err == nil {
		// Before the end of it is noted, so that whoever waits for that finds the reply.
		// What cannot be kept is asked again: no harm to this answer.
		_ = c.cache.put(context.WithoutCancel(ctx), e.key, c.keyFor(c.sources[e.Source]), t.reply, c.ttl(e.Request))
	}
	wait, again := c.retry(t.reply, t.err, n, e.rules.patience)
	c.settle(ctx, e.rules, id, ending{
		reply: t.reply, how: wordsOf(t.reply, t.err), wait: wait, again: again,
		trouble: troubled(t.reply, t.err), cancelled: ctx.Err() != nil || ours(t.err),
	})
	if again && ctx.Err() == nil {
		t.wait = wait
	}
	return t
}

// retry says how long to wait before asking again: as long as the provider says,
// else twice as long each time, spread so that many clients do not come at once.
func (c *Client) retry(reply source.Reply, err error, n int, patience time.Duration) (wait time.Duration, again bool) {
	again = n < attempts && (err != nil && temporary(err) || err == nil && saysLater(reply.Status))
	asked := source.RetryAfter(reply)
	switch {
	case asked > 0:
		wait = asked
	case again:
		wait = time.Duration(float64(firstWait<<(n-1)) * (0.5 + c.options.Jitter()))
	default:
		wait = unsaidWait
	}
	return wait, again && wait <= patience
}

func saysLater(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return status >= 520 && status <= 524 // Cloudflare's words for a server it cannot reach
}

// temporary reports whether the same request may go better in a moment.
func temporary(err error) bool {
	return !ours(err) && !errors.Is(err, source.ErrBadReply) && !errors.Is(err, source.ErrDenied) &&
		!errors.As(err, new(*tls.CertificateVerificationError))
}

// ours reports whether a request did not go out for reasons of our own.
func ours(err error) bool {
	for _, own := range []error{errNotPublic, errQuestion, errNoResolver, errBaseURL} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

// troubled reports whether the provider is not well.
func troubled(reply source.Reply, err error) bool {
	return err != nil && !ours(err) || reply.Status >= 500 && reply.Status != http.StatusNotImplemented
}

// wordsOf says in a few words how a request ended, without what was asked.
func wordsOf(reply source.Reply, err error) string {
	switch {
	case err == nil:
		return fmt.Sprintf("HTTP %d", reply.Status)
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, source.ErrBadReply):
		return "a reply that could not be read"
	}
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), 200)], "")
}
