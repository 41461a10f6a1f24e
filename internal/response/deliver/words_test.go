package deliver_test

import (
	"fmt"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/response/deliver"
)

// What a message has no room for is counted, so that the record can say so.
func TestWhatAMessageLeavesOutIsSaid(t *testing.T) {
	lines := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("line-%d", i))
		}
		return all
	}
	m := deliver.Message{Escalation: casefile.Escalation{Trigger: "internal-hit", Severity: "high", Evidence: lines(20), Assets: lines(20), Actions: lines(3)}}
	if left := m.Left(); left != "" {
		t.Errorf("all of it is in the message, and it says %q", left)
	}
	m.Escalation.Evidence, m.Escalation.Assets = lines(33), lines(21)
	left := m.Left()
	if !strings.Contains(left, "13 of 33 lines of evidence") || !strings.Contains(left, "1 of 21 lines of machines") || strings.Contains(left, "do first") {
		t.Errorf("got %q", left)
	}
	if text := m.Text(); strings.Contains(text, "line-25") || strings.Count(text, "line-20") != 0 {
		t.Errorf("the message holds what it says to leave out:\n%s", text)
	}
}
