package server

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"clew/internal/account"
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
	register(api, begin, func(ctx context.Context, in *askInput) (Run, error) { return s.jobs.start(ctx, in.Body) })
	register(api, get(account.Read, "runs", "/investigations", "The runs of this server, newest first", ""),
		func(ctx context.Context, in *runsInput) (List[Run], error) {
			all := s.jobs.runs()
			if in.Case != "" {
				id, err := s.resolve(ctx, in.Case)
				if err != nil {
					return List[Run]{}, err
				}
				all = slices.DeleteFunc(all, func(r Run) bool { return r.Case != id })
			}
			return paged(all, func(r Run) string { return r.ID }, in.Page)
		})
	one := get(account.Read, "run", "/investigations/{run}", "How a run stands", "")
	one.Errors = []int{http.StatusNotFound}
	register(api, one, func(_ context.Context, in *runInput) (Run, error) {
		j, err := s.jobs.find(in.ID)
		if err != nil {
			return Run{}, err
		}
		run, _ := j.now()
		return run, nil
	})
	cancel := post(account.Work, "cancel", "/investigations/{run}/cancel", "Cancel a run", "What it found stays in the case, which can be continued.")
	cancel.Errors = []int{http.StatusNotFound}
	register(api, cancel, func(_ context.Context, in *runInput) (Run, error) {
		j, err := s.jobs.find(in.ID)
		if err != nil {
			return Run{}, err
		}
		j.cancel()
		run, _ := j.now()
		return run, nil
	})
	sse.Register(api, get(account.Read, "run-events", "/investigations/{run}/events", "Follow a run", "Server-sent events: the run as it stands at once, then with each change, until it has ended."),
		map[string]any{"run": Run{}, "gone": Gone{}}, s.followRun)
}

// Gone is the last event of a stream that has nothing to follow.
type Gone struct {
	Reason string `json:"reason"`
}

func (s *service) followRun(ctx context.Context, in *runInput, send sse.Sender) {
	j, err := s.jobs.find(in.ID)
	follow(ctx, s, j, err, send)
}

// follow sends a job as it stands, then with each change, until it has ended. A
// job that is not there has an error.
func follow[T state](ctx context.Context, s *service, j *job[T], err error, send sse.Sender) {
	if err != nil {
		_ = send.Data(Gone{err.Error()}) // it ends either way
		return
	}
	for {
		run, changed := j.now()
		if send.Data(run) != nil || run.over() {
			return
		}
		if !s.wait(ctx, changed) {
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
