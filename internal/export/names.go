package export

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"clew/internal/observable"
)

// A NamePattern is how a family makes its names, learned from those of the set.
type NamePattern struct {
	// Regexp matches a registered domain in lower case, whole: anchored RE2 syntax
	// without flags, lookaround or capture.
	Regexp  string
	Words   []string // the same for people
	Learned int      // names it was learned from
	False   string   // what it would hit besides in the corpus, the benign lists and by chance
	Cases   []string
	// Telemetry is as of a [Pattern].
	Telemetry string
}

// Estimate says in words what a rule on the pattern would hit falsely.
func (p NamePattern) Estimate() string {
	return p.False + ". Telemetry: " + cmp.Or(p.Telemetry, unmeasured)
}

// namePattern are the characters of patterns that every engine reads alike and
// that end nothing in any rule.
var namePattern = regexp.MustCompile(`^\^[a-z0-9_.\\()\[\]{}|?:*+,-]+\$$`)

// learn asks for the pattern of the registered domains among the seeds and the
// entries of the high band: a doubtful name would bend it. One
// with characters that rules give a meaning of their own is not used.
func learn(entries []Entry, learner func([]observable.Value) (NamePattern, bool)) []NamePattern {
	if learner == nil {
		return nil
	}
	var names []observable.Value
	seen, cases := map[observable.Value]bool{}, map[string]bool{}
	for _, e := range entries {
		name, ok := observable.RegistrableDomain(e.Value)
		if e.Value.Kind() != observable.Domain || !ok || seen[name] || !e.Seed && e.Band != "high" {
			continue
		}
		seen[name] = true
		names = append(names, name)
		for _, id := range e.Cases {
			cases[id] = true
		}
	}
	p, ok := learner(names)
	if _, err := regexp.Compile(p.Regexp); !ok || err != nil || !namePattern.MatchString(p.Regexp) {
		return nil
	}
	p.Cases = sorted(cases)
	return []NamePattern{p}
}

// Below is the pattern for host names: the registered domain and what is below it.
func (p NamePattern) Below() string {
	return `(?:^|\.)` + strings.TrimPrefix(p.Regexp, "^")
}

// Trace says where the pattern comes from.
func (p NamePattern) Trace() string {
	return fmt.Sprintf("case=%s learned-from=%d", strings.Join(p.Cases, ","), p.Learned)
}
