// Package misp reads MISP events as JSON: single events, answers of the API, and
// the folders that feeds are published as.
//
// Source: https://github.com/MISP/misp-rfc (core format), misp-objects for the
// templates and the names of relationships.
package misp

import (
	"fmt"
	"io"
	"strings"

	"clew/internal/ingest"
	"clew/internal/ingest/document"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// Format is MISP's core format.
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "misp" }

// Likely reports whether head begins with an event.
func (Format) Likely(head []byte) bool {
	return document.BeginsWith(head, "Event") || document.HasMembers(head, [][]string{{"Event", "info"}, {"Attribute", "uuid"}, {"threat_level_id", "analysis", "info"}})
}

// Wanted reports whether a file of a feed's folder is an event.
func (Format) Wanted(name string) bool {
	base := name[strings.LastIndexByte(name, '/')+1:]
	return strings.Contains(base, ".json") && !strings.HasPrefix(base, "manifest.json")
}

// Read implements [ingest.DocumentFormat].
func (Format) Read(r io.Reader, out *ingest.Out) error {
	return document.Objects(r, out, []string{"response"}, func(e *envelope) {
		event := e.Event
		if event == nil {
			event = &e.event
		}
		if event.Info == "" && event.UUID == "" {
			out.Reject("no event: it has neither info nor uuid")
			return
		}
		event.tell(out)
	})
}

// envelope is an event with or without "Event" around it.
type envelope struct {
	Event *event
	event
}

type event struct {
	UUID       string
	Info       string
	Date       string
	Attributes []attribute `json:"Attribute"`
	Objects    []object    `json:"Object"`
	Tags       []tag       `json:"Tag"`
	Galaxies   []galaxy    `json:"Galaxy"`
}

type attribute struct {
	UUID     string
	Type     string
	Relation string `json:"object_relation"`
	Value    string
	First    string `json:"first_seen"`
	Last     string `json:"last_seen"`
}

type object struct {
	UUID       string
	Name       string
	First      string      `json:"first_seen"`
	Last       string      `json:"last_seen"`
	Attributes []attribute `json:"Attribute"`
	References []reference `json:"ObjectReference"`
}

type reference struct {
	To   string `json:"referenced_uuid"`
	Kind string `json:"relationship_type"`
}

type tag struct{ Name string }

type galaxy struct {
	Type     string
	Clusters []struct{ Value string } `json:"GalaxyCluster"`
}

const (
	// maxValues bounds the values of one event that are reported.
	maxValues = 1_000_000
	// maxPairs bounds the pairs that one object or reference makes of many values.
	maxPairs = 10_000
)

// teller hands out one event.
type teller struct {
	*event
	out    *ingest.Out
	window observation.Window            // of what has no time of its own
	values map[string][]observable.Value // what an attribute or object is, by UUID
	order  []observable.Value            // all values, in the order of the event
	// included are the pe objects, which are told with the file that includes them.
	included map[string]*object
}

func (e *event) tell(out *ingest.Out) {
	t := &teller{event: e, out: out, values: map[string][]observable.Value{}, included: map[string]*object{}}
	t.window = record.Between("", e.Date, out.AsOf)
	before := out.Kept + out.Rejected
	for i := range e.Objects {
		if o := &e.Objects[i]; o.Name == "pe" {
			t.included[o.UUID] = o
		}
	}
	for i := range e.Attributes {
		t.attribute(&e.Attributes[i])
	}
	for i := range e.Objects {
		t.object(&e.Objects[i])
	}
	for i := range e.Objects {
		t.references(&e.Objects[i])
	}
	t.reported()
	if out.Kept+out.Rejected == before {
		out.Skip()
	}
}

// times returns the window of an attribute or object, that of the event where it
// has none of its own.
func (t *teller) times(first, last string) observation.Window {
	if w := record.Between(first, last, t.out.AsOf); w.Known() {
		return w
	}
	return t.window
}

func (t *teller) keep(facts []observation.Observation) {
	for _, o := range facts {
		t.out.Keep(o)
	}
}

// is notes that an attribute or object stands for values.
func (t *teller) is(uuid string, values ...observable.Value) {
	for _, v := range values {
		if v.IsZero() || len(t.order) >= maxValues {
			continue
		}
		t.order = append(t.order, v)
		if uuid != "" {
			t.values[uuid] = append(t.values[uuid], v)
		}
	}
}

// many rejects what would state more than maxPairs facts: some kilobytes of an
// event could else ask for billions.
func (t *teller) many(what string, n, m int) bool {
	if n*m <= maxPairs {
		return false
	}
	t.out.Reject("%.80s of %d with %d values: more than %d pairs", what, n, m, maxPairs)
	return true
}

// reported says of every value of the event that the event names it, and which
// family the event is about, where it is about one.
func (t *teller) reported() {
	report := fmt.Sprintf("%.120s | misp:%s", strings.Join(strings.Fields(t.Info), " "), t.UUID)
	families := t.families()
	seen := map[observable.Value]bool{}
	for _, v := range t.order {
		if seen[v] {
			continue
		}
		seen[v] = true
		f := record.Facts{Window: t.window}
		f.Add(v, observation.ReportedIn, observable.Text, report)
		if len(families) == 1 {
			f.Add(v, observation.MalwareFamily, observable.Malware, families[0])
		}
		t.keep(f.All)
	}
}

// families returns the malware that the event's galaxies name.
func (t *teller) families() []string {
	var all []string
	for _, g := range t.Galaxies {
		if g.Type != "malpedia" && g.Type != "mitre-malware" && g.Type != "rat" && g.Type != "ransomware" && g.Type != "stealer" && g.Type != "banker" {
			continue
		}
		for _, c := range g.Clusters {
			all = append(all, c.Value)
		}
	}
	return all
}
