package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/words"
)

// page is a document made ready to be shown: ordered, summed up, every text
// safe. The three formats differ only in how they lay it out.
type page struct {
	ID, State, Scope, TLP, PAP string
	Window, Opened, Changed    string
	Tool, Model, Head          string
	Events                     uint64
	Limits                     []string
	Seeds                      []seed
	Summary                    []string // sentences, the most important first
	Bands                      []band
	Trees                      []*branch
	Refused                    []pivotRow // rejected and not-asked pivot points
	Idle                       []tally    // pivots that brought nobody new, by method
	Asked                      []tally    // questions to sources, by source and state
	Gaps                       []gapRow
	Notes                      []note
	Context                    []opinion
	MoreContext                int      // opinions beyond those shown
	Named                      []string // what ATT&CK calls what occurs
	Escalations                []escalation
	Actions                    []actionRow
	ToDo                       []string // what to do first, of everything
	HangsOn                    []string // of written reports
	Disclosures                int
}

type seed struct {
	Value, Kind, Source string
	Confidence          int
}

type note struct{ At, Actor, About, Text string }

type escalation struct {
	Trigger, Because, Severity, At string
	Evidence, Assets, First, Told  []string
}

// band is the findings of one band, the most probable first.
type band struct {
	Name, Meaning string
	Findings      []finding
}

type finding struct {
	Value, Kind, P   string
	Confidence, Hops int
	Band             string
	First, Last      string   // days
	Strongest        []string // facts, in a few words each
	Suppressed       string
	Verdict, Reason  string
	Validation       string
	Action           string
	Waterfall        waterfall
}

type pivotRow struct{ From, Method, Value, Holders, State, Reason string }

// tally counts things of one sort.
type tally struct {
	Name, Detail string
	N            int
}

// The bands in the order a reader needs them, and what each means
// (confidence.md section 7).
var bandMeanings = [...][2]string{
	{"high", "two independent reasons and P 0.90 or more: offered for blocking"},
	{"medium", "P 0.50 or more: monitor and hunt, do not block"},
	{"low", "P 0.10 or more: a lead to look into"},
	{"coincidence", "below, suppressed or rejected: kept with its reason"},
}

func newPage(d casefile.Document) page {
	k := kindsOf(d)
	p := page{
		ID: name(d.Case.ID), State: name(d.Case.State), Scope: name(d.Case.Scope), TLP: name(d.Case.TLP), PAP: name(d.Case.PAP),
		Window: span(d.Case.Window[0].Day(), d.Case.Window[1].Day()), Opened: minute(d.Case.Opened), Changed: minute(d.Case.Changed),
		Tool: name(d.Case.Tool), Model: name(d.Model), Head: name(d.Case.Head), Events: d.Case.Events,
		Limits: limits(d.Case.Limits), Disclosures: d.Disclosures,
	}
	for _, s := range d.Seeds {
		p.Seeds = append(p.Seeds, seed{value(s.Kind, s.Value), name(s.Kind), prose(s.Source), s.Confidence})
	}
	p.describe(d)
	for _, n := range d.Notes {
		p.Notes = append(p.Notes, note{minute(n.At), name(n.Actor), value(n.Kind, n.Value), prose(n.Text)})
	}
	for _, e := range d.Escalations {
		p.Escalations = append(p.Escalations, escalationOf(e))
	}
	p.Actions, p.Bands = actionsOf(d), bandsOf(d)
	p.Trees = treesOf(d, k)
	p.Refused, p.Idle = pivotsOf(d)
	p.Asked, p.Gaps = askedOf(d), gapsOf(d)
	p.ToDo, p.Summary = toDo(p), summary(p, d)
	return p
}

func limits(l casefile.Limits) []string {
	var set []string
	for _, limit := range []struct {
		name string
		n    int
	}{{"depth", l.Depth}, {"budget", l.Budget}, {"max holders", l.MaxHolders}} {
		if limit.n != 0 {
			set = append(set, fmt.Sprintf("%s %s", limit.name, words.Number(limit.n)))
		}
	}
	if !l.AsOf.IsZero() {
		set = append(set, "as of "+l.AsOf.String())
	}
	return set
}

// minute shows a time to the minute; seconds tell a reader nothing.
func minute(t casefile.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// span shows two days as one range.
func span(from, to string) string {
	switch {
	case from == "" && to == "":
		return ""
	case from == to:
		return from
	case from == "":
		return "until " + to
	case to == "":
		return "since " + from
	}
	return from + " to " + to
}

// bandsOf sorts the findings into bands; a band this version does not know
// follows the others.
func bandsOf(d casefile.Document) []band {
	bands := make([]band, len(bandMeanings))
	at := map[string]int{}
	for i, b := range bandMeanings {
		bands[i], at[b[0]] = band{Name: b[0], Meaning: b[1]}, i
	}
	sorted := slices.Clone(d.Findings)
	slices.SortStableFunc(sorted, func(a, b casefile.Finding) int {
		return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	for _, f := range sorted {
		i, known := at[f.Band]
		if !known {
			i, at[f.Band] = len(bands), len(bands)
			bands = append(bands, band{Name: name(f.Band)})
		}
		bands[i].Findings = append(bands[i].Findings, findingOf(f))
	}
	return bands
}

func findingOf(f casefile.Finding) finding {
	w := waterfallOf(f)
	return finding{
		Value: value(f.Kind, f.Value), Kind: name(f.Kind), P: probability(f.P), Confidence: f.Confidence, Hops: f.Hops, Band: name(f.Band),
		First: f.FirstSeen.Day(), Last: f.LastSeen.Day(), Strongest: w.strongest(),
		Suppressed: prose(f.Suppressed), Verdict: name(f.Verdict), Reason: prose(f.Reason),
		Validation: validation(f.Validation), Action: action(f.Action), Waterfall: w,
	}
}

// probability shows two decimals, and three where two would read as zero.
func probability(p float64) string {
	if p < 0.005 {
		return fmt.Sprintf("%.3f", p)
	}
	return fmt.Sprintf("%.2f", p)
}

const notChecked = "not checked"

func validation(v casefile.Validation) string {
	switch v.State {
	case casefile.Hit:
		return fmt.Sprintf("seen inside, %s", words.Count(v.Sightings, "sighting")) + whoAndWhen(v)
	case casefile.HitOutside:
		return fmt.Sprintf("seen inside, but outside the window, %s", words.Count(v.Sightings, "sighting")) + whoAndWhen(v)
	case casefile.NoHit:
		return "searched, not seen" + behind(": ", v.Note)
	case casefile.NotChecked, "":
		return notChecked + behind(": ", v.Note)
	}
	return name(v.State)
}

// whoAndWhen names the machines concerned, who turned to whom, and the period.
func whoAndWhen(v casefile.Validation) string {
	const most = 3
	text := behind(", ", contactWords[v.Contact])
	for i, asset := range v.Assets {
		if i == most {
			text += fmt.Sprintf(" and %d more", len(v.Assets)-most)
			break
		}
		text += ", " + casefile.Prose(asset)
	}
	return text + behind(", ", period(v))
}

var contactWords = map[string]string{
	"outbound": "contacted from inside", "inbound": "it came to us", "scan": "it came to us and got nowhere", "lookup": "looked up", "present": "present on a machine",
}

func period(v casefile.Validation) string {
	first, last := v.First.Day(), v.Last.Day()
	switch {
	case v.First.IsZero():
		return ""
	case first == last:
		return first
	}
	return first + " to " + last
}

// behind returns text with what parts it from the text before, "" for no text.
func behind(parting, text string) string {
	if text == "" {
		return ""
	}
	return parting + casefile.Prose(text)
}

func action(a casefile.Action) string {
	if a.State == "none" || a.State == "" {
		return "none"
	}
	text := strings.TrimSpace(name(a.Kind) + " " + name(a.State))
	if !a.Expires.IsZero() {
		text += " until " + a.Expires.Day()
	}
	return text
}

// pivotsOf lists the pivot points that were not taken, and counts those that
// were and brought nobody.
func pivotsOf(d casefile.Document) (refused []pivotRow, idle []tally) {
	methods := map[string]int{}
	for _, p := range d.Pivots {
		if p.State == "run" {
			if p.New == 0 {
				methods[p.Method]++
			}
			continue
		}
		holders := "unknown"
		if p.Holders != nil {
			holders = words.Number(*p.Holders)
		}
		refused = append(refused, pivotRow{
			value(p.FromKind, p.From), name(p.Method), value(p.Kind, p.Value), holders, name(p.State), prose(p.Reason),
		})
	}
	for method, n := range methods {
		idle = append(idle, tally{Name: name(method), N: n})
	}
	sortTallies(idle)
	return refused, idle
}

func sortTallies(t []tally) {
	slices.SortFunc(t, func(a, b tally) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Detail, b.Detail))
	})
}

// signed shows bits with their sign, two decimals, and a real minus.
func signed(bits float64) string {
	switch text := fmt.Sprintf("%.2f", math.Abs(bits)); {
	case text == "0.00":
		return text
	case bits < 0:
		return "-" + text
	default:
		return "+" + text
	}
}
