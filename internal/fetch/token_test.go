package fetch_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/source"
)

func TestTokenIsDrawnOnceAndAnewWhenItEnds(t *testing.T) {
	var drawn atomic.Int32
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/tenant-1/token" {
			_, _ = io.WriteString(w, r.Header.Get("Authorization"))
			return
		}
		drawn.Add(1)
		_ = r.ParseForm()
		if r.PostForm.Get("client_id") != "client-1" || r.PostForm.Get("client_secret") != "a:secret" || r.PostForm.Get("scope") != "everything" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"a:secret is wrong"}`)
			return
		}
		_, _ = io.WriteString(w, `{"access_token":"tok","expires_in":3600}`)
	})
	host := strings.TrimPrefix(server.URL, "https://")
	key := "tenant-1:client-1:a:secret"
	client, c := local(t, server, func(o *fetch.Options) {
		o.Sources = []source.Info{{
			Name: "stub", KeyEnv: "STUB", KeyHeader: "Authorization", KeyScheme: "Bearer", KeyHost: host,
			TokenURL: server.URL + "/{tenant}/token", TokenScope: "everything",
		}}
		o.Key = func(source.Info) string { return key }
	})
	ask := func(path string) (string, error) {
		got, err := client.Ask(t.Context(), source.Request{Source: "stub", URL: server.URL + path})
		return string(got.Body), err
	}
	for _, path := range []string{"/a", "/b"} {
		if got, err := ask(path); err != nil || got != "Bearer tok" {
			t.Errorf("%s: %q (%v) arrived, want the token", path, got, err)
		}
	}
	if n := drawn.Load(); n != 1 {
		t.Errorf("%d tokens drawn for two requests, want 1", n)
	}
	c.now = c.now.Add(time.Hour)
	if _, err := ask("/c"); err != nil || drawn.Load() != 2 {
		t.Errorf("%d tokens drawn after an hour (%v), want 2", drawn.Load(), err)
	}
	drawn.Store(0)
	for _, wrong := range []string{"tenant-1:client-1:other", "tenant-1", "::"} {
		key = wrong
		if got, err := ask("/" + wrong); !errors.Is(err, source.ErrDenied) || strings.Contains(err.Error(), "secret is wrong") {
			t.Errorf("key %q: %q, error %v; want a refusal without the words of the server", wrong, got, err)
		}
	}
	if n := drawn.Load(); n != 1 { // the other two are no keys, and nobody is asked
		t.Errorf("a wrong key was tried %d times, want once", n)
	}
}
