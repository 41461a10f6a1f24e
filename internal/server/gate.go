package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
)

// A gate lets through who has an account and may do what they ask for. It stands
// behind the guard, which has seen to it that no other site sent the request.
type gate struct {
	book  *account.Book
	mux   *http.ServeMux
	ways  routes
	place Place
	port  string // that is listened on
	next  http.Handler
	rates *rates
	log   *slog.Logger // is told what no answer can say any more
}

func newGate(o Options, mux *http.ServeMux, ways routes, g *guard) *gate {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &gate{book: o.Accounts, mux: mux, ways: ways, place: o.Place, port: g.port, next: g.next, rates: newRates(o.Requests, o.Clock), log: log}
}

// A visit is what operations know of the request that a caller came with.
type visit struct {
	from   account.From
	secure bool                 // whether the browser came over TLS
	cookie string               // name of that of the session
	origin string               // of pages that the host of the request serves
	host   string               // that the request named
	flow   string               // what the browser kept while it was at the identity provider
	half   string               // what it kept of the first step of a sign-in
	about  string               // the case that the request was about, once it is known
	writes bool                 // whether the operation changes the case that it is about
	needs  []account.Permission // that the caller was let in by
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		return &visit{}
	}
	return v
}

// noteCase notes which case a request is about, for the audit.
func noteCase(ctx context.Context, id string) { visitOf(ctx).about = id }

// sessionCookie names the cookie of a session. Over TLS no other host can plant one
// of that name (RFC 6265bis, 4.1.3.2); cookies know no ports, so in the clear its
// name does.
func sessionCookie(secure bool, port string) string {
	if secure {
		return "__Host-clew"
	}
	return "clew-session-" + port
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure := g.place.secure(r)
	v := &visit{from: account.From{Address: r.RemoteAddr, Agent: r.UserAgent()}, secure: secure, cookie: sessionCookie(secure, g.port), origin: g.place.origin(r), host: r.Host}
	if c, err := r.Cookie(v.cookie + "-flow"); err == nil {
		v.flow = c.Value
	}
	if c, err := r.Cookie(v.cookie + halfSuffix); err == nil {
		v.half = c.Value
	}
	ctx := context.WithValue(r.Context(), visitKey{}, v)
	caller, err := g.caller(r.WithContext(ctx), v)
	if err != nil && !errors.Is(err, account.ErrSignedOut) {
		g.log.Error("the accounts cannot be read", "error", err)
		problem(w, http.StatusServiceUnavailable, "the accounts cannot be read at the moment: clew's own output says more")
		return
	}
	if g.rates.paced(w, caller, err == nil, v.from) {
		return
	}
	if err == nil {
		ctx = asCaller(ctx, caller)
		asks(r, caller.User.Name)
	}
	g.permitted(w, r.WithContext(ctx))
}

// asCaller is a context in which a caller asks, and whose entries name them.
func asCaller(ctx context.Context, c account.Caller) context.Context {
	return investigation.As(account.As(ctx, c), c.User.Name)
}

// caller is who a request's session or token belongs to.
func (g *gate) caller(r *http.Request, v *visit) (account.Caller, error) {
	if given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return g.book.ByToken(r.Context(), given, v.from)
	}
	if _, password, ok := r.BasicAuth(); ok { // what firewalls and TAXII clients can send
		return g.book.ByToken(r.Context(), password, v.from)
	}
	for _, c := range r.CookiesNamed(v.cookie) {
		if caller, err := g.book.BySession(r.Context(), c.Value, v.from); !errors.Is(err, account.ErrSignedOut) {
			return caller, err
		}
	}
	return account.Caller{}, account.ErrSignedOut
}

// permitted answers what the caller of the request's context may have.
func (g *gate) permitted(w http.ResponseWriter, r *http.Request) {
	_, pattern := g.mux.Handler(r)
	way, known := g.ways[pattern]
	if !known {
		way = Route{pattern, pattern, account.Administer, false}
	}
	caller, signedIn := account.CallerOf(r.Context())
	switch {
	case way.Needs == account.Public:
	case !signedIn:
		w.Header().Set("WWW-Authenticate", `Basic realm="clew"`)
		if strings.HasPrefix(r.URL.Path, root) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="clew"`) // no browser asks for a password then
		}
		problem(w, http.StatusUnauthorized, "sign in, or send an API token as Authorization: Bearer TOKEN, or as the password of Basic")
		return
	case !caller.May(way.Needs):
		g.audit(r, caller, way, http.StatusForbidden)
		problem(w, http.StatusForbidden, whyNot(caller, way.Needs))
		return
	}
	v := visitOf(r.Context())
	v.writes, v.needs = way.logged(), append(v.needs, way.Needs)
	seen := &statusSeen{ResponseWriter: w, status: http.StatusOK}
	g.next.ServeHTTP(seen, r)
	if signedIn && (way.logged() || seen.status == http.StatusForbidden) {
		g.audit(r, caller, way, seen.status)
	}
}

func whyNot(c account.Caller, needs account.Permission) string {
	if c.Token != "" && c.User.Role.May(needs) {
		return fmt.Sprintf("this token was not given %q: make one that was", needs)
	}
	return fmt.Sprintf("your role, %s, has no permission to %s", c.User.Role, needs)
}

// audit writes what a caller asked for into the audit. The record of the case, which
// was written before, is what proves it; when the audit cannot be written, clew's
// log says so.
func (g *gate) audit(r *http.Request, caller account.Caller, way Route, status int) {
	e := account.Did(caller, way.Operation)
	e.Case = visitOf(r.Context()).about
	if investigation.Assisted(r.Context()) {
		e.Via += casefile.AssistantMark
	}
	switch {
	case status == http.StatusForbidden:
		e.Outcome = account.Refused
	case status >= http.StatusBadRequest:
		e.Outcome = account.Failed
	}
	e.Detail = fmt.Sprintf("%s %s: %d", r.Method, shortText(r.URL.Path), status)
	if err := g.book.Log(context.WithoutCancel(r.Context()), e); err != nil {
		g.log.Error("the audit cannot be written", "operation", way.Operation, "user", caller.User.Name, "error", err)
	}
}
