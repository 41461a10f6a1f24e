package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
)

// Asked is the indicator that an operation is about.
type Asked struct {
	Indicator string `query:"indicator" required:"true" minLength:"1" maxLength:"8192" doc:"defanged or not"`
}

type pivotsInput struct {
	Asked
	Page
	MaxHolders int `query:"max_holders" minimum:"2" maximum:"1000000" default:"500" doc:"follow no value that more share"`
}

func (s *service) registerKnown(api huma.API) {
	register(api, get(account.Read, "show", "/indicator", "What is known of an indicator, and how common each attribute is", "As clew show and clew count. It asks nobody."),
		func(ctx context.Context, in *Asked) (look investigation.Look, err error) {
			err = s.withValue(in.Indicator, func(w *investigation.Workspace, v observable.Value) error {
				look, err = w.Look(ctx, v)
				return err
			})
			return look, err
		})
	register(api, get(account.Read, "pivots", "/pivots", "Ranked pivot points, and why the others are not", "As clew pivots. It asks nobody."), s.pivots)
	register(api, get(account.Read, "imports", "/imports", "What was imported, and how far it reaches", ""),
		func(ctx context.Context, in *struct{ Page }) (List[Import], error) {
			w, giveBack, err := s.shelf.lend()
			if err != nil {
				return List[Import]{}, err
			}
			defer giveBack()
			imports, err := w.Corpus.Imports(ctx)
			if err != nil {
				return List[Import]{}, err
			}
			return paged(ImportsOf(imports), func(i Import) string { return i.ID }, in.Page)
		})
	register(api, get(account.Read, "sources", "/sources", "What each source answers, and whether it can be asked", "Whether a key is set, never the key."),
		func(ctx context.Context, _ *struct{}) (List[Source], error) {
			return whole(s.core.Sources(ctx))
		})
	register(api, get(account.Read, "quotas", "/quotas", "What was spent of each source's limits, and what is closed", "It asks nobody."),
		func(ctx context.Context, _ *struct{}) (List[Quota], error) {
			return whole(s.core.Quotas(ctx))
		})
}

func whole[T any](all []T, err error) (List[T], error) {
	return List[T]{Items: append([]T{}, all...), Total: len(all)}, err
}

func (s *service) pivots(ctx context.Context, in *pivotsInput) (list List[casefile.Pivot], err error) {
	err = s.withValue(in.Indicator, func(w *investigation.Workspace, v observable.Value) error {
		points, err := s.core.Points(ctx, w, v, in.MaxHolders)
		if err != nil {
			return err
		}
		shown := make([]casefile.Pivot, len(points))
		for i, p := range points {
			shown[i] = casefile.PivotOf(p)
		}
		list, err = paged(shown, func(p casefile.Pivot) string { return p.Method + " " + p.Kind + " " + p.Value }, in.Page)
		return err
	})
	return list, err
}

// withValue reads an indicator and opens the corpus for a look at it.
func (s *service) withValue(text string, do func(*investigation.Workspace, observable.Value) error) error {
	v, err := observable.Parse(text)
	if err != nil {
		return err
	}
	w, giveBack, err := s.shelf.lend()
	if err != nil {
		return err
	}
	defer giveBack()
	return do(w, v)
}
