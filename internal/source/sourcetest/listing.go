package sourcetest

import (
	"fmt"
	"strings"
	"time"

	"clew/internal/source"
)

// Listing writes an outcome as text, one fact a line, without digests: what a
// person compares with the reply by eye.
func Listing(out source.Outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", out.State)
	for _, p := range out.Parts {
		fmt.Fprintf(&b, "part %s: %s", p.Endpoint, p.State)
		if p.Reason != "" {
			fmt.Fprintf(&b, " (%s)", p.Reason)
		}
		b.WriteByte('\n')
	}
	for _, o := range out.Answer.Observations {
		fmt.Fprintf(&b, "%s %s %s [%s, %s] x%d\n",
			o.Subject.Text(), o.Relation, o.Object.Text(), moment(o.First), moment(o.Last), o.Count)
	}
	for _, t := range out.Answer.Totals {
		fmt.Fprintf(&b, "total %s %s: %d [%s]\n", t.Relation, t.Object.Text(), t.N, moment(t.AsOf))
	}
	if out.Answer.Dropped > 0 {
		fmt.Fprintf(&b, "dropped %d\n", out.Answer.Dropped)
	}
	return b.String()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "?"
	}
	return t.UTC().Format(time.RFC3339)
}
