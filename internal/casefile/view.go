package casefile

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"clew/internal/source"
)

// Document returns the case as one document.
func (r *Record) Document() Document {
	model := ""
	if r.found != nil {
		model = r.found.Model
	}
	return Document{
		Case: Case{
			ID: r.Head.Case, State: r.State, Opened: timeOf(r.Head.Opened), Changed: timeOf(r.changed), Tags: r.tags[Value{}],
			Scope: r.Opened.Scope, TLP: r.Opened.TLP, PAP: r.PAP, Window: r.Opened.Window, Limits: r.Limits,
			Tool: r.Tool, Events: r.Head.Seq, Head: r.Head.Hash,
		},
		Model: model, Seeds: r.seeds(), Findings: r.Findings, Pivots: r.judgedPivots(), Expansions: r.expansions,
		Asked: r.answers(), Gaps: r.gaps(), Disclosures: r.disclosures, Notes: r.notes, Escalations: r.escalations,
		Context: r.described.Context, ContextLeft: r.described.Left, Attack: r.described.Attack,
	}
}

// seeds returns the seeds with what searches of the team's own logs said, and
// what was decided about them.
func (r *Record) seeds() []Seed {
	seeds := slices.Clone(r.Opened.Seeds)
	for i := range seeds {
		seeds[i].Tags = r.tags[Value{seeds[i].Kind, seeds[i].Value}]
		for _, a := range r.acted {
			if a.About == (Value{seeds[i].Kind, seeds[i].Value}) {
				seeds[i].Action = &a.Action
			}
		}
		for _, s := range r.sighted {
			if s.About != (Value{seeds[i].Kind, seeds[i].Value}) {
				continue
			}
			if seeds[i].Validation == nil {
				seeds[i].Validation = &Validation{State: NotChecked}
			}
			seeds[i].Validation.add(s)
		}
	}
	return seeds
}

// lastAsked returns how each question last ended, ordered by source and value.
func (r *Record) lastAsked() []Asked {
	last := r.Asked()
	list := make([]Asked, 0, len(last))
	for _, a := range last {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Asked) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), compareValues(a.About, b.About))
	})
	return list
}

func compareValues(a, b Value) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
}

// answers counts the questions by source and state.
func (r *Record) answers() []Answers {
	var counts []Answers
	for _, a := range r.lastAsked() {
		i := slices.IndexFunc(counts, func(c Answers) bool { return c.Source == a.Source && c.State == a.State })
		if i < 0 {
			i = len(counts)
			counts = append(counts, Answers{Source: a.Source, State: a.State})
		}
		counts[i].Questions++
		counts[i].Observations += a.Observations
	}
	slices.SortFunc(counts, func(a, b Answers) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.State, b.State))
	})
	return counts
}

// gaps lists every question without a whole answer: those of the sources, part
// by part, and those the last run says it left open.
func (r *Record) gaps() []Gap {
	var gaps []Gap
	for _, a := range r.lastAsked() {
		gaps = append(gaps, a.gaps()...)
	}
	if r.finished != nil {
		gaps = append(gaps, r.finished.Gaps...)
	}
	slices.SortFunc(gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value),
			cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.State, b.State), cmp.Compare(a.Reason, b.Reason))
	})
	return slices.Compact(gaps)
}

// gaps returns what this question left open. A question answered by one
// endpoint and refused by another leaves the other's part open.
func (a Asked) gaps() []Gap {
	gap := func(endpoint, state, reason string, until Time) Gap {
		return Gap{
			Source: a.Source, Endpoint: endpoint, Kind: a.About.Kind, Value: a.About.Value,
			State: state, Reason: reason, Until: until,
		}
	}
	var gaps []Gap
	for _, p := range a.Parts {
		if !complete(p.State) {
			gaps = append(gaps, gap(p.Endpoint, p.State, p.Reason, p.Until))
		}
	}
	if len(gaps) == 0 && !complete(a.State) {
		gaps = append(gaps, gap("", a.State, a.Reason, Time{}))
	}
	return gaps
}

// complete reports whether a state leaves nothing open.
func complete(state string) bool {
	switch source.State(state) {
	case source.Answered, source.Empty, source.FromCorpus:
		return true
	}
	return false
}

// A Summary is one line of the list of cases.
type Summary struct {
	ID      string         `json:"id"`
	State   string         `json:"state"`
	Seeds   []Seed         `json:"seeds"`
	Opened  Time           `json:"opened"`
	Changed Time           `json:"changed"`
	Events  uint64         `json:"events"`
	Bands   map[string]int `json:"bands"` // findings of the last run by band, verdicts since not counted
	Tags    []string       `json:"tags"`
	// Escalations counts those that were raised.
	Escalations int `json:"escalations"`
}

// List returns a summary of every case, by ID, without reading whole records.
func List(ctx context.Context, r Reader) ([]Summary, error) {
	heads, err := r.Cases(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Summary, 0, len(heads))
	for _, head := range heads {
		summary, err := SummaryOf(ctx, r, head)
		if err != nil {
			return nil, err
		}
		list = append(list, summary)
	}
	return list, nil
}

// SummaryOf returns the summary of one case.
func SummaryOf(ctx context.Context, r Reader, head Head) (Summary, error) {
	events, err := r.Events(ctx, head.Case, Query{Types: []Type{
		TypeOpened, TypeReopened, TypeFound, TypeFinished, TypeEscalated, TypeTagged, TypeExpanded, TypeUndone, TypeClosed,
	}})
	if err != nil {
		return Summary{}, err
	}
	record, err := sum(head, events)
	if err != nil {
		return Summary{}, fmt.Errorf("list of cases: %w", err)
	}
	bands := map[string]int{}
	if record.found != nil && record.found.Bands != nil {
		bands = record.found.Bands
	}
	return Summary{
		ID: head.Case, State: record.State, Seeds: orEmpty(record.Opened.Seeds),
		Opened: timeOf(head.Opened), Changed: timeOf(head.Changed), Events: head.Seq, Bands: bands,
		Tags: orEmpty(record.tags[Value{}]), Escalations: len(record.escalations),
	}, nil
}
