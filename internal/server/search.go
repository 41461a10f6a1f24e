package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
)

const (
	// searchFor bounds how long cases are looked through. What was not reached is said.
	searchFor = 2 * time.Second
	// mostResults bounds the hits of one search in all.
	mostResults = 5000
	// resultText is how much of a note or a reason a hit shows, in runes.
	resultText = 200
)

// A Result is one place where a text occurs.
type Result struct {
	Where string        `json:"where" enum:"corpus,case,seed,finding,note,tag,action"`
	Case  string        `json:"case" doc:"empty for the corpus"`
	Kind  string        `json:"kind" doc:"of the value it is about; empty for the whole case"`
	Value string        `json:"value"`
	Text  string        `json:"text" doc:"a note, a tag, a reason, shortened; what the corpus knows"`
	Band  string        `json:"band" doc:"of a finding"`
	Seq   uint64        `json:"seq" doc:"event of a note; 0 otherwise"`
	At    casefile.Time `json:"at" doc:"when the case last changed"`
}

func (h Result) key() string {
	return strings.Join([]string{h.Where, h.Case, h.Kind, h.Value, fmt.Sprint(h.Seq), h.Text}, "\x00")
}

// Results are what a search found, newest case first.
type Results struct {
	Items      []Result        `json:"items"`
	Total      int             `json:"total" doc:"how many the whole list has"`
	Next       string          `json:"next" doc:"cursor of the next page; empty on the last"`
	Indicator  *casefile.Value `json:"indicator" doc:"what the text means as an indicator; null when it is none"`
	Cases      int             `json:"cases" doc:"that were searched"`
	Unsearched []string        `json:"unsearched" doc:"what was not, and why"`
}

type searchInput struct {
	Page
	Query string `query:"q" required:"true" minLength:"2" maxLength:"8192" doc:"a part of what is looked for, or an indicator, defanged or not"`
}

func (s *service) registerSearch(api huma.API) {
	register(api, get(account.Read, "search", "/search", "Search over everything", "Case IDs, seeds, findings, notes, tags and actions by any part of them, and whether the corpus knows the indicator. It asks nobody."), s.search)
}

// finder collects the hits of one search.
type finder struct {
	text  string // lower case
	exact casefile.Value
	hits  []Result
	more  bool
}

func (f *finder) add(h Result) {
	if f.more = f.more || len(f.hits) == mostResults; !f.more {
		h.Text = shortText(h.Text)
		f.hits = append(f.hits, h)
	}
}

func shortText(text string) string {
	if runes := []rune(text); len(runes) > resultText {
		return string(runes[:resultText]) + "…"
	}
	return text
}

// matches reports whether a value is the indicator, or holds the text.
func (f *finder) matches(kind, value string) bool {
	return f.exact == casefile.Value{Kind: kind, Value: value} || f.within(value)
}

func (f *finder) within(text string) bool { return strings.Contains(strings.ToLower(text), f.text) }

func (s *service) search(ctx context.Context, in *searchInput) (Results, error) {
	f := &finder{text: strings.ToLower(strings.TrimSpace(in.Query))}
	if len(f.text) < 2 {
		return Results{}, Refused{fmt.Errorf("%q is too short to look for", casefile.Printable(in.Query))}
	}
	found := Results{Unsearched: []string{}}
	if v, err := observable.Parse(in.Query); err == nil {
		f.exact = casefile.ValueOf(v)
		found.Indicator = &f.exact
		if err := s.withCorpus(func(w *investigation.Workspace) error { return f.corpus(ctx, w, v) }); err != nil {
			found.Unsearched = append(found.Unsearched, "the corpus: "+casefile.Printable(err.Error()))
		}
	}
	heads, err := s.cases.Cases.Cases(ctx)
	if err != nil {
		return Results{}, err
	}
	slices.SortFunc(heads, func(a, b casefile.Head) int { return strings.Compare(b.Case, a.Case) })
	until := time.Now().Add(searchFor)
	for _, head := range heads {
		if time.Now().After(until) || f.more {
			break
		}
		record, err := s.docs.glanced(ctx, head.Case)
		if err != nil {
			found.Unsearched = append(found.Unsearched, "case "+head.Case+": "+casefile.Printable(err.Error()))
			continue
		}
		f.record(record.Document())
		found.Cases++
	}
	if left := len(heads) - found.Cases - len(found.Unsearched); left > 0 && (f.more || time.Now().After(until)) {
		found.Unsearched = append(found.Unsearched, fmt.Sprintf("the %d oldest cases: the search stopped at its bounds; look for more of the text", left))
	}
	page, err := paged(f.hits, Result.key, in.Page)
	found.Items, found.Total, found.Next = page.Items, page.Total, page.Next
	return found, err
}

// corpus says what the corpus knows of an indicator.
func (f *finder) corpus(ctx context.Context, w *investigation.Workspace, v observable.Value) error {
	look, err := w.Look(ctx, v)
	if err != nil {
		return err
	}
	facts := 0
	for _, fact := range look.Facts {
		if len(fact.Sources) > 0 || fact.Direction == "self" {
			facts++
		}
	}
	if facts > 0 {
		f.add(Result{Where: "corpus", Kind: look.Kind, Value: look.Value, Text: fmt.Sprintf("the corpus knows %d facts of it", facts)})
	}
	return nil
}

// record looks through one case.
func (f *finder) record(d casefile.Document) {
	of := Result{Case: d.Case.ID, At: d.Case.Changed}
	hit := func(where, kind, value, text, band string, seq uint64) {
		h := of
		h.Where, h.Kind, h.Value, h.Text, h.Band, h.Seq = where, kind, value, text, band, seq
		f.add(h)
	}
	if f.within(d.Case.ID) {
		hit("case", "", "", "", "", 0)
	}
	f.tags(d.Case.Tags, "", "", hit)
	for _, s := range d.Seeds {
		if f.matches(s.Kind, s.Value) {
			hit("seed", s.Kind, s.Value, s.Source, "", 0)
		}
		f.tags(s.Tags, s.Kind, s.Value, hit)
		if s.Action != nil && f.within(s.Action.Reason) {
			hit("action", s.Kind, s.Value, s.Action.Reason, "", 0)
		}
	}
	for i := range d.Findings {
		o := &d.Findings[i]
		if f.matches(o.Kind, o.Value) {
			hit("finding", o.Kind, o.Value, o.Reason, o.Band, 0)
		}
		f.tags(o.Tags, o.Kind, o.Value, hit)
		if o.Action.Recorded() && f.within(o.Action.Reason) {
			hit("action", o.Kind, o.Value, o.Action.Reason, o.Band, 0)
		}
	}
	for _, n := range d.Notes {
		if f.within(n.Text) || n.Value != "" && f.matches(n.Kind, n.Value) {
			hit("note", n.Kind, n.Value, n.Text, "", n.Seq)
		}
	}
}

func (f *finder) tags(tags []string, kind, value string, hit func(where, kind, value, text, band string, seq uint64)) {
	for _, tag := range tags {
		if f.within(tag) {
			hit("tag", kind, value, tag, "", 0)
		}
	}
}
