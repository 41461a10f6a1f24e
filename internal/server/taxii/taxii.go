// Package taxii serves STIX objects by TAXII 2.1 (OASIS Standard, 10 June 2021),
// for reading. Section numbers in comments are of that standard.
package taxii

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Media types of section 1.6.
const (
	Media     = "application/taxii+json;version=2.1"
	mediaSTIX = "application/stix+json;version=2.1"
)

// A Collection is what a client may read.
type Collection struct {
	ID          string // UUID
	Title       string
	Description string
	Alias       string // may stand for the ID in URLs
}

// A Record is one version of one object.
type Record struct {
	ID      string
	Type    string
	Spec    string    // spec_version
	Version time.Time // modified, or created, or when it was added (section 3.5)
	Added   time.Time
	Object  json.RawMessage
}

// A Store holds the collections.
type Store interface {
	// Collections lists what r's sender may read.
	Collections(r *http.Request) ([]Collection, error)
	// Records returns all versions of all objects of a collection, in any order.
	Records(ctx context.Context, collection string) ([]Record, error)
}

// Options say what a server tells of itself.
type Options struct {
	Title, Description, Contact string
	Root                        string // name of the one API root, "api" when empty
	// Authorize lets a request pass or says why not; nil lets all pass. An error
	// that wraps ErrForbidden becomes 403, any other 401.
	Authorize func(*http.Request) error
	// Challenge is what a 401 tells the client to send: `Basic realm="clew"` when empty.
	Challenge string
	PageSize  int // objects in a reply at most; 1,000 when 0
}

// ErrForbidden means the client is known and may not.
var ErrForbidden = errors.New("forbidden")

type server struct {
	Options
	store Store
}

// Handler serves the discovery endpoint at /taxii2/ and the API root beside it.
func Handler(store Store, o Options) http.Handler {
	s := &server{Options: o, store: store}
	if s.Root == "" {
		s.Root = "api"
	}
	if s.PageSize == 0 {
		s.PageSize = 1000
	}
	if s.Challenge == "" {
		s.Challenge = `Basic realm="clew"`
	}
	mux := http.NewServeMux()
	root := "/" + s.Root
	for pattern, handle := range map[string]http.HandlerFunc{
		"/taxii2":                                   s.discovery,
		root:                                        s.apiRoot,
		root + "/status/{status}":                   s.status,
		root + "/collections":                       s.collections,
		root + "/collections/{id}":                  s.collection,
		root + "/collections/{id}/manifest":         s.read(manifest),
		root + "/collections/{id}/objects":          s.read(objects),
		root + "/collections/{id}/objects/{object}": s.read(objects),
		root + "/collections/{id}/objects/{object}/versions": s.read(versions),
	} {
		// URLs end in a slash (section 1.6.1); clients that forget it mean the same.
		mux.HandleFunc(pattern, s.guarded(handle))
		mux.HandleFunc(pattern+"/{$}", s.guarded(handle))
	}
	return mux
}

// guarded checks who asks, how, and for what form.
func (s *server) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.Authorize != nil {
			if err := s.Authorize(r); err != nil {
				if errors.Is(err, ErrForbidden) {
					fail(w, http.StatusForbidden, "you may not read this")
					return
				}
				w.Header().Set("WWW-Authenticate", s.Challenge)
				fail(w, http.StatusUnauthorized, "say who you are")
				return
			}
		}
		if !accepts(r) {
			fail(w, http.StatusNotAcceptable, "only "+Media+" is spoken here")
			return
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			next(w, r)
		case http.MethodPost, http.MethodDelete: // collections say can_write false (sections 5.4 and 5.7)
			fail(w, http.StatusForbidden, "collections are for reading")
		default:
			w.Header().Set("Allow", "GET, HEAD")
			fail(w, http.StatusMethodNotAllowed, "collections are for reading")
		}
	}
}

// accepts reports whether the client takes the one version spoken here. One that
// sends no Accept, or takes anything, does.
func accepts(r *http.Request) bool {
	all := r.Header.Values("Accept")
	if len(all) == 0 {
		return true
	}
	for _, item := range strings.Split(strings.Join(all, ","), ",") {
		kind, parameters, _ := strings.Cut(strings.ReplaceAll(item, " ", ""), ";")
		switch kind {
		case "*/*", "application/*":
			return true
		case "application/taxii+json":
			version := ""
			for parameter := range strings.SplitSeq(parameters, ";") {
				if v, ok := strings.CutPrefix(parameter, "version="); ok {
					version = strings.Trim(v, `"`)
				}
			}
			if version == "" || version == "2.1" {
				return true
			}
		}
	}
	return false
}

// fail writes an error message (section 3.6.1).
func fail(w http.ResponseWriter, status int, description string) {
	reply(w, status, map[string]string{
		"title": http.StatusText(status), "description": description, "http_status": strconv.Itoa(status),
	})
}

func reply(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the reply cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", Media)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

func (s *server) discovery(w http.ResponseWriter, r *http.Request) {
	root := "/" + s.Root + "/"
	if prefix, ok := strings.CutSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/taxii2"); ok {
		root = prefix + root
	}
	d := map[string]any{"title": s.Title, "default": root, "api_roots": []string{root}}
	if s.Description != "" {
		d["description"] = s.Description
	}
	if s.Contact != "" {
		d["contact"] = s.Contact
	}
	reply(w, http.StatusOK, d)
}

func (s *server) apiRoot(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{"title": s.Title, "versions": []string{Media}, "max_content_length": 1}) // nothing is taken
}

// status knows no request: none that could have one is taken.
func (s *server) status(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusNotFound, "no such status")
}

// described is a collection as section 5.2 writes it.
type described struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Alias       string   `json:"alias,omitempty"`
	CanRead     bool     `json:"can_read"`
	CanWrite    bool     `json:"can_write"`
	MediaTypes  []string `json:"media_types"`
}

func describe(c Collection) described {
	return described{c.ID, c.Title, c.Description, c.Alias, true, false, []string{mediaSTIX}}
}

func (s *server) collections(w http.ResponseWriter, r *http.Request) {
	list, err := s.store.Collections(r)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, "the collections cannot be read at the moment")
		return
	}
	out := struct {
		Collections []described `json:"collections,omitempty"`
	}{}
	for _, c := range list {
		out.Collections = append(out.Collections, describe(c))
	}
	reply(w, http.StatusOK, out)
}

func (s *server) collection(w http.ResponseWriter, r *http.Request) {
	if c, ok := s.named(w, r); ok {
		reply(w, http.StatusOK, describe(c))
	}
}

// named finds the collection of the URL among those the client may read, or
// answers 404: that others exist is nobody's business.
func (s *server) named(w http.ResponseWriter, r *http.Request) (Collection, bool) {
	list, err := s.store.Collections(r)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, "the collections cannot be read at the moment")
		return Collection{}, false
	}
	for _, c := range list {
		if id := r.PathValue("id"); id == c.ID || id != "" && id == c.Alias {
			return c, true
		}
	}
	fail(w, http.StatusNotFound, "no such collection")
	return Collection{}, false
}
