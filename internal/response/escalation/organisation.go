package escalation

import (
	"strings"

	"clew/internal/casefile"
	"clew/internal/observable"
)

// An Organisation is what a campaign against the team would imitate.
type Organisation struct {
	Terms   []string `yaml:"terms"`   // names, brands, products; at least minTerm characters count
	Domains []string `yaml:"domains"` // its own: they imitate nobody, and their first label is a term
}

// minTerm is the shortest term that counts: shorter ones are in every other name.
const minTerm = 4

// lookalike writes digits as the letters they stand in for, and drops what is
// put between.
var lookalike = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "i", "l", "-", "", ".", "", "_", "", " ", "")

func skeleton(text string) string { return lookalike.Replace(strings.ToLower(text)) }

// imitatedBy returns the terms that a value holds, though it is none of the
// organisation's own.
func (o Organisation) imitatedBy(v casefile.Value) []string {
	value, err := v.Observable()
	if err != nil || value.IsZero() {
		return nil
	}
	host, ok := observable.Host(value)
	if !ok || host.Kind() != observable.Domain {
		return nil
	}
	terms := o.Terms
	for _, own := range o.Domains {
		own = strings.ToLower(strings.TrimSpace(own))
		if host.Text() == own || strings.HasSuffix(host.Text(), "."+own) {
			return nil
		}
		if domain, err := observable.New(observable.Domain, own); err == nil {
			if label, ok := observable.Label(domain); ok {
				terms = append(terms[:len(terms):len(terms)], label)
			}
		}
	}
	var held []string
	name := skeleton(host.Text())
	for _, term := range terms {
		if s := skeleton(term); len(s) >= minTerm && strings.Contains(name, s) {
			held = append(held, term)
		}
	}
	return held
}
