package casefile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Exported records that a case was written in a format that another tool reads,
// or handed to a server: what was in it, and what stayed out and why.
type Exported struct {
	Format  string    `json:"format"`         // as clew export or clew push names it
	To      string    `json:"to,omitempty"`   // the server it was pushed to; "" where it was only written
	Said    string    `json:"said,omitempty"` // the server's answer
	TLP     string    `json:"tlp"`            // of the export; "" where nothing of the case was in it
	Entries int       `json:"entries"`        // of this case
	Notes   int       `json:"notes,omitempty"`
	Left    []LeftOut `json:"left"`
	More    int       `json:"more,omitempty"` // left out beside Left, which holds no more
}

// A LeftOut is what an export does not hold, and why.
type LeftOut struct {
	Value  string `json:"value"` // defanged
	Reason string `json:"reason"`
}

// MaxLeftOut bounds what one event names.
const MaxLeftOut = 1000

// describe names what stayed out by its reason, the first few of each.
func (p Exported) describe() string {
	const most = 5
	text := fmt.Sprintf("%d entries as %s", p.Entries, p.Format)
	if p.TLP != "" {
		text += " at TLP:" + p.TLP
	}
	if p.To != "" {
		text += " pushed to " + p.To
	}
	if p.Said != "" {
		text += ": " + p.Said
	}
	reasons, named := []string(nil), map[string][]string{}
	for _, l := range p.Left {
		if named[l.Reason] == nil {
			reasons = append(reasons, l.Reason)
		}
		named[l.Reason] = append(named[l.Reason], l.Value)
	}
	for _, reason := range reasons {
		values := named[reason]
		text += fmt.Sprintf("; left out, %s: %s", reason, strings.Join(values[:min(len(values), most)], ", "))
		if len(values) > most {
			text += fmt.Sprintf(" and %d more", len(values)-most)
		}
	}
	if p.More > 0 {
		text += fmt.Sprintf("; %d more left out", p.More)
	}
	return text
}

func (r *Record) export(e Event) error {
	p, err := decoded[Exported](e)
	if err != nil {
		return err
	}
	r.exported = append(r.exported, *p)
	return nil
}

// Exported reports whether the last export of that format to that place was the
// same: an export that is made every few minutes is one event.
func (r *Record) Exported(p Exported) bool {
	for _, last := range slices.Backward(r.exported) {
		if last.Format == p.Format && last.To == p.To {
			a, errA := json.Marshal(last)
			b, errB := json.Marshal(p)
			return errA == nil && errB == nil && string(a) == string(b)
		}
	}
	return false
}
