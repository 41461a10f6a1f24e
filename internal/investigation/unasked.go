package investigation

import (
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/source"
)

// markUnasked turns pivot points that led to nobody, and whose value no source
// was asked about although some take such a question, into points that were not
// asked: "nobody new holds it" would be a claim that nobody made.
func markUnasked(points []pivot.Point, asked map[casefile.Question]casefile.Asked) {
	reasons := map[casefile.Value]string{}
	about := map[casefile.Value][]casefile.Asked{}
	for q, a := range asked {
		about[q.About] = append(about[q.About], a)
	}
	for value, outcomes := range about {
		if !slices.ContainsFunc(outcomes, wasAsked) {
			reasons[value] = whyUnasked(outcomes)
		}
	}
	for i, p := range points {
		reason, unasked := reasons[casefile.ValueOf(p.Value)]
		if unasked && p.State == pivot.Run && p.New <= itself(p.Value) {
			points[i].State, points[i].Reason = pivot.NotAsked, reason
		}
	}
}

// itself is how many of a point's new indicators may be the value it is about.
func itself(v observable.Value) int {
	switch v.Kind() {
	case observable.Domain, observable.IP, observable.URL, observable.Email, observable.Cert, observable.File:
		return 1
	default:
		return 0
	}
}

// wasAsked reports whether a source said something, failed to, or had no recording.
func wasAsked(a casefile.Asked) bool {
	switch source.State(a.State) {
	case source.Skipped, source.Refused, source.NotAsked:
		return false
	}
	return true
}

// mostReasons is how many reasons a point names.
const mostReasons = 3

// whyUnasked joins what kept the sources from being asked: a spent budget and
// quotas first, which more of either mends, then the rest.
func whyUnasked(outcomes []casefile.Asked) string {
	slices.SortFunc(outcomes, func(a, b casefile.Asked) int {
		if x, y := spent(a), spent(b); x != y {
			return y - x
		}
		return strings.Compare(a.Source, b.Source)
	})
	var reasons []string
	for _, a := range outcomes[:min(len(outcomes), mostReasons)] {
		reasons = append(reasons, a.Source+": "+a.Reason)
	}
	reason := "no source was asked about it (" + strings.Join(reasons, "; ") + ")"
	if more := len(outcomes) - len(reasons); more > 0 {
		reason += ", nor any other that knows such values"
	}
	return reason
}

func spent(a casefile.Asked) int {
	if source.State(a.State) == source.Refused || strings.Contains(a.Reason, source.ErrBudget.Error()) {
		return 1
	}
	return 0
}
