package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/clickhouse"
	"clew/internal/observation"
)

// benchClickHouse loads the rows into the corpus at url, one import, and asks it
// one question at a time over one connection. The space is the server's to tell
// (system.parts): docs/guide/clickhouse.md has the query.
func (s settings) benchClickHouse(ctx context.Context, url string) (err error) {
	opts, err := clickhouse.ParseURL(url)
	if err != nil {
		return err
	}
	store, err := clickhouse.Open(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	l, err := store.Load(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	g := generator{seed: s.seed, rows: s.rows}
	chosen := sampler{counts: map[object]int{}}
	every := max(1, s.rows/lookups)
	start := time.Now()
	for i := range s.rows {
		o := g.row(i)
		chosen.counts[object{o.Relation, o.Object}]++
		if i%every == 0 {
			chosen.sample.lookups = append(chosen.sample.lookups, o)
		}
		if err := l.Add(o); err != nil {
			return err
		}
	}
	loaded := time.Since(start)
	entry, err := l.Commit(corpus.Import{ID: fmt.Sprintf("bench-%d-%d", s.seed, s.rows), Name: "bench"})
	if err != nil {
		return err
	}
	fmt.Printf("%d observations, %d links: generated and loaded in %.1f s (%.0f a second), committed in %.1f s\n",
		entry.Kept, entry.Kept-entry.Merged, loaded.Seconds(), float64(entry.Kept)/loaded.Seconds(), (time.Since(start) - loaded).Seconds())
	chosen.heaviest(heavyObjects)
	return askClickHouse(ctx, store, chosen.sample)
}

func askClickHouse(ctx context.Context, store corpus.Store, asked sample) error {
	for _, question := range []struct {
		name string
		rows []observation.Observation
		ask  func(observation.Observation) error
	}{
		{"links of a subject", asked.lookups, func(o observation.Observation) error {
			_, _, err := store.Objects(ctx, o.Subject, 0)
			return err
		}},
		{"links to an object, 100 at most", asked.lookups, func(o observation.Observation) error {
			_, _, err := store.Subjects(ctx, o.Relation, o.Object, 100)
			return err
		}},
		{"holders of an object", asked.lookups, func(o observation.Observation) error {
			_, err := store.Holders(ctx, o.Relation, o.Object, 0)
			return err
		}},
		{"holders of the heaviest", asked.heavy, func(o observation.Observation) error {
			_, err := store.Holders(ctx, o.Relation, o.Object, 0)
			return err
		}},
		{"subdomains", asked.lookups, func(o observation.Observation) error {
			_, _, err := store.Subdomains(ctx, o.Subject, 100)
			return err
		}},
		{"population", asked.lookups[:1], func(o observation.Observation) error {
			_, err := store.Population(ctx, o.Relation)
			return err
		}},
	} {
		rows := question.rows[:min(len(question.rows), clickhouseQuestions)]
		times := make([]time.Duration, 0, len(rows))
		for _, o := range rows {
			start := time.Now()
			if err := question.ask(o); err != nil {
				return err
			}
			times = append(times, time.Since(start))
		}
		slices.Sort(times)
		fmt.Printf("%-32s %5d asked, median %6.2f ms, 95 %% within %6.2f ms\n", question.name, len(times),
			ms(times[len(times)/2]), ms(times[len(times)*95/100]))
	}
	return nil
}

// clickhouseQuestions is how many of each sort are asked.
const clickhouseQuestions = 500

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
