// Package server answers over HTTP on loopback what the command line answers in
// a terminal: the same core, the same JSON. It is meant for one analyst's
// browser and scripts on the same machine.
package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
)

// Options say what a server works with.
type Options struct {
	Core    Core
	Token   string // whoever has it may do what the user may
	Version string
	Clock   func() time.Time
	Feeds   map[string]http.Handler // what tools fetch, by the path it lies under
	Page    Site                    // nil for the API alone
	Place   Place                   // where browsers find it
	TLS     *tls.Config             // nil for answers in the clear
	Log     *slog.Logger            // nil for no lines about requests
	Work    Work                    // which jobs this process does
	// Accounts say who may do what; nil where the token opens everything. The cases
	// that Core and Feeds open must be [Guarded] by them.
	Accounts *account.Book
	Provider Provider // of identities, nil for none
	Folders  []string // of this machine, that everybody who works may read from
	Requests int      // a second of one user with an account that are answered; 0 means [DefaultRate]
	NoStore  bool     // browsers keep no answer, however large: each is sent anew
	// CaseMemory is what cases that were read may take in memory, in MiB, about; 0
	// means [DefaultCaseMemory].
	CaseMemory int
}

// A Site serves its own files, and gives everything else to next.
type Site func(next http.Handler) (http.Handler, error)

// A Server is one run of clew serve.
type Server struct {
	mux     *http.ServeMux
	ways    routes
	api     huma.API
	service *service
	http    *http.Server
	handler *requests
	gate    *gate              // nil without accounts
	closing context.CancelFunc // ends every request that still runs
}

// shutdownWithin bounds how long answers under way are waited for.
const shutdownWithin = 5 * time.Second

// New opens the record and readies a server for a listener's address.
func New(addr net.Addr, o Options) (*Server, error) {
	cases, err := o.Core.Open(investigation.Needs{Cases: true, Jobs: true, Watches: true})
	if err != nil {
		return nil, err
	}
	js, err := newJobs(o.Core, cases, o.Clock, rand.Reader)
	if err != nil {
		return nil, errors.Join(err, cases.Close())
	}
	if o.Accounts != nil {
		o.Work.Users = o.Accounts
	}
	shelf := &shelf{core: o.Core}
	s := &service{
		core: o.Core, cases: cases, shelf: shelf, jobs: js, worker: newWorker(js, shelf, o.Work), beat: 15 * time.Second, streams: streams{most: mostStreams}, version: o.Version,
		accounts: o.Accounts, provider: o.Provider, folders: o.Folders,
	}
	s.docs, s.watch = newDocuments(o.Core, cases.Cases, o.Clock, o.CaseMemory), newWatches(func(ctx context.Context, id string) (casefile.Head, error) {
		return cases.Cases.Head(account.System(ctx), id)
	}, sameHead)
	s.saved = newWatches(func(ctx context.Context, name string) (WatchHistory, error) {
		return js.lastRuns(account.System(ctx), name)
	}, sameHistory)
	s.ofAccounts()
	mux := http.NewServeMux()
	api := newAPI(mux, s, o.Version)
	ways := routes{}
	ways.operations(api.OpenAPI())
	s.ways = ways
	if err := servePages(mux, ways, referenceOf(api.OpenAPI()), o.Page); err != nil {
		return nil, errors.Join(err, cases.Close())
	}
	for path, handler := range o.Feeds {
		ways.handle(mux, path, account.Feed, handler)
	}
	o.Place.guarded = o.TLS == nil && !onLoopback(addr)
	ctx, cancel := context.WithCancel(context.Background())
	m := newMetrics(s.jobs, o.Version)
	ways.handle(mux, "GET /metrics", account.Monitor, m.handler())
	s.serveHealth(mux, ways)
	guard := newGuard(addr, o.Place, o.Token, tagged(m.counted(mux)))
	guard.noStore = o.NoStore
	if o.Accounts != nil {
		guard.gate = newGate(o, mux, ways, guard)
	}
	server := &Server{mux: mux, ways: ways, api: api, service: s, closing: cancel, gate: guard.gate}
	server.handler = newRequests(o, mux, api.OpenAPI(), guard)
	// No ReadTimeout: it would end streams. Bodies have their own, by operation.
	server.http = &http.Server{
		Handler: server.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return ctx }, TLSConfig: o.TLS,
		ErrorLog: slog.NewLogLogger(server.handler.log.Handler(), slog.LevelWarn), // handshakes that failed, and what panicked
	}
	if err := s.worker.Start(context.Background()); err != nil {
		return nil, errors.Join(err, cases.Close())
	}
	return server, nil
}

func sameHead(a, b casefile.Head) bool { return a == b }

// API answers operations for what runs in this process, and describes them: without
// accounts it has the user's leave, with accounts the context says who asks.
func (s *Server) API() (http.Handler, *huma.OpenAPI) {
	if s.gate == nil {
		return s.mux, s.api.OpenAPI()
	}
	within := *s.gate
	within.next = s.mux
	return http.HandlerFunc(within.permitted), s.api.OpenAPI()
}

// Mount adds what is answered under a path, to whoever has a permission.
func (s *Server) Mount(path string, needs account.Permission, handler http.Handler) {
	s.ways.handle(s.mux, path, needs, handler)
}

// Routes lists the ways into the server, by pattern.
func (s *Server) Routes() []Route {
	return slices.SortedFunc(maps.Values(s.ways), func(a, b Route) int { return strings.Compare(a.Pattern, b.Pattern) })
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Serve answers until ctx ends. Running investigations are then stopped with
// what they found recorded, to be gone on with by another worker or the next start,
// and answers under way are finished.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() {
		if s.http.TLSConfig != nil {
			failed <- s.http.ServeTLS(listener, "", "") // the configuration has the certificate
			return
		}
		failed <- s.http.Serve(listener)
	}()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	return errors.Join(err, s.Close())
}

// Close stops running investigations, which record what they found and go back into
// the queue, ends streams, and lets other answers be finished as long as that takes
// no longer than shutdownWithin.
func (s *Server) Close() error {
	s.service.worker.Stop(0)
	s.handler.endStreams()
	within, cancel := context.WithTimeout(context.Background(), shutdownWithin)
	defer cancel()
	stopped := s.http.Shutdown(within)
	s.closing()
	if errors.Is(stopped, context.DeadlineExceeded) {
		stopped = s.http.Close()
	}
	return errors.Join(stopped, s.service.cases.Close())
}

func onLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && (tcp.IP == nil || tcp.IP.IsLoopback()) // without an address it is none of a listener
}

// Beyond reports whether an address to listen on can be reached from other machines.
func Beyond(address string) (bool, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false, fmt.Errorf("listen on %q: write 127.0.0.1:8777", address)
	}
	ip := net.ParseIP(host)
	return host != "localhost" && (ip == nil || !ip.IsLoopback()), nil
}

// Listen opens a port: on loopback, or beyond it where accounts say who may do what.
func Listen(ctx context.Context, address string, accounts bool) (net.Listener, error) {
	beyond, err := Beyond(address)
	if err != nil {
		return nil, err
	}
	if beyond && !accounts {
		return nil, fmt.Errorf("listen on %q: without accounts only this machine can be served: use 127.0.0.1, or --accounts", address)
	}
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", address)
}
