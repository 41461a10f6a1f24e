// Command fuzz runs every fuzz target of the repository, in turn or some at once,
// and keeps a table of what was done: one that is stopped goes on where it was. An
// input that breaks something is kept by Go as a seed under the package's
// testdata/fuzz, and is a test from then on.
//
//	go run ./internal/reliability/fuzz -time 15m
//	go run ./internal/reliability/fuzz -lanes 8    eight targets at once
//	go run ./internal/reliability/fuzz -list
//	go run ./internal/reliability/fuzz -table      Markdown, of what was done so far
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"regexp"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	lasts := flag.Duration("time", 15*time.Minute, "each target, in all runs together")
	lanes := flag.Int("lanes", 1, "targets at once")
	parallel := flag.Int("parallel", 1, "processes that try inputs of one target at once")
	only := flag.String("only", "", "only targets whose package or name this regular expression matches")
	path := flag.String("state", ".fuzz/fuzz.tsv", "table of what was done")
	list := flag.Bool("list", false, "name the targets, run none")
	show := flag.Bool("table", false, "write what was done as Markdown, run none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := do(ctx, os.Stdout, *path, *only, *list, *show, plan{*lasts, *lanes, *parallel})
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// A plan says how long each target is fuzzed, how many at once, and by how many
// processes each.
type plan struct {
	lasts    time.Duration
	lanes    int
	parallel int
}

func do(ctx context.Context, out io.Writer, path, only string, list, show bool, p plan) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	targets, err := find(ctx, wanted)
	if err != nil {
		return err
	}
	done, err := readState(path)
	if err != nil {
		return err
	}
	switch {
	case list:
		for _, t := range targets {
			fmt.Fprintln(out, t.Package, t.Name)
		}
		return nil
	case show:
		table(out, targets, done)
		return nil
	}
	return each(ctx, out, path, targets, done, p)
}

// mostTries is how often a target is begun that is given up each time.
const mostTries = 5

// leastAtOnce is how long a target runs at least: before its time begins to bring
// anything, the fuzzer tries the inputs that it has.
const leastAtOnce = 30 * time.Second

// each runs the targets that have had less than their time.
func each(ctx context.Context, out io.Writer, path string, targets []target, done map[target]result, p plan) error {
	cache, err := inputs(ctx)
	if err != nil {
		return err
	}
	var mu sync.Mutex // of done, its table and out
	broken, had, before := 0, 0, maps.Clone(done)
	lanes, ctx := errgroup.WithContext(ctx)
	lanes.SetLimit(p.lanes)
	for i, t := range targets {
		left := p.lasts - before[t].Lasted
		if left <= 0 && !before[t].Broken {
			had++
			continue
		}
		lanes.Go(func() error {
			all := before[t]
			for try := 1; ; try++ { // one that was given up goes on with the rest of its time
				now, err := run(ctx, t, max(p.lasts-all.Lasted, min(p.lasts, leastAtOnce)), p.parallel, cache)
				if err != nil && !errors.Is(err, errInterrupted) {
					return err
				}
				all = all.add(now)
				mu.Lock()
				done[t] = all
				fmt.Fprintf(out, "%d/%d %s: %s\n", i+1, len(targets), t, now)
				err = errors.Join(err, writeState(path, done))
				if now.Broken {
					broken++
				}
				mu.Unlock()
				if err != nil || now.Broken || all.Lasted >= p.lasts || try == mostTries {
					return err
				}
			}
		})
	}
	if err := lanes.Wait(); err != nil {
		return err
	}
	if had > 0 {
		fmt.Fprintf(out, "%d of %d had their time before\n", had, len(targets))
	}
	short := 0
	for _, t := range targets {
		if !done[t].Broken && done[t].Lasted < p.lasts {
			short++
		}
	}
	if short > 0 {
		fmt.Fprintf(out, "%d of %d had less than their time, given up %d times in a row: the same command goes on with them\n", short, len(targets), mostTries)
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d targets broke: their seeds are under testdata/fuzz", broken, len(targets))
	}
	return nil
}

// errInterrupted means that the one who started it ended it.
var errInterrupted = errors.New("stopped: the same command goes on from here")
