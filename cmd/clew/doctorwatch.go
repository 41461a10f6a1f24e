package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clew/internal/watch"
	watchfile "clew/internal/watch/sqlite"
)

// overdue is how late a run may be before nobody seems to do it: runs are spread over
// minutes, and wait their turn.
const overdue = time.Hour

// checkWatches looks whether watches run, how they ended, and whether those they tell
// can be told.
func (a *app) checkWatches(ctx context.Context) []check {
	const what = "recipients"
	var checks []check
	s, err := a.withSecrets()
	if err != nil {
		return nil // said by the check of the configuration
	}
	to, err := a.recipients(s, nil)
	names := make([]string, len(to))
	for i, r := range to {
		names[i] = r.Name + " (" + r.Kind + ")"
	}
	switch {
	case err != nil:
		checks = append(checks, check{what, "bad", err.Error()})
	case len(to) > 0:
		checks = append(checks, check{what, "ok", strings.Join(names, ", ") + "; clew escalate CASE --dry-run shows what each would get"})
	}
	dir, err := a.dataDir()
	at, databaseErr := a.databaseAt("")
	if err != nil || databaseErr != nil || at.URL == "" && !exists(filepath.Join(dir, watchfile.FileName)) {
		return checks
	}
	err = a.withSaved(func(store *watch.Store) error {
		list, err := store.List(ctx)
		if err != nil {
			return err
		}
		failing := 0
		for _, w := range list {
			found, err := a.checkWatch(ctx, store, w, to)
			if err != nil {
				return err
			}
			failing += min(len(found), 1)
			checks = append(checks, found...)
		}
		if len(list) > failing {
			checks = append(checks, check{"watches", "ok", fmt.Sprintf("%d of %d run as they should", len(list)-failing, len(list))})
		}
		return nil
	})
	if err != nil {
		checks = append(checks, check{"watches", "bad", err.Error()})
	}
	return checks
}

func (a *app) checkWatch(ctx context.Context, store *watch.Store, w watch.Watch, to []recipient) (checks []check, err error) {
	bad := func(form string, args ...any) {
		checks = append(checks, check{"watches", "bad", w.Name + ": " + fmt.Sprintf(form, args...)})
	}
	for _, name := range w.To {
		if !slices.ContainsFunc(to, func(r recipient) bool { return r.Name == name }) {
			bad("tells %s, which is no recipient of the configuration: add it to escalation: to", name)
		}
	}
	if w.Paused {
		return checks, nil
	}
	if late := a.clock().Sub(w.Due.Time); late > overdue {
		bad("was due %s ago: no clew serve and no clew worker runs it", late.Round(time.Minute))
	}
	runs, err := store.Runs(ctx, w.ID)
	if err != nil || len(runs) == 0 {
		return checks, err
	}
	if last := runs[0]; last.State == watch.RunFailed {
		bad("its run of %s failed: %s; clew watch run %s tries again", last.Ended.Format("2006-01-02 15:04 MST"), last.Error, w.Name)
	} else {
		for _, told := range last.Told {
			if told.State == watch.Failed {
				bad("%s could not be told: %s; the next run tries again", told.To, told.Said)
			}
		}
	}
	return checks, nil
}
