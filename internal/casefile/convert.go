package casefile

import (
	"fmt"
	"math"
	"strings"

	"clew/internal/observable"
	"clew/internal/pivot"
)

// FindingOf writes a finding as the document has it. Probabilities and bits are
// rounded to six decimals: more would differ between processors, and the record
// must be the same bytes on every machine.
func FindingOf(f pivot.Finding) Finding {
	factors := make([]Factor, len(f.Factors))
	for i, factor := range f.Factors {
		factors[i] = factorOf(factor)
	}
	doc := Finding{
		Kind: kindOf(f.Value), Value: f.Value.Text(),
		P: rounded(f.P), Confidence: percent(f.P), Band: f.Band, Bits: rounded(f.Bits), Hops: f.Hops,
		FirstSeen: timeOf(f.Window.First), LastSeen: timeOf(f.Window.Last),
		Factors: factors, Paths: orEmpty(f.Paths),
		Suppressed: f.Suppressed, Verdict: f.Verdict, Model: f.Model,
		Validation: Validation{State: NotChecked},
	}
	doc.Action = bandAction(doc)
	return doc
}

func factorOf(f pivot.Factor) Factor {
	return Factor{
		Family: f.Family, Relation: f.Relation, Kind: kindOf(f.Value), Value: f.Value.Text(),
		Holders: f.Holders, Groups: f.Groups, Of: f.Of, CountOf: f.CountOf,
		Bits: rounded(f.Bits), Raw: rounded(f.Raw), Window: WindowOf(f.Window),
		Source: strings.Join(f.Sources, ", "), Sources: orEmpty(f.Sources), Evidence: orEmpty(f.Evidence),
		Note: f.Note, Default: f.Default, Guest: f.Guest,
	}
}

// Result converts back, without the validation and the action, which are not
// the engine's.
func (f Finding) Result() (pivot.Finding, error) {
	value, err := valueOf(f.Kind, f.Value)
	if err != nil {
		return pivot.Finding{}, fmt.Errorf("finding: %w", err)
	}
	result := pivot.Finding{
		Value: value, P: f.P, Band: f.Band, Bits: f.Bits, Hops: f.Hops,
		Paths: f.Paths, Suppressed: f.Suppressed, Verdict: f.Verdict, Model: f.Model,
	}
	result.Window.First, result.Window.Last = f.FirstSeen.Time, f.LastSeen.Time
	for _, factor := range f.Factors {
		value, err := valueOf(factor.Kind, factor.Value)
		if err != nil {
			return pivot.Finding{}, fmt.Errorf("factor of %s: %w", f.Value, err)
		}
		result.Factors = append(result.Factors, pivot.Factor{
			Family: factor.Family, Relation: factor.Relation, Value: value,
			Holders: factor.Holders, Groups: factor.Groups, Of: factor.Of, CountOf: factor.CountOf,
			Bits: factor.Bits, Raw: factor.Raw, Window: factor.Window.Observed(),
			Sources: factor.Sources, Evidence: factor.Evidence, Note: factor.Note, Default: factor.Default, Guest: factor.Guest,
		})
	}
	return result, nil
}

// PivotOf writes a pivot point as the document has it.
func PivotOf(p pivot.Point) Pivot {
	doc := Pivot{
		From: p.From.Text(), FromKind: kindOf(p.From), Method: p.Method,
		Kind: kindOf(p.Value), Value: p.Value.Text(), Expected: rounded(p.Expected),
		State: string(p.State), Reason: p.Reason, New: p.New, At: timeOf(p.At),
	}
	if p.HoldersKnown {
		doc.Holders = &p.Holders
	}
	return doc
}

// Point converts back.
func (p Pivot) Point() (pivot.Point, error) {
	from, err := valueOf(p.FromKind, p.From)
	if err != nil {
		return pivot.Point{}, fmt.Errorf("pivot from: %w", err)
	}
	value, err := valueOf(p.Kind, p.Value)
	if err != nil {
		return pivot.Point{}, fmt.Errorf("pivot on: %w", err)
	}
	point := pivot.Point{
		From: from, Method: p.Method, Value: value, HoldersKnown: p.Holders != nil, Expected: p.Expected,
		State: pivot.PivotState(p.State), Reason: p.Reason, New: p.New, At: p.At.Time,
	}
	if p.Holders != nil {
		point.Holders = *p.Holders
	}
	return point, nil
}

// Result is the gap as a run says it.
func (g Gap) Result() (pivot.Gap, error) {
	value, err := valueOf(g.Kind, g.Value)
	if err != nil {
		return pivot.Gap{}, fmt.Errorf("gap: %w", err)
	}
	return pivot.Gap{Source: g.Source, Value: value, State: g.State, Reason: g.Reason}, nil
}

// bandAction says what a finding's band leads to (confidence.md section 7): what
// the snapshot of a run holds, so that it stays the same bytes whatever policy
// the team has. What is shown comes of the policy, package response/policy.
func bandAction(f Finding) Action {
	none := func(reason string) Action { return Action{State: ActionNone, Reason: reason} }
	switch {
	case f.Verdict == "rejected":
		return none("rejected by the analyst")
	case f.Suppressed != "":
		return none("suppressed: " + f.Suppressed)
	}
	switch f.Band {
	case "high":
		return Action{State: ActionProposed, Kind: Block, Reason: "high confidence; check what else a block would hit, and set an expiry, before approving"}
	case "medium":
		return Action{State: ActionProposed, Kind: Monitor, Reason: "medium confidence: watch and hunt, do not block"}
	case "low":
		return none("a lead: look into it before acting")
	}
	return none("coincidence")
}

func kindOf(v observable.Value) string {
	if v.IsZero() {
		return ""
	}
	return v.Kind().String()
}

// valueOf reads a kind and a text back; both empty is no value.
func valueOf(kind, text string) (observable.Value, error) {
	if kind == "" && text == "" {
		return observable.Value{}, nil
	}
	k, ok := observable.KindNamed(kind)
	if !ok {
		return observable.Value{}, fmt.Errorf("%q is no kind of indicator", kind)
	}
	return observable.Stored(k, text)
}

// rounded keeps six decimals, and no negative zero.
func rounded(x float64) float64 {
	return math.Round(x*1e6)/1e6 + 0
}

func percent(p float64) int {
	return int(math.Round(min(max(p, 0), 1) * 100))
}
