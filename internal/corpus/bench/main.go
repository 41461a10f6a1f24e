// Command bench measures the embedded corpus against mtbl, the engine under
// dnstable, SQLite and DuckDB, on the same generated rows and questions:
//
//	go run ./internal/corpus/bench -rows 10000000 -peers mtbl,sqlite,duckdb
//
// It prints both sides and their ratio beside the goals of the performance
// notes, and no figure at all when the engines' answers differ. With 10 M rows
// it needs about 5 GB of disk and ten minutes, most of them SQLite's. DuckDB comes
// from npm (make bench-deps); it and node are left out with -peers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
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
	names := flag.String("peers", "mtbl,sqlite,duckdb", "engines to compare with, comma separated; empty for none")
	flag.StringVar(&s.dir, "dir", "", "where to work; a temporary directory, removed afterwards, by default")
	onServer := flag.String("clickhouse", "", "load the rows into the corpus at this URL instead, and ask it")
	asCOF := flag.Bool("cof", false, "write the rows to standard output in the Common Output Format instead")
	flag.Parse()
	s.peers = strings.FieldsFunc(*names, func(r rune) bool { return r == ',' })

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	switch {
	case flag.Arg(0) == buildCommand:
		err = build(ctx, flag.Arg(1), flag.Arg(2))
	case *asCOF:
		err = writeCOF(os.Stdout, generator{seed: s.seed, rows: s.rows})
	case *onServer != "":
		err = s.benchClickHouse(ctx, *onServer)
	default:
		err = s.run(ctx)
	}
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

	own := &clew{dir: in("clew"), rows: in("rows")}
	engines := []engine{own}
	for _, label := range s.peers {
		p, err := newPeer(ctx, label, in)
		if err != nil {
			return err
		}
		engines = append(engines, p)
	}
	if own.asked, err = s.generate(in); err != nil {
		return err
	}
	all, err := measure(ctx, engines, s.passes)
	if err != nil {
		return errors.Join(err, own.close())
	}
	built, err := own.heavyBuilt(ctx)
	if err := errors.Join(err, own.close()); err != nil {
		return err
	}
	return report{rows: s.rows, all: all, built: built}.print(os.Stdout)
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

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
