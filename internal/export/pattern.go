package export

import (
	"cmp"
	"fmt"
	"slices"

	"clew/internal/observable"
	"clew/internal/observation"
)

// A Pattern is an attribute that entries share and that a rule can look for: it
// finds what the case does not know yet, and so may also find what does not
// belong to it. Estimate says how often, as far as that was measured.
type Pattern struct {
	Relation observation.Relation
	Value    observable.Value
	Members  []observable.Value // entries that have it, sorted
	Holders  uint64             // how many subjects of the corpus have it
	Of       uint64             // population they were counted in
	CountOf  string             // who counted
	Cases    []string
	// Telemetry says what a rule would hit in the team's own logs that is no
	// finding; "" when that was not measured.
	Telemetry string
}

// unmeasured is what a rule says of logs that nobody looked at.
const unmeasured = "not measured: no telemetry index, and no logs given"

// maxHolders is how common an attribute may be and still be worth a rule: more
// is noise for whoever reads the alerts. Judgement; it is what pivoting stops at
// by default, too.
const maxHolders = 500

// Others returns how many subjects of the corpus have the attribute without
// being an entry: what a rule on it would hit beside its purpose.
func (p Pattern) Others() uint64 {
	return p.Holders - min(p.Holders, uint64(len(p.Members)))
}

// Estimate says in words what a rule on the pattern would hit falsely.
func (p Pattern) Estimate() string {
	corpus := "corpus: not counted"
	if p.Of > 0 {
		corpus = fmt.Sprintf("corpus: %d of %d hold it (%s), %d of them in this export, so at most %d false in %d",
			p.Holders, p.Of, orNone(p.CountOf), len(p.Members), p.Others(), p.Of)
	}
	return corpus + ". Telemetry: " + cmp.Or(p.Telemetry, unmeasured)
}

// patternsOf collects the shared attributes behind the entries, most telling first.
func patternsOf(entries []Entry) []Pattern {
	type key struct {
		relation observation.Relation
		value    observable.Value
	}
	place := map[key]int{}
	var all []Pattern
	for _, e := range entries {
		for _, fact := range e.Facts {
			if fact.Object == e.Value || fact.holders > maxHolders {
				continue
			}
			k := key{fact.Relation, fact.Object}
			at, seen := place[k]
			if !seen {
				at = len(all)
				place[k] = at
				all = append(all, Pattern{Relation: fact.Relation, Value: fact.Object})
			}
			all[at].take(e, fact)
		}
	}
	for i := range all {
		slices.SortFunc(all[i].Members, observable.Value.Compare)
		slices.Sort(all[i].Cases)
		all[i].Cases = slices.Compact(all[i].Cases)
	}
	slices.SortFunc(all, func(a, b Pattern) int {
		return cmp.Or(cmp.Compare(a.Relation, b.Relation), a.Value.Compare(b.Value))
	})
	return all
}

// take counts e as a member. Of several counts the largest stays: a false match
// is rather announced than missed.
func (p *Pattern) take(e Entry, fact Fact) {
	if !slices.Contains(p.Members, e.Value) {
		p.Members = append(p.Members, e.Value)
	}
	p.Cases = append(p.Cases, e.Cases...)
	if fact.of > 0 && (p.Of == 0 || fact.holders > p.Holders) {
		p.Holders, p.Of, p.CountOf = fact.holders, fact.of, fact.countOf
	}
}
