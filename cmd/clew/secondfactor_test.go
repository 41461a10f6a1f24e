package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/account"
	"clew/internal/account/totp"
	"clew/internal/server"
)

// A browser keeps the cookies that the server sets.
type browser struct {
	*team
	jar map[string]string
}

func (g *team) browser() *browser { return &browser{g, map[string]string{}} }

// ask asks as the page does, and reads the answer into into.
func (b *browser) ask(method, path, body string, into any) int {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8777"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://127.0.0.1:8777")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range b.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
			b.t.Errorf("%s %s sets %v", method, path, c)
		}
		if b.jar[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.jar, c.Name)
		}
	}
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			b.t.Fatalf("%s %s: %d %s: %v", method, path, w.Code, w.Body, err)
		}
	}
	return w.Code
}

// next is the next code that counts: one that was used in this period does not.
func next(t *testing.T, key string, used *[]string) string {
	t.Helper()
	k, err := totp.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for step := totp.Step(time.Now()) - 1; step <= totp.Step(time.Now())+1; step++ {
		if code := k.Code(step); !slices.Contains(*used, code) {
			*used = append(*used, code)
			return code
		}
	}
	t.Fatal("no code is left in this period")
	return ""
}

func body(t *testing.T, fields map[string]any) string {
	t.Helper()
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Somebody sets a second factor up at the page, and signs in with it.
func TestSignInInTwoSteps(t *testing.T) {
	g := newTeam(t)
	password := "blue tree river analyst"
	signIn := body(t, map[string]any{"name": "analyst", "password": password})
	b := g.browser()
	var v server.Visit
	if status := b.ask("POST", "/api/v1/session", signIn, &v); status != 200 || !v.SignedIn || v.SecondStep != "" {
		t.Fatalf("%d %+v", status, v)
	}
	var key server.SecondFactorKey
	if status := b.ask("POST", "/api/v1/account/second-factor", `{"password":"no"}`, nil); status != 403 {
		t.Errorf("without the password: %d", status)
	}
	if status := b.ask("POST", "/api/v1/account/second-factor", body(t, map[string]any{"password": password}), &key); status != 200 ||
		!strings.HasPrefix(key.URI, "otpauth://totp/clew%20127.0.0.1:8777:analyst?") || key.Picture.Size < 30 || !strings.HasPrefix(key.Picture.Path, "M4 4h7v1h-7z") {
		t.Fatalf("%d %+v", status, key)
	}
	var used []string
	var codes server.RecoveryCodes
	if status := b.ask("POST", "/api/v1/account/second-factor/confirm", body(t, map[string]any{"code": next(t, key.Key, &used)}), &codes); status != 200 || len(codes.Codes) != 10 {
		t.Fatalf("%d %+v", status, codes)
	}
	var state server.SecondFactor
	if status := b.ask("GET", "/api/v1/account/second-factor", "", &state); status != 200 || !state.On || state.Codes != 10 || state.Required || state.Sealed {
		t.Errorf("%d %+v", status, state)
	}

	b = g.browser()
	if status := b.ask("POST", "/api/v1/session", signIn, &v); status != 200 || v.SignedIn || v.User != nil || v.SecondStep != "code" || len(b.jar) != 1 {
		t.Fatalf("first step: %d %+v", status, v)
	}
	if status := b.ask("GET", "/api/v1/cases", "", nil); status != 401 {
		t.Errorf("the first step alone lists cases: %d", status)
	}
	for name, value := range b.jar { // nor is its secret that of a session, whatever cookie it comes in
		g.headers["half"] = http.Header{"Cookie": {strings.TrimSuffix(name, "-half") + "=" + value}}
		if status, _ := g.ask("half", "GET /api/v1/cases", ""); status != 401 {
			t.Errorf("the first step as a session: %d", status)
		}
		g.headers["half"] = http.Header{"Authorization": {"Bearer " + value}}
		if status, _ := g.ask("half", "GET /api/v1/cases", ""); status != 401 {
			t.Errorf("the first step as a token: %d", status)
		}
	}
	if b.ask("GET", "/api/v1/session", "", &v); v.SecondStep != "code" { // the page was loaded again
		t.Errorf("%+v", v)
	}
	if status := b.ask("POST", "/api/v1/session/code", `{"code":"000000"}`, nil); status != 403 {
		t.Errorf("a wrong code: %d", status)
	}
	if status := g.browser().ask("POST", "/api/v1/session/code", body(t, map[string]any{"code": codes.Codes[0]}), nil); status != 401 {
		t.Errorf("a code without the first step: %d", status)
	}
	if status := b.ask("POST", "/api/v1/session/second-factor", "{}", nil); status != 401 {
		t.Errorf("another key before one is in: %d", status)
	}
	if status := b.ask("POST", "/api/v1/session/code", body(t, map[string]any{"code": next(t, key.Key, &used)}), &v); status != 200 || !v.SignedIn || v.Name != "analyst" || len(b.jar) != 1 {
		t.Fatalf("%d %+v %v", status, v, b.jar)
	}
	if status := b.ask("GET", "/api/v1/cases", "", nil); status != 200 {
		t.Errorf("cases: %d", status)
	}
	if status := b.ask("POST", "/api/v1/account/second-factor/remove", body(t, map[string]any{"password": password, "code": codes.Codes[1]}), &state); status != 200 || state.On {
		t.Errorf("%d %+v", status, state)
	}
}

// Signing in again ends the session that the browser had, and only that.
func TestSigningInAgainEndsTheSessionBefore(t *testing.T) {
	g := newTeam(t)
	b := g.browser()
	signIn := body(t, map[string]any{"name": "viewer", "password": "blue tree river viewer"})
	for range 2 {
		for name, value := range b.jar {
			g.headers["before"] = http.Header{"Cookie": {name + "=" + value}}
		}
		if status := b.ask("POST", "/api/v1/session", signIn, nil); status != 200 {
			t.Fatal(status)
		}
	}
	if status, _ := g.ask("before", "GET /api/v1/cases", ""); status != 401 {
		t.Errorf("the session before: %d", status)
	}
	if status := b.ask("GET", "/api/v1/cases", "", nil); status != 200 {
		t.Errorf("the session now: %d", status)
	}
	if status, _ := g.ask("viewer", "GET /api/v1/cases", ""); status != 200 {
		t.Errorf("another browser's: %d", status)
	}
}

// Who has to have a second factor sets it up before they are in.
func TestSecondFactorThatARoleNeeds(t *testing.T) {
	g := newTeam(t)
	if status, text := g.ask("admin", "POST /api/v1/second-factor", `{"roles":["admin"]}`); status != 422 || !strings.Contains(text, "your own") {
		t.Errorf("of oneself, without: %d %s", status, text)
	}
	if status, text := g.ask("admin", "POST /api/v1/second-factor", `{"roles":["king"]}`); status != 422 {
		t.Errorf("of a king: %d %s", status, text)
	}
	if status, text := g.ask("admin", "POST /api/v1/second-factor", `{"roles":["approver"]}`); status != 200 || text != "{\"roles\":[\"approver\"]}\n" {
		t.Fatalf("%d %s", status, text)
	}
	if status, _ := g.ask("approver", "GET /api/v1/cases", ""); status != 401 {
		t.Errorf("the approver goes on without: %d", status)
	}
	b := g.browser()
	var v server.Visit
	b.ask("POST", "/api/v1/session", body(t, map[string]any{"name": "approver", "password": "blue tree river approver"}), &v)
	if v.SecondStep != "enrol" || v.SignedIn {
		t.Fatalf("%+v", v)
	}
	if status := b.ask("POST", "/api/v1/session/code", `{"code":"123456"}`, nil); status != 422 {
		t.Errorf("a code of nothing: %d", status)
	}
	var key server.SecondFactorKey
	if status := b.ask("POST", "/api/v1/session/second-factor", "{}", &key); status != 200 {
		t.Fatal(status)
	}
	var used []string
	var entered server.EnrolledVisit
	if status := b.ask("POST", "/api/v1/session/second-factor/confirm", body(t, map[string]any{"code": next(t, key.Key, &used)}), &entered); status != 200 || !entered.Visit.SignedIn || len(entered.Codes) != 10 {
		t.Fatalf("%d %+v", status, entered)
	}
	if status := b.ask("GET", "/api/v1/cases", "", nil); status != 200 {
		t.Errorf("cases: %d", status)
	}
	if status := b.ask("POST", "/api/v1/users/approver/second-factor/reset", "{}", nil); status != 403 {
		t.Errorf("one's own, by no admin: %d", status)
	}
	if status, text := g.ask("admin", "POST /api/v1/users/approver/second-factor/reset", ""); status != 200 || !strings.Contains(text, `"second_factor":false`) {
		t.Errorf("%d %s", status, text)
	}
	if status := b.ask("GET", "/api/v1/cases", "", nil); status != 401 {
		t.Errorf("after a reset: %d", status)
	}
	entries, _, err := g.book.Audit(t.Context(), account.AuditQuery{Operation: "second-factor-reset", Outcome: account.Done})
	if err != nil || len(entries) != 1 || entries[0].Actor != "admin" || entries[0].About != "approver" {
		t.Errorf("%+v, %v", entries, err)
	}
}
