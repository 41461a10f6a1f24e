package similar

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

const (
	// everyRun is the share of files from which a feature is what every run does:
	// the sandbox's own doing, not the sample's. Families are smaller than that in
	// any mixed collection; judgement.
	everyRun = 0.2
	// measurable is the fewest files of which a share says anything.
	measurable = 20
	// maxFeatures bounds the features of one file that are compared.
	maxFeatures = 2048
)

// Behaviour finds files that behave alike: rarity-weighted Jaccard over what
// sandbox reports and imports say a file does. What every run does is left out,
// by the lists and by how many files of the corpus do it.
type Behaviour struct {
	Corpus corpus.Reader
	Lists  Suppressor
}

// A Suppressor says which values mean nothing; pivot.Lists is one.
type Suppressor interface {
	Suppressed(relation observation.Relation, value observable.Value) (reason string, ok bool)
}

var _ pivot.Search = Behaviour{}

// A feature is one thing that a file does.
type feature struct {
	relation observation.Relation
	value    observable.Value
}

// comparison is one question under way: what is rare and what is not.
type comparison struct {
	Behaviour
	files   uint64 // of which the corpus knows any behaviour
	weights map[feature]float64
	holders map[feature]uint64
}

// Like implements [pivot.Search]. The likeness is worth no bits by itself: the
// features that two files share are weighed one by one.
func (b Behaviour) Like(ctx context.Context, v observable.Value, limit int) ([]pivot.Likeness, bool, error) {
	c := comparison{Behaviour: b, weights: map[feature]float64{}, holders: map[feature]uint64{}}
	var err error
	if c.files, err = c.population(ctx); err != nil {
		return nil, false, err
	}
	own, err := c.features(ctx, v)
	if err != nil {
		return nil, false, err
	}
	candidates, more, err := c.candidates(ctx, v, own, limit)
	if err != nil {
		return nil, false, err
	}
	var alike []alikeFile
	for _, file := range candidates {
		theirs, err := c.features(ctx, file)
		if err != nil {
			return nil, false, err
		}
		alike = append(alike, c.compare(file, own, theirs))
	}
	slices.SortFunc(alike, func(a, b alikeFile) int {
		return cmp.Or(cmp.Compare(b.jaccard, a.jaccard), a.file.Compare(b.file))
	})
	found := make([]pivot.Likeness, len(alike))
	for i, a := range alike {
		found[i] = pivot.Likeness{Value: a.file, Relation: observation.Behaves, Shared: v, Note: c.explain(a)}
	}
	return found, more, nil
}

// population is how many files the corpus knows any behaviour of, at least.
func (b Behaviour) population(ctx context.Context) (most uint64, err error) {
	for _, r := range pivot.Deeds {
		p, err := b.Corpus.Population(ctx, r)
		if err != nil {
			return 0, err
		}
		most = max(most, p.Subjects)
	}
	return most, nil
}

// features lists what a file does and what of it is worth comparing.
func (c *comparison) features(ctx context.Context, file observable.Value) ([]feature, error) {
	links, _, err := c.Corpus.Objects(ctx, file, maxFeatures, pivot.Deeds...)
	if err != nil {
		return nil, fmt.Errorf("behaviour of %s: %w", file, err)
	}
	var telling []feature
	for _, link := range links {
		f := feature{link.Relation, link.Object}
		weight, err := c.weight(ctx, f)
		if err != nil {
			return nil, err
		}
		if weight > 0 {
			telling = append(telling, f)
		}
	}
	return telling, nil
}

// weight is how rare a feature is, log2(1 + files/holders), or 0 when every run
// does it.
func (c *comparison) weight(ctx context.Context, f feature) (float64, error) {
	if w, ok := c.weights[f]; ok {
		return w, nil
	}
	weight := 0.0
	if _, suppressed := c.Lists.Suppressed(f.relation, f.value); !suppressed {
		count, err := c.Corpus.Holders(ctx, f.relation, f.value, 0)
		if err != nil {
			return 0, fmt.Errorf("holders of %s: %w", f.value, err)
		}
		c.holders[f] = count.N
		common := c.files >= measurable && float64(count.N) > everyRun*float64(c.files)
		if !common && count.N > 0 {
			weight = math.Log2(1 + float64(c.files)/float64(count.N))
		}
	}
	c.weights[f] = weight
	return weight, nil
}

// candidates lists the files that share most with own, by weight.
func (c *comparison) candidates(ctx context.Context, v observable.Value, own []feature, limit int) ([]observable.Value, bool, error) {
	shared := map[observable.Value]float64{}
	more := false
	for _, f := range own {
		if c.holders[f] > uint64(limit) {
			more = true // so common that its holders are met by rarer features or not at all
			continue
		}
		links, _, err := c.Corpus.Subjects(ctx, f.relation, f.value, limit)
		if err != nil {
			return nil, false, err
		}
		for _, link := range links {
			if link.Subject != v && link.Subject.Kind() == observable.File {
				shared[link.Subject] += c.weights[f]
			}
		}
	}
	files := make([]observable.Value, 0, len(shared))
	for file := range shared {
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b observable.Value) int {
		return cmp.Or(cmp.Compare(shared[b], shared[a]), a.Compare(b))
	})
	if len(files) > limit {
		return files[:limit], true, nil
	}
	return files, more, nil
}

// alikeFile is a file that behaves alike, and in what.
type alikeFile struct {
	file    observable.Value
	jaccard float64 // weight of what both do, of what either does
	shared  []feature
	all     int
}

func (c *comparison) compare(file observable.Value, own, theirs []feature) alikeFile {
	a := alikeFile{file: file, all: len(own)}
	ours := map[feature]bool{}
	both, either := 0.0, 0.0
	for _, f := range own {
		ours[f] = true
		either += c.weights[f]
	}
	for _, f := range theirs {
		if ours[f] {
			both += c.weights[f]
			a.shared = append(a.shared, f)
		} else {
			either += c.weights[f]
			a.all++
		}
	}
	if either > 0 {
		a.jaccard = both / either
	}
	slices.SortStableFunc(a.shared, func(f, g feature) int { return cmp.Compare(c.weights[g], c.weights[f]) })
	return a
}

// explained is how many features an explanation names; the rest it counts.
const explained = 5

// explain says how alike a file is and which features carried it, rarest first.
func (c *comparison) explain(a alikeFile) string {
	var parts []string
	for i, f := range a.shared {
		if i == explained {
			parts = append(parts, fmt.Sprintf("and %d more", len(a.shared)-explained))
			break
		}
		parts = append(parts, fmt.Sprintf("%s %s (%d of %d files)", f.relation, spell(f.value), c.holders[f], c.files))
	}
	return fmt.Sprintf("behaves alike %.2f of 1, in %d of %d features: %s", a.jaccard, len(a.shared), a.all, strings.Join(parts, ", "))
}

// spell writes a feature for people: no live link, and no command line that
// fills an explanation.
func spell(v observable.Value) string {
	const most = 80
	text := strings.TrimPrefix(v.Defang(), v.Kind().String()+":")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
