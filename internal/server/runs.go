package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/job"
)

// atMostEvery is the pace of a stream: a run changes far more often than
// anybody can read.
const atMostEvery = 100 * time.Millisecond

type runInput struct {
	ID string `path:"run" maxLength:"64"`
}

type runsInput struct {
	Page
	Case string `query:"case" maxLength:"200" doc:"only those of this case: what is under way, after a reload"`
}

func (s *service) registerRuns(api huma.API) {
	begin := post(account.Work, "start", "/investigations", "Start or continue an investigation",
		"Answers at once; the run goes on in the server. What the command line refuses (a shared service, an address of nobody's) is refused here too.")
	begin.DefaultStatus = http.StatusAccepted
	begin.Errors = []int{http.StatusNotFound, http.StatusConflict, http.StatusTooManyRequests}
	register(api, begin, s.start)
	register(api, get(account.Read, "runs", "/investigations", "The runs of this server, newest first", ""),
		func(ctx context.Context, in *runsInput) (List[Run], error) {
			id := ""
			if in.Case != "" {
				var err error
				if id, err = s.resolve(ctx, in.Case); err != nil {
					return List[Run]{}, err
				}
			}
			all, err := s.jobs.runs(ctx, id)
			if err != nil {
				return List[Run]{}, err
			}
			all = slices.DeleteFunc(all, func(r Run) bool { return !s.showsRun(ctx, r) })
			return paged(all, func(r Run) string { return r.ID }, in.Page)
		})
	one := get(account.Read, "run", "/investigations/{run}", "How a run stands", "")
	one.Errors = []int{http.StatusNotFound}
	register(api, one, func(ctx context.Context, in *runInput) (Run, error) {
		return s.run(ctx, in.ID)
	})
	cancel := post(account.Work, "cancel", "/investigations/{run}/cancel", "Cancel a run", "What it found stays in the case, which can be continued.")
	cancel.Errors = []int{http.StatusNotFound}
	register(api, cancel, func(ctx context.Context, in *runInput) (Run, error) {
		if err := s.mayTurn(ctx, in.ID); err != nil {
			return Run{}, err
		}
		return asRun(s.jobs.store.Cancel(ctx, in.ID))
	})
	retry := post(account.Work, "retry", "/investigations/{run}/retry", "Take up again a run that was interrupted or failed", "It goes on from the record of its case: nothing is asked twice.")
	retry.Errors = []int{http.StatusNotFound, http.StatusConflict}
	register(api, retry, func(ctx context.Context, in *runInput) (Run, error) {
		if err := s.mayTurn(ctx, in.ID); err != nil {
			return Run{}, err
		}
		return asRun(s.jobs.store.Retry(ctx, in.ID))
	})
	sse.Register(api, s.streams.bounded(get(account.Read, "run-events", "/investigations/{run}/events", "Follow a run", "Server-sent events: the run as it stands at once, then with each change, until it has ended.")),
		map[string]any{"run": Run{}, "gone": Gone{}}, s.followRun)
}

// Gone is the last event of a stream that has nothing to follow.
type Gone struct {
	Reason string `json:"reason"`
}

func (s *service) followRun(ctx context.Context, in *runInput, send sse.Sender) {
	follow(ctx, s, in.ID, runKinds, runOf, s.showsRun, send)
}

// start begins an investigation for whoever asks.
func (s *service) start(ctx context.Context, in *askInput) (Run, error) {
	if in.Body.Case != "" {
		id, err := s.resolve(ctx, in.Body.Case)
		if err != nil {
			return Run{}, err
		}
		in.Body.Case = id
	}
	return s.jobs.start(ctx, in.Body)
}

// run finds a run that is shown to who asks.
func (s *service) run(ctx context.Context, id string) (Run, error) {
	run, err := asRun(s.jobs.find(ctx, id, runKinds...))
	if err == nil && !s.showsRun(ctx, run) {
		return Run{}, job.ErrNoJob
	}
	return run, err
}

// mayTurn refuses to stop or repeat a run for who does not see it, or may not
// change its case.
func (s *service) mayTurn(ctx context.Context, id string) error {
	run, err := s.run(ctx, id)
	if err != nil {
		return err
	}
	noteCase(ctx, run.Case)
	return s.mayStop(ctx, run.Case, run.Actor)
}

// follow sends a job as clients see it, then with each change, until it has ended.
// It may be done on another machine. The stream ends as well when the job is no
// longer shown to who asked.
func follow[T any](ctx context.Context, s *service, id string, kinds []string, show func(job.Job) T, shows func(context.Context, T) bool, send sse.Sender) {
	first, err := s.jobs.find(ctx, id, kinds...)
	if err == nil && !shows(ctx, show(first)) {
		err = job.ErrNoJob
	}
	if err != nil {
		_ = send.Data(Gone{casefile.Printable(err.Error())}) // it ends either way
		return
	}
	watched, leave := s.jobs.watch.follow(id)
	defer leave()
	for {
		j, looked, changed, err := watched.now()
		switch {
		case errors.Is(err, job.ErrNoJob):
			_ = send.Data(Gone{casefile.Printable(err.Error())}) // it ends either way
			return
		case err == nil && looked:
			if shown := show(j); !shows(ctx, shown) || send.Data(shown) != nil || j.State.Over() {
				return
			}
		}
		if !s.wait(ctx, changed) {
			return
		}
		var in bool
		if ctx, in = s.still(ctx); !in {
			_ = send.Data(Gone{account.ErrSignedOut.Error()}) // it ends either way
			return
		}
	}
}

// wait returns with the next change, a beat at the latest, false when the client
// has gone. It never returns within the pace of a stream.
func (s *service) wait(ctx context.Context, changed <-chan struct{}) bool {
	beat := time.NewTimer(s.beat)
	defer beat.Stop()
	pace := time.NewTimer(min(atMostEvery, s.beat))
	defer pace.Stop()
	select {
	case <-changed:
	case <-beat.C:
	case <-ctx.Done():
		return false
	}
	select {
	case <-pace.C:
		return true
	case <-ctx.Done():
		return false
	}
}
