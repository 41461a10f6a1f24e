package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"clew/internal/corpus"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/world"
)

// measureLooks times what the page and the commands show, functions and all but
// the start of a process: for indicators of planted operators and for the
// busiest addresses and name servers around them, which are the slow ones.
func measureLooks(ctx context.Context, space *investigation.Workspace, operators []world.Operator, n int) error {
	asked, err := lookedAt(ctx, space.Corpus, operators, n)
	if err != nil {
		return err
	}
	err = errors.Join(
		timed("show and count", asked, func(v observable.Value) error { _, err := space.Look(ctx, v); return err }),
		timed("pivots", asked, func(v observable.Value) error { _, err := space.Points(ctx, v, pivot.Options{}); return err }),
	)
	if err != nil {
		return err
	}
	began := time.Now()
	index, state, err := space.NameIndex(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Printf("index of %d names built in %.1f s\n", state.Names, time.Since(began).Seconds())
	space.SearchNames(index, nil)
	method, _ := pivot.MethodNamed(investigation.NamingMethod)
	names := slices.DeleteFunc(slices.Clone(asked), func(v observable.Value) bool { return v.Kind() != observable.Domain })
	return timed("pivot --by naming", names[:min(len(names), 200)], func(v observable.Value) error {
		_, err := space.Pivot(ctx, v, method, pivot.Options{})
		return err
	})
}

func timed(name string, asked []observable.Value, do func(observable.Value) error) error {
	took := make([]time.Duration, len(asked))
	slowest := asked[0]
	for i, v := range asked {
		began := time.Now()
		if err := do(v); err != nil {
			return fmt.Errorf("%s of %s: %w", name, v, err)
		}
		if took[i] = time.Since(began); took[i] > slices.Max(took[:i+1])-1 {
			slowest = v
		}
	}
	slices.Sort(took)
	fmt.Printf("%-18s %5d indicators: p50 %s, p99 %s, slowest %s (%s)\n", name, len(took), took[len(took)/2].Round(time.Microsecond),
		took[len(took)*99/100].Round(time.Microsecond), took[len(took)-1].Round(time.Microsecond), slowest)
	return nil
}

// lookedAt draws domains of operators, and follows each to an address, a name
// server or a certificate of its own.
func lookedAt(ctx context.Context, store corpus.Reader, operators []world.Operator, n int) ([]observable.Value, error) {
	rng := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // the same every time
	var asked []observable.Value
	for len(asked) < n {
		op := operators[rng.IntN(len(operators))]
		v := observable.Must(observable.Domain, op.Domains[rng.IntN(len(op.Domains))])
		asked = append(asked, v)
		links, _, err := store.Objects(ctx, v, 100, observation.ResolvesTo, observation.Nameserver, observation.RegistrantEmail)
		if err != nil {
			return nil, err
		}
		if len(links) > 0 {
			asked = append(asked, links[rng.IntN(len(links))].Object)
		}
	}
	return asked, nil
}
