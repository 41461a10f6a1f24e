package score

import (
	"cmp"
	"math"
	"slices"

	"clew/internal/observation"
)

// BridgeMin is the least probability on either side of an intermediate for it
// to carry a link on. Nothing below is expanded.
const BridgeMin = 0.2

// A Bridge is a way from the seed to a candidate over an intermediate.
type Bridge struct {
	SeedP, CandidateP float64 // seed to intermediate, intermediate to candidate
	// SeedCause and CandidateCause name the value that carries most of either
	// side. Intermediates that hang on both sides by the same values are one
	// bridge; where one value carries both sides, seed and candidate share it
	// themselves, and the bridge would count that fact again. "" is a cause of
	// its own.
	SeedCause, CandidateCause string
	// Reason is the cause that the candidate's side hangs on, as [Reason] names
	// it; "" counts as one of its own.
	Reason observation.Family
}

// P returns what the bridge alone carries, before the hop is paid for.
func (b Bridge) P() float64 {
	if b.SeedP < BridgeMin || b.CandidateP < BridgeMin || (b.SeedCause == b.CandidateCause && b.SeedCause != "") {
		return 0
	}
	return b.SeedP * b.CandidateP
}

// cause is the same for two bridges that are one.
func (b Bridge) cause() (cause [2]string, shared bool) {
	if b.SeedCause == "" || b.CandidateCause == "" {
		return cause, false
	}
	return [2]string{min(b.SeedCause, b.CandidateCause), max(b.SeedCause, b.CandidateCause)}, true
}

// Independent keeps the best bridge of each cause, strongest first, and drops
// those too weak to carry anything.
func Independent(bridges []Bridge) []Bridge {
	kept := make([]Bridge, 0, len(bridges))
	best := map[[2]string]int{}
	for _, b := range bridges {
		if b.P() == 0 {
			continue
		}
		cause, shared := b.cause()
		if at, seen := best[cause]; seen && shared {
			if b.P() > kept[at].P() {
				kept[at] = b
			}
			continue
		}
		if shared {
			best[cause] = len(kept)
		}
		kept = append(kept, b)
	}
	slices.SortStableFunc(kept, func(a, b Bridge) int { return cmp.Compare(b.P(), a.P()) })
	return kept
}

// Ways counts independent bridges for the high band. All that lead over names,
// servers and pages are one way: whoever imitates a bystander with several names
// builds as many bridges to it as he likes.
func Ways(bridges []Bridge) int {
	n, imitable := 0, 0
	for _, b := range Independent(bridges) {
		switch b.Reason {
		case observation.Host, observation.Content, observation.Name:
			imitable = 1
		default:
			n++
		}
	}
	return n + imitable
}

// Combine joins direct evidence with bridges by noisy-or: each is a reason of
// its own, and each hop is paid for with the model's Hop. Source:
// docs/confidence, section 6.
func (m Model) Combine(direct float64, bridges []Bridge) float64 {
	independent := Independent(bridges)
	if len(independent) == 0 {
		return direct
	}
	not := 1 - direct
	for _, b := range independent {
		not *= 1 - m.Hop*b.P()
	}
	p := clamp(1 - not)
	if m.HopA != 0 {
		p = clamp(logistic(m.HopA*math.Log(p/(1-p)) + m.HopB))
	}
	return math.Max(p, direct)
}
