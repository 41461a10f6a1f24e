package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/words"
)

// actionRow is what was proposed or decided about one value.
type actionRow struct{ Value, Kind, Action, State, Until, Approver, Beside, Reason string }

// stateOrder lists the states of actions, what waits for somebody first.
var stateOrder = []string{
	casefile.ActionProposed, casefile.ActionApproved, casefile.ActionApplied, casefile.ActionExpired, casefile.ActionRevoked,
}

// actionsOf lists every action but "none", by state, then blocks before watches.
func actionsOf(d casefile.Document) []actionRow {
	var rows []actionRow
	add := func(kind, text string, a casefile.Action) {
		if a.State == casefile.ActionNone || a.State == "" {
			return
		}
		rows = append(rows, actionRow{
			value(kind, text), name(kind), name(a.Kind), name(a.State), a.Expires.Day(), name(a.Approver), beside(a.Blast), prose(a.Reason),
		})
	}
	for _, s := range d.Seeds {
		if s.Action != nil {
			add(s.Kind, s.Value, *s.Action)
		}
	}
	for _, f := range d.Findings {
		add(f.Kind, f.Value, f.Action)
	}
	slices.SortStableFunc(rows, func(a, b actionRow) int {
		return cmp.Or(cmp.Compare(slices.Index(stateOrder, a.State), slices.Index(stateOrder, b.State)), cmp.Compare(a.Action, b.Action))
	})
	return rows
}

// beside says whom a block would hit, with a few of them by name.
func beside(b *casefile.Blast) string {
	switch {
	case b == nil:
		return "not measured"
	case b.Listed != "":
		return "on a reference list: " + prose(b.Listed)
	case !b.Known:
		return "nobody knows who is there"
	}
	text := words.Count(b.Bystanders, "unrelated site")
	if b.AtLeast {
		text = "at least " + text
	}
	if len(b.Examples) > 0 {
		shown := make([]string, 0, 3)
		for _, e := range b.Examples[:min(3, len(b.Examples))] {
			shown = append(shown, value("domain", e))
		}
		text += ", such as " + strings.Join(shown, ", ")
	}
	if b.Assets > 0 {
		text += "; " + words.Count(b.Assets, "machine") + " of ours outside the incident"
	}
	return text
}

// decidedSentence counts what waits for somebody and what stands.
func decidedSentence(d casefile.Document) string {
	n := map[string]int{}
	count := func(a casefile.Action) { n[a.State+" "+a.Kind]++ }
	for _, s := range d.Seeds {
		if s.Action != nil {
			count(*s.Action)
		}
	}
	for _, f := range d.Findings {
		count(f.Action)
	}
	var said []string
	for _, c := range []struct{ key, words string }{
		{"proposed block", "block"}, {"approved block", "approved block"}, {"applied block", "applied block"}, {"expired block", "expired block"},
	} {
		switch k := n[c.key]; {
		case k == 0:
		case c.key == "proposed block":
			said = append(said, words.Count(k, c.words)+" to be decided on")
		default:
			said = append(said, words.Count(k, c.words))
		}
	}
	if k := n["proposed monitor"] + n["approved monitor"] + n["applied monitor"]; k > 0 {
		said = append(said, words.Count(k, "indicator")+" to be watched")
	}
	if len(said) == 0 {
		return ""
	}
	return "Actions: " + strings.Join(said, ", ") + "."
}

// escalationOf makes an escalation fit to be shown.
func escalationOf(e casefile.Escalation) escalation {
	shown := escalation{Trigger: prose(e.Trigger), Because: prose(e.Because), Severity: name(e.Severity), At: minute(e.At)}
	for _, list := range []struct {
		from []string
		to   *[]string
		most int
	}{{e.Evidence, &shown.Evidence, 20}, {e.Assets, &shown.Assets, 20}, {e.Actions, &shown.First, 20}} {
		for i, text := range list.from {
			if i == list.most {
				*list.to = append(*list.to, fmt.Sprintf("and %s more", words.Number(len(list.from)-list.most)))
				break
			}
			*list.to = append(*list.to, prose(text))
		}
	}
	for _, d := range e.Delivered {
		shown.Told = append(shown.Told, told(d))
	}
	return shown
}

// told says what became of a delivery. Neither its time nor the recipient's words
// need be known.
func told(d casefile.Delivery) string {
	text := name(d.State) + " to " + name(d.To)
	if at := minute(d.At); at != "" {
		text += ", " + at
	}
	if d.Said != "" {
		text += ": " + prose(d.Said)
	}
	return text
}

// mostToDo is how many first steps the first page names.
const mostToDo = 8

// toDo lists what is to be done first: of the escalations, the decisions that
// wait, and what was not looked at yet.
func toDo(p page) []string {
	var list []string
	for _, e := range p.Escalations {
		for _, step := range e.First {
			if !slices.Contains(list, step) && len(list) < mostToDo {
				list = append(list, step)
			}
		}
	}
	waiting := 0
	for _, a := range p.Actions {
		if a.State == casefile.ActionProposed && a.Action == casefile.Block {
			waiting++
		}
	}
	if waiting > 0 {
		list = append(list, fmt.Sprintf("Decide on %s: clew act %s list.", words.Count(waiting, "proposed block"), p.ID))
	}
	searched := slices.ContainsFunc(p.Bands, func(b band) bool {
		return slices.ContainsFunc(b.Findings, func(f finding) bool { return f.seenInside() != "" })
	})
	if !searched && len(p.Actions) > 0 {
		list = append(list, fmt.Sprintf("Search our own logs: clew hunt --case %s LOG.", p.ID))
	}
	return list
}
