package fetch_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"clew/internal/fetch"
	"clew/internal/source"
)

func TestKeyIsWrittenAsItsSchemeWants(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Header.Get("Authorization")) })
	for scheme, want := range map[string]string{
		"":       "user:secret",
		"Bearer": "Bearer user:secret",
		"Basic":  "Basic dXNlcjpzZWNyZXQ=",
	} {
		client, _ := local(t, server, func(o *fetch.Options) {
			o.Sources = []source.Info{{
				Name: "stub", KeyHeader: "Authorization", KeyHost: strings.TrimPrefix(server.URL, "https://"), KeyScheme: scheme,
			}}
			o.Key = func(source.Info) string { return "user:secret" }
		})
		got, err := client.Ask(t.Context(), source.Request{Source: "stub", URL: server.URL})
		if err != nil || string(got.Body) != want {
			t.Errorf("scheme %q: %q arrived (%v), want %q", scheme, got.Body, err, want)
		}
	}
}
