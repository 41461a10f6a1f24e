package naming

import (
	"errors"
	"testing"
)

// TestFamilyPatternsOnTheOtherHalf learns each family's pattern from every other
// of its names and counts how many of the rest it matches, and how many benign
// names.
func TestFamilyPatternsOnTheOtherHalf(t *testing.T) {
	set, l := loadDGA(t), language(t)
	families, _ := set.split()
	learned, good := 0, 0
	met, wanted, wrong := 0, 0, 0
	for _, family := range families {
		names := set.families[family]
		p, err := Learn(half(names, false), l)
		if errors.Is(err, ErrNoPattern) {
			t.Logf("| %s | %d | none |", family, len(names))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		learned++
		hits, benign := 0, 0
		rest := half(names, true)
		for _, n := range rest {
			if p.Matches(n) {
				hits++
			}
		}
		for _, n := range set.benign {
			if p.Matches(n) {
				benign++
			}
		}
		met, wanted, wrong = met+hits, wanted+len(rest), wrong+benign
		recall := float64(hits) / float64(len(rest))
		if recall >= 0.8 && benign*100 <= len(set.benign) {
			good++
		}
		t.Logf("| %s | %d | %.2f | %d of %d |", family, len(names), recall, benign, len(set.benign))
	}
	t.Logf("%d of %d families learned; %d of %d other names matched; %d families with recall 0.8 and at most one benign name in a hundred", learned, len(families), met, wanted, good)
	if float64(met) < 0.9*float64(wanted) || good < len(families)/4 {
		t.Errorf("patterns match %d of %d; %d good families", met, wanted, good)
	}
}
