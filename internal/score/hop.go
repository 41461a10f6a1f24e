package score

import (
	"cmp"
	"math"
	"slices"
)

// BridgeMin is the least probability on either side of an intermediate for it
// to carry a link on. Nothing below is expanded.
const BridgeMin = 0.2

// A Bridge is a way from the seed to a candidate over an intermediate.
type Bridge struct {
	SeedP, CandidateP float64 // seed to intermediate, intermediate to candidate
	// Cause names what makes two bridges one: intermediates that hang together
	// by the same value share it. "" is a cause of its own.
	Cause string
}

// P returns what the bridge alone carries, before the hop is paid for.
func (b Bridge) P() float64 {
	if b.SeedP < BridgeMin || b.CandidateP < BridgeMin {
		return 0
	}
	return b.SeedP * b.CandidateP
}

// Independent keeps the best bridge of each cause, strongest first, and drops
// those too weak to carry anything.
func Independent(bridges []Bridge) []Bridge {
	kept := make([]Bridge, 0, len(bridges))
	best := map[string]int{}
	for _, b := range bridges {
		if b.P() == 0 {
			continue
		}
		if at, seen := best[b.Cause]; seen && b.Cause != "" {
			if b.P() > kept[at].P() {
				kept[at] = b
			}
			continue
		}
		best[b.Cause] = len(kept)
		kept = append(kept, b)
	}
	slices.SortStableFunc(kept, func(a, b Bridge) int { return cmp.Compare(b.P(), a.P()) })
	return kept
}

// Combine joins direct evidence with bridges by noisy-or: each is a reason of
// its own, and each hop is paid for with the model's Hop. Source:
// docs/confidence, section 6.
func (m Model) Combine(direct float64, bridges []Bridge) float64 {
	not := 1 - direct
	for _, b := range Independent(bridges) {
		not *= 1 - m.Hop*b.P()
	}
	return math.Max(clamp(1-not), direct)
}
