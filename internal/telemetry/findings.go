package telemetry

import (
	"slices"
	"sort"
	"time"

	"clew/internal/telemetry/format"
	"clew/internal/telemetry/match"
)

// Findings put sightings together, by indicator. They keep counts, not the
// sightings, so that millions of hits cost no memory.
type Findings struct {
	Indicators []match.Indicator
	byIndex    map[int]*Finding
}

// A Finding is what all sightings of one indicator come to.
type Finding struct {
	Indicator match.Indicator
	Count     int
	Verdicts  map[string]int // Hit, HitOutside, Worthless
	Contacts  map[string]int
	Actions   map[string]int // allowed, blocked, "" where the log does not say
	Kinds     map[string]int // of log
	First     time.Time      // of the sightings; zero when none has a time
	Last      time.Time
	Why       string         // of the last sighting that is no plain hit
	Days      map[string]int // sightings by UTC day: the timeline
	Example   Sighting       // the first one of the best verdict

	assets map[string]int
}

// maxAssets bounds how many machines are counted apart for one indicator.
const maxAssets = 10_000

// NewFindings returns no findings yet.
func NewFindings(indicators []match.Indicator) *Findings {
	return &Findings{Indicators: indicators, byIndex: map[int]*Finding{}}
}

// Add counts one sighting.
func (f *Findings) Add(s Sighting) {
	one := f.byIndex[s.Indicator]
	if one == nil {
		one = &Finding{
			Indicator: f.Indicators[s.Indicator], Verdicts: map[string]int{}, Contacts: map[string]int{}, Actions: map[string]int{}, Kinds: map[string]int{}, Days: map[string]int{},
			assets: map[string]int{}, Example: s,
		}
		f.byIndex[s.Indicator] = one
	}
	one.add(s)
}

func (f *Finding) add(s Sighting) {
	f.Count++
	f.Verdicts[s.Verdict]++
	f.Contacts[s.Contact]++
	f.Actions[s.Action.String()]++
	f.Kinds[s.Kind]++
	if s.Why != "" {
		f.Why = s.Why
	}
	if telling(s) < telling(f.Example) {
		f.Example = s
	}
	if name := s.Asset.String(); name != "" && (len(f.assets) < maxAssets || f.assets[name] > 0) {
		f.assets[name]++
	}
	if s.Time.IsZero() {
		return
	}
	f.Days[s.Time.Format(time.DateOnly)]++
	f.First, f.Last = widen(f.First, f.Last, s.Time)
}

// telling orders sightings by what they say: a hit before what lies outside the
// window, our machine's doing before what was done to it, a record with fields
// and a time before mere text.
func telling(s Sighting) int {
	rank := slices.Index([]string{Hit, HitOutside, Worthless}, s.Verdict)*len(contactOrder) + slices.Index(contactOrder, s.Contact)
	rank *= 4
	if s.Time.IsZero() {
		rank += 2
	}
	if s.Field == "" || s.Meaning == format.Message {
		rank++
	}
	return rank
}

func widen(first, last, t time.Time) (time.Time, time.Time) {
	if first.IsZero() || t.Before(first) {
		first = t
	}
	if t.After(last) {
		last = t
	}
	return first, last
}

// Of returns the finding of one indicator, nil where it was not seen.
func (f *Findings) Of(indicator int) *Finding { return f.byIndex[indicator] }

// Only returns what the indicators at these places come to, in that order.
func (f *Findings) Only(places []int) *Findings {
	part := NewFindings(make([]match.Indicator, len(places)))
	for to, from := range places {
		part.Indicators[to] = f.Indicators[from]
		if one := f.byIndex[from]; one != nil {
			part.byIndex[to] = one
		}
	}
	return part
}

// Seen reports whether anything was seen that means something.
func (f *Findings) Seen() bool {
	for _, one := range f.byIndex {
		if one.Verdict() != Worthless {
			return true
		}
	}
	return false
}

// All returns the findings, those that want a look first: hits before what lies
// outside the window before what is worthless, contacts from inside before what
// came from outside, then by count.
func (f *Findings) All() []*Finding {
	all := make([]*Finding, 0, len(f.byIndex))
	for _, one := range f.byIndex {
		all = append(all, one)
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if x, y := a.urgency(), b.urgency(); x != y {
			return x < y
		}
		if a.Count != b.Count {
			return a.Count > b.Count
		}
		return a.Indicator.Value.Compare(b.Indicator.Value) < 0
	})
	return all
}

func (f *Finding) urgency() int {
	verdict := slices.Index([]string{Hit, HitOutside, Worthless}, f.Verdict())
	contact := slices.Index(contactOrder, f.Contact())
	return verdict*len(contactOrder) + contact
}

// Verdict is the best of the sightings': one hit inside the window is a hit.
func (f *Finding) Verdict() string {
	for _, v := range []string{Hit, HitOutside} {
		if f.Verdicts[v] > 0 {
			return v
		}
	}
	return Worthless
}

// contactOrder puts what our own machines did before what was done to them.
var contactOrder = []string{ContactOutbound, ContactPresent, ContactLookup, ContactInbound, ContactScan}

// Contact is the most telling of the sightings'.
func (f *Finding) Contact() string {
	for _, c := range contactOrder {
		if f.Contacts[c] > 0 {
			return c
		}
	}
	return ""
}

// A Tally pairs a name with how often it came up.
type Tally struct {
	Name  string
	Count int
}

// Assets returns the machines concerned, most sightings first.
func (f *Finding) Assets() []Tally { return byCount(f.assets) }

// Timeline returns the sightings by day, in order of time.
func (f *Finding) Timeline() []Tally {
	days := make([]Tally, 0, len(f.Days))
	for day, n := range f.Days {
		days = append(days, Tally{day, n})
	}
	sort.Slice(days, func(i, j int) bool { return days[i].Name < days[j].Name })
	return days
}

func byCount(m map[string]int) []Tally {
	out := make([]Tally, 0, len(m))
	for name, n := range m {
		out = append(out, Tally{name, n})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Count != out[j].Count {
			return out[i].Count > out[j].Count
		}
		return out[i].Name < out[j].Name
	})
	return out
}
