// Command bench investigates planted operators in a synthetic world, offline,
// and prints how long each case takes and how right its bands are.
//
//	go run ./internal/investigation/bench -observations 10000000 -operators 20
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"clew/internal/corpus/embedded"
	"clew/internal/eval"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/reference"
	"clew/internal/score"
	"clew/internal/world"
)

func main() {
	size := flag.Int("observations", 10_000_000, "observations in the world")
	operators := flag.Int("operators", 20, "operators to investigate")
	seed := flag.Uint64("seed", 1, "which world")
	looks := flag.Int("looks", 0, "indicators to look at instead: what clew show, count and pivots take")
	flag.Parse()
	if err := run(context.Background(), *seed, *size, *operators, *looks); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, seed uint64, size, operators, looks int) error {
	w, err := world.New(world.Options{Seed: seed, Observations: size})
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "clew-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder that stays is no harm
	store, err := load(ctx, w, filepath.Join(dir, "corpus"))
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // the process ends here
	lists, err := reference.Load()
	if err != nil {
		return err
	}
	space := &investigation.Workspace{Dir: dir, Corpus: store, Lists: lists, Clock: time.Now}
	if looks > 0 {
		space.Dir = dir
		return measureLooks(ctx, space, w.Operators(), looks)
	}
	return measure(ctx, space, w.Operators(), operators)
}

func load(ctx context.Context, w *world.World, dir string) (*embedded.Store, error) {
	store, err := embedded.Open(dir, embedded.Options{})
	if err != nil {
		return nil, err
	}
	began := time.Now()
	n, err := eval.FillWorld(ctx, store, w, nil)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	fmt.Printf("%d observations loaded in %.1f s\n", n, time.Since(began).Seconds())
	return store, nil
}

func measure(ctx context.Context, space *investigation.Workspace, all []world.Operator, operators int) error {
	var times []time.Duration
	timed := func(ctx context.Context, seeds []observable.Value) (pivot.Result, error) {
		op, began := all[len(times)], time.Now()
		result, err := space.Engine(pivot.Options{}).Investigate(ctx, seeds)
		times = append(times, time.Since(began))
		fmt.Printf("%s %-9s %-13s %4d domains %6d findings %5d pivots %8s\n", op.ID, op.Care, op.Naming, len(op.Domains), len(result.Findings), len(result.Points), times[len(times)-1].Round(time.Millisecond))
		return result, err
	}
	m, err := eval.Replay{Investigate: timed, Unit: eval.RegisteredDomain}.Measure(ctx, eval.CampaignsOf(all, operators))
	if err != nil {
		return err
	}
	slices.Sort(times)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	fmt.Printf("cases: median %s, slowest %s; Go heap taken from the system %d MiB\n",
		times[len(times)/2].Round(time.Millisecond), times[len(times)-1].Round(time.Millisecond), memory.HeapSys>>20)
	for _, band := range []score.Band{score.High, score.Medium, score.Low} {
		fmt.Printf("%-6s %5d right of %5d registered domains, precision %.3f, recall %.3f of %d siblings\n",
			band, m.Right[band], m.All(band), m.Precision(band), m.Recall(band), m.Siblings)
	}
	return nil
}
