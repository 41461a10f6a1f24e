package source

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"clew/internal/observable"
)

// A carrier is the asker a connector sees: it charges, records and bounds each
// request of one question.
type carrier struct {
	runner   *Runner
	info     Info
	value    observable.Value
	evidence []Evidence
	requests []Request // that drew the evidence, in the same order
	sent     int
	received int // bytes of all replies
}

// maxReceived bounds what one question may bring, in bytes: replies are kept as
// evidence until the case record has them.
const maxReceived = 4 * MaxReply

// Ask implements [Asker].
func (c *carrier) Ask(ctx context.Context, request Request) (Reply, error) {
	o := c.runner.options
	if err := ctx.Err(); err != nil {
		return Reply{}, err
	}
	if c.sent >= o.Requests {
		return Reply{}, fmt.Errorf("stopped after %d requests for one question", c.sent)
	}
	c.sent++
	request.Source = c.info.Name
	if request.Method == "" {
		request.Method = http.MethodGet
	}
	reply, err := c.pass(ctx, request)
	if err != nil {
		return Reply{}, err
	}
	c.received += len(reply.Body)
	if len(reply.Body) > MaxReply || c.received > maxReceived {
		return Reply{}, fmt.Errorf("%w: larger than %d bytes, or %d for one question", ErrBadReply, MaxReply, maxReceived)
	}
	c.keep(request, reply)
	return reply, nil
}

// pass sends a request through the asker. A [Door] says itself when something
// leaves; every other asker is taken to send what it is given.
func (c *carrier) pass(ctx context.Context, request Request) (Reply, error) {
	credits := c.credits(request)
	told := false // the ledger, of this request
	leave := func(ctx context.Context) error {
		if err := c.runner.spent.charge(c.info.Name, credits); err != nil || told {
			return err
		}
		if err := c.disclose(ctx, request); err != nil {
			c.runner.spent.refund(c.info.Name, credits)
			return err
		}
		told = true
		return nil
	}
	if door, ok := c.runner.options.Asker.(Door); ok {
		return door.Pass(ctx, request, leave)
	}
	if err := leave(ctx); err != nil {
		return Reply{}, err
	}
	reply, err := c.runner.options.Asker.Ask(ctx, request)
	if err != nil && stateOf(err) == NotRecorded {
		c.runner.spent.refund(c.info.Name, credits)
	}
	return reply, err
}

func (c *carrier) credits(request Request) int {
	if request.Credits == 0 {
		return c.info.Credits
	}
	return max(request.Credits, 0)
}

func (c *carrier) disclose(ctx context.Context, request Request) error {
	o := c.runner.options
	if o.Replay || o.Ledger == nil {
		return nil
	}
	err := o.Ledger.Disclose(ctx, Disclosure{
		Source: c.info.Name, Value: c.value, Method: request.Method, URL: request.URL,
		Needs: c.info.PAP, Allowed: o.PAP, At: o.Clock().UTC(),
	})
	if err != nil {
		return fmt.Errorf("not asked, since the disclosure ledger cannot be written: %w", err)
	}
	return nil
}

// evidenceHeaders are the reply headers worth keeping beside a raw answer.
var evidenceHeaders = []string{"Content-Type", "Retry-After"}

func (c *carrier) keep(request Request, reply Reply) {
	header := http.Header{}
	for _, name := range evidenceHeaders {
		if v := reply.Header.Get(name); v != "" {
			header.Set(name, v)
		}
	}
	c.requests = append(c.requests, request)
	c.evidence = append(c.evidence, Evidence{
		SHA256: reply.digest(), Method: request.Method, URL: request.URL, Request: request.Body,
		Status: reply.Status, Header: header, Body: reply.Body, At: reply.At,
	})
}

// judge tells the asker what the replies to a question turned out to be.
// Providers in trouble send pages and sentences with status 200, so a reply that
// no fact was read from counts as an answer only when its endpoint ended well.
// It returns until when a whole answer is fresh.
func (c *carrier) judge(ctx context.Context, out Outcome) (until time.Time) {
	door, ok := c.runner.options.Asker.(Door)
	if !ok {
		return time.Time{}
	}
	whole := len(c.evidence) > 0 && !slices.ContainsFunc(out.Parts, func(p Part) bool { return p.State != Answered && p.State != Empty })
	useful := map[string]bool{}
	for _, o := range out.Answer.Observations {
		useful[o.Evidence] = true
	}
	for i, e := range c.evidence {
		verdict := Doubtful
		switch {
		case useful["sha256:"+e.SHA256]:
			verdict = Useful
		case endedWell(c.requests[i].Endpoint, out.Parts):
			verdict = Barren
		}
		// A reply that cannot be kept longer is asked for again: no harm.
		fresh, err := door.Judge(context.WithoutCancel(ctx), c.requests[i], verdict)
		whole = whole && err == nil && !fresh.IsZero()
		if until.IsZero() || fresh.Before(until) {
			until = fresh
		}
	}
	if !whole {
		return time.Time{}
	}
	return until
}

// endedWell reports whether an endpoint gave answers in full. What belongs to no
// endpoint, such as a list of servers, is as good as the best of what it led to.
func endedWell(endpoint string, parts []Part) bool {
	named, well, anyGood := false, true, false
	for _, p := range parts {
		good := p.State == Answered || p.State == Empty
		anyGood = anyGood || good
		if p.Endpoint == endpoint {
			named, well = true, well && good
		}
	}
	if named {
		return well
	}
	return anyGood
}
