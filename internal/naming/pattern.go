package naming

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Pattern is how a family makes its names, learned from some of them.
type Pattern struct {
	// Words say the pattern to people, one sentence each.
	Words []string `json:"words"`
	// Regexp matches registered domains in lower case, whole: anchored RE2 syntax
	// without flags, lookaround or capture, which Go, RE2, Hyperscan and PCRE read
	// alike.
	Regexp string `json:"regexp"`
	// Learned is how many names the pattern was learned from, Covered how many of
	// these it matches. Outside are the others.
	Learned int      `json:"learned"`
	Covered int      `json:"covered"`
	Outside []string `json:"outside"`

	compiled *regexp.Regexp
	suffixes []string // seen
}

// MinNames is how many labels a pattern is learned from at least: two always
// have something in common.
const MinNames = 3

// ErrTooFew means there are not enough names to learn from.
var ErrTooFew = errors.New("a pattern takes at least 3 names with different labels")

// ErrNoPattern means the names have nothing in common that would tell them from
// other names.
var ErrNoPattern = errors.New("these names have no common pattern")

// Learn finds the pattern that most of the names follow. It is a generalisation:
// what it matches beyond the names is a guess, which [Language.Expected] and a
// search of the corpus put a number to. Order and repetition of names change
// nothing.
func Learn(names []Name, language *Language) (*Pattern, error) {
	names = distinct(names)
	labels := map[string]bool{}
	for _, n := range names {
		labels[n.Label] = true
	}
	if len(labels) < MinNames {
		return nil, ErrTooFew
	}
	forms := learnForms(sortedKeys(labels), language)
	if len(forms) == 0 {
		return nil, ErrNoPattern
	}
	covered := slices.DeleteFunc(slices.Clone(names), func(n Name) bool {
		return !slices.ContainsFunc(forms, func(f labelForm) bool { return slices.Contains(f.labels, n.Label) })
	})
	suffix := learnSuffix(covered)
	bodies := make([]string, len(forms))
	words := make([]string, 0, len(forms)+1)
	for i, f := range forms {
		bodies[i] = f.regexp
		words = append(words, fmt.Sprintf("%s (%d of %d labels)", f.words, len(f.labels), len(labels)))
	}
	body := bodies[0]
	if len(bodies) > 1 {
		body = "(?:" + strings.Join(bodies, "|") + ")"
	}
	p := &Pattern{Words: append(words, suffix.words), Regexp: "^" + body + `\.` + suffix.regexp + "$", Learned: len(names), Outside: []string{}, suffixes: suffix.seen}
	var err error
	if p.compiled, err = regexp.Compile(p.Regexp); err != nil {
		return nil, fmt.Errorf("learned pattern does not compile: %w", err)
	}
	for _, n := range names {
		if p.Matches(n) {
			p.Covered++
		} else {
			p.Outside = append(p.Outside, n.String())
		}
	}
	return p, nil
}

// Matches reports whether a name follows the pattern.
func (p *Pattern) Matches(n Name) bool { return p.compiled.MatchString(n.String()) }

// body is the pattern without its anchors, as the index searches it.
func (p *Pattern) body() string {
	return strings.TrimSuffix(strings.TrimPrefix(p.Regexp, "^"), "$")
}

func distinct(names []Name) []Name {
	out := slices.Clone(names)
	slices.SortFunc(out, compareNames)
	return slices.Compact(out)
}

func compareNames(a, b Name) int {
	return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Suffix, b.Suffix))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// suffixForm is what follows the label.
type suffixForm struct {
	words, regexp string
	seen          []string
}

// mostSuffixes is how many suffixes a pattern lists one by one.
const mostSuffixes = 24

func learnSuffix(names []Name) suffixForm {
	counts := map[string]int{}
	for _, n := range names {
		counts[n.Suffix]++
	}
	suffixes := sortedKeys(counts)
	if len(counts) > mostSuffixes {
		return suffixForm{fmt.Sprintf("under any suffix (%d were seen)", len(counts)), `[a-z0-9-]+(?:\.[a-z0-9-]+)*`, suffixes}
	}
	escaped := make([]string, len(suffixes))
	for i, s := range suffixes {
		escaped[i] = regexp.QuoteMeta(s)
	}
	slices.SortStableFunc(suffixes, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	said := make([]string, len(suffixes))
	for i, s := range suffixes {
		said[i] = fmt.Sprintf(".%s %d%%", s, (100*counts[s]+len(names)/2)/len(names))
	}
	if len(escaped) == 1 {
		return suffixForm{"always under ." + suffixes[0], escaped[0], suffixes}
	}
	return suffixForm{"under " + strings.Join(said, ", "), "(?:" + strings.Join(escaped, "|") + ")", suffixes}
}

// skeletonPattern is a pattern for the labels of one skeleton.
func skeletonPattern(skeleton string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(skeleton), string(Blank), "[0-9]+")
}
