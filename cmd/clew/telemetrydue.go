package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clew/internal/telemetry/match"
	"clew/internal/words"
)

// A sought value is looked for on behalf of one case: another case may have known
// the same value to be bad at another time.
type sought struct {
	caseID string
	match.Indicator
}

func (s sought) key() string { return s.caseID + " " + s.Value.String() }

// wantedOf is what is looked for, by case.
type wantedOf []sought

func (l wantedOf) indicators() []match.Indicator {
	all := make([]match.Indicator, len(l))
	for i, one := range l {
		all[i] = one.Indicator
	}
	return all
}

func (l wantedOf) cases() []string {
	var ids []string
	for _, one := range l {
		if !slices.Contains(ids, one.caseID) {
			ids = append(ids, one.caseID)
		}
	}
	return ids
}

// of returns the places of what is looked for on behalf of a case.
func (l wantedOf) of(id string) (places []int) {
	for i, one := range l {
		if one.caseID == id {
			places = append(places, i)
		}
	}
	return places
}

// soughtCase is what is looked for of a case, as of one event of its record.
type soughtCase struct {
	head string
	list wantedOf
}

// wanted returns the seeds and findings of every case. Only a case whose record
// has grown is read again.
func (w *watcher) wanted(ctx context.Context) (all wantedOf, err error) {
	heads, err := w.cases.Cases.Cases(ctx)
	if err != nil {
		return nil, err
	}
	for _, head := range heads {
		known := w.sought[head.Case]
		if known.head != head.Hash {
			list, err := w.cases.Wanted(ctx, head.Case)
			if err != nil {
				return nil, err
			}
			known = soughtCase{head: head.Hash}
			for _, one := range list {
				one.Label = head.Case + " " + one.Label
				known.list = append(known.list, sought{head.Case, one})
			}
			w.sought[head.Case] = known
		}
		all = append(all, known.list...)
	}
	return all, nil
}

// The findings that were looked up in all of the index, one a line behind their
// case, lie beside it: after a restart only those that came since are new.

func (w *watcher) beside(name string) (string, error) {
	dir, err := w.dataDir()
	return filepath.Join(dir, "telemetry", name), err
}

func (w *watcher) looked() (map[string]bool, error) {
	path, err := w.beside("watched")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	looked := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if key, whole := strings.CutSuffix(line, "\n"); whole { // a last line without its end was cut by a crash
			looked[key] = true
		}
	}
	return looked, nil
}

// remember appends. A line cut by a crash is ended first, so that it joins no other.
func (w *watcher) remember(fresh wantedOf) error {
	if len(fresh) == 0 {
		return nil
	}
	path, err := w.beside("watched")
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	_, err = out.WriteString("\n")
	for _, one := range fresh {
		if _, writeErr := out.WriteString(one.key() + "\n"); writeErr != nil {
			err = errors.Join(err, writeErr)
		}
	}
	return errors.Join(err, out.Flush(), file.Close())
}

// watchDue is what was printed and is not yet in the record of its case, and the
// cases whose recipients were not told yet. It lies beside the index, so that a
// process that is killed in between loses neither.
type watchDue struct {
	Met  map[string][]string `json:"met"`  // by case: values
	Tell []string            `json:"tell"` // cases
}

func (d watchDue) met(one sought) bool { return slices.Contains(d.Met[one.caseID], one.Value.String()) }

func (w *watcher) loadDue() error {
	w.due.Met = map[string][]string{}
	path, err := w.beside("due.json")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &w.due)
	}
	if err != nil {
		return fmt.Errorf("what is due after an earlier watch: %s: %w\n  remove it, and run clew escalate for each case", path, err)
	}
	return nil
}

func (w *watcher) saveDue() error {
	path, err := w.beside("due.json")
	if err != nil {
		return err
	}
	text, err := json.Marshal(w.due)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".due-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // it may be gone already
	}
	return err
}

// meet notes that a finding was met, before that is printed.
func (w *watcher) meet(one sought) error {
	if w.silent || w.due.met(one) {
		return nil
	}
	w.due.Met[one.caseID] = append(w.due.Met[one.caseID], one.Value.String())
	return w.saveDue()
}

// recorded notes that what was met of a case is in its record.
func (w *watcher) recorded(id string, seen bool) error {
	delete(w.due.Met, id)
	if seen && !slices.Contains(w.due.Tell, id) {
		w.due.Tell = append(w.due.Tell, id)
	}
	if seen {
		delete(w.again, id) // there is news: who was not reached is tried at once
	}
	return w.saveDue()
}

// forgetMet lets go of what was met and is no finding any more.
func (w *watcher) forgetMet() error {
	if len(w.due.Met) == 0 {
		return nil
	}
	clear(w.due.Met)
	return w.saveDue()
}

// An attempt at telling failed: when the next one is due.
type attempt struct {
	at   time.Time
	wait time.Duration
}

// How long after a failed delivery it is tried again: doubling from the first to
// the last. Each attempt is an event of the record, so they must get rare
// (judgement).
const (
	firstWait = time.Minute
	lastWait  = 6 * time.Hour
)

// tellDue puts the escalation rules to the cases with news, and hands over what
// fires. untold says, for people, what a recipient did not take: that stays due.
func (w *watcher) tellDue(ctx context.Context) (untold string, err error) {
	for _, id := range slices.Clone(w.due.Tell) {
		last := w.again[id]
		if w.clock().Before(last.at) {
			continue
		}
		told, err := w.tell(ctx, w.cases, id, escalateFlags{})
		if err != nil {
			return "", fmt.Errorf("escalate %s: %w", id, err)
		}
		if told.New > 0 {
			fmt.Fprintf(w.stderr, "%s: %s new\n", id, words.Count(told.New, "escalation"))
		}
		if len(told.Failed) > 0 {
			untold = strings.Join(told.Failed, "; ")
			wait := min(max(firstWait, 2*last.wait), lastWait)
			w.again[id] = attempt{w.clock().Add(wait), wait}
			fmt.Fprintf(w.stderr, "clew: %s: not delivered: %s; tried again in %s\n", id, oneLine(untold), wait)
			continue
		}
		delete(w.again, id)
		w.due.Tell = slices.DeleteFunc(w.due.Tell, func(other string) bool { return other == id })
		if err := w.saveDue(); err != nil {
			return "", err
		}
	}
	return untold, nil
}
