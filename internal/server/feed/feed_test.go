package feed

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
	"clew/internal/export/plain"
)

// lists is read by the server and changed by the test.
type lists struct{ set atomic.Pointer[export.Set] }

func holding(s export.Set) *lists {
	l := &lists{}
	l.set.Store(&s)
	return l
}

func (l *lists) List(_ context.Context, name string) (List, error) {
	switch name {
	case "edl-ip":
		return Of(plain.EDLs()[0], *l.set.Load())
	case "broken":
		return List{}, errors.New("disk on fire")
	}
	return List{}, ErrNoList
}

// A firewall fetches with curl: once whole, then only when it changed.
func TestCurlFetchesOnlyWhatChanged(t *testing.T) {
	curl := exporttest.Tool(t, "curl")
	l := holding(exporttest.Set(t, plain.EDLs()[0], exporttest.Rules()))
	server := httptest.NewServer(Handler(l))
	defer server.Close()
	dir := t.TempDir()
	tag := dir + "/tag"
	fetch := func() string {
		return exporttest.Run(t, "", curl, "-s", "--etag-save", tag, "--etag-compare", tag, "-w", "%{http_code}", "-o", dir+"/list", server.URL+"/edl-ip")
	}
	if code := fetch(); code != "200" {
		t.Fatalf("first fetch: %s", code)
	}
	if code := fetch(); code != "304" {
		t.Errorf("second fetch: %s, want 304", code)
	}
	later := exporttest.Rules()
	later.At = later.At.AddDate(0, 1, 0)
	changed := exporttest.Set(t, plain.EDLs()[0], later)
	l.set.Store(&changed)
	if code := fetch(); code != "200" {
		t.Errorf("fetch after addresses expired: %s, want 200", code)
	}
}

func TestAnswers(t *testing.T) {
	server := httptest.NewServer(Handler(holding(exporttest.Set(t, plain.EDLs()[0], exporttest.Rules()))))
	defer server.Close()
	for path, want := range map[string]int{
		"/edl-ip": http.StatusOK, "/nothing": http.StatusNotFound, "/broken": http.StatusServiceUnavailable, "/../x": http.StatusNotFound, "/": http.StatusNotFound,
	} {
		reply, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = reply.Body.Close() // only the head counts
		if reply.StatusCode != want || want == http.StatusOK && !strings.HasPrefix(reply.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %s, want %d", path, reply.Status, want)
		}
	}
	reply, err := http.Post(server.URL+"/edl-ip", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = reply.Body.Close() // only the status counts
	if reply.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", reply.Status)
	}
}
