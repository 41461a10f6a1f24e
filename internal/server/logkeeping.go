package server

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/job"
)

// A LogsAsk says which logs to index: the flags of clew telemetry index and watch.
type LogsAsk struct {
	Paths []string `json:"paths" minItems:"1" maxItems:"1000" doc:"files and folders of the machine that clew runs on, as whole paths"`
	Keep  int      `json:"keep_days,omitempty" minimum:"0" maximum:"36500" doc:"forget what was written to logs more than this many days ago; 0 keeps all"`
	Watch bool     `json:"watch,omitempty" doc:"go on as the logs grow, write what is met of cases into their records and tell the recipients, until cancelled"`
}

// A LogKeeper is what a [Core] has for the telemetry index.
type LogKeeper interface {
	// KeepLogs readies an update of the index, or a watch: what is wrong with the
	// request is said now. The work itself tells looked what each look came to.
	KeepLogs(ctx context.Context, ask LogsAsk) (work func(ctx context.Context, looked func(LogsLooked)) error, err error)
}

// LogsLooked is what one look at the logs came to.
type LogsLooked struct {
	Files     int           `json:"files" doc:"read: new or grown"`
	Unchanged int           `json:"unchanged"`
	Bytes     int64         `json:"bytes" doc:"of text read"`
	Failed    []string      `json:"failed" doc:"what could not be indexed, and why: the first of it"`
	Untold    string        `json:"untold" doc:"what a recipient did not take; it is tried again"`
	At        casefile.Time `json:"at"`
}

// LogsWork is an update of the telemetry index, or a watch, under way or ended. A
// watch outlives the server: it goes on when the machine's clew is started again.
type LogsWork struct {
	ID      string        `json:"id"`
	State   string        `json:"state" doc:"queued, running, complete, interrupted or failed"`
	Watch   bool          `json:"watch"`
	Paths   []string      `json:"paths"`
	Keep    int           `json:"keep_days"`
	Started casefile.Time `json:"started"`
	Ended   casefile.Time `json:"ended"`
	Looks   int           `json:"looks" doc:"how often it looked; an update looks once"`
	Read    int           `json:"read" doc:"logs that were new or grown, over all looks"`
	Last    *LogsLooked   `json:"last" doc:"what the last look came to; null before its end"`
	Actor   string        `json:"actor" doc:"who asked for it"`
	Error   string        `json:"error"`
}

// LogsName names such work in a path.
type LogsName struct {
	ID string `path:"work" maxLength:"64"`
}

type logsInput struct{ Body LogsAsk }

func (s *service) registerLogKeeping(api huma.API) {
	begin := post(account.Administer, "telemetry-keep", "/telemetry/work", "Bring the telemetry index up to date, or keep it so",
		"As clew telemetry index, and with watch as clew telemetry watch. Answers at once; the work goes on in the server. One at a time: the index is written by one.")
	begin.DefaultStatus = http.StatusAccepted
	begin.Errors = []int{http.StatusConflict}
	register(api, begin, func(ctx context.Context, in *logsInput) (LogsWork, error) { return s.jobs.keepLogs(ctx, in.Body) })
	register(api, get(account.Read, "telemetry-work", "/telemetry/work", "What was and is done for the telemetry index, newest first", ""),
		func(ctx context.Context, in *struct{ Page }) (List[LogsWork], error) {
			all, err := s.jobs.logsWork(ctx)
			if err != nil {
				return List[LogsWork]{}, err
			}
			return paged(all, func(w LogsWork) string { return w.ID }, in.Page)
		})
	cancel := post(account.Administer, "telemetry-cancel", "/telemetry/work/{work}/cancel", "Cancel an update, or end a watch", "What was indexed stays.")
	cancel.Errors = []int{http.StatusNotFound}
	register(api, cancel, func(ctx context.Context, in *LogsName) (LogsWork, error) {
		if _, err := s.jobs.find(ctx, in.ID, kindLogs); err != nil {
			return LogsWork{}, err
		}
		j, err := s.jobs.store.Cancel(ctx, in.ID)
		if err != nil {
			return LogsWork{}, err
		}
		return logsWorkOf(j), nil
	})
}

// keepLogs begins to index. Two at once would wait for each other for ever.
func (js *jobs) keepLogs(ctx context.Context, ask LogsAsk) (LogsWork, error) {
	if _, err := js.core.KeepLogs(ctx, ask); err != nil {
		return LogsWork{}, err
	}
	all, err := js.logsWork(ctx)
	if err != nil {
		return LogsWork{}, err
	}
	for _, w := range all {
		if !job.State(w.State).Over() {
			return LogsWork{}, huma.Error409Conflict("the index is being written already: wait for that, or cancel it")
		}
	}
	doc := LogsWork{Watch: ask.Watch, Paths: ask.Paths, Keep: ask.Keep}
	j, err := js.add(ctx, job.New{Kind: kindLogs, Queue: job.QueueOf(js.machine), Doc: doc}, order{Logs: &ask})
	if err != nil {
		return LogsWork{}, err
	}
	return logsWorkOf(j), nil
}

// logsWorkOf is a job as clients see it.
func logsWorkOf(j job.Job) LogsWork {
	var w LogsWork
	_ = json.Unmarshal(j.Doc, &w) // of a clew that is not this one
	w.ID, w.State, w.Error, w.Actor, w.Started, w.Ended = j.ID, string(j.State), casefile.Printable(j.Error), j.Actor, startOf(j), endOf(j)
	w.Paths = append([]string{}, w.Paths...)
	return w
}

// logsWork lists what was and is done, newest first.
func (js *jobs) logsWork(ctx context.Context) ([]LogsWork, error) {
	all, err := js.store.List(ctx, job.Filter{Kinds: []string{kindLogs}})
	list := make([]LogsWork, len(all))
	for i, j := range all {
		list[i] = logsWorkOf(j)
	}
	return list, err
}

// keepLogs indexes as a job's order says, and watches until it is cancelled.
func (w *Worker) keepLogs(ctx context.Context, t *job.Task, ask LogsAsk) error {
	work, err := w.core.KeepLogs(ctx, ask)
	if err != nil {
		return err
	}
	p := newProgress[LogsWork](t)
	err = work(ctx, func(l LogsLooked) {
		l.Failed = append([]string{}, l.Failed[:min(len(l.Failed), mostUnread)]...)
		p.change(func(w *LogsWork) {
			w.Looks, w.Read, w.Last = w.Looks+1, w.Read+l.Files, &l
		})
	})
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// mostUnread bounds what is told of logs that could not be indexed.
const mostUnread = 20
