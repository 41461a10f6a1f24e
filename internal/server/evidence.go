package server

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
)

// EvidenceName names a raw answer in a path.
type EvidenceName struct {
	CaseName
	SHA256 string `path:"sha256" pattern:"^(sha256:)?[0-9a-f]{64}$" doc:"digest, as factors name it"`
}

func (e EvidenceName) digest() string { return strings.TrimPrefix(e.SHA256, "sha256:") }

type evidenceInput struct {
	EvidenceName
	Offset int `query:"offset" minimum:"0" doc:"bytes to leave out at the beginning"`
	Limit  int `query:"limit" minimum:"1" maximum:"16777216" default:"1048576" doc:"bytes at most"`
}

// rawAnswer is part of an answer as it was received. It is shown as text
// whatever it is: somebody else wrote it.
type rawAnswer struct {
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Total       string `header:"X-Total-Size" doc:"of the whole answer, in bytes"`
	Body        []byte
}

func (s *service) registerEvidence(api huma.API) {
	raw := get(account.Read, "evidence", "/cases/{case}/evidence/{sha256}", "A raw answer as it was received, as text",
		"A part of it, from offset; the header X-Total-Size has its whole size. Only what this case rests on is given.")
	raw.Errors = []int{http.StatusNotFound, http.StatusUnauthorized, http.StatusUnprocessableEntity}
	raw.Responses = map[string]*huma.Response{"200": {Description: "the bytes", Content: map[string]*huma.MediaType{
		"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}},
	}}}
	huma.Register(api, raw, func(ctx context.Context, in *evidenceInput) (*rawAnswer, error) {
		answer, err := s.rawAnswer(ctx, in)
		if err != nil {
			return nil, asProblem(err)
		}
		return answer, nil
	})
	about := get(account.Read, "evidence-about", "/cases/{case}/evidence/{sha256}/about", "Where a raw answer comes from", "The questions of the case that it answered: of whom, about what, when.")
	about.Errors = []int{http.StatusNotFound}
	register(api, about, func(ctx context.Context, in *EvidenceName) (casefile.Provenance, error) {
		id, err := s.resolve(ctx, in.Case)
		if err != nil {
			return casefile.Provenance{}, err
		}
		return casefile.ProvenanceOf(ctx, s.cases.Cases, id, in.digest())
	})
}

func (s *service) rawAnswer(ctx context.Context, in *evidenceInput) (*rawAnswer, error) {
	id, err := s.resolve(ctx, in.Case)
	if err != nil {
		return nil, err
	}
	if _, err := casefile.ProvenanceOf(ctx, s.cases.Cases, id, in.digest()); err != nil {
		return nil, err // of another case, or of none
	}
	content, err := s.cases.Cases.GetBlob(ctx, in.digest())
	if err != nil {
		return nil, err
	}
	from := min(in.Offset, len(content))
	return &rawAnswer{
		ContentType: "text/plain; charset=utf-8", Policy: "sandbox; default-src 'none'",
		Total: strconv.Itoa(len(content)), Body: content[from:min(from+in.Limit, len(content))],
	}, nil
}
