package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"clew/internal/corpus"
	"clew/internal/corpus/embedded"
	"clew/internal/eval"
	"clew/internal/investigation"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/world"
)

// caseEval is what clew eval cases measures.
type caseEval struct {
	sizes     []int
	operators int
	seed      uint64
	pivots    []int
}

func (a *app) evalCases() *cobra.Command {
	var e caseEval
	cmd := &cobra.Command{
		Use:   "cases",
		Short: "Investigate planted operators from one member each, and count what is found",
		Long: `Makes synthetic internets, hides all but one domain of each operator, investigates
from that one, and counts siblings by band. The same operators are then disguised
(behind a CDN; pointing their names at a bystander's server; copying a bystander's
page and tracking ID), and followed under a limit of pivots, by the plan and
breadth first.`,
		Example: "  clew eval cases\n  clew eval cases --observations 100000,1000000 --operators 30",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.measureCases(cmd.Context(), e) },
	}
	f := cmd.Flags()
	f.IntSliceVar(&e.sizes, "observations", []int{100_000, 300_000}, "sizes of the worlds")
	f.IntVar(&e.operators, "operators", 20, "operators of each world to investigate")
	f.Uint64Var(&e.seed, "seed", 1, "which worlds")
	f.IntSliceVar(&e.pivots, "pivots", []int{5, 10, 20, 40}, "limits of pivots under which plan and breadth-first compete")
	return cmd
}

func (a *app) measureCases(ctx context.Context, e caseEval) error {
	return a.printTo(func(out io.Writer) error {
		if err := eval.WriteCaseHeader(out); err != nil {
			return err
		}
		for _, size := range e.sizes {
			if err := a.measureWorld(ctx, out, e, size); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *app) measureWorld(ctx context.Context, out io.Writer, e caseEval, size int) error {
	w, err := world.New(world.Options{Seed: e.seed, Observations: size})
	if err != nil {
		return usageError{err}
	}
	lists, err := a.references()
	if err != nil {
		return err
	}
	for _, disguise := range eval.Disguises(w.Observations, eval.CampaignsOf(w.Operators(), e.operators)) {
		dir, err := os.MkdirTemp("", "clew-eval-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder that stays is no harm
		store, err := loadWorld(ctx, w, disguise.Rewrite, filepath.Join(dir, "corpus"))
		if err != nil {
			return err
		}
		space := &investigation.Workspace{Corpus: store, Lists: lists, Clock: a.clock}
		measure := func(name string, options pivot.Options) error {
			progress := newProgress(a.stderr, isTerminal(a.stderr))
			defer progress.done()
			m, err := eval.MeasureCases(ctx, space.Engine(options).Investigate, disguise.Targets, func(done int) {
				progress.show(pivot.Progress{Hop: 1, Expanded: done, Waiting: len(disguise.Targets) - done, Now: name})
			})
			if err != nil {
				return err
			}
			return eval.WriteCaseRow(out, fmt.Sprintf("%d k, %s", size/1000, name), m)
		}
		err = measure(disguise.Name, pivot.Options{})
		if disguise.Rewrite == nil {
			for _, limit := range e.pivots {
				err = errors.Join(err,
					measure(fmt.Sprintf("%d pivots by plan", limit), pivot.Options{Pivots: limit}),
					measure(fmt.Sprintf("%d pivots breadth first, counted", limit), pivot.Options{Pivots: limit, Order: pivot.ByArrival}),
					measure(fmt.Sprintf("%d pivots breadth first", limit), pivot.Options{Pivots: limit, Order: pivot.Blindly}))
			}
		}
		if err := errors.Join(err, store.Close()); err != nil {
			return err
		}
	}
	return nil
}

// loadWorld fills a store with a world, each observation rewritten first.
func loadWorld(ctx context.Context, w *world.World, rewrite func(observation.Observation) []observation.Observation, dir string) (*embedded.Store, error) {
	store, err := embedded.Open(dir, embedded.Options{})
	if err != nil {
		return nil, err
	}
	loader, err := store.Load(ctx)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	defer loader.Close() //nolint:errcheck // after Commit there is nothing left to drop
	if rewrite == nil {
		rewrite = func(o observation.Observation) []observation.Observation { return []observation.Observation{o} }
	}
	for o := range w.Observations {
		for _, seen := range rewrite(o) {
			seen.Source = "world"
			if err := loader.Add(seen); err != nil {
				return nil, errors.Join(err, store.Close())
			}
		}
	}
	if _, err = loader.Commit(corpus.Import{ID: "world", Name: "world"}); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}
