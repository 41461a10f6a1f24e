package telemetry

import (
	"sort"
	"time"
)

// Coverage says what was searched: without it "no hit" means nothing.
type Coverage struct {
	Files   []FileCoverage
	Skipped []string // paths that could not be opened, and why
}

// FileCoverage is one log.
type FileCoverage struct {
	File    string
	Bytes   int64    // unpacked
	Lines   int64    // or records, where the log has no lines
	Formats []string // of the records that were taken apart
	// First and Last bound the times of the records looked at: every hit, and the
	// first and last record of every block of 256 KiB.
	First, Last time.Time
	Parsed      int64 // records taken apart
	Unknown     int64 // of these, read as plain text: no reader knew them
	Cut         int64 // records longer than 64 MiB, searched in pieces
	Sightings   int64
	Missing     string // why the log was not read to its end; "" when it was
}

// Totals adds the files up.
func (c Coverage) Totals() FileCoverage {
	var t FileCoverage
	for _, f := range c.Files {
		t.add(f)
	}
	return t
}

// Complete reports whether everything named was read to its end.
func (c Coverage) Complete() bool {
	for _, f := range c.Files {
		if f.Missing != "" {
			return false
		}
	}
	return len(c.Skipped) == 0
}

// Missing says, one sentence each, what was not read.
func (c Coverage) Missing() []string {
	out := append([]string(nil), c.Skipped...)
	for _, f := range c.Files {
		if f.Missing != "" {
			out = append(out, f.File+": "+f.Missing)
		}
	}
	return out
}

// see widens the period; a clock running backwards only widens it.
func (f *FileCoverage) see(t time.Time) {
	if t.IsZero() {
		return
	}
	if f.First.IsZero() || t.Before(f.First) {
		f.First = t
	}
	if t.After(f.Last) {
		f.Last = t
	}
}

func (f *FileCoverage) add(o FileCoverage) {
	f.Bytes += o.Bytes
	f.Lines += o.Lines
	f.Parsed += o.Parsed
	f.Unknown += o.Unknown
	f.Cut += o.Cut
	f.Sightings += o.Sightings
	f.see(o.First)
	f.see(o.Last)
	for _, name := range o.Formats {
		if i := sort.SearchStrings(f.Formats, name); i == len(f.Formats) || f.Formats[i] != name {
			f.Formats = append(f.Formats, "")
			copy(f.Formats[i+1:], f.Formats[i:])
			f.Formats[i] = name
		}
	}
}
