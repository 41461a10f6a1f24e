// Package indicators reads lists of what to look for: STIX 2 bundles, MISP
// events, CSV with or without a header, JSON Lines, and plain text with one
// indicator a line, defanged or not.
package indicators

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/telemetry/format"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

// MaxBytes bounds a list, unpacked.
const MaxBytes = 1 << 30

// A List is what a file holds.
type List struct {
	Format     string // stix, misp, json, csv or plain
	Indicators []match.Indicator
	// Skipped counts entries that are no indicator; the first few are described.
	Skipped int
	Why     []string
}

// ErrEmpty means a list without any indicator.
var ErrEmpty = errors.New("no indicator in the list")

// Read reads a list, packed or not. Each value is kept once, with the widest
// window that any entry gives it.
func Read(r io.Reader) (List, error) {
	var list List
	err := logfile.Members(r, func(_ string, in *bufio.Reader) error {
		text, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
		if err != nil {
			return err
		}
		if len(text) > MaxBytes {
			return fmt.Errorf("the list is longer than %d bytes: cut it into several", MaxBytes)
		}
		c := collector{list: &list, at: map[observable.Value]int{}}
		for i, ind := range list.Indicators {
			c.at[ind.Value] = i
		}
		c.read(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
		return nil
	})
	if err != nil {
		return list, err
	}
	if len(list.Indicators) == 0 {
		return list, fmt.Errorf("%w: write one a line, or give a STIX bundle, a MISP event or a CSV file", ErrEmpty)
	}
	return list, nil
}

type collector struct {
	list *List
	at   map[observable.Value]int
}

func (c *collector) read(text []byte) {
	trimmed := bytes.TrimSpace(text)
	switch {
	case len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '['):
		c.json(trimmed)
	case c.csv(text):
	default:
		c.list.Format = "plain"
		for line := range bytes.Lines(text) {
			c.plain(string(line))
		}
	}
}

// maxWhy is how many skipped entries are described.
const maxWhy = 5

func (c *collector) skip(entry, why string) {
	c.list.Skipped++
	if len(c.list.Why) < maxWhy {
		if len(entry) > 80 {
			entry = entry[:80] + "…"
		}
		c.list.Why = append(c.list.Why, fmt.Sprintf("%q: %s", entry, why))
	}
}

// add keeps one indicator, or widens the window of the one that is there.
func (c *collector) add(v observable.Value, first, last time.Time, label string) {
	i, known := c.at[v]
	if !known {
		c.at[v] = len(c.list.Indicators)
		c.list.Indicators = append(c.list.Indicators, match.Indicator{Value: v, First: first, Last: last, Label: label})
		return
	}
	ind := &c.list.Indicators[i]
	// An entry that gives no bound says nothing about the others'.
	if !first.IsZero() && (ind.First.IsZero() || first.Before(ind.First)) {
		ind.First = first
	}
	if !last.IsZero() && last.After(ind.Last) {
		ind.Last = last
	}
	if ind.Label == "" {
		ind.Label = label
	}
}

// text adds what a cell or a line holds, whatever way it is written.
func (c *collector) text(text string, first, last time.Time, label string) bool {
	text = strings.TrimSpace(text)
	v, err := observable.Parse(text)
	if err != nil && strings.Count(text, "/") == 1 {
		v, err = observable.New(observable.Prefix, text)
	}
	if err != nil {
		return false
	}
	c.add(v, first, last, label)
	return true
}

// plain reads one line: an indicator, and behind it a comment or a label.
func (c *collector) plain(line string) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' || line[0] == ';' || strings.HasPrefix(line, "//") {
		return
	}
	value, comment, _ := strings.Cut(line, " #")
	if c.text(value, time.Time{}, time.Time{}, strings.TrimSpace(comment)) {
		return
	}
	word, rest, found := strings.Cut(strings.ReplaceAll(value, "\t", " "), " ")
	if found && isSink(word) && c.text(rest, time.Time{}, time.Time{}, "") { // a hosts file
		return
	}
	if found && c.text(strings.Trim(word, ",;"), time.Time{}, time.Time{}, strings.TrimSpace(rest)) {
		return
	}
	c.skip(line, "no indicator")
}

// isSink reports whether a word is what hosts files point bad names to.
func isSink(word string) bool { return word == "0.0.0.0" || word == "127.0.0.1" || word == "::" }

// when reads a time of a list.
func when(text string) time.Time {
	t, _, ok := format.ParseTime(text, time.Time{})
	if !ok {
		return time.Time{}
	}
	return t
}
