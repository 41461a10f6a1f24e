package main

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/telemetry"
	"clew/internal/telemetry/logfile"
)

// watchEvery is how long a watch of the server waits between its looks, as the
// command does.
const watchEvery = 5 * time.Second

// KeepLogs implements [server.Core].
func (c core) KeepLogs(_ context.Context, ask server.LogsAsk) (func(context.Context, func(server.LogsLooked)) error, error) {
	for _, path := range ask.Paths {
		if !filepath.IsAbs(path) {
			return nil, refused(usagef("paths: %q: write the whole path: the server has a folder of its own", path))
		}
	}
	if inputs, skipped := logfile.Find(ask.Paths); len(inputs) == 0 && !ask.Watch {
		err := usagef("paths: no log is there")
		if len(skipped) > 0 {
			err = usagef("paths: no log can be read: %w", skipped[0])
		}
		return nil, refused(err)
	}
	if ask.Watch {
		if err := c.canTell(); err != nil {
			return nil, refused(err)
		}
	}
	run := *c.app
	run.json, run.output, run.stdout = false, "", io.Discard // what is met goes into the records
	return func(ctx context.Context, looked func(server.LogsLooked)) error {
		if ask.Watch {
			return run.watchLogs(ctx, ask, looked)
		}
		store, err := run.openIndex(true)
		if err != nil {
			return err
		}
		defer store.Close() //nolint:errcheck // segments are synced when written
		line, err := run.updateIndex(ctx, store, ask.Paths, ask.Keep, 1, nil)
		looked(line.looked(""))
		return err
	}, nil
}

func (a *app) watchLogs(ctx context.Context, ask server.LogsAsk, looked func(server.LogsLooked)) error {
	store, err := a.openIndex(true)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // segments are synced when written
	cases, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		return err
	}
	defer cases.Close() //nolint:errcheck // what matters was acknowledged before
	w := newWatcher(a, store, cases, ask.Paths)
	w.flags.lines, w.flags.slack, w.keep, w.workers = true, telemetry.DefaultSlack, ask.Keep, 1
	w.each = func(line indexLine, untold string) { looked(line.looked(untold)) }
	return w.run(ctx, watchEvery, false)
}

// looked is an update as the API says it.
func (l indexLine) looked(untold string) server.LogsLooked {
	return server.LogsLooked{Files: l.Files, Unchanged: l.Unchanged, Bytes: l.Bytes, Failed: l.Failed, Untold: untold, At: l.At}
}
