package investigation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"clew/internal/casefile"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/pivot"
)

// ErrByHand means that a pivot cannot be turned by hand as asked.
var ErrByHand = errors.New("cannot be pivoted on")

// NewExpansion checks a pivot to be followed by hand: a method, from an
// indicator, and with a value only the point on it.
func NewExpansion(from observable.Value, method string, on observable.Value) (pivot.Expansion, error) {
	m, known := pivot.MethodNamed(method)
	switch {
	case !known:
		return pivot.Expansion{}, fmt.Errorf("%w: %q is no pivot method: docs/reference/vocabulary.md lists them", ErrByHand, casefile.Printable(method))
	case !from.IsZero() && !slices.Contains(m.From, from.Kind()) && !sharedItself(m, from.Kind()):
		return pivot.Expansion{}, fmt.Errorf("%w: %s does not start at a %s", ErrByHand, method, from.Kind())
	}
	return pivot.Expansion{From: from, Method: m.Name, Value: on}, nil
}

// sharedItself reports whether values of a kind are what a method's others share: from
// an address that is in the case, the names on it are one hop away.
func sharedItself(m pivot.Method, k observable.Kind) bool {
	if !m.Relation.Valid() {
		return false
	}
	if m.Back {
		return slices.Contains(m.Relation.Subjects(), k)
	}
	return slices.Contains(m.Relation.Objects(), k)
}

// PivotValue reads the value that a method pivots on. Which kind it is of follows
// from the method where none is named.
func PivotValue(method, kind, text string) (observable.Value, error) {
	if kind != "" {
		k, known := observable.KindNamed(kind)
		if !known {
			return observable.Value{}, fmt.Errorf("%w: %q is no kind of value", ErrByHand, casefile.Printable(kind))
		}
		return observable.New(k, text)
	}
	if m, known := pivot.MethodNamed(method); known && m.Relation.Valid() {
		for _, k := range slices.Concat(m.Relation.Objects(), m.Relation.Subjects()) {
			if v, err := observable.New(k, text); err == nil {
				return v, nil
			}
		}
	}
	return observable.Parse(text)
}

func nameOf(x pivot.Expansion) casefile.PivotName {
	return casefile.PivotName{From: casefile.ValueOf(x.From), Method: x.Method, On: casefile.ValueOf(x.Value)}
}

// expand has pivots of a case followed by hand: asks the sources about what they
// lead over, and weighs the case again with what came. The bounds are those of
// the last run, and no lookup is more visible than the case allows.
func (w *Workspace) expand(ctx context.Context, req Request) (casefile.Document, error) {
	id, err := casefile.Resolve(ctx, w.Cases, req.CaseID)
	if err != nil {
		return casefile.Document{}, err
	}
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return casefile.Document{}, err
	}
	under, err := lastConditions(ctx, w.Cases, id)
	if err != nil {
		return casefile.Document{}, err
	}
	if err := req.within(record); err != nil {
		return casefile.Document{}, err
	}
	entries := make([]casefile.Entry, len(req.Expand))
	for i, x := range req.Expand {
		if !record.Holds(x.From) {
			return casefile.Document{}, fmt.Errorf("%w: %s is neither a seed nor a finding of case %s", ErrByHand, x.From.Defang(), id)
		}
		entries[i] = casefile.Entry{Time: w.Clock(), Type: casefile.TypeExpanded, Actor: w.ActorOf(ctx), Data: casefile.Expanded{Pivot: nameOf(x), Reason: req.Reason}}
	}
	if !req.Again || !record.ExpandedLast(entries) {
		if _, err := w.Cases.Append(ctx, id, entries...); err != nil {
			return casefile.Document{}, err
		}
	}
	if req.Opened != nil {
		req.Opened(id)
	}
	if record, err = casefile.Load(ctx, w.Cases, id); err != nil {
		return casefile.Document{}, err
	}
	bounds := under.options()
	if err := w.decided(ctx, record, &bounds); err != nil {
		return casefile.Document{}, err
	}
	bounds.GatherFrom = len(bounds.Expansions) - len(req.Expand) + 1
	return w.exploreAndConclude(ctx, id, req, record, bounds)
}

// within takes over what the case says of itself: its seeds and its marking, and
// of its visibility and the one asked for the stricter.
func (req *Request) within(record *casefile.Record) error {
	pap, err := markingOf(record)
	if err != nil {
		return err
	}
	values, err := seedValues(record)
	if err != nil {
		return err
	}
	req.TLP, req.PAP, req.Seeds = pap.tlp, min(req.PAP, pap.pap), nil
	for i, s := range record.Opened.Seeds {
		req.Seeds = append(req.Seeds, Seed{values[i], s.Source, s.Confidence})
	}
	return nil
}

// A Count is what following a pivot point of a case would bring and cost,
// counted before anything is asked.
type Count struct {
	pivot.Preview
	// AsksAbout are the values that sources would be asked about.
	AsksAbout []observable.Value
}

// mostCounted bounds the points that are counted at a glance: a certificate
// authority's name has thousands.
const mostCounted = 200

// Counts says what the pivot points of v would bring into a case: those of one
// method, or all where method is nil. left is how many more points there are. It
// asks nobody.
func (w *Workspace) Counts(ctx context.Context, record *casefile.Record, v observable.Value, method *pivot.Method) (counts []Count, left int, err error) {
	id := record.Head.Case
	if !record.Holds(v) {
		return nil, 0, fmt.Errorf("%w: %s is neither a seed nor a finding of case %s", ErrByHand, v.Defang(), id)
	}
	bounds := pivot.Options{}
	under, err := lastConditions(ctx, w.Cases, id)
	if err == nil {
		bounds = under.options()
	} else if !errors.Is(err, ErrNotRun) {
		return nil, 0, err
	}
	if err := w.decided(ctx, record, &bounds); err != nil {
		return nil, 0, err
	}
	engine := w.Engine(bounds)
	engine.Searches = w.searches()
	known := map[casefile.Value]bool{}
	for _, s := range record.Opened.Seeds {
		known[casefile.Value{Kind: s.Kind, Value: s.Value}] = true
	}
	for _, f := range record.Findings {
		known[casefile.Value{Kind: f.Kind, Value: f.Value}] = true
	}
	previews, left, err := engine.Preview(ctx, v, method, mostCounted, func(v observable.Value) bool { return known[casefile.ValueOf(v)] })
	if err != nil {
		return nil, 0, err
	}
	counts = make([]Count, len(previews))
	for i, p := range previews {
		counts[i] = Count{Preview: p, AsksAbout: []observable.Value{v}}
		if p.Asks {
			counts[i].AsksAbout = append(counts[i].AsksAbout, p.Value)
		}
	}
	return counts, left, nil
}

// markings of a case.
type markings struct {
	tlp marking.TLP
	pap marking.PAP
}

func markingOf(record *casefile.Record) (m markings, err error) {
	if m.tlp, err = marking.ParseTLP(record.Opened.TLP); err != nil {
		return m, err
	}
	m.pap, err = marking.ParsePAP(record.PAP)
	return m, err
}
