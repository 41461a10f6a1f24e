package main

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// twoHours makes a run of two hours, each sample as edit leaves it.
func twoHours(edit func(minute int, s *sample)) []sample {
	var list []sample
	begin := time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)
	for minute := range 120 {
		s := sample{
			At: begin.Add(time.Duration(minute) * time.Minute), Quiet: minute%20 == 0, RSS: 200 * mebi, PSS: 190 * mebi, Heap: 60 * mebi,
			Goroutines: 20, Files: 30, Threads: 12, Operations: int64(minute * 50),
		}
		s.RSS += int64(minute%7) * mebi // the saw of the collector
		if !s.Quiet {
			s.Goroutines, s.Files = 60, 50
		}
		edit(minute, &s)
		list = append(list, s)
	}
	return list
}

func broken(samples []sample) (claims []string) {
	for _, v := range judge(samples) {
		if !v.held {
			claims = append(claims, v.claim)
		}
	}
	return claims
}

func TestJudge(t *testing.T) {
	tests := map[string]struct {
		edit func(minute int, s *sample)
		want string // begins the only claim that breaks
	}{
		"flat":                 {edit: func(int, *sample) {}},
		"warm_up_is_no_leak":   {edit: func(minute int, s *sample) { s.RSS -= int64(max(60-minute, 0)) * 2 * mebi }},
		"resident_leak":        {edit: func(minute int, s *sample) { s.RSS += int64(minute) * mebi / 2 }, want: "resident memory"},
		"heap_leak":            {edit: func(minute int, s *sample) { s.Heap += int64(minute) * mebi / 3 }, want: "heap"},
		"goroutines_leak":      {edit: func(minute int, s *sample) { s.Goroutines += int64(minute / 5) }, want: "goroutines"},
		"files_leak":           {edit: func(minute int, s *sample) { s.Files += int64(minute / 10) }, want: "open files"},
		"work_is_no_leak":      {edit: func(minute int, s *sample) { s.Files += int64(minute % 20) }},
		"one_failure":          {edit: func(minute int, s *sample) { s.Failures = int64(minute / 100) }, want: "1 of"},
		"never_quiet":          {edit: func(_ int, s *sample) { s.Quiet = false }, want: "after quiet: 0"},
		"growth_within_bounds": {edit: func(minute int, s *sample) { s.Heap += int64(minute) * mebi / 5 }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := broken(twoHours(test.edit))
			switch {
			case test.want == "" && len(got) > 0:
				t.Errorf("broken: %q", got)
			case test.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], test.want)):
				t.Errorf("broken: %q, want one that begins with %q", got, test.want)
			}
		})
	}
	if got := broken(nil); len(got) != 1 {
		t.Errorf("nothing at all: %q", got)
	}
	if got := broken(twoHours(func(int, *sample) {})[:8]); len(got) != 2 {
		t.Errorf("too short a run: %q", got)
	}
}

func TestTableIsReadAsWritten(t *testing.T) {
	samples := twoHours(func(minute int, s *sample) { s.Data = int64(minute) << 20 })
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	if err := w.Write(columns); err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if err := w.Write(s.row()); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	got, err := readSamples(&file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(samples, got); diff != "" {
		t.Error(diff)
	}
	var out bytes.Buffer
	table(&out, got, 4)
	if text := out.String(); strings.Count(text, "quiet") != 6 || strings.Count(text, "\n") < 10 || !strings.Contains(text, "| 119 |") {
		t.Error(text)
	}
	for _, bad := range []string{"", "a,b\n", strings.Join(columns, ",") + "\n" + strings.Repeat("x,", 10) + "x\n"} {
		if _, err := readSamples(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
