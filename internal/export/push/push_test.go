package push

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"clew/internal/export/exporttest"
	"clew/internal/export/misp"
	"clew/internal/fetch"
	"clew/internal/source"
)

// to pushes the worked case through the real way out to a server that behaves
// as handle does, and returns the requests it saw.
func to(t *testing.T, name string, path, key string, handle func(w http.ResponseWriter, r *http.Request, body []byte)) (Result, []string, error) {
	t.Helper()
	var seen []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		seen = append(seen, r.Method+" "+r.URL.Path)
		if r.Header.Get("Authorization") != key {
			t.Errorf("%s: Authorization %q, want %q", r.URL.Path, r.Header.Get("Authorization"), key)
		}
		handle(w, r, body)
	}))
	defer server.Close()
	target, ok := Named(name)
	if !ok {
		t.Fatalf("no target %s", name)
	}
	info, err := target.Info(server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := fetch.New(fetch.Options{
		Sources: []source.Info{info}, Key: func(source.Info) string { return "user:secret" }, RootCAs: roots, AllowLoopback: true,
	})
	result, err := target.Push(t.Context(), client, server.URL+path, exporttest.Set(t, target.Format, exporttest.Rules()))
	return result, seen, err
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func TestMISPAddsThenEdits(t *testing.T) {
	stored := ""
	handle := func(w http.ResponseWriter, r *http.Request, body []byte) {
		if r.Method == http.MethodGet {
			if stored == "" {
				answer(w, http.StatusNotFound, `{"name":"Invalid event","message":"Invalid event","url":"/events/view"}`)
				return
			}
			answer(w, http.StatusOK, `{"Event":{"uuid":"`+stored+`","timestamp":"1"}}`)
			return
		}
		var sent struct {
			Event struct {
				UUID       string
				Published  bool
				Attributes []any `json:"Attribute"`
			}
		}
		if err := json.Unmarshal(body, &sent); err != nil || len(sent.Event.Attributes) < 10 || sent.Event.Published {
			t.Errorf("sent %s: %v", body, err)
		}
		stored = sent.Event.UUID
		answer(w, http.StatusOK, `{"Event":{"id":"7","uuid":"`+stored+`"}}`)
	}
	first, seen, err := to(t, "misp", "/misp", "user:secret", handle)
	if err != nil || !strings.Contains(first.Said, "added") || !slices.Equal(seen, []string{"GET /misp/events/view/" + stored, "POST /misp/events/add"}) {
		t.Errorf("%v %v: %v", first, seen, err)
	}
	second, seen, err := to(t, "misp", "", "user:secret", handle)
	if err != nil || !strings.Contains(second.Said, "edited") || seen[1] != "POST /events/edit/"+stored {
		t.Errorf("%v %v: %v", second, seen, err)
	}
}

// MISP refuses to edit an event with one of the same time, so nothing is sent.
func TestMISPHasItAlready(t *testing.T) {
	event := misp.NewEvent(exporttest.Set(t, misp.Format(), exporttest.Rules()))
	result, seen, err := to(t, "misp", "", "user:secret", func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		answer(w, http.StatusOK, `{"Event":{"uuid":"`+event.UUID+`","timestamp":"`+event.Timestamp+`"}}`)
	})
	if err != nil || !strings.Contains(result.Said, "there already") || len(seen) != 1 {
		t.Errorf("%v %v: %v", result, seen, err)
	}
}

func TestMISPRefuses(t *testing.T) {
	_, _, err := to(t, "misp", "", "user:secret", func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		answer(w, http.StatusForbidden, `{"message":"You do not have permission\u001b[31m to use this functionality."}`)
	})
	if err == nil || !strings.Contains(err.Error(), "403") || !strings.Contains(err.Error(), "permission") || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("%v", err)
	}
}

func TestOpenCTIRegistersThenPushes(t *testing.T) {
	connector := ""
	result, seen, err := to(t, "opencti", "", "Bearer user:secret", func(w http.ResponseWriter, _ *http.Request, body []byte) {
		var q struct {
			Query     string
			Variables struct {
				Input       map[string]any
				ConnectorID string `json:"connectorId"`
				Bundle      string
			}
		}
		if err := json.Unmarshal(body, &q); err != nil {
			t.Error(err)
		}
		if strings.Contains(q.Query, "registerConnector") {
			connector = q.Variables.Input["id"].(string)
			answer(w, http.StatusOK, `{"data":{"registerConnector":{"id":"`+connector+`"}}}`)
			return
		}
		var bundle struct {
			Type    string
			Objects []any
		}
		if err := json.Unmarshal([]byte(q.Variables.Bundle), &bundle); err != nil || bundle.Type != "bundle" || len(bundle.Objects) < 20 || q.Variables.ConnectorID != connector {
			t.Errorf("bundle of %d objects for %q: %v", len(bundle.Objects), q.Variables.ConnectorID, err)
		}
		answer(w, http.StatusOK, `{"data":{"stixBundlePush":true}}`)
	})
	if err != nil || len(seen) != 2 || !strings.Contains(result.Said, "taken") {
		t.Errorf("%v %v: %v", result, seen, err)
	}
}

func TestOpenCTIRefuses(t *testing.T) {
	_, _, err := to(t, "opencti", "", "Bearer user:secret", func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		answer(w, http.StatusOK, `{"data":null,"errors":[{"message":"You must be logged in"}]}`)
	})
	if err == nil || !strings.Contains(err.Error(), "You must be logged in") {
		t.Errorf("%v", err)
	}
}

func TestTAXIIWaitsForTheServer(t *testing.T) {
	sent := 0
	result, seen, err := to(t, "taxii", "/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/", "Basic dXNlcjpzZWNyZXQ=", func(w http.ResponseWriter, r *http.Request, body []byte) {
		if r.Header.Get("Accept") != taxiiMedia {
			t.Errorf("Accept %q", r.Header.Get("Accept"))
		}
		if r.Method == http.MethodPost {
			var envelope struct{ Objects []any }
			if err := json.Unmarshal(body, &envelope); err != nil || r.Header.Get("Content-Type") != taxiiMedia {
				t.Errorf("%v, Content-Type %q", err, r.Header.Get("Content-Type"))
			}
			sent = len(envelope.Objects)
			answer(w, http.StatusAccepted, fmt.Sprintf(`{"id":"2d086da7","status":"pending","total_count":%d,"success_count":0,"failure_count":0,"pending_count":%d}`, sent, sent))
			return
		}
		answer(w, http.StatusOK, fmt.Sprintf(`{"id":"2d086da7","status":"complete","total_count":%d,"success_count":%d,"failure_count":0,"pending_count":0}`, sent, sent))
	})
	if err != nil || sent < 20 || seen[len(seen)-1] != "GET /api/status/2d086da7/" || !strings.Contains(result.Said, "added") {
		t.Errorf("%d objects, %v %v: %v", sent, result, seen, err)
	}
}

func TestAddresses(t *testing.T) {
	target, _ := Named("misp")
	for _, bad := range []string{"", "http://misp.example", "misp.example", "https://u:p@misp.example", "https://misp.example/?key=1", "https:///x"} {
		if _, err := target.Info(bad); err == nil {
			t.Errorf("%q counts as an address", bad)
		}
	}
}
