package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/server"
)

// An operation of the API, and where its path has holes.
type operation struct {
	method, path string
	id           string
	media        string // of the body, "" for none
}

// operations lists those of the API's own description, in its order.
func operations(s *server.Server) (list []operation) {
	_, api := s.API()
	for path, item := range api.Paths {
		for method, op := range map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete} {
			if op == nil {
				continue
			}
			one := operation{method: method, path: path, id: op.OperationID}
			if op.RequestBody != nil {
				for media := range op.RequestBody.Content {
					one.media = max(one.media, media)
				}
			}
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return list
}

// filled puts a known case, or what the fuzzer gave, into the holes of a path.
func (o operation) filled(known, given string) string {
	parts := strings.Split(o.path, "/")
	for i, part := range parts {
		switch {
		case part == "{case}" && known != "":
			parts[i] = known
		case strings.HasPrefix(part, "{"):
			parts[i] = given
		}
	}
	return strings.Join(parts, "/")
}

// FuzzOperations sends any query and body to each operation of the API, on a case
// that is there and with any text in the path: the answer is never the server's own
// fault, and never anything but what it says it is. What reads files of this machine
// gets no path.
func FuzzOperations(f *testing.F) {
	a := servedApp(f)
	if code := a.run(f.Context(), []string{"investigate", "evil.example", "--offline"}); code != exitDone {
		f.Fatalf("investigate: exit %d", code)
	}
	s := serverOf(f, a)
	list := operations(s)
	if len(list) < 60 {
		f.Fatalf("the API's description has only %d operations", len(list))
	}
	known := onlyCase(f, s)
	for i, o := range list {
		for _, body := range []string{"", "{}", `{"indicators":["evil.example"],"text":"x","reason":"x","verb":"propose","verdict":"rejected","indicator":"c2.example","seq":3}`, "PK\x05\x06" + strings.Repeat("\x00", 18)} {
			if o.media == "" && body != "" {
				continue
			}
			f.Add(i, true, "x", "", []byte(body))
		}
		f.Add(i, false, "%00..", "limit=-1&cursor=%ff&indicator=evil.example&format=md&tlp=RED", []byte("[[[["))
	}
	f.Fuzz(func(t *testing.T, which int, onKnown bool, given, query string, body []byte) {
		o := list[int(uint(which)%uint(len(list)))]
		if (o.id == "import" || o.id == "hunt" || o.id == "queries") && bytes.ContainsAny(body, `/\.`) {
			return
		}
		if _, err := url.ParseRequestURI("/" + query); err != nil {
			return // no client can send it
		}
		id := ""
		if onKnown {
			id = known
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if strings.HasSuffix(o.path, "/events") {
			ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond) // a stream goes on
			defer cancel()
		}
		r := httptest.NewRequestWithContext(ctx, o.method, "/", bytes.NewReader(body))
		r.URL.Path, r.URL.RawQuery = o.filled(id, given), query
		r.Host = "127.0.0.1:8777"
		r.Header.Set("Authorization", "Bearer "+serveToken)
		if o.media != "" {
			r.Header.Set("Content-Type", o.media)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented && w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s %s (%s) ? %q %q: %d %s", o.method, r.URL.Path, o.id, query, body, w.Code, w.Body)
		}
		if kind := w.Header().Get("Content-Type"); strings.Contains(kind, "json") && o.media != "application/x-ndjson" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: not JSON: %q", o.method, r.URL.Path, w.Body)
		}
	})
}

// onlyCase is the ID of the one case that a server has.
func onlyCase(t testing.TB, s *server.Server) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/v1/cases", nil)
	r.Host, r.Header = "127.0.0.1:8777", http.Header{"Authorization": {"Bearer " + serveToken}}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var cases struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(w.Body.Bytes(), &cases); err != nil || len(cases.Items) != 1 {
		t.Fatalf("%d cases, %v: %s", len(cases.Items), err, w.Body)
	}
	return cases.Items[0].ID
}
