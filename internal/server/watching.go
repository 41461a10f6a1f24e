package server

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/watch"
)

// A WatchAsk says what is to be watched, and how.
type WatchAsk struct {
	Name     string   `json:"name" minLength:"1" maxLength:"64" doc:"short, unique"`
	Case     string   `json:"case,omitempty" maxLength:"200" doc:"the case to go on with; left out, the first run opens one for the indicators"`
	Schedule string   `json:"schedule" maxLength:"200" doc:"every 6h, daily 07:00 Europe/Berlin, or cron 0 7 * * 1-5 UTC" example:"every 6h"`
	Band     string   `json:"band,omitempty" enum:"high,medium,low" doc:"the least band of a finding that is news; medium when left out"`
	To       []string `json:"to,omitempty" maxItems:"64" doc:"recipients of the configuration; left out, news go into the case record alone"`
	watch.Bounds
}

// A WatchChange changes a watch; what is left out stays.
type WatchChange struct {
	Schedule   *string   `json:"schedule,omitempty" maxLength:"200"`
	Band       *string   `json:"band,omitempty" enum:"high,medium,low"`
	To         *[]string `json:"to,omitempty" maxItems:"64"`
	Budget     *[]string `json:"budget,omitempty" maxItems:"64" doc:"empty: as the server that saved it was started"`
	PAP        *string   `json:"pap,omitempty" enum:"RED,AMBER,GREEN,CLEAR"`
	Depth      *int      `json:"depth,omitempty" minimum:"0" maximum:"6" doc:"0: as the server that saved it was started"`
	MaxHolders *int      `json:"max_holders,omitempty" minimum:"0" maximum:"1000000" doc:"0: as the server that saved it was started"`
	Offline    *bool     `json:"offline,omitempty"`
	Paused     *bool     `json:"paused,omitempty"`
}

// to changes a watch, without looking whether that can be.
func (c WatchChange) to(w *watch.Watch) {
	set(&w.Schedule, c.Schedule)
	set(&w.Band, c.Band)
	set(&w.To, c.To)
	set(&w.Bounds.Budget, c.Budget)
	set(&w.Bounds.PAP, c.PAP)
	set(&w.Bounds.Depth, c.Depth)
	set(&w.Bounds.MaxHolders, c.MaxHolders)
	set(&w.Bounds.Offline, c.Offline)
	set(&w.Paused, c.Paused)
}

// bounds reports whether a change is of what a run may ask.
func (c WatchChange) bounds() bool {
	return c.Budget != nil || c.PAP != nil || c.Depth != nil || c.MaxHolders != nil || c.Offline != nil
}

// WatchHistory is a watch with its runs, the latest first.
type WatchHistory struct {
	Watch watch.Watch   `json:"watch"`
	Runs  []watch.Round `json:"runs"`
}

type (
	watchInput struct {
		Watch string `path:"watch" maxLength:"64" doc:"ID or name"`
	}
	addWatchInput    struct{ Body WatchAsk }
	changeWatchInput struct {
		Watch string `path:"watch" maxLength:"64" doc:"ID or name"`
		Body  WatchChange
	}
	watchesInput struct {
		Case string `query:"case" maxLength:"200" doc:"only those that go on with this case"`
		Page
	}
	watchRunsInput struct {
		Watch string `path:"watch" maxLength:"64" doc:"ID or name"`
		Page
	}
)

func (s *service) registerWatching(api huma.API) {
	register(api, get(account.Read, "watches", "/watches", "The saved investigations that are run again, by name", "As clew watch list."),
		func(ctx context.Context, in *watchesInput) (List[watch.Watch], error) {
			all, err := s.cases.Watches.List(ctx)
			if err != nil {
				return List[watch.Watch]{}, err
			}
			all = slices.DeleteFunc(all, func(w watch.Watch) bool { return in.Case != "" && w.Case != in.Case || !s.showsWatch(ctx, w) })
			return paged(all, func(w watch.Watch) string { return w.ID }, in.Page)
		})
	add := post(account.Work, "watch-add", "/watches", "Save an investigation that is run again on a schedule", "As clew watch add. Its first run finds what is known, and tells nothing.")
	add.DefaultStatus = http.StatusCreated
	add.Errors = []int{http.StatusNotFound, http.StatusConflict}
	register(api, add, s.addWatch)
	one := get(account.Read, "watch", "/watches/{watch}", "A watch", "")
	one.Errors = []int{http.StatusNotFound}
	register(api, one, func(ctx context.Context, in *watchInput) (watch.Watch, error) { return s.shownWatch(ctx, in.Watch) })
	remove := post(account.Work, "watch-remove", "/watches/{watch}/remove", "Remove a watch", "Its case, and what was told of it, stay in the record.")
	remove.Errors = []int{http.StatusNotFound}
	register(api, remove, func(ctx context.Context, in *watchInput) (watch.Watch, error) {
		w, err := s.ownWatch(ctx, in.Watch)
		if err != nil {
			return w, err
		}
		return w, s.cases.Watches.Remove(ctx, w.ID)
	})
	change := post(account.Work, "watch-change", "/watches/{watch}", "Change, pause or resume a watch", "As clew watch pause. A new schedule counts from now.")
	change.Errors = []int{http.StatusNotFound}
	register(api, change, func(ctx context.Context, in *changeWatchInput) (watch.Watch, error) {
		w, err := s.ownWatch(ctx, in.Watch)
		if err != nil {
			return w, err
		}
		return s.jobs.changeWatch(ctx, w.ID, in.Body)
	})
	run := post(account.Work, "watch-run", "/watches/{watch}/run", "Run a watch now", "The run is followed as every other run is. The schedule stays as it is.")
	run.DefaultStatus = http.StatusAccepted
	run.Errors = []int{http.StatusNotFound, http.StatusTooManyRequests}
	register(api, run, func(ctx context.Context, in *watchInput) (Run, error) {
		w, err := s.ownWatch(ctx, in.Watch)
		if err != nil {
			return Run{}, err
		}
		return s.jobs.runWatchNow(ctx, w.ID)
	})
	history := get(account.Read, "watch-runs", "/watches/{watch}/runs", "The runs of a watch, the latest first", "What each found new, and who was told.")
	history.Errors = []int{http.StatusNotFound}
	register(api, history, func(ctx context.Context, in *watchRunsInput) (List[watch.Round], error) {
		w, err := s.shownWatch(ctx, in.Watch)
		if err != nil {
			return List[watch.Round]{}, err
		}
		h, err := s.jobs.watchHistory(ctx, w.ID)
		if err != nil {
			return List[watch.Round]{}, err
		}
		return paged(h.Runs, func(r watch.Round) string { return r.Job }, in.Page)
	})
	sse.Register(api, get(account.Read, "watch-events", "/watches/{watch}/events", "Follow a watch", "Server-sent events: the watch with its last runs at once, then with each change, until it is removed."),
		map[string]any{"watch": WatchHistory{}, "gone": Gone{}}, s.followWatch)
}

// addWatch saves a watch for whoever asks.
func (s *service) addWatch(ctx context.Context, in *addWatchInput) (watch.Watch, error) {
	if in.Body.Case != "" {
		id, err := s.resolve(ctx, in.Body.Case)
		if err != nil {
			return watch.Watch{}, err
		}
		if err := s.mayChange(ctx, id); err != nil {
			return watch.Watch{}, err
		}
		in.Body.Case = id
	}
	return s.jobs.saveWatch(ctx, in.Body)
}

// showsWatch reports whether a watch is shown to who asks: its case decides, and before
// there is one, who saved it.
func (s *service) showsWatch(ctx context.Context, w watch.Watch) bool {
	id := w.Case
	if _, err := s.cases.Cases.Head(account.System(ctx), id); errors.Is(err, casefile.ErrNoCase) {
		id = ""
	}
	return s.shows(ctx, id, w.By)
}

func (s *service) shownWatch(ctx context.Context, name string) (watch.Watch, error) {
	w, err := s.cases.Watches.Get(ctx, name)
	if err == nil && !s.showsWatch(ctx, w) {
		return watch.Watch{}, watch.ErrNoWatch
	}
	return w, err
}

// ownWatch is a watch that who asks may change: they saved it, or may change its case.
func (s *service) ownWatch(ctx context.Context, name string) (watch.Watch, error) {
	w, err := s.shownWatch(ctx, name)
	if err != nil {
		return w, err
	}
	noteCase(ctx, w.Case)
	return w, s.mayStop(ctx, w.Case, w.By)
}

// mostFollowed are the runs in an event.
const mostFollowed = 10

func (s *service) followWatch(ctx context.Context, in *watchInput, send sse.Sender) {
	watched, leave := s.saved.follow(in.Watch)
	defer leave()
	for {
		h, looked, changed, err := watched.now()
		switch {
		case errors.Is(err, watch.ErrNoWatch):
			_ = send.Data(Gone{casefile.Printable(err.Error())}) // it ends either way
			return
		case err == nil && looked:
			if now, still := s.still(ctx); !still || !s.showsWatch(now, h.Watch) {
				_ = send.Data(Gone{watch.ErrNoWatch.Error()}) // it ends either way
				return
			}
			if send.Data(h) != nil {
				return
			}
		}
		if !s.wait(ctx, changed) {
			return
		}
	}
}

func sameHistory(a, b WatchHistory) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// watchHistory returns a watch with its runs.
func (js *jobs) watchHistory(ctx context.Context, name string) (WatchHistory, error) {
	w, err := js.record.Watches.Get(ctx, name)
	if err != nil {
		return WatchHistory{}, err
	}
	runs, err := js.record.Watches.Runs(ctx, w.ID)
	return WatchHistory{w, append([]watch.Round{}, runs...)}, err
}

func (js *jobs) lastRuns(ctx context.Context, name string) (WatchHistory, error) {
	h, err := js.watchHistory(ctx, name)
	h.Runs = h.Runs[:min(len(h.Runs), mostFollowed)]
	return h, err
}

// saveWatch saves a watch. What is wrong with it is said now, and not when it is due.
func (js *jobs) saveWatch(ctx context.Context, ask WatchAsk) (watch.Watch, error) {
	under := js.core.Status().Defaults
	text, err := json.Marshal(under)
	if err != nil {
		return watch.Watch{}, err
	}
	now := js.clock().UTC().Truncate(time.Second)
	w := watch.Watch{
		Name: ask.Name, Bounds: ask.Bounds, Schedule: ask.Schedule, Band: ask.Band, To: append([]string{}, ask.To...),
		By: js.record.PersonOf(ctx), Saved: casefile.Time{Time: now}, Under: text,
	}
	if w.Band == "" {
		w.Band = "medium"
	}
	if err := w.Check(); err != nil {
		return w, err
	}
	if err := js.checkRecipients(w.To); err != nil {
		return w, err
	}
	if w.Case, err = js.watchedCase(ctx, ask); err != nil {
		return w, err
	}
	id := make([]byte, 8)
	if _, err := io.ReadFull(js.random, id); err != nil {
		return w, err
	}
	w.ID = hex.EncodeToString(id)
	w.Due = casefile.Time{Time: now} // the first run finds what is known
	return w, js.record.Watches.Add(ctx, w)
}

// watchedCase is the case that a watch goes on with, or the ID under which its first
// run opens one.
func (js *jobs) watchedCase(ctx context.Context, ask WatchAsk) (id string, err error) {
	start := askOf(watch.Watch{Bounds: ask.Bounds})
	if ask.Case != "" {
		if id, err = casefile.Resolve(ctx, js.record.Cases, ask.Case); err != nil {
			return "", err
		}
		start.Case = id
	}
	req, done, err := js.core.Request(ctx, start)
	if done != nil {
		done()
	}
	if err != nil || id != "" {
		return id, err
	}
	return js.newCase(ctx, req)
}

func (js *jobs) checkRecipients(names []string) error {
	if len(names) == 0 {
		return nil
	}
	known, err := js.core.Recipients()
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.ContainsFunc(known, func(r Recipient) bool { return r.Name == name }) {
			return Refused{errors.New("no recipient " + casefile.Printable(name) + " in the escalation section of the configuration")}
		}
	}
	return nil
}

func (js *jobs) changeWatch(ctx context.Context, name string, c WatchChange) (watch.Watch, error) {
	w, err := js.record.Watches.Get(ctx, name)
	if err != nil {
		return w, err
	}
	if c.To != nil {
		if err := js.checkRecipients(*c.To); err != nil {
			return w, err
		}
	}
	if c.bounds() {
		if err := js.checkBounds(ctx, w, c); err != nil {
			return w, err
		}
	}
	return js.record.Watches.Change(ctx, w.ID, func(w *watch.Watch) error {
		resumed := c.Paused != nil && w.Paused && !*c.Paused
		c.to(w)
		if err := w.Check(); err != nil {
			return err
		}
		if !resumed && c.Schedule == nil {
			return nil
		}
		next, err := w.Next(js.clock())
		w.Due = casefile.Time{Time: next}
		return err
	})
}

// checkBounds refuses bounds with which a run could not begin.
func (js *jobs) checkBounds(ctx context.Context, w watch.Watch, c WatchChange) error {
	c.to(&w)
	ask := askOf(w)
	if _, err := js.record.Cases.Head(ctx, w.Case); err == nil {
		ask.Indicators, ask.TLP, ask.Case = nil, "", w.Case
	} else if !errors.Is(err, casefile.ErrNoCase) {
		return err
	}
	_, done, err := js.core.Request(ctx, ask)
	if done != nil {
		done()
	}
	return err
}

func set[T any](what, to *T) {
	if to != nil {
		*what = *to
	}
}

// runWatchNow orders a run beside the schedule.
func (js *jobs) runWatchNow(ctx context.Context, name string) (Run, error) {
	w, err := js.record.Watches.Get(ctx, name)
	if err != nil {
		return Run{}, err
	}
	return asRun(js.orderWatch(ctx, w, casefile.Time{Time: js.clock().UTC()}))
}

// SaveWatch saves a watch.
func (w *Worker) SaveWatch(ctx context.Context, ask WatchAsk) (watch.Watch, error) {
	return w.jobs.saveWatch(ctx, ask)
}

// ChangeWatch changes a watch.
func (w *Worker) ChangeWatch(ctx context.Context, name string, c WatchChange) (watch.Watch, error) {
	return w.jobs.changeWatch(ctx, name, c)
}

// RunWatch runs a watch now, in this process or in whichever takes it up first, and
// returns how it ended.
func (w *Worker) RunWatch(ctx context.Context, name string) (Run, error) {
	run, err := w.jobs.runWatchNow(ctx, name)
	if err != nil {
		return run, err
	}
	watched, leave := w.jobs.watch.follow(run.ID)
	defer leave()
	for {
		j, looked, changed, err := watched.now()
		if err == nil && looked && j.State.Over() {
			return runOf(j), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return run, ctx.Err()
		}
	}
}
