package taxii

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// a page of records becomes the body of a reply.
type writer func(page []Record, more bool, next string) any

// read answers with the records of a collection that the filters let through,
// page by page (section 3.4 and 3.5).
func (s *server) read(write writer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, ok := s.named(w, r)
		if !ok {
			return
		}
		f, err := filtersOf(r.URL.Query(), s.PageSize)
		if err != nil {
			fail(w, http.StatusBadRequest, err.Error())
			return
		}
		records, err := s.store.Records(r.Context(), c.ID)
		if err != nil {
			fail(w, http.StatusServiceUnavailable, "the collection cannot be read at the moment")
			return
		}
		if object := r.PathValue("object"); object != "" {
			records = slices.DeleteFunc(slices.Clone(records), func(r Record) bool { return r.ID != object })
			if len(records) == 0 {
				fail(w, http.StatusNotFound, "no such object")
				return
			}
			if strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/versions") {
				f.versions = []string{"all"}
			}
		}
		page, more := f.page(records)
		next := ""
		if more {
			next = placeOf(page[len(page)-1]).encode()
		}
		if len(page) > 0 {
			w.Header().Set("X-TAXII-Date-Added-First", stamp(page[0].Added))
			w.Header().Set("X-TAXII-Date-Added-Last", stamp(page[len(page)-1].Added))
		}
		reply(w, http.StatusOK, write(page, more, next))
	}
}

// stamp writes a time with the six digits of the standard's timestamp.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// objects is an envelope (section 3.7).
func objects(page []Record, more bool, next string) any {
	out := struct {
		More    bool              `json:"more"`
		Next    string            `json:"next,omitempty"`
		Objects []json.RawMessage `json:"objects,omitempty"`
	}{More: more, Next: next}
	for _, r := range page {
		out.Objects = append(out.Objects, r.Object)
	}
	return out
}

// manifest lists what there is without its content (section 5.3).
func manifest(page []Record, more bool, next string) any {
	type row struct {
		ID      string `json:"id"`
		Added   string `json:"date_added"`
		Version string `json:"version"`
		Media   string `json:"media_type"`
	}
	out := struct {
		More    bool   `json:"more"`
		Next    string `json:"next,omitempty"`
		Objects []row  `json:"objects,omitempty"`
	}{More: more, Next: next}
	for _, r := range page {
		out.Objects = append(out.Objects, row{r.ID, stamp(r.Added), stamp(r.Version), "application/stix+json;version=" + cmp.Or(r.Spec, "2.1")})
	}
	return out
}

// versions lists the versions of one object (section 5.8).
func versions(page []Record, more bool, next string) any {
	out := struct {
		More     bool     `json:"more"`
		Next     string   `json:"next,omitempty"`
		Versions []string `json:"versions,omitempty"`
	}{More: more, Next: next}
	for _, r := range page {
		out.Versions = append(out.Versions, stamp(r.Version))
	}
	return out
}

// filters are the parameters of section 3.4 and 3.5.
type filters struct {
	after    time.Time // added_after, exclusive
	limit    int
	from     place // next
	ids      []string
	types    []string
	specs    []string
	versions []string // first, last, all, or timestamps; "last" when not given
}

// place is where a page ends: records are ordered by it.
type place struct {
	added, version time.Time
	id             string
}

func placeOf(r Record) place { return place{r.Added, r.Version, r.ID} }

func (p place) compare(q place) int {
	return cmp.Or(p.added.Compare(q.added), strings.Compare(p.id, q.id), p.version.Compare(q.version))
}

func (p place) encode() string {
	text := p.added.UTC().Format(time.RFC3339Nano) + "|" + p.version.UTC().Format(time.RFC3339Nano) + "|" + p.id
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func decodePlace(text string) (place, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.SplitN(string(raw), "|", 3)
	if err != nil || len(parts) != 3 {
		return place{}, errors.New("next is not what an earlier reply gave")
	}
	added, err := time.Parse(time.RFC3339Nano, parts[0])
	version, err2 := time.Parse(time.RFC3339Nano, parts[1])
	if errors.Join(err, err2) != nil {
		return place{}, errors.New("next is not what an earlier reply gave")
	}
	return place{added, version, parts[2]}, nil
}

func filtersOf(q url.Values, pageSize int) (filters, error) {
	f := filters{limit: pageSize}
	var err error
	if text := q.Get("added_after"); text != "" {
		if f.after, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return f, errors.New("added_after is no timestamp")
		}
	}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return f, errors.New("limit is no positive number")
		}
		f.limit = min(n, pageSize)
	}
	if text := q.Get("next"); text != "" {
		if f.from, err = decodePlace(text); err != nil {
			return f, err
		}
	}
	f.ids, f.types, f.specs, f.versions = list(q, "id"), list(q, "type"), list(q, "spec_version"), list(q, "version")
	for _, v := range f.versions {
		if _, err := time.Parse(time.RFC3339Nano, v); err != nil && v != "first" && v != "last" && v != "all" {
			return f, errors.New("match[version] is first, last, all or a timestamp")
		}
	}
	if len(f.versions) == 0 {
		f.versions = []string{"last"}
	}
	return f, nil
}

// list reads match[name]: values joined by commas, any of which will do.
func list(q url.Values, name string) []string {
	var all []string
	for _, text := range q["match["+name+"]"] {
		for item := range strings.SplitSeq(text, ",") {
			if item != "" {
				all = append(all, item)
			}
		}
	}
	return all
}

// page returns the records that pass, from where the client is, and whether
// there are more.
func (f filters) page(records []Record) ([]Record, bool) {
	sorted := slices.SortedFunc(slices.Values(records), func(a, b Record) int { return placeOf(a).compare(placeOf(b)) })
	first, last := ends(sorted)
	var page []Record
	for _, r := range sorted {
		if !f.passes(r, first, last) || f.from != (place{}) && placeOf(r).compare(f.from) <= 0 {
			continue
		}
		if len(page) == f.limit {
			return page, true
		}
		page = append(page, r)
	}
	return page, false
}

// ends finds the first and last version of each object.
func ends(records []Record) (first, last map[string]time.Time) {
	first, last = map[string]time.Time{}, map[string]time.Time{}
	for _, r := range records {
		if t, ok := first[r.ID]; !ok || r.Version.Before(t) {
			first[r.ID] = r.Version
		}
		if t, ok := last[r.ID]; !ok || r.Version.After(t) {
			last[r.ID] = r.Version
		}
	}
	return first, last
}

func (f filters) passes(r Record, first, last map[string]time.Time) bool {
	return (f.after.IsZero() || r.Added.After(f.after)) &&
		among(f.ids, r.ID) && among(f.types, r.Type) && among(f.specs, cmp.Or(r.Spec, "2.1")) && f.wantsVersion(r, first, last)
}

// among reports whether the filter is not given or names the value.
func among(wanted []string, value string) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

func (f filters) wantsVersion(r Record, first, last map[string]time.Time) bool {
	return slices.ContainsFunc(f.versions, func(v string) bool {
		switch v {
		case "all":
			return true
		case "first":
			return r.Version.Equal(first[r.ID])
		case "last":
			return r.Version.Equal(last[r.ID])
		}
		at, err := time.Parse(time.RFC3339Nano, v)
		return err == nil && r.Version.Equal(at)
	})
}
