package reference

import (
	"slices"
	"strings"

	"clew/internal/observable"
)

// EachWord visits the words that names are made of, in order, each with about
// how many of [World] registered names hold it.
func (s *Set) EachWord(visit func(word string, count uint64)) {
	for _, word := range s.words.sorted {
		visit(word, s.words.counts[word])
	}
}

// BenignDomains lists the domains that the lists know for benign themselves, the
// top sites among them, in order. Entries with blanked digits are left out.
func (s *Set) BenignDomains() []string {
	var all []string
	for domain, entries := range s.index.domains {
		if strings.Contains(domain, "#") {
			continue
		}
		if slices.ContainsFunc(entries, func(e entry) bool { return e.list.benign(observable.Domain, true) }) {
			all = append(all, domain)
		}
	}
	slices.Sort(all)
	return all
}
