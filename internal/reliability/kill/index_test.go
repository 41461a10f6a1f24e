package kill

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/reliability/clewtest"
)

// webLog is a log of one round; each round has a name of its own in it.
func webLog(round, log int) string {
	var b strings.Builder
	for line := range 20_000 {
		name := fmt.Sprintf("n%d.shop.example", (line*7+log)%5000)
		if line%4000 == 0 {
			name = fmt.Sprintf("round%d.shop.example", round)
		}
		fmt.Fprintf(&b, "10.0.0.%d - - [01/Jul/2025:08:%02d:%02d +0000] \"GET http://%s/a HTTP/1.1\" 200 5 \"-\" \"x\"\n", line%250, line/60%60, line%60, name)
	}
	return b.String()
}

// TestIndex kills the telemetry index while logs come and grow.
func TestIndex(t *testing.T) {
	kills := kills(t)
	h := clewtest.NewHome(t)
	s := newStriker(h, 3)
	logs := filepath.Join(h.Dir, "logs")
	rounds := 0
	for ; !s.enough(kills); rounds++ {
		h.Write(t, filepath.Join("logs", fmt.Sprintf("new-%d.log", rounds)), webLog(rounds, 1))
		grow(t, h, filepath.Join(logs, "growing.log"), webLog(rounds, 2))
		s.strike(t, "telemetry", "index", logs)
		for older := range rounds { // what was acknowledged before the kill is there after it
			if older%7 == rounds%7 && len(found(t, h, older)) != 10 {
				t.Errorf("round %d: %d of 10 sightings of round %d are left", rounds, len(found(t, h, older)), older)
			}
		}
		s.again(t, "telemetry", "index", logs)
		if n := len(found(t, h, rounds)); n != 10 {
			t.Errorf("round %d: %d sightings after it was indexed again, want 10", rounds, n)
		}
	}
	undisturbed := clewtest.NewHome(t)
	undisturbed.Must(t, nil, "telemetry", "index", logs)
	for _, round := range []int{0, rounds / 2, rounds - 1} {
		if diff := cmp.Diff(found(t, undisturbed, round), found(t, h, round)); diff != "" {
			t.Errorf("round %d (-undisturbed +killed):\n%s", round, diff)
		}
	}
	s.tell(t, "index")
}

// found are the sightings of a round's own name.
func found(t *testing.T, h *clewtest.Home, round int) []string {
	t.Helper()
	said := h.Must(t, []int{0, exitNotSeen}, "telemetry", "lookup", fmt.Sprintf("round%d.shop.example", round), "--json")
	return strings.FieldsFunc(said, func(r rune) bool { return r == '\n' })
}

func grow(t *testing.T, h *clewtest.Home, path, text string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	rest, err := filepath.Rel(h.Dir, path)
	if err != nil {
		t.Fatal(err)
	}
	h.Write(t, rest, string(before)+text)
}
