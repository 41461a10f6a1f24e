package investigation

import (
	"context"
	"fmt"
	"slices"

	"clew/internal/artifact"
	"clew/internal/observable"
	"clew/internal/observation"
)

// Analyzer looks into files with the lists of the workspace.
func (w *Workspace) Analyzer(limits artifact.Limits, passwords []string) *artifact.Analyzer {
	a := &artifact.Analyzer{Lists: w.lists(), Limits: limits, Now: w.Clock()}
	if len(passwords) > 0 {
		a.Passwords = append(slices.Clone(artifact.Passwords), passwords...)
	}
	return a
}

// KeepFiles stores what files say, each fact once: what is known from a file
// already is left as it is, so the same file twice changes nothing. It returns
// how many facts were new.
func (w *Workspace) KeepFiles(ctx context.Context, files []*artifact.File) (fresh int, err error) {
	known := knownFacts{Workspace: w, held: map[observable.Value]map[factKey]bool{}}
	var facts []observation.Observation
	for _, f := range files {
		for _, fact := range f.Observations() {
			is, err := known.has(ctx, fact)
			if err != nil {
				return 0, err
			}
			if !is {
				facts = append(facts, fact)
			}
		}
	}
	if len(facts) == 0 {
		return 0, nil
	}
	if err := w.Corpus.Put(ctx, facts); err != nil {
		return 0, fmt.Errorf("storing what the files say: %w", err)
	}
	return len(facts), nil
}

// factKey names one fact of a subject.
type factKey struct {
	relation observation.Relation
	object   observable.Value
}

// knownFacts remembers which facts of a subject a file said before, in the
// corpus or in this batch.
type knownFacts struct {
	*Workspace
	held map[observable.Value]map[factKey]bool
}

// mostKnown bounds the facts of one subject that are read back; no file has as many.
const mostKnown = 100_000

func (k knownFacts) has(ctx context.Context, fact observation.Observation) (bool, error) {
	held, ok := k.held[fact.Subject]
	if !ok {
		held = map[factKey]bool{}
		links, _, err := k.Corpus.Objects(ctx, fact.Subject, mostKnown)
		if err != nil {
			return false, fmt.Errorf("what is known of %s: %w", fact.Subject, err)
		}
		for _, link := range links {
			if slices.Contains(link.Sources, artifact.Source) {
				held[factKey{link.Relation, link.Object}] = true
			}
		}
		k.held[fact.Subject] = held
	}
	key := factKey{fact.Relation, fact.Object}
	if held[key] {
		return true, nil
	}
	held[key] = true
	return false, nil
}
