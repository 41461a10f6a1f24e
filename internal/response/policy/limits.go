package policy

import (
	"fmt"

	"clew/internal/casefile"
)

// Bounded returns a proposal with what was measured about it: a block that would
// hit more than the policy allows becomes a watch, and the reason gives the
// figure.
func (p Policy) Bounded(a casefile.Action, b casefile.Blast) casefile.Action {
	a.Blast = &b
	if a.Kind != casefile.Block {
		return a
	}
	why := p.Blast.beyond(b)
	if why == "" {
		return a
	}
	a.Kind = casefile.Monitor
	a.Reason = fmt.Sprintf("%s; a block %s: monitor instead", a.Reason, why)
	return a
}

// beyond says how a block would hit bystanders, "" when within the limits.
func (l Limits) beyond(b casefile.Blast) string {
	switch {
	case b.Listed != "" && l.Listed != "ignore":
		return "would hit what a reference list names: " + casefile.Printable(b.Listed)
	case b.Bystanders > l.Bystanders:
		least := ""
		if b.AtLeast {
			least = "at least "
		}
		return fmt.Sprintf("would hit %s%d unrelated sites beside %d of this case, the limit is %d", least, b.Bystanders, b.Related, l.Bystanders)
	case b.Assets > l.Assets:
		return fmt.Sprintf("would hit our own use: %d machines turned to it outside the incident, the limit is %d", b.Assets, l.Assets)
	}
	return ""
}
