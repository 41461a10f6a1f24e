package server

import (
	"io"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/audit"
	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/score"
)

type findingInput struct {
	CaseName
	Known
	Indicator string `query:"indicator" required:"true" maxLength:"8192" doc:"as the finding says it, or defanged"`
	Kind      string `query:"kind" maxLength:"64" doc:"of the indicator, where its text does not say"`
}

func (s *service) registerAudit(api huma.API) {
	registerView[CaseView, audit.Audit](api, s, get(account.Read, "audit", "/cases/{case}/audit", "What the findings hang on, and what would change them", ""),
		func(_ *CaseView, doc casefile.Document) (func(io.Writer) error, error) {
			return asJSON(audit.Of(doc, score.Fitted(), score.Closed())), nil
		})
	registerView[findingInput, audit.Explanation](api, s, get(account.Read, "finding", "/cases/{case}/finding", "All there is to say of one finding",
		"Its waterfall (bits of each factor, those that count for nothing with the reason, windows, holders and who counted them), the values and sources without which it falls, and what it lacks to the band above. Of any band."),
		func(in *findingInput, doc casefile.Document) (func(io.Writer) error, error) {
			explained, err := in.explain(doc)
			return asJSON(explained), err
		})
}

func (in *findingInput) explain(doc casefile.Document) (audit.Explanation, error) {
	v, err := observable.Parse(in.Indicator)
	if in.Kind != "" {
		v, err = casefile.Value{Kind: in.Kind, Value: in.Indicator}.Observable()
	}
	if err != nil {
		return audit.Explanation{}, huma.Error422UnprocessableEntity(casefile.Printable(err.Error()))
	}
	explained, ok := audit.Explain(doc, v.Kind().String(), v.Text(), score.Fitted(), score.Closed())
	if !ok {
		return explained, huma.Error404NotFound("no finding " + casefile.Printable(v.Defang()) + " in the case")
	}
	return explained, nil
}
