package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Bounds of the judgement.
const (
	// mebi is a MiB in bytes.
	mebi = 1 << 20
	// leastGrowth and partGrowth bound how much memory may grow in an hour of the
	// second half: the larger of 16 MiB and a tenth of the mean. A leak of one
	// kibibyte for each of the 3,000 operations an hour stays below it; one of
	// ten does not.
	leastGrowth = 16 * mebi
	partGrowth  = 0.1
	// moreGoroutines and moreFiles may be left after quiet at the end that were
	// not at the first quiet: pools of connections open and close by themselves.
	moreGoroutines = 10
	moreFiles      = 5
	// fewest samples of the second half from which a slope is drawn.
	fewest = 10
)

// A verdict is one claim about a soak, and whether it held.
type verdict struct {
	claim string
	held  bool
}

// judge holds samples to what a long run promises.
func judge(samples []sample) []verdict {
	if len(samples) == 0 {
		return []verdict{{"there are samples", false}}
	}
	begin, end := samples[0].At, samples[len(samples)-1].At
	middle := begin.Add(end.Sub(begin) / 2)
	var second, quiet []sample
	for _, s := range samples {
		switch {
		case s.Quiet:
			quiet = append(quiet, s)
		case !s.At.Before(middle):
			second = append(second, s)
		}
	}
	var list []verdict
	if len(second) < fewest {
		list = append(list, verdict{fmt.Sprintf("memory: %d samples of the second half, at least %d are needed", len(second), fewest), false})
	} else {
		list = append(list,
			flat("resident memory", second, func(s sample) int64 { return s.RSS }),
			flat("proportional memory", second, func(s sample) int64 { return s.PSS }),
			flat("heap", second, func(s sample) int64 { return s.Heap }))
	}
	if len(quiet) < 2 {
		list = append(list, verdict{fmt.Sprintf("after quiet: %d samples, at least 2 are needed", len(quiet)), false})
	} else {
		list = append(list,
			returned("goroutines", quiet, moreGoroutines, func(s sample) int64 { return s.Goroutines }),
			returned("open files", quiet, moreFiles, func(s sample) int64 { return s.Files }))
	}
	failures := samples[len(samples)-1].Failures
	return append(list, verdict{fmt.Sprintf("%d of %d operations failed, 0 may", failures, samples[len(samples)-1].Operations), failures == 0})
}

// flat holds the slope of a size to its bound.
func flat(name string, samples []sample, of func(sample) int64) verdict {
	slope, mean := slopeOf(samples, of)
	bound := max(leastGrowth, partGrowth*mean)
	return verdict{
		fmt.Sprintf("%s of the second half: %+.1f MiB an hour at a mean of %.1f MiB, at most %+.1f", name, slope/mebi, mean/mebi, bound/mebi),
		slope <= bound,
	}
}

// slopeOf is the least-squares slope in units an hour, and the mean.
func slopeOf(samples []sample, of func(sample) int64) (slope, mean float64) {
	var sumX, sumY float64
	x := make([]float64, len(samples))
	for i, s := range samples {
		x[i] = s.At.Sub(samples[0].At).Hours()
		sumX += x[i]
		sumY += float64(of(s))
	}
	n := float64(len(samples))
	meanX, mean := sumX/n, sumY/n
	var xy, xx float64
	for i, s := range samples {
		xy += (x[i] - meanX) * (float64(of(s)) - mean)
		xx += (x[i] - meanX) * (x[i] - meanX)
	}
	if xx == 0 {
		return 0, mean
	}
	return xy / xx, mean
}

// returned holds what is left after quiet to what was left the first time.
func returned(name string, quiet []sample, more int64, of func(sample) int64) verdict {
	first, last := of(quiet[0]), of(quiet[len(quiet)-1])
	return verdict{fmt.Sprintf("%s after quiet: %d the first time, %d the last, at most %d more", name, first, last, more), last <= first+more}
}

// table writes samples as Markdown, about rows of them evenly spread, those
// after quiet among them.
func table(out io.Writer, samples []sample, rows int) {
	if len(samples) == 0 {
		return
	}
	fmt.Fprintln(out, "| minute | | RSS MiB | PSS MiB | heap MiB | goroutines | files | threads | data MiB | operations | failures |")
	fmt.Fprintln(out, "|---|---|---|---|---|---|---|---|---|---|---|")
	for _, i := range chosen(samples, rows) {
		s, word := samples[i], ""
		if s.Quiet {
			word = "quiet"
		}
		fmt.Fprintf(out, "| %.0f | %s | %.1f | %.1f | %.1f | %d | %d | %d | %.1f | %d | %d |\n", s.At.Sub(samples[0].At).Minutes(), word,
			float64(s.RSS)/mebi, float64(s.PSS)/mebi, float64(s.Heap)/mebi, s.Goroutines, s.Files, s.Threads, float64(s.Data)/mebi, s.Operations, s.Failures)
	}
}

// chosen are the places of the samples that a table shows: one for each span of
// time, and all after quiet.
func chosen(samples []sample, rows int) []int {
	span := max(samples[len(samples)-1].At.Sub(samples[0].At)/time.Duration(max(rows, 1)), time.Nanosecond)
	var places []int
	next := samples[0].At
	for i, s := range samples {
		last := i == len(samples)-1
		if s.Quiet || last || !s.At.Before(next) {
			places = append(places, i)
			for !next.After(s.At) {
				next = next.Add(span)
			}
		}
	}
	return slices.Compact(places)
}
