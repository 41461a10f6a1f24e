// Command fuzz runs every fuzz target of the repository in turn, and keeps a
// table of what was done: one that is stopped goes on where it was. An input that
// breaks something is kept by Go as a seed under the package's testdata/fuzz, and is
// a test from then on.
//
//	go run ./internal/reliability/fuzz -time 15m
//	go run ./internal/reliability/fuzz -list
//	go run ./internal/reliability/fuzz -table      Markdown, of what was done so far
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

func main() {
	lasts := flag.Duration("time", 15*time.Minute, "each target, in all runs together")
	parallel := flag.Int("parallel", 1, "processes that try inputs at once")
	only := flag.String("only", "", "only targets whose package or name this regular expression matches")
	path := flag.String("state", ".fuzz/fuzz.tsv", "table of what was done")
	list := flag.Bool("list", false, "name the targets, run none")
	show := flag.Bool("table", false, "write what was done as Markdown, run none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := do(ctx, os.Stdout, *path, *only, *list, *show, plan{*lasts, *parallel})
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// A plan says how long each target is fuzzed and by how many processes.
type plan struct {
	lasts    time.Duration
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

// each runs the targets that have had less than their time.
func each(ctx context.Context, out io.Writer, path string, targets []target, done map[target]result, p plan) error {
	broken := 0
	for i, t := range targets {
		before := done[t]
		left := p.lasts - before.Lasted
		if left <= 0 && !before.Broken {
			fmt.Fprintf(out, "%d/%d %s: had its %s before\n", i+1, len(targets), t, before.Lasted.Round(time.Second))
			continue
		}
		now, err := run(ctx, t, max(left, time.Second), p.parallel)
		if err != nil {
			return err
		}
		if now.Broken {
			broken++
		}
		sum := before.add(now)
		done[t] = sum
		fmt.Fprintf(out, "%d/%d %s: %s\n", i+1, len(targets), t, now)
		if err := writeState(path, done); err != nil {
			return err
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d targets broke: their seeds are under testdata/fuzz", broken, len(targets))
	}
	return nil
}

// errInterrupted means that the one who started it ended it.
var errInterrupted = errors.New("stopped: the same command goes on from here")
