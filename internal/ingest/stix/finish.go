package stix

import (
	"fmt"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// relations are the relationships between values clew has a word for.
var relations = map[string]observation.Relation{
	"communicates-with": observation.Contacts,
	"beacons-to":        observation.Contacts,
	"exfiltrates-to":    observation.Contacts,
	"controls":          observation.Contacts,
	"downloaded-from":   observation.DownloadedFrom,
	"drops":             observation.Drops,
	"belongs-to":        observation.AnnouncedBy,
}

// maxPairs bounds the pairs that one relationship between two objects of many
// values makes.
const maxPairs = 10_000

// finish tells the relationships, now that every object is known.
func (g *graph) finish() {
	for _, l := range g.links {
		from, to := g.nodes[l.from], g.nodes[l.to]
		f := record.Facts{Window: l.times.window()}
		switch {
		case len(from.values) > 0 && len(to.values) > 0:
			g.pairs(&f, l.kind, from.values, to.values)
		case len(from.values) > 0:
			g.named(&f, from.values, l.to, to)
		case from.kind == "malware" && len(to.values) > 0:
			g.named(&f, to.values, l.from, from)
		case from.kind == "malware" && to.kind == "attack-pattern" && l.kind == "uses":
			if malware, err := observable.New(observable.Malware, from.name); err == nil {
				f.Add(malware, observation.Technique, observable.Technique, to.name)
			}
		}
		g.keep(f.All)
	}
}

func (g *graph) pairs(f *record.Facts, kind string, from, to []observable.Value) {
	if len(from)*len(to) > maxPairs {
		g.out.Partial(fmt.Sprintf("a relationship of %d with %d values is left out", len(from), len(to)))
		return
	}
	for _, a := range from {
		for _, b := range to {
			relation := relations[kind]
			if kind == "resolves-to" {
				relation = observation.ResolvesTo
				if b.Kind() == observable.Domain {
					relation = observation.CNAME
				}
			}
			if relation != 0 {
				f.Link(a, relation, b)
			}
		}
	}
}

// named says of values that a report or campaign names them, or which malware
// they are said to be of.
func (g *graph) named(f *record.Facts, values []observable.Value, id string, n node) {
	for _, v := range values {
		switch n.kind {
		case "malware":
			f.Add(v, observation.MalwareFamily, observable.Malware, n.name)
		case "report", "campaign", "intrusion-set", "threat-actor":
			f.Add(v, observation.ReportedIn, observable.Text, reportText(n.name, id))
		}
	}
}

// reportText is the object of a reported-in fact.
func reportText(title, id string) string {
	return fmt.Sprintf("%.120s | %s", strings.Join(strings.Fields(title), " "), id)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
