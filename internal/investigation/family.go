package investigation

import (
	"context"
	"fmt"
	"slices"

	"clew/internal/casefile"
	"clew/internal/naming"
	"clew/internal/observable"
	"clew/internal/score"
)

// A Family is a pattern learned from names that belong together, with what it
// would match beside them.
type Family struct {
	naming.Pattern
	// Expected estimates how many of all registered names in the world follow
	// the pattern by chance.
	Expected float64 `json:"expected_by_chance"`
	World    uint64  `json:"world"`
	// Benign are the names of the benign lists that the pattern matches, of so
	// many: each is a false match.
	Benign   []string `json:"benign_matches"`
	BenignOf int      `json:"benign_of"`
	// Found are the names of the corpus that follow the pattern and were not
	// learned from, by how much of the corpus was looked at.
	Found    []string `json:"found"`
	More     bool     `json:"more"` // the corpus holds more than were listed
	CorpusOf uint64   `json:"corpus_of"`
	AsOf     string   `json:"as_of"`
	Stale    bool     `json:"stale"`
}

// Confirmed lists the registered names of a case that count as the operator's:
// seeds, what the analyst accepted, and findings in the high band that nobody
// rejected.
func Confirmed(doc casefile.Document) ([]naming.Name, error) {
	var values []casefile.Value
	for _, s := range doc.Seeds {
		values = append(values, casefile.Value{Kind: s.Kind, Value: s.Value})
	}
	for _, f := range doc.Findings {
		if f.Verdict == "accepted" || f.Verdict == "" && f.Band == string(score.High) {
			values = append(values, casefile.Value{Kind: f.Kind, Value: f.Value})
		}
	}
	var names []naming.Name
	for _, value := range values {
		if value.Kind != observable.Domain.String() {
			continue
		}
		v, err := value.Observable()
		if err != nil {
			return nil, err
		}
		if name, ok := naming.NameOf(v); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// LearnFamily learns the pattern of names and searches the corpus and the benign
// lists with it. At most limit found names are listed.
func (w *Workspace) LearnFamily(ctx context.Context, names []naming.Name, limit int, progress naming.Progress) (Family, error) {
	pattern, err := naming.Learn(names, w.Language())
	if err != nil {
		return Family{}, err
	}
	f := Family{Pattern: *pattern, World: score.NameWorld, Benign: []string{}, Found: []string{}}
	if f.Expected, err = w.Language().Expected(pattern, score.NameWorld); err != nil {
		return Family{}, err
	}
	for _, domain := range w.Lists.BenignDomains() {
		v, err := observable.New(observable.Domain, domain)
		if err != nil {
			continue // a suffix, or an entry that is no name
		}
		name, ok := naming.NameOf(v)
		if !ok || name.String() != domain {
			continue
		}
		f.BenignOf++
		if pattern.Matches(name) {
			f.Benign = append(f.Benign, domain)
		}
	}
	index, state, err := w.NameIndex(ctx, progress)
	if err != nil {
		return Family{}, fmt.Errorf("searching the corpus with the pattern: %w", err)
	}
	f.CorpusOf, f.AsOf, f.Stale = state.Names, state.Built, state.Stale
	found, more, err := index.Matching(ctx, pattern, limit+len(names))
	if err != nil {
		return Family{}, err
	}
	for _, n := range found {
		if !slices.Contains(names, n) {
			f.Found = append(f.Found, n.String())
		}
	}
	f.More = more || len(f.Found) > limit
	f.Found = f.Found[:min(len(f.Found), limit)]
	return f, nil
}
