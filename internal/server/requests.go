package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// requests stand before everything: each is given a number, who asks is found out,
// and a line is written when it was answered. Streams are ended when the server
// stops, and other answers are not.
type requests struct {
	place      Place
	log        *slog.Logger
	mux        *http.ServeMux
	operations map[string]string // names of operations by what the mux matches
	clock      func() time.Time
	next       http.Handler

	mu      sync.Mutex
	open    map[*request]bool // guarded by mu
	closing bool              // guarded by mu
}

// A request that is being answered.
type request struct {
	statusSeen
	all    *requests
	cancel context.CancelFunc
	user   string // "" until somebody is known
	why    []byte // what a failed answer said
}

// mostWhy bounds what is kept of a failed answer, in bytes.
const mostWhy = 2 << 10

func newRequests(o Options, mux *http.ServeMux, api *huma.OpenAPI, next http.Handler) *requests {
	names := map[string]string{}
	for path, item := range api.Paths {
		for method, op := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
		} {
			if op != nil {
				names[method+" "+path] = op.OperationID
			}
		}
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &requests{place: o.Place, log: log, mux: mux, operations: names, clock: o.Clock, next: next, open: map[*request]bool{}}
}

type requestKey struct{}

// asks notes who asks, for the line that is written about a request.
func asks(r *http.Request, user string) {
	if one, ok := r.Context().Value(requestKey{}).(*request); ok {
		one.user = user
	}
}

// ServeHTTP implements [http.Handler].
func (rs *requests) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began, id := rs.clock(), rand.Text()[:16]
	w.Header().Set("X-Request-Id", id)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	one := &request{statusSeen: statusSeen{ResponseWriter: w, status: http.StatusOK}, all: rs, cancel: cancel}
	asked, refusal := rs.place.seen(r)
	asked = asked.WithContext(context.WithValue(ctx, requestKey{}, one))
	rs.begin(one)
	defer func() {
		rs.end(one)
		rs.write(asked, one, id, rs.clock().Sub(began))
	}()
	if refusal != "" {
		problem(one, http.StatusForbidden, refusal)
		return
	}
	rs.next.ServeHTTP(one, asked)
}

func (rs *requests) begin(one *request) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.open[one] = true
}

func (rs *requests) end(one *request) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.open, one)
}

// endStreams ends those that go on until somebody does, now and from now on.
func (rs *requests) endStreams() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.closing = true
	for one := range rs.open {
		if one.stream {
			one.cancel()
		}
	}
}

// WriteHeader implements [http.ResponseWriter].
func (one *request) WriteHeader(status int) {
	one.all.mu.Lock()
	one.note(status)
	if one.stream && one.all.closing {
		one.cancel()
	}
	one.all.mu.Unlock()
	one.ResponseWriter.WriteHeader(status)
}

func (one *request) Write(p []byte) (int, error) {
	if one.status >= http.StatusInternalServerError && len(one.why) < mostWhy {
		one.why = append(one.why, p[:min(len(p), mostWhy-len(one.why))]...)
	}
	return one.ResponseWriter.Write(p)
}

// write says what was asked and how it went. Addresses and queries hold values of
// cases: only the pattern that matched is written, the rest at debug.
func (rs *requests) write(r *http.Request, one *request, id string, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case one.status >= http.StatusInternalServerError:
		level = slog.LevelError
	case one.status == http.StatusUnauthorized || one.status == http.StatusForbidden || one.status == http.StatusTooManyRequests || one.status == http.StatusMisdirectedRequest:
		level = slog.LevelWarn
	case isProbe(r):
		level = slog.LevelDebug
	}
	if !rs.log.Enabled(r.Context(), level) {
		return
	}
	_, route := rs.mux.Handler(r)
	client, _, _ := net.SplitHostPort(r.RemoteAddr) // "" of a request that came over no network
	line := []slog.Attr{
		slog.String("request", id), slog.String("operation", cmp.Or(rs.operations[route], route, "none")), slog.Int("status", one.status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("user", cmp.Or(one.user, "nobody")), slog.String("client", client),
	}
	if one.stream {
		line = append(line, slog.Bool("stream", true))
	}
	if one.status >= http.StatusInternalServerError {
		line = append(line, slog.String("error", detailOf(one.why)))
	}
	if rs.log.Enabled(r.Context(), slog.LevelDebug) {
		line = append(line, slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("query", withoutToken(r.URL.RawQuery)))
	}
	rs.log.LogAttrs(r.Context(), level, "answered", line...)
}

// detailOf is what a problem says, or how an answer began that is none.
func detailOf(body []byte) string {
	var said huma.ErrorModel
	if err := json.Unmarshal(body, &said); err == nil {
		return said.Detail
	}
	return string(body)
}

// withoutToken leaves the token of a link out.
func withoutToken(query string) string {
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		if !strings.HasPrefix(part, "token=") {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}
