package eval

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"clew/internal/observation"
	"clew/internal/score"
)

// An attributeType says how a column of an operators folder is weighed.
type attributeType struct {
	relation observation.Relation
	curve    string             // name of its curve; "" means the relation's
	family   observation.Family // "" means the relation's
}

// attributeTypes maps the column names of an operators folder to relations. A
// subdomain label (sync., pbs.) comes with the software that wants it, as
// cookies and paths do, so it counts among them: with content.
var attributeTypes = map[string]attributeType{
	"ns_set": {relation: observation.NSSet}, "ns_host": {relation: observation.Nameserver}, "ns_dom": {relation: observation.NSDomain},
	"ip": {relation: observation.ResolvesTo}, "ip24": {relation: observation.InPrefix},
	"hash": {relation: observation.BodyHash}, "path": {relation: observation.Resource},
	"cookie": {relation: observation.Cookie}, "cookie2": {relation: observation.Cookie, curve: "set-cookie"}, "tid": {relation: observation.Tracker},
	"cname_dom": {relation: observation.CNAME}, "redir": {relation: observation.RedirectsTo},
	"sld": {relation: observation.Label}, "tok": {relation: observation.Token}, "pre": {relation: observation.NamePrefix},
	"sub": {relation: observation.SubdomainOf, curve: "host-label", family: observation.Content},
}

// leading is the type of a label that another name starts with.
const leading = "lead"

// directedTypes are attributes whose value may be another domain of the set.
var directedTypes = []string{"ns_dom", "redir", "cname_dom"}

// universe is how many domains the candidates of a set stand for. A labelled
// domain has about 2.85 labelled siblings (1,437 pairs among 1,009 domains), so
// that K siblings belong to a population as many times larger than the set. A
// handful of domains is no population: it was picked.
func (set *Operators) universe(model score.Model) uint64 {
	return uint64(float64(max(len(set.Domains), smallestSet)) * model.Siblings / labelledSiblings)
}

const (
	labelledSiblings = 2.85
	smallestSet      = 250
)

type sharedValue struct {
	attribute
	score.Match
}

// A pair is two domains by their index in a set, the lower first.
type pair [2]int

func ordered(a, b int) pair { return pair{min(a, b), max(a, b)} }

// matches lists what each pair shares, in the order of type and value.
func (set *Operators) matches() map[pair][]sharedValue {
	holders := map[attribute][]int{}
	index := map[string]int{}
	for i, domain := range set.Domains {
		index[domain.Name] = i
		for kind, values := range domain.Values {
			for _, value := range slices.Compact(slices.Sorted(slices.Values(values))) {
				holders[attribute{kind, value}] = append(holders[attribute{kind, value}], i)
			}
		}
	}
	keys := make([]attribute, 0, len(holders))
	for key := range holders {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b attribute) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.value, b.value))
	})
	found := map[pair][]sharedValue{}
	for _, key := range keys {
		who := holders[key]
		for i, a := range who {
			for _, b := range who[i+1:] {
				set.add(found, key, a, b, false)
			}
		}
		if b, known := index[key.value]; known && slices.Contains(directedTypes, key.kind) {
			for _, a := range who {
				if a != b {
					set.add(found, key, a, b, true)
				}
			}
		}
	}
	set.addLeadingLabels(found)
	return found
}

func (set *Operators) add(found map[pair][]sharedValue, key attribute, a, b int, directed bool) {
	kind, known := attributeTypes[key.kind]
	if !known {
		return
	}
	counted := max(set.counts[key], 2)
	people := set.population[key.kind]
	match := score.Match{
		Relation: kind.relation, Type: kind.curve, Family: kind.family,
		Holders: counted, Population: people.size, Directed: directed, A: always, B: always,
	}
	if !directed {
		match.Holders = set.pools.holders(key.kind, key.value, counted)
		match.SizeA, match.SizeB = set.Domains[a].Sizes[key.kind], set.Domains[b].Sizes[key.kind]
		match.MeanSize = people.mean
		if key.kind == "ns_set" {
			match.Dealt = set.pools.dealt(key.value, counted)
		}
	}
	at := ordered(a, b)
	found[at] = append(found[at], sharedValue{key, match})
}

// addLeadingLabels joins names of which one starts with the whole label of the
// other: intercom and intercomcdn. As many as hold the label as a word of
// theirs could have done so by chance.
func (set *Operators) addLeadingLabels(found map[pair][]sharedValue) {
	labels := make([]string, len(set.Domains))
	for i, domain := range set.Domains {
		label, _, _ := strings.Cut(domain.Name, ".")
		labels[i] = strings.ReplaceAll(label, "-", "")
	}
	byLabel := make([]int, len(labels))
	for i := range byLabel {
		byLabel[i] = i
	}
	slices.SortFunc(byLabel, func(i, j int) int { return cmp.Or(cmp.Compare(labels[i], labels[j]), cmp.Compare(i, j)) })
	for n, a := range byLabel {
		for _, b := range byLabel[n+1:] {
			short, ok := score.LeadingLabel(labels[a], labels[b])
			if !ok {
				if !strings.HasPrefix(labels[b], labels[a]) {
					break // sorted: no later label starts with it
				}
				continue
			}
			key := attribute{leading, short}
			at := ordered(a, b)
			found[at] = append(found[at], sharedValue{key, score.Match{
				Relation: observation.Token, Type: score.LeadingLabelCurve,
				Holders: max(set.counts[attribute{"tok", short}], 2), Population: set.population["tok"].size, A: always, B: always,
			}})
		}
	}
}

// always is the window of a set that was crawled in one go: no time passed
// between any two of its facts.
var always = observation.Window{First: time.Unix(0, 0), Last: time.Unix(1, 0)}
