package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/eval"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/world"
)

// worldSet is the name of the synthetic worlds among the sets.
const worldSet = "world"

// caseEval is what clew eval cases measures.
type caseEval struct {
	data      string // the folder of labelled data; "" for none
	sets      []string
	sizes     []int
	operators int
	seeds     int
	seed      uint64
	pivots    []int
	groups    bool
	model     modelFlag
}

func (a *app) evalCases() *cobra.Command {
	var e caseEval
	names := []string{worldSet}
	for _, set := range eval.Sets {
		names = append(names, set.Name)
	}
	cmd := &cobra.Command{
		Use:   "cases [DATA]",
		Short: "Investigate labelled campaigns from one member each, and count what is found",
		Long: `Hides all but one member of each labelled campaign, investigates from that one, and
counts what it leads to: right and wrong by band, precision and recall of high and
medium together, calibration error over P 0.1, pivots followed. Then the same cases
under a limit of pivots, by the plan and breadth first.

The set world makes synthetic internets, whose operators are then disguised (behind a
CDN; pointing their names at a bystander's server; copying a bystander's page and
tracking ID). The others are published data in the folder DATA, imported with the
mappings that clew ships; labels are lower bounds, and what nobody labelled is
neither right nor wrong. Sets: ` + strings.Join(names, ", ") + `.`,
		Example: `  clew eval cases
  clew eval cases data --set tweetfeed,cobaltstrike --seeds 200
  clew eval cases --observations 100000,1000000 --operators 30`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				e.data = args[0]
			}
			return a.measureCases(cmd.Context(), e)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&e.sets, "set", nil, "sets to replay; without it the worlds, and all sets whose files are in DATA")
	f.IntSliceVar(&e.sizes, "observations", []int{100_000, 300_000}, "sizes of the worlds")
	f.IntVar(&e.operators, "operators", 20, "operators of each world to investigate")
	f.IntVar(&e.seeds, "seeds", 50, "seeds of each labelled set, picked evenly by name")
	f.Uint64Var(&e.seed, "seed", 1, "which worlds")
	f.IntSliceVar(&e.pivots, "pivots", []int{5, 10, 20, 40}, "limits of pivots under which plan and breadth-first compete; 0 for no such contest")
	f.BoolVar(&e.groups, "groups", true, "count holders that belong together once")
	e.model.add(cmd)
	return cmd
}

func (a *app) measureCases(ctx context.Context, e caseEval) error {
	sets, worlds, err := e.chosen()
	if err != nil {
		return err
	}
	return a.printTo(func(out io.Writer) error {
		if err := eval.WriteCaseHeader(out); err != nil {
			return err
		}
		for _, size := range e.sizes {
			if !worlds {
				break
			}
			if err := a.measureWorld(ctx, out, e, size); err != nil {
				return err
			}
		}
		for _, set := range sets {
			if err := a.measureSet(ctx, out, e, set); err != nil {
				return err
			}
		}
		return nil
	})
}

// chosen gives the sets to replay, and whether the worlds are among them.
func (e caseEval) chosen() (sets []eval.Set, worlds bool, err error) {
	if len(e.sets) == 0 {
		return slices.DeleteFunc(slices.Clone(eval.Sets), func(s eval.Set) bool { return e.data == "" || !s.Present(e.data) }), true, nil
	}
	for _, name := range e.sets {
		set, ok := eval.SetNamed(name)
		switch {
		case name == worldSet:
			worlds = true
		case !ok:
			return nil, false, usagef("no set %s: see clew eval cases --help", name)
		case e.data == "":
			return nil, false, usagef("%s is published data: name the folder it lies in, clew eval cases DATA --set %s", name, name)
		case !set.Present(e.data):
			return nil, false, usagef("the files of %s are not in %s", name, e.data)
		default:
			sets = append(sets, set)
		}
	}
	return sets, worlds, nil
}

func (a *app) measureWorld(ctx context.Context, out io.Writer, e caseEval, size int) error {
	w, err := world.New(world.Options{Seed: e.seed, Observations: size})
	if err != nil {
		return usageError{err}
	}
	for _, disguise := range eval.Disguises(w.Observations, eval.CampaignsOf(w.Operators(), e.operators)) {
		err := a.inWorkspace(e, func(space *investigation.Workspace) error {
			if _, err := eval.FillWorld(ctx, space.Corpus, w, disguise.Rewrite); err != nil {
				return err
			}
			c := contest{
				name: fmt.Sprintf("%s %d k", worldSet, size/1000), what: disguise.Name, unit: eval.RegisteredDomain, campaigns: disguise.Targets, pivots: e.pivots,
			}
			if disguise.Rewrite != nil {
				c.pivots = nil
			}
			return a.runContest(ctx, out, e, space, c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *app) measureSet(ctx context.Context, out io.Writer, e caseEval, set eval.Set) error {
	return a.inWorkspace(e, func(space *investigation.Workspace) error {
		if err := space.LoadSet(ctx, set, e.data); err != nil {
			return err
		}
		labels, campaigns, err := space.Campaigns(ctx, set, e.data, e.seeds)
		if err != nil {
			return err
		}
		return a.runContest(ctx, out, e, space, contest{name: set.Name, what: set.Label, unit: labels.Unit, campaigns: campaigns, missed: true, pivots: e.pivots})
	})
}

// inWorkspace works in a store that is thrown away.
func (a *app) inWorkspace(e caseEval, work func(*investigation.Workspace) error) (err error) {
	lists, err := a.references()
	if err != nil {
		return err
	}
	model, err := e.model.load()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "clew-eval-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder that stays is no harm
	space := &investigation.Workspace{Lists: lists, Clock: a.clock, Model: &model}
	if err := space.Open(dir, investigation.Needs{Corpus: true}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, space.Close()) }()
	return work(space)
}

// A contest is campaigns to be investigated without a limit, then under each
// limit of pivots in each order.
type contest struct {
	name, what string
	unit       func(observable.Value) (observable.Value, bool)
	campaigns  []eval.Campaign
	missed     bool // say why siblings are in no band
	pivots     []int
}

func (a *app) runContest(ctx context.Context, out io.Writer, e caseEval, space *investigation.Workspace, c contest) error {
	measure := func(name string, bounds pivot.Options) (eval.CaseMeasure, error) {
		bounds.Ungrouped = !e.groups
		progress := newProgress(a.stderr, isTerminal(a.stderr))
		defer progress.done()
		replay := eval.Replay{Investigate: space.Engine(bounds).Investigate, Unit: c.unit, Progress: func(done int) {
			progress.show(pivot.Progress{Hop: 1, Expanded: done, Waiting: len(c.campaigns) - done, Now: name})
		}}
		if c.missed && bounds.Pivots == 0 {
			replay.Corpus = space.Corpus
		}
		m, err := replay.Measure(ctx, c.campaigns)
		if err != nil {
			return m, err
		}
		return m, eval.WriteCaseRow(out, name, m)
	}
	m, err := measure(c.name+", "+c.what, pivot.Options{})
	if err != nil {
		return err
	}
	if err := eval.WriteMissed(out, m); err != nil {
		return err
	}
	for _, limit := range c.pivots {
		if limit <= 0 {
			continue
		}
		for _, order := range []struct {
			name  string
			order pivot.Order
		}{{"by plan", pivot.ByPromise}, {"breadth first, counted", pivot.ByArrival}, {"breadth first", pivot.Blindly}} {
			if _, err := measure(fmt.Sprintf("  %d pivots %s", limit, order.name), pivot.Options{Pivots: limit, Order: order.order}); err != nil {
				return err
			}
		}
	}
	return nil
}
