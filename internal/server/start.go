package server

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/observable"
	"clew/internal/observable/extract"
)

// mostText bounds a report that is sent to be read, in bytes.
const mostText = 16 << 20

// Recognised is what was seen in a text.
type Recognised struct {
	Type   string   `json:"type" doc:"how the text was read"`
	Found  []Found  `json:"found"`
	Unread []string `json:"unread" doc:"what was seen and not read, and why"`
}

// Plan is a dry run: whom an investigation would ask about its seeds, in the
// order in which a budget would be spent.
type Plan struct {
	Questions []Question `json:"questions"`
	Asked     int        `json:"asked" doc:"questions that would be asked"`
	Requests  int        `json:"requests" doc:"at least"`
	Credits   int        `json:"credits" doc:"at least"`
	Refusal   string     `json:"refusal" doc:"why the investigation would not start; empty when it would"`
}

type recogniseInput struct {
	Body struct {
		Text     string `json:"text" maxLength:"16777216" doc:"an indicator, defanged or not, or a whole report"`
		Type     string `json:"type,omitempty" enum:"text,csv,json,markdown,html,email" doc:"read it as this, whatever it looks like"`
		Distinct bool   `json:"distinct,omitempty" doc:"each value once, where it is seen first"`
	}
}

type askInput struct{ Body Ask }

func (s *service) registerStart(api huma.API) {
	recognise := post(account.Read, "recognise", "/recognise", "The indicators in a text", "As clew extract; a text that is one indicator and nothing else is taken as every command takes it. Nothing is asked of anybody and nothing is kept.")
	recognise.MaxBodyBytes = 2 * mostText // as JSON, with its escapes
	register(api, recognise, s.recognise)
	register(api, post(account.Read, "dry-run", "/dry-run", "Whom an investigation would ask", "As clew investigate --dry-run: cost and disclosure before anything is asked."), s.dryRun)
}

func (s *service) recognise(_ context.Context, in *recogniseInput) (Recognised, error) {
	result, err := extract.Extract(strings.NewReader(in.Body.Text), extract.Options{
		Type: extract.Type(in.Body.Type), MaxBytes: mostText, Distinct: in.Body.Distinct,
	})
	if err != nil {
		return Recognised{}, err
	}
	found := FoundIn(result)
	if alone, ok := oneIndicator(in.Body.Text); ok && in.Body.Type == "" && (len(found) != 1 || found[0].Raw != alone.Raw) {
		found = []Found{alone}
	}
	return Recognised{string(result.Type), found, append([]string{}, result.Unread...)}, nil
}

// oneIndicator reads a text that is an indicator and nothing else, as every
// command takes it: also a reserved name, or a kind written before free text,
// which nobody would want to be found in the middle of a report.
func oneIndicator(text string) (Found, bool) {
	if len(text) > 4*observable.MaxLen || strings.ContainsAny(strings.TrimSpace(text), "\r\n") {
		return Found{}, false
	}
	v, err := observable.Parse(text)
	if err != nil {
		return Found{}, false
	}
	raw := strings.TrimSpace(text)
	start := strings.Index(text, raw)
	return Found{
		Kind: v.Kind().String(), Value: v.Text(), Offset: start, Line: 1, Column: utf8.RuneCountInString(text[:start]) + 1,
		Raw: raw, Defanged: !strings.Contains(strings.ToLower(raw), strings.ToLower(v.Text())),
	}, true
}

func (s *service) dryRun(ctx context.Context, in *askInput) (Plan, error) {
	w, giveBack, err := s.shelf.lend()
	if err != nil {
		return Plan{}, err
	}
	defer giveBack()
	questions, err := s.core.DryRun(ctx, w, in.Body)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Questions: append([]Question{}, questions...)}
	for _, q := range questions {
		if q.Asked {
			plan.Asked, plan.Requests, plan.Credits = plan.Asked+1, plan.Requests+q.Requests, plan.Credits+q.Credits
		}
	}
	_, done, err := s.core.Request(ctx, in.Body)
	if done != nil {
		done()
	}
	if err != nil {
		plan.Refusal = err.Error()
	}
	return plan, nil
}
