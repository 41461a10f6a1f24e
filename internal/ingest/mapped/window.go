package mapped

import (
	"fmt"
	"strconv"
	"time"

	"clew/internal/observation"
	"clew/internal/observation/record"
)

// windowSpec names the columns that bound a sighting.
type windowSpec struct {
	First string `yaml:"first"`
	Last  string `yaml:"last"`
	At    string `yaml:"at"` // one moment for both
}

// A window is a compiled windowSpec.
type window struct {
	first, last           int
	firstName, secondName string
}

func (m *Mapping) window(spec windowSpec) window {
	w := window{noColumn, noColumn, spec.First, spec.Last}
	if spec.At != "" {
		w = window{m.column(spec.At), m.column(spec.At), spec.At, spec.At}
	}
	if spec.First != "" {
		w.first = m.column(spec.First)
		w.firstName = spec.First
	}
	if spec.Last != "" {
		w.last = m.column(spec.Last)
		w.secondName = spec.Last
	}
	return w
}

// of returns the window of a row. A last day counts to its end. An absent time
// leaves its end unknown; an unreadable one is an error.
func (w window) of(r *row, c clock) (observation.Window, error) {
	first, _, err := r.moment(w.first, w.firstName, c)
	if err != nil {
		return observation.Window{}, err
	}
	last, day, err := r.moment(w.last, w.secondName, c)
	if err != nil {
		return observation.Window{}, err
	}
	if day {
		last = last.Add(24*time.Hour - time.Second)
	}
	return observation.Window{First: first, Last: last}, nil
}

func (r *row) moment(column int, name string, c clock) (t time.Time, day bool, err error) {
	if column == noColumn {
		return t, false, nil
	}
	text, ok := r.one(column)
	if !ok {
		return t, false, nil
	}
	if t, day, ok = c.parse(text); !ok {
		return t, false, fmt.Errorf("%s: %q is no time this mapping knows", name, text)
	}
	return t, day, nil
}

// A clock reads the times of a file.
type clock struct {
	forms []string // "unix", "unix-ms" or a layout of package time; none for the common spellings
	zone  *time.Location
}

func newClock(forms []string, zone string) (clock, error) {
	c := clock{forms: forms, zone: time.UTC}
	if zone == "" || zone == "UTC" {
		return c, nil
	}
	if len(forms) == 0 {
		return c, fmt.Errorf("zone %q needs the layout of times under \"time\"", zone)
	}
	if t, err := time.Parse("-07:00", zone); err == nil {
		_, offset := t.Zone()
		c.zone = time.FixedZone(zone, offset)
		return c, nil
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return c, fmt.Errorf("zone %q is neither UTC, an offset like +02:00, nor known here: %w", zone, err)
	}
	c.zone = location
	return c, nil
}

// parse reads a moment, in UTC to the second; day means that only the day is known.
func (c clock) parse(text string) (t time.Time, day, ok bool) {
	if len(c.forms) == 0 {
		return common(text)
	}
	for _, form := range c.forms {
		switch form {
		case "unix", "unix-ms":
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				continue
			}
			if form == "unix-ms" {
				n /= 1000
			}
			t = record.Unix(n)
			return t, false, !t.IsZero()
		}
		if t, err := time.ParseInLocation(form, text, c.zone); err == nil {
			t = t.UTC().Truncate(time.Second)
			return t, !hasClock(form), plausible(t)
		}
	}
	return time.Time{}, false, false
}

// common reads the usual spellings, and seconds or milliseconds since 1970 by
// their number of digits. A bare day, the most frequent, is tried first.
func common(text string) (t time.Time, day, ok bool) {
	if len(text) == len(time.DateOnly) {
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return t, true, plausible(t)
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) != len("20060102") {
		if len(text) == len("1767398400000") {
			n /= 1000
		}
		t = record.Unix(n)
		return t, false, !t.IsZero()
	}
	return record.ParseTime(text)
}

// plausible refuses years that are typing errors or worse, as [record.ParseTime] does.
func plausible(t time.Time) bool { return t.Year() >= 1980 && t.Year() < 2200 }

// hasClock reports whether a layout tells more than the day: it writes
// different hours differently.
func hasClock(form string) bool {
	midnight := time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)
	return midnight.Format(form) != midnight.Add(13*time.Hour).Format(form)
}
