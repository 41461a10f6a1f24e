package investigation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/source"
	"clew/internal/telemetry"
)

// An Inquiry is what was asked about the findings of a case elsewhere than in
// logs on disk: the telemetry index, the team's own search.
type Inquiry struct {
	Where      string
	From, To   time.Time      // asked about
	Unanswered map[int]string // by indicator: why silence means nothing
	Note       string         // what "not seen" rests on
}

// RecordInquiry writes what an inquiry said about each value into the case. Not
// seen is "no hit" only where it was answered in full.
func (w *Workspace) RecordInquiry(ctx context.Context, id string, q Inquiry, found *telemetry.Findings) error {
	now := w.Clock()
	entries := []casefile.Entry{{Time: now, Type: casefile.TypeSearched, Actor: w.ActorOf(ctx), Data: q.Searched()}}
	for i, ind := range found.Indicators {
		var s casefile.Sighted
		finding, why := found.Of(i), q.Unanswered[i]
		switch {
		case finding != nil:
			s = sighted(finding, telemetry.Coverage{})
		case why != "":
			s = casefile.Sighted{State: casefile.NotChecked, Note: fmt.Sprintf("%.300s", why)}
		default:
			s = casefile.Sighted{State: casefile.NoHit, First: casefile.Time{Time: q.From}, Last: casefile.Time{Time: q.To}, Note: q.Note}
		}
		s.About = casefile.Value{Kind: ind.Value.Kind().String(), Value: ind.Value.Text()}
		s.Where = q.Where
		entries = append(entries, casefile.Entry{Time: now, Type: casefile.TypeSighted, Actor: w.ActorOf(ctx), Data: s})
	}
	_, err := w.Cases.Append(ctx, id, entries...)
	return err
}

// Searched says in the record's words what the inquiry rests on.
func (q Inquiry) Searched() casefile.Searched {
	s := casefile.Searched{
		Where: q.Where, Complete: len(q.Unanswered) == 0, From: casefile.Time{Time: q.From}, To: casefile.Time{Time: q.To}, Logs: []casefile.SearchedLog{}, Unread: []string{}, Note: q.Note,
	}
	for _, why := range q.Unanswered {
		s.Unread = append(s.Unread, fmt.Sprintf("%.300s", why))
	}
	slices.Sort(s.Unread)
	s.Unread = slices.Compact(s.Unread)
	s.Unread = s.Unread[:min(len(s.Unread), maxRecorded)]
	return s
}

// Only returns the inquiry about the indicators at these places, in that order.
func (q Inquiry) Only(places []int) Inquiry {
	part := q
	part.Unanswered = map[int]string{}
	for to, from := range places {
		if why, unanswered := q.Unanswered[from]; unanswered {
			part.Unanswered[to] = why
		}
	}
	return part
}

// Ledger returns the disclosure ledger of a case.
func (w *Workspace) Ledger(ctx context.Context, id string) (source.Ledger, error) {
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return nil, err
	}
	return ledger{w, id, record.Document().Case.TLP, w.Clock}, nil
}
