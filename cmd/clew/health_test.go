package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"clew/internal/database/postgrestest"
	"clew/internal/server"
)

// probe asks s, with a token or without.
func probe(t *testing.T, s *server.Server, path, token string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8777"+path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// Supervisors ask without a token, and are told when the record's server is away.
func TestReadinessFollowsTheRecord(t *testing.T) {
	database := postgrestest.Start(t)
	a := servedApp(t)
	env := map[string]string{
		"CLEW_DATABASE": database.Database(t), "CLEW_DATABASE_USER": postgrestest.User, "CLEW_DATABASE_PASSWORD": postgrestest.Password,
	}
	local := a.getenv
	a.getenv = func(name string) string {
		if value, ok := env[name]; ok {
			return value
		}
		return local(name)
	}
	s := serverOf(t, a)
	if w := probe(t, s, "/healthz", ""); w.Code != http.StatusOK {
		t.Errorf("healthz: %d %s", w.Code, w.Body)
	}
	if w := probe(t, s, "/readyz", ""); w.Code != http.StatusOK {
		t.Errorf("readyz: %d %s", w.Code, w.Body)
	}
	database.Kill()
	if w := probe(t, s, "/readyz", ""); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), postgrestest.Password) {
		t.Errorf("readyz without the database: %d %s", w.Code, w.Body)
	}
	if w := probe(t, s, "/healthz", ""); w.Code != http.StatusOK {
		t.Errorf("healthz without the database: %d", w.Code)
	}
	if w := probe(t, s, "/api/v1/cases", serveToken); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "cannot be reached") {
		t.Errorf("cases without the database: %d %s", w.Code, w.Body)
	}
	database.Resume(t)
	if w := probe(t, s, "/readyz", ""); w.Code != http.StatusOK {
		t.Errorf("readyz with the database back: %d %s", w.Code, w.Body)
	}
}

// Metrics are for whoever has the token, and hold no name of a case.
func TestMetrics(t *testing.T) {
	s := serverOf(t, servedApp(t))
	probe(t, s, "/api/v1/cases/secret-name", serveToken)
	probe(t, s, "/api/v1/indicator?indicator=evil.example", serveToken)
	if w := probe(t, s, "/metrics", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("without the token: %d", w.Code)
	}
	text := probe(t, s, "/metrics", serveToken).Body.String()
	for _, want := range []string{
		`clew_http_answer_seconds_count{route="GET /api/v1/cases/{case}",status="404"} 1`,
		`clew_http_answer_seconds_count{route="GET /api/v1/indicator",status="200"} 1`,
		`clew_investigations{state="running"} 0`, "go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "secret-name") || strings.Contains(text, "evil") {
		t.Error("a value of a case is in the metrics")
	}
}
