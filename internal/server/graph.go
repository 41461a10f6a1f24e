package server

import (
	"io"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/casegraph"
)

type graphInput struct {
	CaseName
	Known
	Limit    int    `query:"limit" minimum:"2" maximum:"50000" default:"50000" doc:"nodes at most: the surest findings with what they share"`
	Rejected string `query:"rejected" enum:"show,hide" default:"show" doc:"pivot points that were rejected"`
}

func (s *service) registerGraph(api huma.API) {
	op := get(account.Read, "graph", "/cases/{case}/graph", "The case as nodes and edges, for drawing",
		"The same seeds and findings as the document, the values they share between them, and the pivot points that were rejected. What the bounds leave out is counted.")
	registerView[graphInput, casegraph.Graph](api, s, op, func(in *graphInput, doc casefile.Document) (func(io.Writer) error, error) {
		return asJSON(casegraph.Of(doc, casegraph.Bounds{Nodes: in.Limit, Rejected: in.Rejected != "hide"})), nil
	})
}
