package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"clew/internal/corpus/embedded"
	"clew/internal/eval"
	"clew/internal/investigation"
	"clew/internal/pivot"
	"clew/internal/reference"
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
		row := func(name string, m eval.CaseMeasure) error {
			return eval.WriteCaseRow(out, fmt.Sprintf("%d k, %s", size/1000, name), m)
		}
		if err := a.measureDisguise(ctx, e, w, lists, disguise, row); err != nil {
			return err
		}
	}
	return nil
}

// measureDisguise works every campaign in one disguise, and, where there is none,
// under each limit of pivots as well.
func (a *app) measureDisguise(ctx context.Context, e caseEval, w *world.World, lists *reference.Set, disguise eval.Disguise, row func(string, eval.CaseMeasure) error) (err error) {
	dir, err := os.MkdirTemp("", "clew-eval-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder that stays is no harm
	store, err := embedded.Open(dir, embedded.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if _, err := eval.FillWorld(ctx, store, w, disguise.Rewrite); err != nil {
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
		return row(name, m)
	}
	if err := measure(disguise.Name, pivot.Options{}); err != nil || disguise.Rewrite != nil {
		return err
	}
	for _, limit := range e.pivots {
		for _, order := range []struct {
			name  string
			order pivot.Order
		}{{"by plan", pivot.ByPromise}, {"breadth first, counted", pivot.ByArrival}, {"breadth first", pivot.Blindly}} {
			if err := measure(fmt.Sprintf("%d pivots %s", limit, order.name), pivot.Options{Pivots: limit, Order: order.order}); err != nil {
				return err
			}
		}
	}
	return nil
}
