package casefile

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteLog writes one line an event: number, time, type, who, and what
// happened in words. Values are defanged, and nothing in a line can steer a
// terminal.
func WriteLog(w io.Writer, events []Event) error {
	out := bufio.NewWriter(w)
	for _, e := range events {
		_, err := fmt.Fprintf(out, "%5d  %s  %-9s  %-12s  %s\n",
			e.Seq, Printable(e.Time), Printable(string(e.Type)), Printable(e.Actor), Prose(e.Describe()))
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

// Describe says in one line what the event records. It is made of outside text:
// put it through [Prose] or another escaper before showing it.
func (e Event) Describe() string {
	describe, known := descriptions[e.Type]
	if !known {
		return shortened(string(e.Data))
	}
	text, err := describe(e)
	if err != nil {
		return "unreadable: " + shortened(string(e.Data))
	}
	return text
}

// descriptions is a table and not a switch so that each line reads beside its type.
var descriptions = map[Type]func(Event) (string, error){
	TypeOpened: described(func(p Opened) string {
		seeds := make([]string, len(p.Seeds))
		for i, s := range p.Seeds {
			seeds[i] = defanged(Value{s.Kind, s.Value}) + " from " + orElse(s.Source, "an unnamed source")
		}
		return fmt.Sprintf("%s; %s, TLP:%s, PAP:%s", strings.Join(seeds, ", "), p.Scope, p.TLP, p.PAP)
	}),
	TypeReopened: described(func(p Reopened) string {
		if p.Pivot == nil {
			return p.Reason
		}
		return fmt.Sprintf("%s from %s on %s: %s", p.Pivot.Method, defanged(p.Pivot.From), defanged(p.Pivot.On), p.Reason)
	}),
	TypeAsked: described(func(p Asked) string {
		text := fmt.Sprintf("%s about %s: %s, %d observations", p.Source, defanged(p.About), p.State, p.Observations)
		if p.Reason != "" {
			text += "; " + p.Reason
		}
		return text
	}),
	TypeDisclosed: described(func(p Disclosed) string {
		own := ""
		if p.Own {
			own = ", a server of the team's own,"
		}
		what := defanged(p.About)
		switch {
		case p.Note > 0 && p.About == Value{}:
			what = fmt.Sprintf("the remark of event %d", p.Note)
		case p.Note > 0:
			what = fmt.Sprintf("the remark of event %d on %s", p.Note, what)
		}
		return fmt.Sprintf("%s to %s%s under TLP:%s, PAP:%s", what, p.Source, own, p.TLP, p.PAP)
	}),
	TypePivoted: described(func(p Pivot) string {
		holders := "holders unknown"
		if p.Holders != nil {
			holders = fmt.Sprintf("%d holders", *p.Holders)
		}
		text := fmt.Sprintf("%s from %s on %s: %s, %s, %d new",
			p.Method, defanged(Value{p.FromKind, p.From}), defanged(Value{p.Kind, p.Value}), p.State, holders, p.New)
		if p.Reason != "" {
			text += "; " + p.Reason
		}
		return text
	}),
	TypeRead: described(func(p Read) string {
		return fmt.Sprintf("%d corpus questions and their answers, sha256:%s", p.Questions, p.SHA256)
	}),
	TypeFound: described(func(p Found) string {
		return fmt.Sprintf("%d high, %d medium, %d low, %d coincidence; model %s, sha256:%s",
			p.Bands["high"], p.Bands["medium"], p.Bands["low"], p.Bands["coincidence"], p.Model, p.SHA256)
	}),
	TypeFinished: described(func(p Finished) string {
		return strings.TrimSuffix(fmt.Sprintf("%s, %d gaps; %s", p.State, len(p.Gaps), p.Reason), "; ")
	}),
	TypeAccepted: described(Verdict.describe),
	TypeRejected: described(Verdict.describe),
	TypeNoted: described(func(p Noted) string {
		if p.About == (Value{}) {
			return p.Text
		}
		return defanged(p.About) + ": " + p.Text
	}),
	TypeSighted: described(func(p Sighted) string {
		text := fmt.Sprintf("%s: %s, %d sightings in %s", defanged(p.About), p.State, p.Count, p.Where)
		if p.Contact != "" {
			text += ", " + p.Contact
		}
		if len(p.Assets) > 0 {
			text += ", on " + strings.Join(p.Assets, ", ")
		}
		if p.Note != "" {
			text += "; " + p.Note
		}
		return text
	}),
	TypeActed:     described(Acted.describe),
	TypeEscalated: described(Escalation.describe),
	TypeDelivered: described(Delivered.describe),

	TypeExpanded:      described(Expanded.describe),
	TypePivotRejected: described(PivotRejected.describe),
	TypeTagged:        described(Tagged.describe),
	TypeUndone:        described(Undone.describe),
	TypeClosed:        described(func(p Closed) string { return orElse(p.Reason, "no reason given") }),
	TypeSearched:      described(Searched.describe),
	TypeExported:      described(Exported.describe),
}

func (s Searched) describe() string {
	text := s.Where
	if s.Lines > 0 {
		text += fmt.Sprintf(": %d lines of %d logs", s.Lines, s.Files)
	}
	if s.Note != "" {
		text += ": " + s.Note
	}
	if !s.Complete {
		text += "; not all of it was read"
		if len(s.Unread) > 0 {
			text += ": " + s.Unread[0]
		}
	}
	return text
}

func (v Verdict) describe() string {
	text := defanged(v.About)
	if v.Relation != "" {
		text += " under " + v.Relation
	}
	return text + ": " + orElse(v.Reason, "no reason given")
}

func described[T any](say func(T) string) func(Event) (string, error) {
	return func(e Event) (string, error) {
		var payload T
		err := json.Unmarshal(e.Data, &payload)
		return say(payload), err
	}
}

// defanged returns a value as people may read it; one that this version cannot
// read is shown as it stands.
func defanged(v Value) string {
	o, err := v.Observable()
	if err != nil {
		return v.Value
	}
	return o.Defang()
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// maxShown is how much of an unknown payload a log line shows, in bytes.
const maxShown = 200

func shortened(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}
