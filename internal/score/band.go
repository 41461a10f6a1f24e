package score

import "clew/internal/observation"

// A Band says what a finding may trigger. Source: docs/confidence, section 7.
type Band string

const (
	High        Band = "high"        // offered for blocking; expanded further
	Medium      Band = "medium"      // monitored; expanded while the budget lasts
	Low         Band = "low"         // a lead
	Coincidence Band = "coincidence" // counted and folded away, with its reason
)

const (
	highFrom   = 0.90
	mediumFrom = 0.50
	lowFrom    = 0.10
	// FamilyBits is what a family must bring to count as one of the two that a
	// high finding needs.
	FamilyBits = 3
)

// BandOf places a probability. High needs two independent reasons: two
// families of three bits or more, or two independent bridges.
func BandOf(p float64, sum Sum, bridges []Bridge) Band {
	return BandFor(p, StrongFamilies(sum), Ways(bridges))
}

// BandFor is BandOf for who has counted the reasons already: families that stand
// alone, and independent bridges.
func BandFor(p float64, families, bridges int) Band {
	switch {
	case p >= highFrom && (families >= 2 || bridges >= 2):
		return High
	case p >= mediumFrom:
		return Medium
	case p >= lowFrom:
		return Low
	}
	return Coincidence
}

// StrongFamilies counts the independent reasons that bring enough bits to stand
// alone, by the strongest fact of each and without what the seed may have taken
// up on purpose: several weak facts of one cause are no reason.
func StrongFamilies(sum Sum) int {
	reasons := map[observation.Family]float64{}
	for _, line := range sum.Lines {
		if !line.Guest {
			reason := Reason(line.Family)
			reasons[reason] = max(reasons[reason], line.Raw)
		}
	}
	return StrongReasons(reasons)
}

// StrongReasons is StrongFamilies for who has the strongest fact of each reason
// already. What a page shows adds none to a shared server, which shows it, nor to
// a likeness of names, since who imitates a brand copies both.
func StrongReasons(reasons map[observation.Family]float64) int {
	strong := 0
	for reason, bits := range reasons {
		if bits >= FamilyBits && reason != observation.Content {
			strong++
		}
	}
	implied := reasons[observation.Host] >= FamilyBits || reasons[observation.Name] >= FamilyBits
	if reasons[observation.Content] >= FamilyBits && !implied {
		strong++
	}
	return strong
}

// Reason names the cause that a family's facts share when a high finding is to
// have two: an alias and a service's fingerprint are the server's, and a copied
// page brings its tracking ID along. Every other family is a reason of its own.
func Reason(f observation.Family) observation.Family {
	switch f {
	case observation.Alias, observation.Service:
		return observation.Host
	case observation.Tracking:
		return observation.Content
	default:
		return f
	}
}
