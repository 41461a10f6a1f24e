package page

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func ask(t *testing.T, h http.Handler, method, path, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r io.Reader) string {
	t.Helper()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestPageIsServedAndTheRestIsNot(t *testing.T) {
	script := strings.Repeat("export const answer = 42;\n", 100)
	dist := fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html>")}, "assets/app-1a2b.js": {Data: []byte(script)}, ".gitignore": {Data: []byte("*")},
	}
	h, err := handler(dist, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	index := ask(t, h, http.MethodGet, "/", "")
	if got := text(t, index.Body); got != "<!doctype html>" || !strings.HasPrefix(index.Header.Get("Content-Type"), "text/html") {
		t.Errorf("/ is %q (%v)", got, index.Header)
	}
	plain := ask(t, h, http.MethodGet, "/assets/app-1a2b.js", "")
	if got := text(t, plain.Body); got != script || !strings.Contains(plain.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the script is %d bytes, %v", len(got), plain.Header)
	}
	zipped := ask(t, h, http.MethodGet, "/assets/app-1a2b.js", "br, gzip")
	z, err := gzip.NewReader(zipped.Body)
	if err != nil || text(t, z) != script {
		t.Errorf("the compressed script does not open: %v", err)
	}
	for _, path := range []string{"/.gitignore", "/assets/", "/assets/../index.html", "/nothing"} {
		if r := ask(t, h, http.MethodGet, path, ""); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	if r := ask(t, h, http.MethodPost, "/", ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("POST /: %d", r.StatusCode)
	}
}

// A binary built without the page says so, and how to have it.
func TestWithoutPage(t *testing.T) {
	h, err := handler(fstest.MapFS{".gitignore": {Data: []byte("*")}}, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, ask(t, h, http.MethodGet, "/", "").Body); !strings.Contains(got, "make build") {
		t.Errorf("/ is %q", got)
	}
}

func TestEmbeddedPageOpens(t *testing.T) {
	h, err := Handler(http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	if r := ask(t, h, http.MethodGet, "/", ""); r.StatusCode != http.StatusOK {
		t.Errorf("/: %d", r.StatusCode)
	}
}
