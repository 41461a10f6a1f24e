package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/audit"
	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/score"
)

type findingInput struct {
	CaseName
	Indicator string `query:"indicator" required:"true" maxLength:"8192" doc:"as the finding says it, or defanged"`
	Kind      string `query:"kind" maxLength:"64" doc:"of the indicator, where its text does not say"`
}

func (s *service) registerAudit(api huma.API) {
	register(api, known(get(account.Read, "audit", "/cases/{case}/audit", "What the findings hang on, and what would change them", "")),
		func(ctx context.Context, in *CaseName) (audit.Audit, error) {
			record, err := s.load(ctx, in.Case)
			if err != nil {
				return audit.Audit{}, err
			}
			return audit.Of(record.Document(), score.Fitted(), score.Closed()), nil
		})
	register(api, known(get(account.Read, "finding", "/cases/{case}/finding", "All there is to say of one finding",
		"Its waterfall (bits of each factor, those that count for nothing with the reason, windows, holders and who counted them), the values and sources without which it falls, and what it lacks to the band above. Of any band.")), s.explain)
}

func (s *service) explain(ctx context.Context, in *findingInput) (audit.Explanation, error) {
	v, err := observable.Parse(in.Indicator)
	if in.Kind != "" {
		v, err = casefile.Value{Kind: in.Kind, Value: in.Indicator}.Observable()
	}
	if err != nil {
		return audit.Explanation{}, huma.Error422UnprocessableEntity(casefile.Printable(err.Error()))
	}
	doc, err := s.document(ctx, &in.CaseName)
	if err != nil {
		return audit.Explanation{}, err
	}
	explained, ok := audit.Explain(doc, v.Kind().String(), v.Text(), score.Fitted(), score.Closed())
	if !ok {
		return explained, huma.Error404NotFound("no finding " + casefile.Printable(v.Defang()) + " in the case")
	}
	return explained, nil
}
