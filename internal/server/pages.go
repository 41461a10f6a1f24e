package server

import (
	"bytes"
	_ "embed" // the two files of the reference page
	"html/template"
	"net/http"

	"clew/internal/account"
)

var (
	//go:embed assets/reference.html
	referencePage string
	//go:embed assets/reference.css
	referenceStyle []byte
)

// servePages serves the page, and the reference of the API for people. They load
// nothing from elsewhere, which the policy of the guard would not allow either.
func servePages(mux *http.ServeMux, ways routes, r manual, page Site) error {
	reference, err := template.New("reference").Parse(referencePage)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := reference.Execute(&out, r); err != nil {
		return err
	}
	give := func(kind string, content []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(content) // the client may be gone
		}
	}
	ways.handle(mux, "GET /api", account.Read, give("text/html; charset=utf-8", out.Bytes()))
	ways.handle(mux, "GET /api/reference.css", account.Read, give("text/css; charset=utf-8", referenceStyle))
	var rest http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, "there is nothing here: /api lists what there is")
	})
	if page != nil {
		if rest, err = page(rest); err != nil {
			return err
		}
	}
	ways.handle(mux, "/", account.Public, rest) // who signs in needs the page for it
	return nil
}
