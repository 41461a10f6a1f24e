// Package world makes a synthetic internet whose truth is known: benign owners
// by the million, the providers they share, operators who try to hide among
// them, and deliberate traps that look like links and are none.
//
// A world is a function of its [Options]: the same seed gives the same bytes on
// every machine. It is written as a stream, so its size is bounded by the disk.
// All names and addresses lie in the ranges reserved for documentation.
//
// The package shares neither code nor constants with package score: a model
// tested against its own assumptions would only prove itself. What is simulated
// and why is in docs/guide/world.md.
package world

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// Limits of [Options.Observations].
const (
	MinObservations = 10_000
	MaxObservations = 50_000_000
)

// DemoObservations is the size of the world that clew demo makes: large enough
// for a CDN edge to have more customers than anybody would follow.
const DemoObservations = 250_000

// Version names the generator. It grows whenever the same options give other bytes.
const Version = 1

// Options choose a world.
type Options struct {
	Seed uint64
	// Observations is how many facts importing the files gives, to 1 %.
	Observations int
	// Start and End bound everything seen; registrations may be older. UTC, to
	// the second. Zero means 2024-01-01 to 2026-06-30.
	Start, End time.Time
	// Compression is the file name extension of a compression: "", "gz" or "zst".
	Compression string
}

// minDuration is what operators need to register, work and be replaced.
const minDuration = 180 * 24 * time.Hour

// A World is one synthetic internet. It holds no data, only how to make it, and
// is safe for concurrent use.
type World struct {
	opts Options
	time span
	size sizes
}

// New checks the options and returns their world.
func New(opts Options) (*World, error) {
	if opts.Start.IsZero() {
		opts.Start = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if opts.End.IsZero() {
		opts.End = time.Date(2026, 6, 30, 23, 59, 59, 0, time.UTC)
	}
	opts.Start, opts.End = opts.Start.UTC().Truncate(time.Second), opts.End.UTC().Truncate(time.Second)
	switch {
	case opts.Observations < MinObservations || opts.Observations > MaxObservations:
		return nil, fmt.Errorf("a world of %d observations: choose %d to %d", opts.Observations, MinObservations, MaxObservations)
	case opts.End.Sub(opts.Start) < minDuration:
		return nil, fmt.Errorf("a world from %s to %s: choose at least %d days", opts.Start.Format(time.DateOnly), opts.End.Format(time.DateOnly), minDuration/(24*time.Hour))
	case opts.Start.Year() < 2000 || opts.End.Year() > 2100:
		return nil, errors.New("a world outside 2000 to 2100: choose other years")
	case opts.Compression != "" && opts.Compression != "gz" && opts.Compression != "zst":
		return nil, fmt.Errorf("unknown compression %q: choose gz, zst or none", opts.Compression)
	}
	return &World{
		opts: opts, size: sizesFor(opts.Observations),
		time: span{opts.Start.Unix(), opts.End.Unix()},
	}, nil
}

// DemoSeed returns the indicator whose investigation shows everything the demo
// is meant to show; docs/guide/world.md walks through it.
func (w *World) DemoSeed() observable.Value {
	return observable.Must(observable.Domain, w.operator(0).seed)
}

// Observations yields every observation of the world, in the order of the rows
// that hold them. They are what importing the files gives, but for Source and
// Evidence, which are empty. It has the form of an iterator.
func (w *World) Observations(yield func(observation.Observation) bool) {
	// The observer stops only when yield does, and the context never ends.
	_, _ = w.generate(context.Background(), &observer{yield: yield})
}

func moment(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
