package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/investigation"
)

// recorded is a served case whose record holds the given entries.
func recorded(t *testing.T, entries func(casefile.Store) []casefile.Entry) (base string) {
	t.Helper()
	return serving(t, written(t, entries))
}

// written is a core whose record has one case.
func written(t *testing.T, entries func(casefile.Store) []casefile.Entry) waiting {
	t.Helper()
	c := waitingCore(t)
	w, err := c.Open(investigation.Needs{Cases: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // what matters was acknowledged
	opened := casefile.Entry{Time: time.Now(), Type: casefile.TypeOpened, Actor: "tester", Data: casefile.Opened{
		Seeds: []casefile.Seed{{Kind: "domain", Value: "evil.example", Confidence: 100}}, Scope: "hunt", TLP: "AMBER", PAP: "AMBER",
	}}
	if _, err := w.Cases.Append(t.Context(), "a-case", append([]casefile.Entry{opened}, entries(w.Cases)...)...); err != nil {
		t.Fatal(err)
	}
	return c
}

// serving is where a server of that core answers, until the test ends.
func serving(t *testing.T, c waiting) (base string) {
	t.Helper()
	base, stop := served(t, c)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return base + "/api/v1"
}

// TestEvidence: a raw answer is text, whatever it holds, and only its case gives it.
func TestEvidence(t *testing.T) {
	const page = "<script>alert(1)</script>\x00 and more"
	digest := casefile.DigestOf([]byte(page))
	base := recorded(t, func(store casefile.Store) []casefile.Entry {
		for _, content := range []string{page, "of no case"} {
			if _, err := store.PutBlob(t.Context(), []byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		return []casefile.Entry{{Time: time.Now(), Type: casefile.TypeAsked, Actor: "clew", Data: casefile.Asked{
			Source: "urlscan", About: casefile.Value{Kind: "domain", Value: "evil.example"}, State: "answered",
			Evidence: []casefile.Evidence{{SHA256: digest, Method: "GET", URL: "https://urlscan.example/q", Status: 200, Recorded: "2026-01-02T03:04:05Z"}},
		}}}
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/cases/a-case/evidence/"+digest+"?offset=1&limit=6", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Total-Size": "35", "Content-Security-Policy": "sandbox; default-src 'none'",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for path, want := range map[string]string{
		digest:                                  page,
		"sha256:" + digest:                      page,
		digest + "?offset=1&limit=6":            "script",
		digest + "?offset=999":                  "",
		digest + "/about":                       `"recorded":"2026-01-02T03:04:05Z"`,
		"sha256:" + digest + "/about":           `"size":35`,
		strings.Repeat("0", 64):                 "404",
		casefile.DigestOf([]byte("of no case")): "404", // kept, but another's
		"..%2f..%2fetc":                         "422",
		digest + "?limit=99999999":              "422",
	} {
		status, text := ask(t, "GET", base+"/cases/a-case/evidence/"+path, "")
		switch {
		case want == "404" || want == "422":
			if !strings.Contains(text, `"status":`+want) {
				t.Errorf("%s: got %d %s, want %s", path, status, text, want)
			}
		case strings.Contains(path, "about"):
			if status != 200 || !strings.Contains(text, want) {
				t.Errorf("%s: got %d %s, want %s in it", path, status, text, want)
			}
		case status != 200 || text != want:
			t.Errorf("%s: got %d %q, want %q", path, status, text, want)
		}
	}
}
