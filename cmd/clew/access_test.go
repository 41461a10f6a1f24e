package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"

	"clew/internal/account"
	"clew/internal/account/oidc"
	"clew/internal/account/sqlite"
	"clew/internal/account/totp"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/server"
	"clew/internal/server/assistant"
)

// The two tables from which every expectation of this test follows.

// whoMay says which permission whom it lets in. Halfway is who took the first step of a
// sign-in and not the second. Of tokens, which are an admin's, one
// for each scope.
const whoMay = `
permission nobody halfway expired disabled viewer analyst approver admin | feed read work act approve monitor administer
public     yes    yes     yes     yes      yes    yes     yes      yes   | yes  yes  yes  yes yes     yes     yes
signed-in  -      -       -       -        yes    yes     yes      yes   | yes  yes  yes  yes yes     yes     yes
feed       -      -       -       -        yes    yes     yes      yes   | yes  yes  -    -   -       -       -
read       -      -       -       -        yes    yes     yes      yes   | -    yes  -    -   -       -       -
work       -      -       -       -        -      yes     yes      yes   | -    -    yes  -   -       -       -
act        -      -       -       -        -      yes     yes      yes   | -    -    -    yes -       -       -
approve    -      -       -       -        -      -       yes      yes   | -    -    -    -   yes     -       -
monitor    -      -       -       -        -      -       -        yes   | -    -    -    -   -       yes     -
administer -      -       -       -        -      -       -        yes   | -    -    -    -   -       -       yes
`

// whichCase says what each case is to everybody of the test but the stranger: the
// ceiling of all is TLP:AMBER, of the stranger TLP:RED.
const whichCase = `
case    everybody stranger owner
own     changes   hidden   analyst
open    changes   changes  -
looked  sees      changes  stranger
others  hidden    changes  stranger
above   hidden    changes  -
`

// Who sees a case is for its owner to say, and for an admin.
const grants = "access-set"

// needs of each operation that a case is named in, with a body that reaches it. CASE
// stands for the case, SEED for its seed. What has no line here is asked with an
// empty object, and has no case.
var bodies = map[string]string{
	"start": `{"case":"CASE"}`, "turn": `{"pivots":[{"from":"SEED","method":"naming"}]}`,
	"judge": `{"verdict":"accepted","indicator":"SEED","reason":"a test"}`, "note": `{"text":"a remark"}`, "tag": `{"add":["a tag"]}`,
	"undo": `{"seq":1}`, "weigh": `{}`, "close": `{}`, "reopen": `{}`, "replay": `{}`,
	"reject-pivot": `{"pivot":{"from":"SEED","method":"co-hosted","value":"192.0.2.1"},"reason":"a test"}`,
	"reopen-pivot": `{"pivot":{"from":"SEED","method":"co-hosted","value":"192.0.2.1"},"reason":"a test"}`,
	"act":          `{"verb":"propose","indicators":["SEED"]}`, "escalate": `{"dry_run":true}`,
	"hunt": `{"case":"CASE","index":true}`, "hunt-queries": `{"case":"CASE"}`,
	"access-set": `{"owner":"nobody-at-all","restricted":true}`,
}

// queries are what operations need in their address beside the case.
var queries = map[string]string{
	"counts": "indicator=SEED", "finding": "indicator=SEED", "report": "format=md", "search": "q=example", "show": "indicator=SEED", "pivots": "indicator=SEED",
	"runs": "case=CASE",
}

// continues are operations that go on from the first step of a sign-in: the test has
// nobody who may.
var continues = []string{"sign-in-enrol"}

// overseen are operations that an admin does about every case below the ceiling.
var overseen = []string{"access-set", "all-access", "trail"}

// ways are requests to what is no operation of the API, by pattern.
var ways = map[string]string{
	"/": "GET /", "/feeds/": "GET /feeds/edl-domain", "/taxii2": "GET /taxii2", "/taxii2/": "GET /taxii2/cases/collections/", "/mcp": "POST /mcp",
	"GET /api": "GET /api", "GET /api/reference.css": "GET /api/reference.css", "GET /metrics": "GET /metrics", "GET /healthz": "GET /healthz", "GET /readyz": "GET /readyz",
	"GET /openapi.json": "GET /openapi.json", "GET /openapi.yaml": "GET /openapi.yaml", "GET /openapi-3.0.json": "GET /openapi-3.0.json", "GET /openapi-3.0.yaml": "GET /openapi-3.0.yaml",
}

var seeds = map[string]string{"own": "mine.example", "open": "everyone.example", "looked": "shown.example", "others": "theirs.example", "above": "redder.example"}

// A team is a server with accounts, users of every sort, and a case of every sort.
type team struct {
	t        testing.TB
	book     *account.Book
	server   *server.Server
	headers  map[string]http.Header // by caller
	ids      map[string]string      // of cases
	users    map[string]account.User
	at       server.Provider
	requests int // a second that are answered
}

var cheap = account.Cost{Memory: 64, Passes: 1, Threads: 1}

func newTeam(t testing.TB) *team { return newTeamWith(t, nil, 10_000) } // faster than any test asks

func newTeamWith(t testing.TB, at server.Provider, requests int) *team {
	t.Helper()
	a := offlineApp(servedApp(t))
	dir, err := a.dataDir()
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	g := &team{t: t, headers: map[string]http.Header{"nobody": {}}, ids: map[string]string{}, users: map[string]account.User{}, at: at, requests: requests}
	g.book = account.NewBook(store, account.DefaultRules, cheap, time.Now, rand.Reader)
	late := account.NewBook(store, account.DefaultRules, cheap, func() time.Time { return time.Now().Add(-2 * account.DefaultRules.Longest) }, rand.Reader)
	console := account.Console("tester")
	for name, role := range map[string]account.Role{
		"viewer": account.Viewer, "analyst": account.Analyst, "approver": account.Approver, "admin": account.Admin, "stranger": account.Analyst, "disabled": account.Admin, "expired": account.Admin,
	} {
		n := account.NewUser{Name: name, Role: role, Ceiling: marking.TLPAmber, Password: "blue tree river " + name}
		if name == "stranger" {
			n.Ceiling = marking.TLPRed
		}
		u, _, err := g.book.AddUser(t.Context(), console, n)
		if err != nil {
			t.Fatal(err)
		}
		g.users[name] = u
		book := g.book
		if name == "expired" {
			book = late
		}
		secret, _, err := book.SignIn(t.Context(), name, n.Password, account.From{Address: "192.0.2.7:1"})
		if err != nil {
			t.Fatal(err)
		}
		g.headers[name] = http.Header{"Cookie": {"clew-session-8777=" + secret}}
	}
	g.halfway()
	disabled := true
	if _, err := g.book.ChangeUser(t.Context(), console, g.users["disabled"].ID, account.UserChange{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	for _, scope := range account.Scopes() {
		_, secret, err := g.book.MakeToken(t.Context(), console, g.users["admin"].ID, account.NewToken{Name: "t", Scopes: []account.Permission{scope}})
		if err != nil {
			t.Fatal(err)
		}
		g.headers["token:"+string(scope)] = http.Header{"Authorization": {"Bearer " + secret}}
	}
	g.openCases(a)
	g.serve(a)
	return g
}

// halfway adds an admin who took the first step of a sign-in.
func (g *team) halfway() {
	g.t.Helper()
	ctx, from, password := g.t.Context(), account.From{Address: "192.0.2.7:1"}, "blue tree river half"
	u, _, err := g.book.AddUser(ctx, account.Console("tester"), account.NewUser{Name: "halfway", Role: account.Admin, Ceiling: marking.TLPAmber, Password: password})
	if err != nil {
		g.t.Fatal(err)
	}
	session, _, err := g.book.SignIn(ctx, u.Name, password, from)
	if err != nil {
		g.t.Fatal(err)
	}
	caller, err := g.book.BySession(ctx, session, from)
	if err != nil {
		g.t.Fatal(err)
	}
	key, err := g.book.BeginFactor(ctx, caller, password, "", from)
	if err != nil {
		g.t.Fatal(err)
	}
	if _, err := g.book.ConfirmFactor(ctx, caller, key.Code(totp.Step(time.Now())), from); err != nil {
		g.t.Fatal(err)
	}
	_, _, err = g.book.SignIn(ctx, u.Name, password, from)
	var more *account.StepError
	if !errors.As(err, &more) {
		g.t.Fatal(err)
	}
	g.headers["halfway"] = http.Header{"Cookie": {"clew-session-8777-half=" + more.Secret + "; clew-session-8777=" + more.Secret}}
}

// openCases opens a case of every sort, at the console.
func (g *team) openCases(a *app) {
	g.t.Helper()
	for name, seed := range seeds {
		ran := *a
		ran.tlp = "AMBER"
		if name == "above" {
			ran.tlp = "RED"
		}
		args := []string{"investigate", seed, "--offline", "--tlp", ran.tlp}
		if code := ran.run(g.t.Context(), args); code != exitDone {
			g.t.Fatalf("investigate %s: exit %d", seed, code)
		}
	}
	w, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		g.t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // nothing was written
	heads, err := w.Cases.Cases(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	for _, head := range heads {
		for name, seed := range seeds {
			if strings.Contains(head.Case, strings.ReplaceAll(seed, ".", "-")) {
				g.ids[name] = head.Case
			}
		}
	}
	if len(g.ids) != len(seeds) {
		g.t.Fatalf("%d cases of %d: %v", len(g.ids), len(seeds), g.ids)
	}
	share := func(name, owner string, members ...account.Member) {
		if _, err := g.book.SetAccess(g.t.Context(), account.Console("tester"), account.Access{Case: g.ids[name], Owner: g.users[owner].ID, Restricted: true, Members: members}); err != nil {
			g.t.Fatal(err)
		}
	}
	var changing, looking []account.Member
	for _, role := range []string{"viewer", "analyst", "approver", "admin"} {
		changing, looking = append(changing, account.Member{User: g.users[role].ID, Changes: true}), append(looking, account.Member{User: g.users[role].ID})
	}
	share("own", "analyst", changing...)
	share("looked", "stranger", looking...)
	share("others", "stranger")
}

func (g *team) serve(a *app) {
	g.t.Helper()
	served := *a
	served.guarded = server.Guarded(g.book)
	served.connectors()
	s, err := server.New(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8777}, server.Options{
		Core: core{&served}, Version: "test", Clock: time.Now, Feeds: feeds{&served}.handlers(), Accounts: g.book, Provider: g.at, Requests: g.requests,
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = s.Close() })
	if err := mountAssistants(s, assistant.Options{Act: true, Ceiling: marking.TLPRed}); err != nil {
		g.t.Fatal(err)
	}
	g.server = s
}

// reply is an answer of which a stream's first event is enough.
type reply struct {
	*httptest.ResponseRecorder
	enough context.CancelFunc
}

func (r reply) Write(p []byte) (int, error) {
	n, err := r.ResponseRecorder.Write(p)
	if strings.HasPrefix(r.Header().Get("Content-Type"), "text/event-stream") && bytes.Contains(r.Body.Bytes(), []byte("\n\n")) {
		r.enough()
	}
	return n, err
}

func (r reply) Flush() {}

// SetWriteDeadline implements what streams ask of a connection.
func (r reply) SetWriteDeadline(time.Time) error { return nil }

func (g *team) ask(caller, request, body string) (int, string) {
	g.t.Helper()
	header, known := g.headers[caller]
	if !known {
		g.t.Fatalf("nobody is called %q", caller)
	}
	method, path, _ := strings.Cut(request, " ")
	ctx, cancel := context.WithTimeout(g.t.Context(), 20*time.Second)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	r.Host, r.Header = "127.0.0.1:8777", header.Clone()
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/mcp") {
		r.Header.Set("Accept", "application/json, text/event-stream")
	}
	w := reply{httptest.NewRecorder(), cancel}
	g.server.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// table reads one of the tables: row, column, entry.
func table(text string) map[string]map[string]string {
	rows := map[string]map[string]string{}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	columns := strings.Fields(lines[0])
	for i := range columns {
		if bar := slices.Index(columns, "|"); bar >= 0 && i > bar {
			columns[i] = "token:" + columns[i]
		}
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, entry := range strings.Fields(line) {
			row[columns[i]] = entry
		}
		rows[strings.Fields(line)[0]] = row
	}
	return rows
}

// An expectation is what the tables say of a request.
func expected(way server.Route, caller, name string) string {
	if slices.Contains(continues, way.Operation) {
		return "sign in"
	}
	if table(whoMay)[string(way.Needs)][caller] != "yes" {
		if slices.Contains([]string{"nobody", "halfway", "expired", "disabled"}, caller) {
			return "sign in"
		}
		return "forbidden"
	}
	if name == "" {
		return "let in"
	}
	admin := caller == "admin" || caller == "token:administer"
	if slices.Contains(overseen, way.Operation) && admin && name != "above" {
		return "let in"
	}
	column := "everybody"
	if caller == "stranger" {
		column = caller
	}
	if is := table(whichCase)[name]; way.Operation == grants && is[column] != "hidden" && is["owner"] != caller {
		return "forbidden"
	}
	changes := slices.Contains([]account.Permission{account.Work, account.Act, account.Approve}, way.Needs) && strings.HasPrefix(way.Pattern, "POST")
	switch is := table(whichCase)[name][column]; {
	case is == "hidden":
		return "hidden"
	case is == "sees" && changes:
		return "forbidden"
	}
	return "let in"
}

// outcome is what became of a request, in the words of expected.
func outcome(status int, text string) string {
	switch {
	case status == http.StatusUnauthorized:
		return "sign in"
	case status == http.StatusForbidden:
		return "forbidden"
	case (status == http.StatusNotFound || strings.HasPrefix(text, "event: gone")) && strings.Contains(text, casefile.ErrNoCase.Error()):
		return "hidden"
	case status >= http.StatusInternalServerError && status != http.StatusNotImplemented:
		return fmt.Sprintf("fails with %d", status)
	}
	return "let in"
}

var otherPart = regexp.MustCompile(`\{\w+\}`)

// request is how a way is asked about a case, "" where it has none.
func (g *team) request(way server.Route, name string) (request, body string, about bool) {
	if fixed, other := ways[way.Pattern]; other {
		return fixed, "{}", false
	}
	if !strings.Contains(way.Pattern, " /api/v1/") {
		g.t.Fatalf("%s is no operation, and the test does not know how to ask it: add it to ways", way.Pattern)
	}
	request, body = way.Pattern, "{}"
	if given, ok := bodies[way.Operation]; ok {
		body = given
	}
	if query := queries[way.Operation]; query != "" {
		request += "?" + query
	}
	about = strings.Contains(request, "{case}") || strings.Contains(request+body, "CASE")
	seed := seeds[name]
	if name == "" {
		seed = "unknown.example"
	}
	request = strings.NewReplacer("{case}", g.ids[name], "CASE", g.ids[name], "SEED", seed, "{sha256}", strings.Repeat("0", 64), "{format}", "csv").Replace(request)
	request = otherPart.ReplaceAllString(request, "none") // of which nobody has one
	return request, strings.NewReplacer("CASE", g.ids[name], "SEED", seed).Replace(body), about
}

// signsOut are operations that would end the session of who does them.
var signsOut = []string{"sign-out", "sign-out-elsewhere"}

func (g *team) callers() []string {
	var list []string
	for caller := range table(whoMay)["public"] {
		if caller != "permission" && caller != "|" && caller != "token:|" {
			list = append(list, caller)
		}
	}
	slices.Sort(list)
	return list
}

// TestReferenceOfAccess writes the tables out, with the ways of a server that has all.
func TestReferenceOfAccess(t *testing.T) {
	g := newTeam(t)
	page := server.AccessReference(g.server.Routes())
	path := filepath.Join("..", "..", "docs", "reference", "access.md")
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != page {
		t.Errorf("%s is not what the code says (%v): run make docs", path, err)
	}
	for permission, row := range table(whoMay) {
		for _, role := range account.Roles() {
			if may := role.May(account.Permission(permission)); may != (row[string(role)] == "yes") {
				t.Errorf("the page says that %s may %s: %v, and the table of the test does not", role, permission, may)
			}
		}
	}
}

// Who signs in at the identity provider comes back to where they were, with the role
// of their group.
func TestSignInAtProvider(t *testing.T) {
	op, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	defer op.Shutdown() //nolint:errcheck // of a test
	at, err := oidc.New(oidc.Config{
		Issuer: op.Issuer(), Client: op.ClientID, Secret: op.ClientSecret, Roles: map[string]account.Role{"soc": account.Analyst}, Scopes: []string{"profile", "groups"}, Ceiling: marking.TLPAmber,
	}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	g := newTeamWith(t, at, 0)
	come := func(user *mockoidc.MockUser, to string, tamper func(*http.Cookie)) *http.Response {
		t.Helper()
		op.QueueUser(user)
		begun := g.visit("/api/v1/session/provider?to="+url.QueryEscape(to), nil)
		if begun.StatusCode != http.StatusSeeOther {
			t.Fatalf("begin: %d", begun.StatusCode)
		}
		kept := begun.Cookies()[0]
		if tamper != nil {
			tamper(kept)
		}
		stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		back, err := stay.Get(begun.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		_ = back.Body.Close() // only where it leads counts
		came, err := url.Parse(back.Header.Get("Location"))
		if err != nil || !strings.HasPrefix(came.String(), "http://127.0.0.1:8777/api/v1/session/provider/back?") {
			t.Fatalf("the provider sends to %v, %v", came, err)
		}
		return g.visit(came.RequestURI(), kept)
	}
	eve := &mockoidc.MockUser{Subject: "5", PreferredUsername: "eve", Groups: []string{"soc", "chess"}}
	in := come(eve, "/#/cases/x", nil)
	if in.Header.Get("Location") != "/#/cases/x" || len(in.Cookies()) != 2 || in.Cookies()[1].SameSite != http.SameSiteStrictMode || !in.Cookies()[1].HttpOnly {
		t.Fatalf("came back to %q with %v", in.Header.Get("Location"), in.Cookies())
	}
	g.headers["eve"] = http.Header{"Cookie": {in.Cookies()[1].Name + "=" + in.Cookies()[1].Value}}
	if _, text := g.ask("eve", "GET /api/v1/session", ""); !strings.Contains(text, `"name":"eve","role":"analyst","ceiling":"AMBER"`) {
		t.Errorf("signed in as %s", text)
	}
	for name, c := range map[string]struct {
		user   *mockoidc.MockUser
		to     string
		tamper func(*http.Cookie)
		want   string
	}{
		"to_another_site": {eve, "https://evil.example/", nil, "/"},
		"to_another_host": {eve, "//evil.example/", nil, "/"},
		"with_backslash":  {eve, `/\evil.example/`, nil, "/"},
		"of_no_group":     {&mockoidc.MockUser{Subject: "6", PreferredUsername: "mallory", Groups: []string{"chess"}}, "/", nil, "/#/sign-in?refused="},
		"name_is_taken":   {&mockoidc.MockUser{Subject: "7", PreferredUsername: "admin", Groups: []string{"soc"}}, "/", nil, "/#/sign-in?refused="},
		"not_begun_here":  {eve, "/", func(c *http.Cookie) { c.Value = "" }, "/#/sign-in?refused="},
		"another_flow": {eve, "/", func(c *http.Cookie) {
			c.Value = g.visit("/api/v1/session/provider", nil).Cookies()[0].Value
		}, "/#/sign-in?refused="},
	} {
		if got := come(c.user, c.to, c.tamper).Header.Get("Location"); got != c.want && (c.want == "/" || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: sent to %q, want %q", name, got, c.want)
		}
	}
}

// strongUser says how they signed in at the provider.
type strongUser struct {
	mockoidc.MockUser
	acr string
	amr []string
}

// strongClaims are those of an ID token that says how.
type strongClaims struct {
	*mockoidc.IDTokenClaims
	Name   string   `json:"preferred_username"`
	Groups []string `json:"groups"`
	ACR    string   `json:"acr,omitempty"`
	AMR    []string `json:"amr,omitempty"`
}

func (u *strongUser) Claims(_ []string, base *mockoidc.IDTokenClaims) (jwt.Claims, error) {
	return strongClaims{base, u.PreferredUsername, u.Groups, u.acr, u.amr}, nil
}

// Where the configuration says how strongly one has to sign in at the provider, its
// word for it is asked for and checked.
func TestStrengthAtProvider(t *testing.T) {
	op, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	defer op.Shutdown() //nolint:errcheck // of a test
	at, err := oidc.New(oidc.Config{
		Issuer: op.Issuer(), Client: op.ClientID, Secret: op.ClientSecret, Roles: map[string]account.Role{"soc": account.Analyst}, Scopes: []string{"profile", "groups"},
		ACR: []string{"silver", "gold"}, AMR: []string{"mfa", "hwk"},
	}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		acr  string
		amr  []string
		want error
	}{
		"both":                {"gold", []string{"pwd", "hwk"}, nil},
		"another_class":       {"bronze", []string{"mfa"}, account.ErrSignIn},
		"no_class":            {"", []string{"mfa"}, account.ErrSignIn},
		"password_alone":      {"gold", []string{"pwd"}, account.ErrSignIn},
		"no_methods":          {"gold", nil, account.ErrSignIn},
		"a_long_class":        {strings.Repeat("gold", 999), []string{"mfa"}, account.ErrSignIn},
		"part_of_a_method":    {"gold", []string{"mf", "mfa "}, account.ErrSignIn},
		"the_other_of_either": {"silver", []string{"mfa"}, nil},
	} {
		op.QueueUser(&strongUser{mockoidc.MockUser{Subject: "5", PreferredUsername: "eve", Groups: []string{"soc"}}, c.acr, c.amr})
		back := "http://127.0.0.1:8777/api/v1/session/provider/back"
		address, flow, err := at.Begin(t.Context(), back)
		if err != nil {
			t.Fatal(err)
		}
		if to, err := url.Parse(address); err != nil || to.Query().Get("acr_values") != "silver gold" {
			t.Errorf("the provider is asked %s, %v", address, err)
		}
		stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		answer, err := stay.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close() // only where it leads counts
		came, err := answer.Location()
		if err != nil {
			t.Fatal(err)
		}
		voucher, err := at.Finish(t.Context(), back, flow, came.Query().Get("state"), came.Query().Get("code"))
		if !errors.Is(err, c.want) || err == nil && voucher.Role != account.Analyst || err != nil && len(err.Error()) > 400 {
			t.Errorf("%s: %+v, %v", name, voucher, err)
		}
	}
}

// visit asks as a browser that is not signed in.
func (g *team) visit(path string, kept *http.Cookie) *http.Response {
	r := httptest.NewRequestWithContext(g.t.Context(), http.MethodGet, path, nil)
	r.Host = "127.0.0.1:8777"
	if kept != nil {
		r.AddCookie(kept)
	}
	w := httptest.NewRecorder()
	g.server.ServeHTTP(w, r)
	return w.Result()
}

// TestAccess tries every way into the server as everybody, about every sort of case.
// What must come of it follows from the two tables above and from what each
// operation declares; and nothing that anybody reads names a case hidden from them.
func TestAccess(t *testing.T) {
	g := newTeam(t)
	tried, wrong := 0, 0
	for _, way := range g.server.Routes() {
		for _, caller := range g.callers() {
			names := []string{""}
			if _, _, about := g.request(way, "open"); about {
				names = []string{"own", "open", "looked", "others", "above"}
			}
			for _, name := range names {
				want := expected(way, caller, name)
				if want == "let in" && slices.Contains(signsOut, way.Operation) {
					continue
				}
				request, body, _ := g.request(way, name)
				status, text := g.ask(caller, request, body)
				tried++
				if got := outcome(status, text); got != want {
					if wrong++; wrong < 40 {
						t.Errorf("%s as %s about %q (%s needs %s): %s, want %s: %d %.200s", request, caller, name, way.Operation, way.Needs, got, want, status, text)
					}
				}
				g.leaks(way, caller, name, request, text)
			}
		}
	}
	t.Logf("%d requests", tried)
	if tried < 1500 {
		t.Errorf("only %d requests were tried", tried)
	}
}

// leaks looks for what hides in an answer to everybody but the stranger.
func (g *team) leaks(way server.Route, caller, name, request, text string) {
	g.t.Helper()
	for _, hidden := range []string{"others", "above"} {
		if hidden == name { // the answer may say what it was asked
			continue
		}
		if hidden == "others" && slices.Contains(overseen, way.Operation) {
			continue // an admin sees that the case is there, and nothing of it
		}
		if strings.Contains(text, g.ids[hidden]) || strings.Contains(text, seeds[hidden]) {
			g.t.Errorf("%s as %s tells of the case %q: %.300s", request, caller, hidden, text)
		}
	}
}

// The tools of an assistant see what whoever it works for sees.
func TestAccessOfAssistants(t *testing.T) {
	g := newTeam(t)
	call := func(caller, tool, arguments string) string {
		t.Helper()
		status, text := g.ask(caller, "POST /mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":`+arguments+`}}`)
		if status != http.StatusOK {
			t.Fatalf("%s as %s: %d %s", tool, caller, status, text)
		}
		return text
	}
	if text := call("viewer", "cases", `{}`); !strings.Contains(text, g.ids["open"]) || strings.Contains(text, g.ids["others"]) || strings.Contains(text, g.ids["above"]) {
		t.Errorf("cases: %s", text)
	}
	if text := call("viewer", "log", `{"case":"`+g.ids["others"]+`"}`); !strings.Contains(text, "no such case") || strings.Contains(text, "opened") {
		t.Errorf("log of a hidden case: %s", text)
	}
	if text := call("token:read", "log", `{"case":"`+g.ids["open"]+`"}`); !strings.Contains(text, "opened") {
		t.Errorf("log of an open case: %s", text)
	}
}

// What the stranger may do is gone the moment the owner says so, also in a stream.
func TestAccessEndsAtOnce(t *testing.T) {
	g := newTeam(t)
	id := g.ids["open"]
	path := "GET /api/v1/cases/" + id
	if status, _ := g.ask("viewer", path, ""); status != http.StatusOK {
		t.Fatalf("before: %d", status)
	}
	follow, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	r := httptest.NewRequestWithContext(follow, "GET", "/api/v1/cases/"+id+"/events", nil)
	r.Host, r.Header = "127.0.0.1:8777", g.headers["viewer"].Clone()
	w, ended := reply{httptest.NewRecorder(), func() {}}, make(chan struct{})
	go func() { g.server.ServeHTTP(w, r); close(ended) }()
	closed := `{"owner":"stranger","restricted":true}`
	if status, text := g.ask("admin", "POST /api/v1/cases/"+id+"/access", closed); status != http.StatusOK {
		t.Fatalf("restrict: %d %s", status, text)
	}
	if status, _ := g.ask("viewer", path, ""); status != http.StatusNotFound {
		t.Errorf("after: %d", status)
	}
	if status, _ := g.ask("stranger", "POST /api/v1/cases/"+id+"/notes", `{"text":"wakes who follows it"}`); status != http.StatusCreated {
		t.Errorf("note: %d", status)
	}
	select {
	case <-ended:
		if strings.Count(w.Body.String(), "event: head") > 1 || !strings.Contains(w.Body.String(), "event: gone") {
			t.Errorf("the stream said %s", w.Body)
		}
	case <-follow.Done():
		t.Error("the stream goes on")
	}
}
