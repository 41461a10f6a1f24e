package similar

import (
	"context"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// Searches returns the searches this package is, by their rows of the
// catalogue. A corpus that cannot list its objects has no index of digests.
func (w *Watched) Searches(lists Suppressor) map[string]pivot.Search {
	searches := map[string]pivot.Search{"behaviour": Behaviour{w.Store, lists}}
	if lister, ok := w.Store.(corpus.ObjectLister); ok {
		searches["ssdeep"] = digestSearch{w.Store, lister, w.ssdeep, observation.Ssdeep}
		searches["tlsh"] = digestSearch{w.Store, lister, w.tlsh, observation.TLSH}
	}
	return searches
}

// digestSearch finds files whose digest of one kind is like a file's.
type digestSearch struct {
	corpus   corpus.Reader
	lister   corpus.ObjectLister
	digests  *digests
	relation observation.Relation
}

var _ pivot.Search = digestSearch{}

// maxDigests bounds the digests of one file: a sample has one, and a source or
// two that computed it otherwise.
const maxDigests = 8

// Like implements [pivot.Search]. It starts from a file, or from a digest.
func (s digestSearch) Like(ctx context.Context, v observable.Value, limit int) (found []pivot.Likeness, more bool, err error) {
	own, err := s.own(ctx, v)
	if err != nil {
		return nil, false, err
	}
	seen := map[observable.Value]bool{v: true}
	for _, digest := range own {
		nearest, err := s.digests.near(ctx, s.lister, digest)
		if err != nil {
			return nil, false, err
		}
		for _, n := range nearest {
			holders, over, err := s.corpus.Subjects(ctx, s.relation, n.digest, limit+1) // v may be among them
			if err != nil {
				return nil, false, err
			}
			more = more || over
			for _, link := range holders {
				if seen[link.Subject] {
					continue
				}
				if len(found) == limit {
					return found, true, nil
				}
				seen[link.Subject] = true
				found = append(found, pivot.Likeness{
					Value: link.Subject, Relation: s.relation, Shared: n.digest, Worth: n.bits, Note: n.how + " with " + digest.Text(),
				})
			}
		}
	}
	return found, more, nil
}

// own lists the digests to start from.
func (s digestSearch) own(ctx context.Context, v observable.Value) ([]observable.Value, error) {
	if v.Kind() == s.digests.kind {
		return []observable.Value{v}, nil
	}
	links, _, err := s.corpus.Objects(ctx, v, maxDigests, s.relation)
	own := make([]observable.Value, len(links))
	for i, link := range links {
		own[i] = link.Object
	}
	return own, err
}
