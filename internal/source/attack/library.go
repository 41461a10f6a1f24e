package attack

import (
	"slices"
	"strings"
)

// A Technique is one way of doing things. ID is T1583, or T1583.001 for a
// sub-technique, whose Parent is the technique it is part of.
type Technique struct {
	ID, Name, Parent string
	Tactics          []string // what it serves, "command-and-control", sorted
}

// A Named is a group or a piece of software: G0007 or S0154, its name, and what
// others call it, sorted.
type Named struct {
	ID, Name string
	Aliases  []string
}

// A Library is one release of ATT&CK, looked up by number or name. What was
// revoked goes by the number that took its place, what is deprecated is not in
// it. It does not change, and may be used by many goroutines.
type Library struct {
	techniques map[string]Technique // by number, old ones too
	software   map[string]Named     // by number
	groups     map[string]Named
	names      map[string]string // number of software by its names, in lower case
	uses       map[string][]string
	usedBy     map[string][]string // the other way round
	release    string
}

// Release names the release, as "Enterprise ATT&CK 18.1", "" when the bundle does not say.
func (l *Library) Release() string { return l.release }

// Technique returns a technique by its number, in any case.
func (l *Library) Technique(id string) (Technique, bool) {
	t, ok := l.techniques[strings.ToUpper(strings.TrimSpace(id))]
	return t, ok
}

// Software returns malware or a tool by its number, its name or an alias, in any case.
func (l *Library) Software(text string) (Named, bool) {
	s, ok := l.software[l.names[strings.ToLower(strings.TrimSpace(text))]]
	return s, ok
}

// TechniquesOf returns what a group or a piece of software uses, by number.
func (l *Library) TechniquesOf(id string) []Technique {
	var found []Technique
	for _, used := range l.uses[id] {
		if t, ok := l.techniques[used]; ok {
			found = append(found, t)
		}
	}
	return found
}

// SoftwareUsing returns the malware and tools that use a technique, by number.
func (l *Library) SoftwareUsing(technique string) []Named {
	return pick(l.software, l.usedBy[technique])
}

// GroupsUsing returns the groups that use a technique or a piece of software,
// themselves or in one of their campaigns, by number.
func (l *Library) GroupsUsing(id string) []Named {
	return pick(l.groups, l.usedBy[id])
}

// SoftwareOf returns the malware and tools that a group uses, by number.
func (l *Library) SoftwareOf(group string) []Named {
	return pick(l.software, l.uses[group])
}

func pick(from map[string]Named, ids []string) []Named {
	var found []Named
	for _, id := range ids {
		if n, ok := from[id]; ok {
			found = append(found, n)
		}
	}
	return found
}

// A Match is software that uses some of a set of techniques.
type Match struct {
	Named
	Shared []Technique // by number
	Of     int         // how many techniques it is known to use
}

// Matches returns the software that shares techniques with a behaviour, most
// first. It is a hint where to look, not evidence: common techniques are
// shared by most of what there is.
func (l *Library) Matches(techniques []string) []Match {
	shared := map[string][]Technique{}
	seen := map[string]bool{}
	for _, id := range techniques {
		t, ok := l.Technique(id)
		if !ok || seen[t.ID] {
			continue
		}
		seen[t.ID] = true
		for _, s := range l.SoftwareUsing(t.ID) {
			shared[s.ID] = append(shared[s.ID], t)
		}
	}
	var matches []Match
	for id, common := range shared {
		slices.SortFunc(common, func(a, b Technique) int { return strings.Compare(a.ID, b.ID) })
		matches = append(matches, Match{Named: l.software[id], Shared: common, Of: len(l.TechniquesOf(id))})
	}
	slices.SortFunc(matches, func(a, b Match) int {
		if len(a.Shared) != len(b.Shared) {
			return len(b.Shared) - len(a.Shared)
		}
		if a.Of != b.Of { // of two that share as many, the one that does little else
			return a.Of - b.Of
		}
		return strings.Compare(a.ID, b.ID)
	})
	return matches
}
