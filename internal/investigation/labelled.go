package investigation

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"clew/internal/eval"
	"clew/internal/observable"
	"clew/internal/observation"
)

// LoadSet imports the files of a labelled set from a folder of data, without
// what says the labels, into a workspace of their own.
func (w *Workspace) LoadSet(ctx context.Context, set eval.Set, dir string) error {
	if set.Hidden != 0 {
		w.Corpus = eval.Hide(w.Corpus, set.Hidden)
	}
	for _, source := range set.Import {
		paths, err := source.Paths(dir)
		if err != nil {
			return err
		}
		if len(paths) == 0 {
			return fmt.Errorf("%s: no %s in %s", set.Name, source.Pattern, dir)
		}
		for _, path := range paths {
			if _, err := w.ImportPath(ctx, path, ImportRequest{Name: filepath.Base(path), Format: source.Format}); err != nil {
				return fmt.Errorf("%s: %s: %w", set.Name, path, err)
			}
		}
	}
	return nil
}

// Campaigns makes n cases of a set that LoadSet loaded. Where only some of what
// is labelled is in the corpus at all, the others are left out.
func (w *Workspace) Campaigns(ctx context.Context, set eval.Set, dir string, n int) (eval.Labels, []eval.Campaign, error) {
	if !set.Partial {
		return set.Campaigns(dir, n, nil)
	}
	var asked error
	labels, campaigns, err := set.Campaigns(dir, n, func(v observable.Value) bool {
		known, err := w.knows(ctx, v)
		if asked == nil {
			asked = err
		}
		return known
	})
	if err == nil {
		err = asked
	}
	return labels, campaigns, err
}

// knows reports whether the corpus holds anything about a value.
func (w *Workspace) knows(ctx context.Context, v observable.Value) (bool, error) {
	links, _, err := w.Corpus.Objects(ctx, v, 1)
	if err != nil || len(links) > 0 {
		return len(links) > 0, err
	}
	for _, r := range observation.Relations() {
		if !slices.Contains(r.Objects(), v.Kind()) {
			continue
		}
		if links, _, err = w.Corpus.Subjects(ctx, r, v, 1); err != nil || len(links) > 0 {
			return len(links) > 0, err
		}
	}
	return false, nil
}
