package naming

import (
	"cmp"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// dgaSet is the labelled data: labels of families, and benign ones.
type dgaSet struct {
	families map[string][]Name
	benign   []Name
}

func loadDGA(t testing.TB) dgaSet {
	t.Helper()
	set := dgaSet{families: map[string][]Name{}}
	seen := map[string]bool{}
	add := func(family, host string) {
		name, ok := nameOf(registered(host))
		if !ok || seen[family+name.String()] {
			return
		}
		seen[family+name.String()] = true
		if family == "" {
			set.benign = append(set.benign, name)
		} else {
			set.families[family] = append(set.families[family], name)
		}
	}
	for _, line := range lines(t, shared(t, "data/campaigns/dga/dga_domains_sample.csv.gz")) {
		if f := strings.Split(line, ","); f[0] == "legit" {
			add("", f[2])
		} else if f[0] == "dga" {
			add(f[1], f[2])
		}
	}
	for _, line := range lines(t, shared(t, "data/campaigns/dga/dga_by_family.tsv.gz"))[1:] {
		f := strings.Split(line, "\t")
		add(f[1], f[0])
	}
	slices.SortFunc(set.benign, compareNames)
	for _, names := range set.families {
		slices.SortFunc(names, compareNames)
	}
	return set
}

// leastFamily is the fewest names of a family that give a figure.
const leastFamily = 25

// split lists the families by name and says of each whether the weights were
// fitted on it.
func (s dgaSet) split() (families []string, fitted map[string]bool) {
	fitted = map[string]bool{}
	for _, family := range sortedKeys(s.families) {
		if len(s.families[family]) < leastFamily {
			continue
		}
		fitted[family] = len(families)%2 == 0
		families = append(families, family)
	}
	return families, fitted
}

// half returns every other element, the first or the second of each two.
func half[T any](all []T, second bool) []T {
	var out []T
	for i, x := range all {
		if i%2 == 1 == second {
			out = append(out, x)
		}
	}
	return out
}

// ranking is how well a score puts some above others.
type ranking struct{ auc, ap float64 }

func rank(positive, negative []Name, score func(string) float64) ranking {
	type scored struct {
		score    float64
		positive bool
	}
	var all []scored
	for _, n := range positive {
		all = append(all, scored{score(n.Label), true})
	}
	for _, n := range negative {
		all = append(all, scored{score(n.Label), false})
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var r ranking
	below := float64(len(negative))
	right, seen := 0.0, 0.0
	for i := 0; i < len(all); {
		j, p := i, 0.0
		if math.IsNaN(all[i].score) {
			panic("a score is no number")
		}
		for ; j < len(all) && all[j].score == all[i].score; j++ {
			if all[j].positive {
				p++
			}
		}
		n := float64(j-i) - p
		r.auc += p * (below - n/2)
		below -= n
		right, seen = right+p, seen+float64(j-i)
		r.ap += p * right / seen
		i = j
	}
	r.auc /= float64(len(positive)) * float64(len(negative))
	r.ap /= float64(len(positive))
	return r
}

func TestGeneratedNamesStandOutMoreThanByEntropy(t *testing.T) {
	set, l := loadDGA(t), language(t)
	benign := half(set.benign, true) // the weights were fitted on the others
	families, fitted := set.split()
	better, unseen := 0, 0
	var ours, theirs float64
	for _, family := range families {
		names := set.families[family]
		by, entropy := rank(names, benign, l.Generated), rank(names, benign, Entropy)
		note := "not seen"
		if fitted[family] {
			note = "fitted on"
		} else {
			unseen++
			ours, theirs = ours+by.auc, theirs+entropy.auc
			if by.auc > entropy.auc {
				better++
			}
		}
		t.Logf("| %s | %d | %s | %.3f | %.3f | %.3f | %.3f |", family, len(names), note, by.auc, by.ap, entropy.auc, entropy.ap)
	}
	n := float64(unseen)
	t.Logf("%d families not fitted on: mean AUC %.3f, entropy %.3f; better in %d", unseen, ours/n, theirs/n, better)
	if ours/n < theirs/n+0.15 || ours/n < 0.85 {
		t.Errorf("mean AUC %.3f against %.3f by entropy", ours/n, theirs/n)
	}
}

// TestGeneratedFit prints the weights of [Language.Generated]; it runs with
// CLEW_FIT=1 only.
func TestGeneratedFit(t *testing.T) {
	if os.Getenv("CLEW_FIT") == "" {
		t.Skip("fits the weights with CLEW_FIT=1")
	}
	set, l := loadDGA(t), language(t)
	families, fitted := set.split()
	var rows [][features]float64
	var labels, shares []float64
	add := func(names []Name, label, share float64) {
		for _, n := range names {
			rows, labels = append(rows, l.featuresOf(n.Label)), append(labels, label)
			shares = append(shares, share/float64(len(names)))
		}
	}
	trained := 0.0
	for _, family := range families {
		if fitted[family] {
			trained++
		}
	}
	for _, family := range families { // every family weighs the same
		if fitted[family] {
			add(set.families[family], 1, 0.5/trained)
		}
	}
	add(half(set.benign, false), 0, 0.5)
	var w [features]float64
	for range 20000 {
		var slope [features]float64
		for i, x := range rows {
			z := 0.0
			for k := range x {
				z += w[k] * x[k]
			}
			miss := shares[i] * (labels[i] - 1/(1+math.Exp(-z)))
			for k := range x {
				slope[k] += miss * x[k]
			}
		}
		for k := range w {
			w[k] += 1.0 * (slope[k] - 1e-4*w[k])
		}
	}
	t.Logf("%.2f", w)
}
