package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/casefile"
)

// Known says which answers a client has already. Exported, as all that is
// embedded in an input.
type Known struct {
	Tags []string `header:"If-None-Match" doc:"ETags of answers that the client has: 304 when one still holds"`
}

func (k Known) has(tag string) bool { return holds(k.Tags, tag) }

// A view is what is asked of a case as it stands.
type view interface {
	name() string
	has(tag string) bool
	outline() bool // whether findings without factors and paths are enough
}

// CaseView asks for all of a view.
type CaseView struct {
	CaseName
	Known
}

func (n CaseName) name() string { return n.Case }

func (CaseName) outline() bool { return false }

// registerView adds an operation whose answer, an O, follows from a case as it
// stands and from the address alone. Who has it already is told so before any of
// it is made, and it is sent while it is written.
func registerView[I view, O any](api huma.API, s *service, op huma.Operation, write func(*I, casefile.Document) (func(io.Writer) error, error)) {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[O](), true, op.OperationID)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: schema}},
		Headers: map[string]*huma.Param{"ETag": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	op.Errors = append(op.Errors, http.StatusNotFound, http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	huma.Register(api, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		id, err := s.resolve(ctx, (*in).name())
		if err != nil {
			return nil, asProblem(err)
		}
		doc, err := s.docs.document(ctx, id, (*in).outline())
		if err != nil {
			return nil, asProblem(err)
		}
		tag := s.tagOf(doc)
		if (*in).has(tag) {
			return &huma.StreamResponse{Body: func(out huma.Context) {
				out.SetHeader("ETag", tag)
				out.SetStatus(http.StatusNotModified)
			}}, nil
		}
		send, err := write(in, doc.Document)
		if err != nil {
			return nil, asProblem(err)
		}
		return &huma.StreamResponse{Body: func(out huma.Context) {
			out.SetHeader("ETag", tag)
			out.SetHeader("Content-Type", "application/json")
			out.SetStatus(http.StatusOK)
			if send(out.BodyWriter()) != nil {
				panic(http.ErrAbortHandler) // no end that looks like one; most likely the client is gone
			}
		}}, nil
	})
}

// tagOf is the ETag of every view of a document: tags are compared within one
// address only.
func (s *service) tagOf(doc laidDocument) string {
	sum := sha256.Sum256([]byte(s.version + "\x00" + doc.state))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// asJSON writes a value as every other answer is written.
func asJSON(value any) func(io.Writer) error {
	return func(w io.Writer) error {
		encode := json.NewEncoder(w)
		encode.SetEscapeHTML(false)
		return encode.Encode(value)
	}
}
