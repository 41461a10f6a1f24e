package deliver

import (
	"fmt"
	"strings"

	"clew/internal/casefile"
)

// Bounds of what a message says; the case has the rest.
const (
	maxLines = 20
	maxTitle = 200 // characters
)

// Title is the message in one line.
func (m Message) Title() string {
	title := []rune(casefile.Prose(fmt.Sprintf("[%s] %s: %s", strings.ToUpper(m.Escalation.Severity), m.Escalation.Trigger, m.Escalation.Because)))
	if len(title) > maxTitle {
		title = append(title[:maxTitle-1], '…')
	}
	return string(title)
}

// A Section is a heading with lines below it. All of it is plain text that fits
// on a line and holds no live indicator; each way of handing over escapes what
// its format reads as its own.
type Section struct {
	Heading string
	Lines   []string
}

// Sections are what the message says, the most urgent first.
func (m Message) Sections() []Section {
	e := m.Escalation
	sections := []Section{
		{"Do first", bounded(e.Actions)},
		{"Evidence", bounded(e.Evidence)},
	}
	if len(e.Assets) > 0 {
		sections = append(sections, Section{"Machines of ours", bounded(e.Assets)})
	}
	about := []string{
		"Case " + m.Case.ID, "TLP:" + m.Case.TLP, "Scope: " + m.Case.Scope, "Escalation " + e.ID, "clew case show " + m.Case.ID,
	}
	return append(sections, Section{"Case", bounded(about)})
}

func bounded(lines []string) []string {
	shown := make([]string, 0, maxLines+1)
	for i, line := range lines {
		if i == maxLines {
			return append(shown, fmt.Sprintf("and %d more in the case", len(lines)-maxLines))
		}
		shown = append(shown, casefile.Prose(line))
	}
	return shown
}

// Left says what of the escalation is not in the message, "" when all of it is.
func (m Message) Left() string {
	var left []string
	for _, part := range []struct {
		what  string
		lines []string
	}{{"what to do first", m.Escalation.Actions}, {"evidence", m.Escalation.Evidence}, {"machines", m.Escalation.Assets}} {
		if n := len(part.lines) - maxLines; n > 0 {
			left = append(left, fmt.Sprintf("%d of %d lines of %s", n, len(part.lines), part.what))
		}
	}
	if left == nil {
		return ""
	}
	return strings.Join(left, ", ") + fmt.Sprintf(": a message holds %d of each", maxLines)
}

// Text is the message as plain text, for mail and tickets.
func (m Message) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", m.Title())
	for _, s := range m.Sections() {
		fmt.Fprintf(&b, "\n%s\n", s.Heading)
		for _, line := range s.Lines {
			fmt.Fprintf(&b, "  - %s\n", line)
		}
	}
	return b.String()
}
