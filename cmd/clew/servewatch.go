package main

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/response/deliver"
	"clew/internal/watch"
)

// TellNews implements [server.Watching].
func (c core) TellNews(ctx context.Context, w *investigation.Workspace, one watch.Watch, b watch.Batch, tlp string) ([]watch.Heard, error) {
	told := []watch.Heard{}
	d, err := c.recordNews(ctx, w, b, tlp)
	if err != nil {
		return told, err
	}
	if len(one.To) == 0 {
		return told, nil
	}
	s, err := c.withSecrets()
	if err != nil {
		return told, err
	}
	to, err := c.recipients(s, one.To)
	if err != nil {
		return told, err
	}
	for _, r := range to {
		if ctx.Err() != nil {
			return told, ctx.Err()
		}
		t, err := c.tellNewsTo(ctx, w, d, b.Escalation, r)
		if err != nil {
			return told, err
		}
		told = append(told, t)
	}
	return told, nil
}

// recordNews writes news into the record of their case, once, and returns the case. One
// that is not there yet, since its first run failed, has only its marking.
func (c core) recordNews(ctx context.Context, w *investigation.Workspace, b watch.Batch, tlp string) (casefile.Document, error) {
	record, err := casefile.Load(ctx, w.Cases, b.Case)
	if errors.Is(err, casefile.ErrNoCase) {
		marked, err := marking.ParseTLP(cmp.Or(tlp, string(marking.TLPAmber)))
		return casefile.Document{Case: casefile.Case{ID: b.Case, TLP: string(marked), Scope: "hunt"}}, err
	}
	if err != nil {
		return casefile.Document{}, err
	}
	d := record.Document()
	if slices.ContainsFunc(d.Escalations, func(e casefile.Escalation) bool { return e.ID == b.Escalation.ID }) {
		return d, nil
	}
	_, err = w.Cases.Append(ctx, b.Case, casefile.Entry{Time: c.clock(), Type: casefile.TypeEscalated, Actor: w.ActorOf(ctx), Data: b.Escalation})
	return d, err
}

// tellNewsTo tells one recipient, unless it has heard. What may have reached it before
// an interruption goes out again only by the ways whose recipients know by its ID that
// they have it; else the record says that nobody knows.
func (c core) tellNewsTo(ctx context.Context, w *investigation.Workspace, d casefile.Document, e casefile.Escalation, r recipient) (watch.Heard, error) {
	before, err := w.Watches.Begin(ctx, e.ID, r.Name)
	if err != nil {
		return before, err
	}
	told := watch.Heard{To: r.Name, State: casefile.Sent}
	left := ""
	m := deliver.Message{Case: d.Case, Escalation: e, At: c.clock()}
	switch why, _ := r.withheld(m); {
	case before.State == casefile.Sent, before.State == casefile.Withheld, before.State == watch.Unclear:
		return before, nil
	case before.State == watch.Sending && recorded(d, e.ID, r.Name):
		told.Said = "as the record has it"
		return told, w.Watches.End(ctx, e.ID, told)
	case before.State == watch.Sending && r.Kind != "webhook" && r.Kind != "thehive":
		told.State, told.Said = watch.Unclear, "interrupted while it was sent, and not sent a second time"
	case why != "":
		told.State, told.Said = casefile.Withheld, why
	default:
		if told.Said, err = c.deliverOne(ctx, r, m); err != nil {
			told.State, told.Said = watch.Failed, deliver.Said([]byte(err.Error()))
		} else if r.Kind != "webhook" {
			left = m.Left()
		}
	}
	ctx = context.WithoutCancel(ctx) // what was sent is noted though the run was stopped since
	if _, err := w.Cases.Head(ctx, d.Case.ID); err == nil {
		entry := casefile.Entry{Time: c.clock(), Type: casefile.TypeDelivered, Actor: w.ActorOf(ctx), Data: casefile.Delivered{
			ID: e.ID, To: r.Name, State: told.State, Said: told.Said, Left: left,
		}}
		if _, err := w.Cases.Append(ctx, d.Case.ID, entry); err != nil {
			return told, err
		}
	}
	return told, w.Watches.End(ctx, e.ID, told)
}

// recorded reports whether the record of a case says that a recipient took it.
func recorded(d casefile.Document, id, to string) bool {
	return slices.ContainsFunc(d.Escalations, func(e casefile.Escalation) bool {
		return e.ID == id && slices.ContainsFunc(e.Delivered, func(x casefile.Delivery) bool { return x.To == to && x.State == casefile.Sent })
	})
}
