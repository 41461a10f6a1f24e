package report

import (
	"bytes"
	"strings"
	"testing"
)

// TestBranchKeepsItsFigures: a digest gives way to holders and probability, a
// short value and a narrow screen do not lose the value to them.
func TestBranchKeepsItsFigures(t *testing.T) {
	digest := "contacts " + strings.Repeat("0123456789abcdef", 4)
	figures := "2 holders, 2 new · 0.56 medium"
	for _, c := range []struct {
		text, want string
		width      int
	}{
		{digest, "  " + figures, 100},
		{digest, "  " + figures, 80},
		{"resolves-to 203[.]0[.]113[.]7", "resolves-to 203[.]0[.]113[.]7  ", minWidth},
	} {
		var out bytes.Buffer
		terminal := newTerminal(&out, TextOptions{Width: c.width})
		terminal.branch("  ├─ ", "  │  ", &branch{Sort: pivotBranch, Text: c.text, Detail: figures})
		if err := terminal.out.Flush(); err != nil {
			t.Fatal(err)
		}
		line := strings.TrimSuffix(out.String(), "\n")
		if !strings.Contains(line, c.want) || cells(line) > c.width {
			t.Errorf("at width %d the branch is %q, want %q in it", c.width, line, c.want)
		}
	}
}
