package server

import (
	"io"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
)

type findingsInput struct {
	CaseName
	Known
	Page
	Band string `query:"band" enum:"high,medium,low,coincidence"`
	Kind string `query:"kind" maxLength:"64"`
	By   string `query:"by" maxLength:"8192" doc:"only those that this value, written kind:value, counts for as evidence"`
}

type briefInput struct {
	CaseName
	Known
	Limit int `query:"limit" minimum:"1" doc:"findings at most, the surest; all when left out"`
}

func (briefInput) outline() bool { return true }

// registerDocuments adds what a case comes to: whole, without the evidence of its
// findings, and its findings alone.
func (s *service) registerDocuments(api huma.API) {
	registerView[CaseView, casefile.Document](api, s, get(account.Read, "case", "/cases/{case}", "The case as one document", "As clew case show --json."),
		func(_ *CaseView, doc casefile.Document) (func(io.Writer) error, error) {
			return doc.Write, nil
		})
	registerView[briefInput, casefile.Brief](api, s, get(account.Read, "case-brief", "/cases/{case}/brief", "The case without the evidence of its findings",
		"As the page opens it: the document, but findings without factors and paths, which …/finding gives for each, and each action once. What is empty in a finding is left out."),
		func(in *briefInput, doc casefile.Document) (func(io.Writer) error, error) {
			most := len(doc.Findings)
			if in.Limit > 0 {
				most = in.Limit
			}
			return func(w io.Writer) error { return doc.WriteBrief(w, most) }, nil
		})
	registerView[findingsInput, List[casefile.Finding]](api, s, get(account.Read, "findings", "/cases/{case}/findings", "The findings of a case, page by page", "With the factors of each: its waterfall."),
		func(in *findingsInput, doc casefile.Document) (func(io.Writer) error, error) {
			list, err := in.of(doc)
			return asJSON(list), err
		})
}

// of returns the page of the findings that is asked for.
func (in *findingsInput) of(doc casefile.Document) (List[casefile.Finding], error) {
	wanted := make([]int, 0, len(doc.Findings))
	for i := range doc.Findings {
		if in.wants(&doc.Findings[i]) {
			wanted = append(wanted, i)
		}
	}
	page, err := paged(wanted, func(i int) string { return doc.Findings[i].Kind + " " + doc.Findings[i].Value }, in.Page)
	list := List[casefile.Finding]{Items: make([]casefile.Finding, len(page.Items)), Total: page.Total, Next: page.Next}
	for n, i := range page.Items {
		list.Items[n] = doc.Findings[i]
	}
	return list, err
}

func (in *findingsInput) wants(f *casefile.Finding) bool {
	return (in.Band == "" || f.Band == in.Band) && (in.Kind == "" || f.Kind == in.Kind) &&
		(in.By == "" || slices.ContainsFunc(f.Factors, func(l casefile.Factor) bool { return l.Bits != 0 && in.By == l.Kind+":"+l.Value }))
}
