package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"clew/internal/account"
)

// What browsers keep of answers: nothing with a secret, nothing of a change, and after
// signing out nothing at all.
func TestWhatBrowsersKeep(t *testing.T) {
	g := newTeam(t)
	headers := func(request, body string) http.Header {
		t.Helper()
		method, path, _ := strings.Cut(request, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Host, r.Header = "127.0.0.1:8777", g.headers["admin"].Clone()
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		g.server.ServeHTTP(w, r)
		if w.Code >= 400 {
			t.Errorf("%s: %d %s", request, w.Code, w.Body)
		}
		return w.Header()
	}
	for request, want := range map[string]string{
		"GET /api/v1/session": "no-store", "GET /api/v1/account/tokens": "no-store", "GET /api/v1/account/sessions": "no-store", "GET /api/v1/tokens": "no-store",
		"GET /api/v1/account/second-factor": "no-store", "GET /api/v1/users": "no-store", "GET /api/v1/audit": "no-store",
		"POST /api/v1/users/viewer/link": "no-store", "POST /api/v1/account/tokens": "no-store", "GET /api/v1/cases": "private, no-cache",
	} {
		body := "{}"
		if strings.HasSuffix(request, "POST /api/v1/account/tokens") {
			body = `{"name":"t","scopes":["read"]}`
		}
		if got := headers(request, body).Get("Cache-Control"); got != want {
			t.Errorf("%s: %q, want %q", request, got, want)
		}
	}
	// The cache by an answer of its own, for which nobody waits: who is signed out may ask for it.
	if got := headers("POST /api/v1/session/end", "").Get("Clear-Site-Data"); got != `"storage"` {
		t.Errorf("signing out clears %s", got)
	}
	if got := headers("POST /api/v1/session/forget", "").Get("Clear-Site-Data"); got != `"cache"` {
		t.Errorf("forgetting clears %s", got)
	}
	if status, _ := g.ask("admin", "GET /api/v1/cases", ""); status != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", status)
	}
}

// Somebody who asks without end is told to wait, and the others are answered.
func TestRequestsArePaced(t *testing.T) {
	g := newTeamWith(t, nil, 5)
	var seen []int
	for range 100 {
		status, _ := g.ask("viewer", "GET /api/v1/session", "")
		if !slices.Contains(seen, status) {
			seen = append(seen, status)
		}
	}
	if !slices.Equal(seen, []int{http.StatusOK, http.StatusTooManyRequests}) {
		t.Errorf("100 at once: %v", seen)
	}
	if status, text := g.ask("analyst", "GET /api/v1/session", ""); status != http.StatusOK || !strings.Contains(text, string(account.Analyst)) {
		t.Errorf("another: %d %s", status, text)
	}
}
