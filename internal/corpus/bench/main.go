// Command bench measures the embedded corpus against mtbl, the engine under
// dnstable, and SQLite, on the same generated rows and questions:
//
//	go run ./internal/corpus/bench -rows 10000000 -peers mtbl,sqlite
//
// It prints both sides and their ratio beside the goals of the performance
// notes, and no figure at all when the engines' answers differ. With 10 M rows
// it needs about 5 GB of disk and ten minutes, most of them SQLite's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clew/internal/observation"
)

// How much is asked.
const (
	lookups      = 1000
	heavyObjects = 20
)

func main() {
	var s settings
	flag.IntVar(&s.rows, "rows", 1_000_000, "rows to generate")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of the rows")
	flag.IntVar(&s.passes, "passes", 7, "timed passes over each set of questions; the median is printed")
	names := flag.String("peers", "mtbl,sqlite", "engines to compare with, comma separated; empty for none")
	flag.StringVar(&s.dir, "dir", "", "where to work; a temporary directory, removed afterwards, by default")
	flag.Parse()
	s.peers = strings.FieldsFunc(*names, func(r rune) bool { return r == ',' })

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := s.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type settings struct {
	rows, passes int
	seed         uint64
	peers        []string
	dir          string
}

func (s settings) run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp(s.dir, "clew-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in := func(name string) string { return filepath.Join(dir, name) }

	asked, err := s.generate(in)
	if err != nil {
		return err
	}
	say("clew: ingest, then %d lookups and %d heavy objects", len(asked.lookups), len(asked.heavy))
	own, err := runClew(ctx, in("clew"), in("rows"), asked, s.passes)
	if err != nil {
		return err
	}
	report := report{rows: s.rows, own: own}
	for _, p := range peers {
		if !slices.Contains(s.peers, p.name) {
			continue
		}
		say("%s: the same", p.name)
		if err := p.compile(ctx, dir); err != nil {
			return err
		}
		f, err := p.run(ctx, in(p.name+".db"), in("rows"), in("lookups"), in("heavy"), s.passes)
		if err != nil {
			return err
		}
		if err := sameAnswers(p.name, own.answers, f.answers); err != nil {
			return err
		}
		report.add(p.name, f)
	}
	return report.print(os.Stdout)
}

// generate writes the rows and the questions.
func (s settings) generate(in func(string) string) (sample, error) {
	start := time.Now()
	g := generator{seed: s.seed, rows: s.rows}
	chosen := sampler{counts: map[object]int{}}
	every := max(1, s.rows/lookups)
	err := writeRows(in("rows"), s.rows, func(i int) observation.Observation {
		o := g.row(i)
		chosen.counts[object{o.Relation, o.Object}]++
		if i%every == 0 && len(chosen.sample.lookups) < lookups {
			chosen.sample.lookups = append(chosen.sample.lookups, o)
		}
		return o
	})
	if err != nil {
		return sample{}, err
	}
	chosen.heaviest(heavyObjects)
	for name, rows := range map[string][]observation.Observation{"lookups": chosen.sample.lookups, "heavy": chosen.sample.heavy} {
		if err := writeRows(in(name), len(rows), func(i int) observation.Observation { return rows[i] }); err != nil {
			return sample{}, err
		}
	}
	say("generated %d rows in %.0f s", s.rows, time.Since(start).Seconds())
	return chosen.sample, nil
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

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
