package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// policyHeaders let a page of ours load only what is ours, and nobody frame it.
var policyHeaders = map[string]string{
	"Content-Security-Policy":      "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cache-Control":                "private, no-cache", // keep it, ask each time
}

// hush are the paths below which answers hold secrets, or who is signed in.
var hush = []string{
	root + "/session", root + "/setup", root + "/account", root + "/users", root + "/tokens", root + "/second-factor", root + "/audit",
}

// keeps says what a browser may keep of the answer to a request: nothing of one with a
// secret, or of a change, or where nothing is to be kept at all.
func (g *guard) keeps(r *http.Request) bool {
	if g.noStore || r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.Query().Has("token") {
		return false
	}
	for _, path := range hush {
		if below, ok := strings.CutPrefix(r.URL.Path, path); ok && (below == "" || below[0] == '/') {
			return false
		}
	}
	return true
}

// A guard lets through who names this server by its own name, comes from its
// own pages or from no page, and has the token.
type guard struct {
	own     string // address and port that are listened on
	port    string
	place   Place
	token   [sha256.Size]byte
	cross   *http.CrossOriginProtection
	next    http.Handler
	noStore bool  // of any answer
	gate    *gate // where there are accounts: it says who may, and not the token
}

func newGuard(addr net.Addr, place Place, token string, next http.Handler) *guard {
	_, port, _ := net.SplitHostPort(addr.String()) // of a listener: it has one
	return &guard{own: addr.String(), port: port, place: place, token: sha256.Sum256([]byte(token)), cross: http.NewCrossOriginProtection(), next: next}
}

// cookie holds the token in a browser. Cookies know no ports, so its name does. Over
// TLS no other host of the domain can plant one (RFC 6265bis, 4.1.3.2).
func (g *guard) cookie(r *http.Request) string {
	if g.place.secure(r) {
		return "__Host-clew-" + g.port
	}
	return "clew-" + g.port
}

// strictTransport keeps browsers from asking in the clear for a year, this name and
// those below it: clew has a name of its own.
const strictTransport = "max-age=31536000; includeSubDomains"

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range policyHeaders {
		w.Header().Set(name, value)
	}
	if !g.keeps(r) {
		w.Header().Set("Cache-Control", "no-store")
	}
	if g.place.named(r.Host) && g.place.secure(r) {
		w.Header().Set("Strict-Transport-Security", strictTransport)
	}
	switch {
	case !g.ours(r.Host):
		// A name of somebody else's that resolves to us: DNS rebinding.
		problem(w, http.StatusMisdirectedRequest, "this server answers only to the address it printed when it started")
	case !g.sameOrigin(r):
		problem(w, http.StatusForbidden, "requests from other sites are refused")
	case isProbe(r):
		g.next.ServeHTTP(w, r)
	case g.gate != nil:
		g.gate.ServeHTTP(w, r)
	case r.Method == http.MethodGet && r.URL.Query().Has("token"):
		g.login(w, r)
	case !g.known(r):
		problem(w, http.StatusUnauthorized, "no token: open the link that clew serve printed, or send it as Authorization: Bearer TOKEN, or as the password of Basic")
	default:
		asks(r, "token")
		g.next.ServeHTTP(w, r)
	}
}

// ours reports whether a Host header names loopback and our port, or the address
// that people type.
func (g *guard) ours(host string) bool {
	switch host {
	case g.own, "127.0.0.1:" + g.port, "localhost:" + g.port, "[::1]:" + g.port:
		return true
	}
	return g.place.named(host)
}

func (g *guard) sameOrigin(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" && origin != g.place.origin(r) {
		return false
	}
	site := r.Header.Get("Sec-Fetch-Site")
	if site != "" && site != "same-origin" && site != "none" && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
		return false // a picture, script or frame of another site; also another port of this machine
	}
	return g.cross.Check(r) == nil
}

func (g *guard) is(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

func (g *guard) known(r *http.Request) bool {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return g.is(token)
	}
	if _, password, ok := r.BasicAuth(); ok { // what firewalls and TAXII clients can send
		return g.is(password)
	}
	for _, c := range r.CookiesNamed(g.cookie(r)) {
		if g.is(c.Value) {
			return true
		}
	}
	return false
}

// login turns the token of the printed link into a cookie and takes it out of
// the address, where history and shoulders would see it.
func (g *guard) login(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if !g.is(token) {
		problem(w, http.StatusUnauthorized, "this token is not of this server: open the link it printed when it started")
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is left out on loopback in the clear, where browsers would drop it
		Name: g.cookie(r), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: g.place.secure(r),
	})
	q := r.URL.Query()
	q.Del("token")
	// Never to another host: "//evil.example" as a path would be one.
	to := url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, `/\`), RawQuery: q.Encode()}
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

// problem answers with an error that a program can read (RFC 9457).
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail}) // the client may be gone
}
