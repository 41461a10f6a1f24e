package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"clew/internal/account"
	"clew/internal/casefile"
)

// readyWithin bounds how long the record may take to answer a probe.
const readyWithin = 5 * time.Second

// isProbe reports whether a request only asks how the server is. Supervisors have
// no token, and the answer tells nothing of any case.
func isProbe(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.URL.Path == "/healthz" || r.URL.Path == "/readyz")
}

// serveHealth answers probes: /healthz while the process answers at all, /readyz
// while it can read its record.
func (s *service) serveHealth(mux *http.ServeMux, ways routes) {
	well := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n")) // the client may be gone
	}
	ways.handle(mux, "GET /healthz", account.Public, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { well(w) }))
	ways.handle(mux, "GET /readyz", account.Public, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.ready(r.Context()); err != nil {
			problem(w, http.StatusServiceUnavailable, "the record does not answer: clew's own output says more")
			return
		}
		well(w)
	}))
}

func (s *service) ready(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	_, err := s.cases.Cases.Head(within, "no case has this name")
	if errors.Is(err, casefile.ErrNoCase) {
		return nil
	}
	return err
}
