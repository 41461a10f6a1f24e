package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/job"
)

// readyWithin bounds how long the record may take to answer a probe.
const readyWithin = 5 * time.Second

// isProbe reports whether a request only asks how the server is. Supervisors have
// no token, and the answer tells nothing of any case.
func isProbe(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.URL.Path == "/healthz" || r.URL.Path == "/readyz")
}

// serveHealth answers probes: /healthz while the process answers at all, /readyz
// while it can read its record and take up jobs.
func (s *service) serveHealth(mux *http.ServeMux, ways routes) {
	well := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, text+"\n") // the client may be gone
	}
	ways.handle(mux, "GET /healthz", account.Public, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { well(w, "ok") }))
	ways.handle(mux, "GET /readyz", account.Public, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := s.ready(r.Context())
		if err != nil {
			problem(w, http.StatusServiceUnavailable, text)
			return
		}
		well(w, text)
	}))
}

// ready says in words how the server is. Without a worker it is ready all the same:
// what is there can be read, and jobs wait.
func (s *service) ready(ctx context.Context) (text string, err error) {
	within, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	_, err = s.cases.Cases.Head(account.System(within), "no case has this name")
	if err != nil && !errors.Is(err, casefile.ErrNoCase) {
		return "the record does not answer: clew's own output says more", err
	}
	standing, err := s.jobs.store.Standing(within)
	if err != nil {
		return "jobs cannot be taken up: their record does not answer: clew's own output says more", err
	}
	for _, w := range standing.Workers {
		if slices.Contains(w.Queues, job.Shared) {
			return "ok", nil
		}
	}
	return "ok, but no worker takes jobs, which wait: start clew worker", nil
}
