package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"testing/quick"
)

func TestPagesJoinToTheWhole(t *testing.T) {
	claim := func(entries uint8, limit uint8) bool {
		all := make([]string, entries)
		for i := range all {
			all[i] = strconv.Itoa(i)
		}
		page := Page{Limit: int(limit%20) + 1}
		var got []string
		for range 300 {
			list, err := paged(all, func(s string) string { return s }, page)
			if err != nil || list.Total != len(all) || len(list.Items) > page.Limit {
				return false
			}
			got = append(got, list.Items...)
			if page.Cursor = list.Next; page.Cursor == "" {
				return slices.Equal(got, all)
			}
		}
		return false
	}
	if err := quick.Check(claim, nil); err != nil {
		t.Error(err)
	}
}

func TestCursorOutlivesNewEntries(t *testing.T) {
	same := func(s string) string { return s }
	first, _ := paged([]string{"b", "a"}, same, Page{Limit: 1})
	next, err := paged([]string{"c", "b", "a"}, same, Page{Limit: 1, Cursor: first.Next})
	if err != nil || !slices.Equal(next.Items, []string{"a"}) {
		t.Errorf("got %v, %v", next.Items, err)
	}
	if _, err := paged([]string{"c"}, same, Page{Limit: 1, Cursor: first.Next}); err == nil {
		t.Error("a cursor of nothing was followed")
	}
}

func TestTag(t *testing.T) {
	answer := tagged(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte("content"))
	}))
	ask := func(path, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		answer.ServeHTTP(w, r)
		return w
	}
	first := ask("/", "")
	tag := first.Header().Get("ETag")
	if first.Code != 200 || tag == "" || first.Body.String() != "content" {
		t.Fatalf("got %d %q %q", first.Code, tag, first.Body)
	}
	for _, given := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		if w := ask("/", given); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("%s: got %d %q", given, w.Code, w.Body)
		}
	}
	if w := ask("/", `"x"`); w.Code != 200 {
		t.Errorf("another tag: got %d", w.Code)
	}
	if w := ask("/missing", "*"); w.Code != 404 || w.Header().Get("ETag") != "" {
		t.Errorf("an error has a tag: %d %q", w.Code, w.Header().Get("ETag"))
	}
}

// TestDescribed: every operation says what it is for, and no schema took the
// name of another.
func TestDescribed(t *testing.T) {
	api := newAPI(http.NewServeMux(), &service{}, "test")
	doc, err := json.Marshal(api.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	if version := api.OpenAPI().OpenAPI; version[:4] != "3.1." {
		t.Errorf("OpenAPI %s", version)
	}
	if len(doc) < 10_000 {
		t.Errorf("a document of %d bytes", len(doc))
	}
	r := referenceOf(api.OpenAPI())
	if len(r.Operations) < 18 {
		t.Errorf("only %d operations", len(r.Operations))
	}
	for _, o := range r.Operations {
		if o.Summary == "" || o.Answer == "" && len(o.Events) == 0 {
			t.Errorf("%s %s is not described: %+v", o.Method, o.Path, o)
		}
	}
	names := map[string]bool{}
	for _, typ := range r.Types {
		names[typ.Name] = true
	}
	for _, want := range []string{"Document", "Finding", "AuditFinding", "FindingList", "Run", "Plan"} {
		if !names[want] {
			t.Errorf("no type %s", want)
		}
	}
}
