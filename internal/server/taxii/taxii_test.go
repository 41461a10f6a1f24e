package taxii

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"clew/internal/export/exporttest"
	"clew/internal/export/stix"
)

const indicators = "7c1f0ab2-6c1d-5e42-9a55-0c8a3f6d2b11"

var (
	begin = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	later = begin.Add(time.Hour)
)

// shelf holds the worked case as STIX, and a second version of one object.
func shelf(t *testing.T) Fixed {
	t.Helper()
	f := Fixed{List: []Collection{{ID: indicators, Title: "indicators", Alias: "amber"}}, Content: map[string][]Record{}}
	add := func(o stix.Object, at time.Time) {
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := RecordOf(raw, at)
		if err != nil {
			t.Fatal(err)
		}
		f.Content[indicators] = append(f.Content[indicators], r)
	}
	objects := stix.Objects(exporttest.Set(t, stix.Format(), exporttest.Rules()))
	for _, o := range objects {
		add(o, begin)
	}
	for _, o := range objects {
		if o["type"] == "grouping" {
			o["modified"] = "2026-11-25T01:00:00.000Z"
			add(o, later)
		}
	}
	return f
}

func serve(t *testing.T, o Options) string {
	t.Helper()
	server := httptest.NewServer(Handler(shelf(t), o))
	t.Cleanup(server.Close)
	return server.URL
}

// got is any reply.
type got struct {
	Status      int
	Header      http.Header
	More        bool
	Next        string
	Objects     []map[string]any
	Versions    []string
	Collections []map[string]any
	APIRoots    []string `json:"api_roots"`
	Default     string
	Title       string
	HTTPStatus  string `json:"http_status"`
	CanRead     bool   `json:"can_read"`
}

// curl asks as the standard says a client does.
func curl(t *testing.T, address string, args ...string) got {
	t.Helper()
	dir := t.TempDir()
	if !strings.Contains(strings.Join(args, " "), "Accept:") {
		args = append(args, "-H", "Accept: "+Media)
	}
	args = append([]string{"-s", "-g", "-D", dir + "/head", "-o", dir + "/body", "-w", "%{http_code}"}, args...)
	code := exporttest.Run(t, "", exporttest.Tool(t, "curl"), append(args, address)...)
	var reply got
	if err := json.Unmarshal([]byte(exporttest.Read(t, dir+"/body")), &reply); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	if _, err := fmt.Sscan(code, &reply.Status); err != nil {
		t.Fatal(err)
	}
	reply.Header = http.Header{}
	for line := range strings.Lines(exporttest.Read(t, dir+"/head")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			reply.Header.Add(name, value)
		}
	}
	if kind := reply.Header.Get("Content-Type"); kind != Media {
		t.Errorf("%s: Content-Type %q, want %q", address, kind, Media)
	}
	return reply
}

// The walk of section 1.7: discovery, API root, collections, objects.
func TestAClientFindsItsWay(t *testing.T) {
	server := serve(t, Options{Title: "clew"})
	d := curl(t, server+"/taxii2/")
	if d.Title != "clew" || len(d.APIRoots) != 1 || d.Default != d.APIRoots[0] {
		t.Fatalf("discovery: %+v", d)
	}
	root := server + d.APIRoots[0]
	if r := curl(t, root); r.Status != http.StatusOK || r.Title == "" {
		t.Errorf("API root: %+v", r)
	}
	c := curl(t, root+"collections/")
	if len(c.Collections) != 1 || c.Collections[0]["can_read"] != true || c.Collections[0]["can_write"] != false {
		t.Fatalf("collections: %+v", c)
	}
	collection := root + "collections/" + c.Collections[0]["id"].(string) + "/"
	if r := curl(t, collection); !r.CanRead {
		t.Errorf("collection: %+v", r)
	}
	o := curl(t, collection+"objects/")
	if len(o.Objects) < 50 || o.More || o.Header.Get("X-TAXII-Date-Added-First") == "" || o.Header.Get("X-TAXII-Date-Added-Last") != stamp(later) {
		t.Errorf("%d objects, more %v, headers %v", len(o.Objects), o.More, o.Header)
	}
	m := curl(t, collection+"manifest/")
	if len(m.Objects) != len(o.Objects) || m.Objects[0]["date_added"] == "" || m.Objects[0]["media_type"] != mediaSTIX {
		t.Errorf("%d rows of the manifest for %d objects: %v", len(m.Objects), len(o.Objects), m.Objects[0])
	}
	if a := curl(t, root+"collections/amber/objects/"); len(a.Objects) != len(o.Objects) {
		t.Error("the alias leads elsewhere")
	}
}

func TestFilters(t *testing.T) {
	objects := serve(t, Options{}) + "/api/collections/amber/objects/"
	all := len(curl(t, objects).Objects)
	grouping := ""
	for _, o := range curl(t, objects+"?match[type]=grouping,note").Objects {
		if o["type"] == "grouping" {
			grouping = o["id"].(string)
		} else if o["type"] != "note" {
			t.Errorf("a %v passes the filter", o["type"])
		}
	}
	for query, want := range map[string]int{
		"match[type]=indicator&match[type]=grouping":                         17,
		"match[id]=" + grouping:                                              1,
		"match[id]=" + grouping + "&match[version]=all":                      2,
		"match[id]=" + grouping + "&match[version]=2026-11-25T01:00:00.000Z": 1,
		"match[id]=" + grouping + "&match[version]=first,last":               2,
		"match[spec_version]=2.0":                                            0,
		"match[spec_version]=2.1":                                            all,
		"added_after=" + stamp(begin):                                        1,
		"added_after=" + stamp(later):                                        0,
		"added_after=" + stamp(begin.Add(-1)):                                all,
		"match[type]=nothing":                                                0,
	} {
		if r := curl(t, objects+"?"+query); len(r.Objects) != want {
			t.Errorf("%s: %d objects, want %d", query, len(r.Objects), want)
		}
	}
	if r := curl(t, objects+grouping+"/versions/"); len(r.Versions) != 2 {
		t.Errorf("versions: %+v", r)
	}
	if r := curl(t, objects+grouping+"/"); len(r.Objects) != 1 || r.Objects[0]["modified"] != "2026-11-25T01:00:00.000Z" {
		t.Errorf("the object: %+v", r)
	}
}

// Page after page gives every object once, whatever the size of a page.
func TestPages(t *testing.T) {
	objects := serve(t, Options{PageSize: 20}) + "/api/collections/amber/objects/?match[version]=all&limit="
	for _, limit := range []string{"7", "20", "1000"} {
		seen, next := map[string]bool{}, ""
		for pages := 0; ; pages++ {
			r := curl(t, objects+limit+"&next="+url.QueryEscape(next))
			for _, o := range r.Objects {
				key := fmt.Sprint(o["id"], o["modified"])
				if seen[key] {
					t.Fatalf("%s comes twice", key)
				}
				seen[key] = true
			}
			if next = r.Next; !r.More {
				break
			}
			if next == "" || pages > 100 {
				t.Fatalf("more, and no way on: %+v", r)
			}
		}
		if want := len(shelf(t).Content[indicators]); len(seen) != want {
			t.Errorf("limit %s: %d objects, want %d", limit, len(seen), want)
		}
	}
}

func TestRefusals(t *testing.T) {
	server := serve(t, Options{Authorize: func(r *http.Request) error {
		user, _, _ := r.BasicAuth()
		switch user {
		case "reader":
			return nil
		case "stranger":
			return fmt.Errorf("%w: not of this team", ErrForbidden)
		}
		return errors.New("nobody")
	}})
	objects := server + "/api/collections/amber/objects/"
	for name, row := range map[string]struct {
		address string
		args    []string
		want    int
	}{
		"nobody":            {objects, nil, http.StatusUnauthorized},
		"stranger":          {objects, []string{"-u", "stranger:x"}, http.StatusForbidden},
		"reader":            {objects, []string{"-u", "reader:x"}, http.StatusOK},
		"adding":            {objects, []string{"-u", "reader:x", "-X", "POST"}, http.StatusForbidden},
		"deleting":          {objects + "indicator--x/", []string{"-u", "reader:x", "-X", "DELETE"}, http.StatusForbidden},
		"other_version":     {objects, []string{"-u", "reader:x", "-H", "Accept: application/taxii+json;version=2.0"}, http.StatusNotAcceptable},
		"no_collection":     {server + "/api/collections/none/objects/", []string{"-u", "reader:x"}, http.StatusNotFound},
		"no_object":         {objects + "indicator--x/", []string{"-u", "reader:x"}, http.StatusNotFound},
		"no_status":         {server + "/api/status/x/", []string{"-u", "reader:x"}, http.StatusNotFound},
		"bad_limit":         {objects + "?limit=-1", []string{"-u", "reader:x"}, http.StatusBadRequest},
		"bad_next":          {objects + "?next=x", []string{"-u", "reader:x"}, http.StatusBadRequest},
		"bad_added_after":   {objects + "?added_after=yesterday", []string{"-u", "reader:x"}, http.StatusBadRequest},
		"bad_match_version": {objects + "?match[version]=newest", []string{"-u", "reader:x"}, http.StatusBadRequest},
	} {
		r := curl(t, row.address, row.args...)
		if r.Status != row.want || r.Status >= 400 && r.HTTPStatus != fmt.Sprint(row.want) {
			t.Errorf("%s: %d (%q), want %d", name, r.Status, r.HTTPStatus, row.want)
		}
		if row.want == http.StatusUnauthorized && r.Header.Get("Www-Authenticate") == "" {
			t.Errorf("%s: no challenge", name)
		}
	}
}

func FuzzFilters(f *testing.F) {
	f.Add("match[version]=all&limit=3&next=eA&added_after=2026-01-01T00:00:00Z")
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		fl, err := filtersOf(q, 10)
		if err != nil {
			return
		}
		page, _ := fl.page([]Record{{ID: "a", Added: begin, Version: begin}, {ID: "b", Added: later, Version: later}})
		if len(page) > fl.limit || fl.limit > 10 {
			t.Errorf("%d records, limit %d", len(page), fl.limit)
		}
	})
}
