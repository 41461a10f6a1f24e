package telemetry

import (
	"fmt"
	"time"

	"clew/internal/observable"
	"clew/internal/telemetry/match"
)

// DefaultSlack is how long before and after the window of an indicator a
// sighting still counts as inside it. Lists give the day something was published
// or seen, not the day it began; a month covers what reports lag behind (judgement:
// most reports of our labelled campaigns follow their first activity within it).
const DefaultSlack = 30 * 24 * time.Hour

// A Lists says which values mean nothing, and why.
type Lists interface {
	Worthless(v observable.Value) (why string, worthless bool)
}

// A judge gives sightings their verdict.
type judge struct {
	indicators []match.Indicator
	worthless  map[int]string // by indicator
	slack      time.Duration
}

// newJudge asks the lists once for each indicator.
func newJudge(indicators []match.Indicator, lists Lists, slack time.Duration) *judge {
	j := &judge{indicators: indicators, worthless: map[int]string{}, slack: slack}
	for i, ind := range indicators {
		if why, yes := meansNothing(ind.Value, lists); yes {
			j.worthless[i] = why
		}
	}
	return j
}

// meansNothing reports whether sightings of v tell nothing: addresses that mean
// something else in every network, and what a reference list names.
func meansNothing(v observable.Value, lists Lists) (string, bool) {
	if v.Kind() == observable.IP || v.Kind() == observable.Domain {
		if addr, ok := v.Addr(); !ok || addr.IsMulticast() || addr.IsLoopback() || addr.IsUnspecified() || addr.IsLinkLocalUnicast() || addr.String() == "255.255.255.255" {
			if reason, special := observable.Special(v); special && ok {
				return reason, true
			}
		}
	}
	if lists == nil {
		return "", false
	}
	return lists.Worthless(v)
}

// verdict judges one sighting.
func (j *judge) verdict(s *Sighting) {
	ind := j.indicators[s.Indicator]
	if why, yes := j.worthless[s.Indicator]; yes {
		s.Verdict, s.Why = Worthless, "means nothing: "+why
		return
	}
	s.Verdict = Hit
	switch {
	case ind.First.IsZero() && ind.Last.IsZero():
	case s.Time.IsZero():
		s.Why = "the record has no time, so the window cannot be held against it"
	case !ind.First.IsZero() && s.Time.Before(ind.First.Add(-j.slack)):
		s.Verdict = HitOutside
		s.Why = fmt.Sprintf("%s before it is known to be bad (from %s)", days(ind.First.Sub(s.Time)), ind.First.Format(time.DateOnly))
	case !ind.Last.IsZero() && s.Time.After(ind.Last.Add(j.slack)):
		s.Verdict = HitOutside
		s.Why = fmt.Sprintf("%s after it was last known to be bad (until %s)", days(s.Time.Sub(ind.Last)), ind.Last.Format(time.DateOnly))
	}
}

func days(d time.Duration) string {
	n := int(d / (24 * time.Hour))
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
