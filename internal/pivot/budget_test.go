package pivot

import (
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
)

// Under a limit the best point comes first, wherever it stands among the facts,
// and what was left is said to be left.
func TestLimitOfPivotsIsSpentOnWhatPromisesMost(t *testing.T) {
	world := append(smallWorld(),
		saw("postalia-a.test", observation.MX, "mail.hoster.test", days(0, 9)),
		saw("bakery.test", observation.MX, "mail.hoster.test", days(0, 9)))
	for order, wanted := range map[Order]bool{ByPromise: true, ByArrival: false, Blindly: false} {
		e := engine(t, world)
		e.Pivots, e.Order = 1, order
		result := investigate(t, e, "postalia-a.test")
		met := false
		for _, f := range result.Findings {
			met = met || f.Value == domain("postalia-b.test")
		}
		if met != wanted {
			t.Errorf("order %d: look-alikes on the shared address met with one pivot: %v, want %v", order, met, wanted)
		}
		run, left := 0, 0
		for _, p := range result.Points {
			switch {
			case p.State == Run:
				run++
			case p.Reason == outOfPivots:
				left++
			}
		}
		if run != 1 || left == 0 {
			t.Errorf("order %d: %d pivots run and %d left, want one run and the rest named", order, run, left)
		}
	}
}

func TestWhoIsInTheCaseIsNobodyNew(t *testing.T) {
	e := engine(t, smallWorld())
	e.Pivots = 100
	limited := investigate(t, e, "postalia-a.test")
	e = engine(t, smallWorld())
	free := investigate(t, e, "postalia-a.test")
	if len(limited.Findings) != len(free.Findings) {
		t.Errorf("a limit that is not reached changes the findings: %d against %d", len(limited.Findings), len(free.Findings))
	}
	for _, p := range limited.Points {
		if p.State == Run && p.Value.Kind() == observable.Text {
			t.Errorf("a word was followed as a pivot: %+v", p)
		}
	}
}
