package server

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
)

// permissionKey is where the description of an operation says what it needs.
const permissionKey = "x-permission"

// ownAudit is set in the metadata of an operation that writes its line of the audit
// itself.
const ownAudit = "own-audit"

// PermissionOf is what an operation declared, "" where it declared nothing.
func PermissionOf(op *huma.Operation) account.Permission {
	needs, _ := op.Extensions[permissionKey].(account.Permission)
	return needs
}

// A Route is one way into the server: what a pattern of the mux answers, and what
// somebody must have to be answered.
type Route struct {
	Pattern   string // of net/http: method and path
	Operation string // ID of the API's, or the pattern
	Needs     account.Permission
	OwnAudit  bool // it writes into the audit what it did itself, with more than the request says
}

// logged reports whether the audit lists what was done this way: all that changes
// something, or asks others.
func (w Route) logged() bool {
	switch w.Needs {
	case account.Work, account.Act, account.Approve, account.Administer:
		return !w.OwnAudit && strings.HasPrefix(w.Pattern, http.MethodPost)
	}
	return false
}

// routes are the ways in by pattern. What is not among them is answered to nobody
// but who may do everything.
type routes map[string]Route

// handle adds what is no operation of the API.
func (r routes) handle(mux *http.ServeMux, pattern string, needs account.Permission, h http.Handler) {
	r[pattern] = Route{pattern, pattern, needs, false}
	mux.Handle(pattern, h)
}

// operations adds those of the API, as each declared it.
func (r routes) operations(doc *huma.OpenAPI) {
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op != nil {
				pattern := op.Method + " " + path
				r[pattern] = Route{pattern, op.OperationID, PermissionOf(op), op.Metadata[ownAudit] != nil}
			}
		}
	}
	for _, pattern := range descriptions {
		r[pattern] = Route{pattern, pattern, account.Read, false}
	}
}

// descriptions are the patterns under which huma serves the document.
var descriptions = []string{"GET /openapi.json", "GET /openapi.yaml", "GET /openapi-3.0.json", "GET /openapi-3.0.yaml"}
