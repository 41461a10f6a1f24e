package source

import (
	"context"
	"fmt"
	"net/http"

	"clew/internal/observable"
)

// A carrier is the asker a connector sees: it charges, records and bounds each
// request of one question.
type carrier struct {
	runner   *Runner
	info     Info
	value    observable.Value
	evidence []Evidence
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
	if err := c.runner.spent.charge(c.info.Name); err != nil {
		return Reply{}, err
	}
	c.sent++
	request.Source = c.info.Name
	if request.Method == "" {
		request.Method = http.MethodGet
	}
	if err := c.disclose(ctx, request); err != nil {
		c.runner.spent.refund(c.info.Name)
		return Reply{}, err
	}
	reply, err := o.Asker.Ask(ctx, request)
	if err != nil {
		if stateOf(err) == NotRecorded {
			c.runner.spent.refund(c.info.Name)
		}
		return Reply{}, err
	}
	c.received += len(reply.Body)
	if len(reply.Body) > MaxReply || c.received > maxReceived {
		return Reply{}, fmt.Errorf("%w: larger than %d bytes, or %d for one question", ErrBadReply, MaxReply, maxReceived)
	}
	c.keep(request, reply)
	return reply, nil
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
	c.evidence = append(c.evidence, Evidence{
		SHA256: reply.digest(), Method: request.Method, URL: request.URL, Request: request.Body,
		Status: reply.Status, Header: header, Body: reply.Body, At: reply.At,
	})
}
