package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A sample is what clew serve held at one moment, as seen from outside.
type sample struct {
	At         time.Time
	Quiet      bool // nothing was asked of the server for a while, and no stream was open
	RSS, PSS   int64
	Heap       int64 // bytes in use of Go's heap, as /metrics says
	Goroutines int64
	Files      int64 // open descriptors
	Threads    int64
	Data       int64 // bytes of the data directory
	Operations int64 // so far
	Failures   int64 // so far
}

var columns = []string{"time", "quiet", "rss_bytes", "pss_bytes", "heap_bytes", "goroutines", "files", "threads", "data_bytes", "operations", "failures"}

func (s sample) numbers() []int64 {
	return []int64{s.RSS, s.PSS, s.Heap, s.Goroutines, s.Files, s.Threads, s.Data, s.Operations, s.Failures}
}

func (s sample) row() []string {
	row := []string{s.At.UTC().Format(time.RFC3339), strconv.FormatBool(s.Quiet)}
	for _, n := range s.numbers() {
		row = append(row, strconv.FormatInt(n, 10))
	}
	return row
}

// readSamples reads what a soak wrote, in order.
func readSamples(in io.Reader) ([]sample, error) {
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(rows[0]) != len(columns) {
		return nil, errors.New("this is no table of a soak")
	}
	var list []sample
	for i, row := range rows[1:] {
		s, err := sampleOf(row)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i+2, err)
		}
		list = append(list, s)
	}
	return list, nil
}

func sampleOf(row []string) (s sample, err error) {
	if s.At, err = time.Parse(time.RFC3339, row[0]); err != nil {
		return s, err
	}
	if s.Quiet, err = strconv.ParseBool(row[1]); err != nil {
		return s, err
	}
	for i, to := range []*int64{&s.RSS, &s.PSS, &s.Heap, &s.Goroutines, &s.Files, &s.Threads, &s.Data, &s.Operations, &s.Failures} {
		if *to, err = strconv.ParseInt(row[i+2], 10, 64); err != nil {
			return s, err
		}
	}
	return s, nil
}
