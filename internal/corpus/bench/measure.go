package main

import (
	"context"
	"fmt"
	"slices"
)

// An engine stores the rows and answers the questions. A speed is that of one
// pass over all questions, after an untimed one.
type engine interface {
	name() string
	build(ctx context.Context) (output, error) // speed: seconds
	size() (bytes int64, err error)
	lookup(ctx context.Context) (microseconds float64, answers []string, err error) // median of the lookups
	heavy(ctx context.Context) (linksPerSecond float64, answers []string, err error)
	close() error
}

// figures are the measurements of one engine.
type figures struct {
	name   string
	ingest float64 // seconds for all rows
	cpu    float64 // seconds of processor time for all rows
	peak   int64   // bytes of memory at most while loading
	size   int64   // bytes on disk
	lookup float64 // microseconds, median of the passes
	heavy  float64 // links read per second, median of the passes
}

// measure builds all engines, then asks them in turn, so that what else the
// machine does falls on all of them alike. The first one's answers are those
// that the others must give; else there are no figures.
func measure(ctx context.Context, engines []engine, passes int) ([]figures, error) {
	all := make([]figures, len(engines))
	for i, e := range engines {
		f := &all[i]
		f.name = e.name()
		built, err := e.build(ctx)
		if err != nil {
			return nil, err
		}
		f.ingest, f.cpu, f.peak = built.speed, built.cpu, built.peak
		if f.size, err = e.size(); err != nil {
			return nil, err
		}
		say("%s: stored in %.1f s, %.1f s of processor time, %d MiB at most", f.name, f.ingest, f.cpu, f.peak>>20)
	}
	lookups, err := inTurn(ctx, engines, passes, engine.lookup)
	if err != nil {
		return nil, err
	}
	heavies, err := inTurn(ctx, engines, passes, engine.heavy)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].lookup, all[i].heavy = lookups[i], heavies[i]
	}
	return all, nil
}

// inTurn runs passes of all engines by turns and returns the median of each.
func inTurn(ctx context.Context, engines []engine, passes int, ask func(engine, context.Context) (float64, []string, error)) ([]float64, error) {
	speeds := make([][]float64, len(engines))
	var own []string
	for range passes {
		for i, e := range engines {
			speed, answers, err := ask(e, ctx)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				own = answers
			}
			if err := sameAnswers(e.name(), own, answers); err != nil {
				return nil, err
			}
			speeds[i] = append(speeds[i], speed)
		}
	}
	medians := make([]float64, len(engines))
	for i := range speeds {
		medians[i] = median(speeds[i])
	}
	return medians, nil
}

func median(speeds []float64) float64 {
	slices.Sort(speeds)
	return speeds[len(speeds)/2]
}

// sameAnswers compares answers one by one.
func sameAnswers(peer string, own, theirs []string) error {
	if len(own) != len(theirs) {
		return fmt.Errorf("%s gave %d answers, clew %d: no figures", peer, len(theirs), len(own))
	}
	for i := range own {
		if own[i] != theirs[i] {
			return fmt.Errorf("question %d: %s says %q, clew %q: no figures for unequal answers", i+1, peer, theirs[i], own[i])
		}
	}
	return nil
}
