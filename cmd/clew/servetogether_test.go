package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/investigation"
)

// TestTogether lets several clients decide about a case at the same moment: each
// change of an action is in the record once, and every client is answered.
func TestTogether(t *testing.T) {
	a := servedApp(t)
	if code := a.run(t.Context(), []string{"investigate", "evil.example", "--offline"}); code != exitDone {
		t.Fatalf("investigate: exit %d", code)
	}
	s := serverOf(t, a)
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/api/v1/cases"+path, strings.NewReader(body))
		r.Host, r.Header = "127.0.0.1:8777", http.Header{"Authorization": {"Bearer " + serveToken}, "Content-Type": {"application/json"}}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	id := onlyCase(t, s)
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			body := `{"verb":"approve","indicators":["c2.example","c3.example"],"action":"block","reason":"together"}`
			if n%2 == 0 {
				body = `{"verb":"propose","indicators":["c2.example","c3.example"]}`
			}
			if w := ask("POST", "/"+id+"/actions", body); w.Code >= 500 {
				t.Errorf("%s: %d %s", body, w.Code, w.Body)
			}
		})
	}
	wait.Wait()
	w, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // of a test
	events, err := w.Cases.Events(t.Context(), id, casefile.Query{Types: []casefile.Type{casefile.TypeActed}})
	if err != nil || len(events) == 0 {
		t.Fatal(len(events), err)
	}
	last := map[casefile.Value]casefile.Action{}
	for _, e := range events {
		var acted casefile.Acted
		if err := e.Decode(&acted); err != nil {
			t.Fatal(err)
		}
		before := last[acted.About]
		if before.State == acted.Action.State && before.Kind == acted.Action.Kind && before.Expires.Sub(acted.Action.Expires.Time).Abs() < time.Hour {
			t.Errorf("%s is %s %s twice in a row", acted.About.Value, acted.Action.State, acted.Action.Kind)
		}
		last[acted.About] = acted.Action
	}
}
