package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"clew/internal/casefile"
)

// Trace says where an entry comes from, for the comment or field that formats
// keep for it: "case=ID band=high confidence=99 action=block/approved
// expires=2026-12-01". It holds letters, digits and -=,+/: only, so that no
// format has to escape it.
func (e Entry) Trace() string {
	parts := []string{"case=" + strings.Join(e.Cases, ","), "band=" + e.Band, fmt.Sprintf("confidence=%d", e.Confidence)}
	if e.Action != "" {
		parts = append(parts, "action="+e.Action+"/"+e.State)
	}
	if !e.Expires.IsZero() {
		parts = append(parts, "expires="+Day(e.Expires))
	}
	return strings.Join(append(parts, "tlp="+string(e.TLP)), " ")
}

// TraceWithin is the trace as far as a comment of that many bytes has room: it
// begins with the cases, of which a shared address may have many.
func (e Entry) TraceWithin(most int) string {
	trace := e.Trace()
	return trace[:min(len(trace), most)]
}

// Header is what a file says of itself at its top, a line each, in characters
// that no format has to escape. It has no clock in it: the same content gives
// the same header.
func (s Set) Header(format string) []string {
	lines := []string{fmt.Sprintf("clew %s, %s, TLP:%s", format, Plural(len(s.Entries), "entry", "entries"), s.TLP)}
	for _, c := range s.Cases {
		lines = append(lines, fmt.Sprintf("case %s, as of %s", c.ID, Day(c.Changed.Time)))
	}
	return lines
}

// CaseIDs names the cases, joined by commas.
func (s Set) CaseIDs() string {
	ids := make([]string, len(s.Cases))
	for i, c := range s.Cases {
		ids[i] = c.ID
	}
	return strings.Join(ids, ",")
}

// Day writes a day as 2006-01-02, UTC; "" for the zero time.
func Day(t time.Time) string { return casefile.Time{Time: t}.Day() }

// Instant writes a time as RFC 3339, UTC, to the second; "" for the zero time.
func Instant(t time.Time) string { return casefile.Time{Time: t}.String() }

// Plural counts a noun.
func Plural[N int | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Comment makes text fit for a comment of any format: on one line, ASCII, and
// without the characters that end, nest or quote something anywhere.
func Comment(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', strings.ContainsRune(" .,:=+_-()@", r):
			return r
		case r == '/':
			return r // never doubled by us, and "*/" needs a star
		}
		return '?'
	}, text)
}

func joined(list []string) string { return strings.Join(list, ", ") }

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func sorted(set map[string]bool) []string {
	return slices.Sorted(maps.Keys(set))
}

func compareText(a, b string) int { return strings.Compare(a, b) }
