package stix

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// object is any object of STIX 2, with the members clew reads.
type object struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
	times

	Pattern   string `json:"pattern"`
	Published string `json:"published"`

	Source string   `json:"source_ref"`
	Kind   string   `json:"relationship_type"`
	Target string   `json:"target_ref"`
	Refs   []string `json:"object_refs"`

	// Objects of observed-data of STIX 2.0, by a number within it.
	Objects map[string]json.RawMessage `json:"objects"`

	External []struct {
		Source string `json:"source_name"`
		ID     string `json:"external_id"`
		URL    string `json:"url"`
	} `json:"external_references"`

	observed
}

// observed are the members of observables.
type observed struct {
	Value    string            `json:"value"`
	Resolves []string          `json:"resolves_to_refs"`
	Belongs  []string          `json:"belongs_to_refs"`
	Hashes   map[string]string `json:"hashes"`
	Serial   string            `json:"serial_number"`
	Subject  string            `json:"subject"`
	Issuer   string            `json:"issuer"`
	Before   string            `json:"validity_not_before"`
	After    string            `json:"validity_not_after"`
	Number   uint64            `json:"number"`
	Parts    struct {
		PE struct {
			Imphash string `json:"imphash"`
		} `json:"windows-pebinary-ext"`
	} `json:"extensions"`
}

// times are the members that say when.
type times struct {
	From     string `json:"valid_from"`
	Until    string `json:"valid_until"`
	First    string `json:"first_observed"`
	Last     string `json:"last_observed"`
	Start    string `json:"start_time"`
	Stop     string `json:"stop_time"`
	Modified string `json:"modified"`
}

// window returns when it was observed; what is only published, by when at the latest.
func (t times) window() observation.Window {
	w := observation.Window{First: record.Moment(t.First), Last: record.Moment(t.Last)}
	if !w.Known() {
		w = observation.Window{First: record.Moment(t.Start), Last: record.Moment(t.Stop)}
	}
	if !w.Known() {
		w.Last = record.Moment(t.From)
	}
	if !w.Known() {
		w.Last = record.Moment(t.Modified)
	}
	if !w.First.IsZero() && !w.Last.IsZero() && w.Last.Before(w.First) {
		return observation.Window{}
	}
	return w
}

// take tells what an object says alone, and notes what it stands for.
func (g *graph) take(o *object) {
	switch o.Type {
	case "indicator":
		g.indicator(o)
	case "observed-data":
		g.observedData(o)
	case "relationship", "sighting":
		if o.Type == "relationship" {
			g.link(link{o.Source, o.Target, o.Kind, o.times})
		}
	case "report", "grouping":
		g.node(o.ID, node{kind: "report", name: o.Name})
		t := o.times
		if o.Published != "" {
			t = times{From: o.Published}
		}
		for _, ref := range o.Refs {
			g.link(link{ref, o.ID, "reported-in", t})
		}
	case "malware", "campaign", "intrusion-set", "threat-actor", "tool":
		g.node(o.ID, node{kind: o.Type, name: o.Name})
	case "attack-pattern":
		for _, e := range o.External {
			if strings.HasPrefix(e.Source, "mitre") && e.ID != "" {
				g.node(o.ID, node{kind: o.Type, name: e.ID})
				break
			}
		}
	default:
		g.observable(o.ID, "", o.Type, o, o.window())
	}
}

// indicator reads the values of a pattern.
func (g *graph) indicator(o *object) {
	var values []observable.Value
	for _, all := range parsePattern(o.Pattern) {
		f := record.File{Window: o.window()}
		for _, c := range all {
			if v, ok := c.means(&f); ok {
				values = append(values, v)
			}
		}
		if v, ok := f.Value(); ok {
			values = append(values, v)
			g.keep(f.Observations())
		}
	}
	if len(values) == 0 {
		return
	}
	g.node(o.ID, node{values: values})
	// An indicator may stand alone: then it is a report of its own.
	id, title := o.ID, o.Name
	for _, e := range o.External {
		if e.URL != "" {
			id, title = e.URL, e.Source
			break
		}
	}
	f := record.Facts{Window: o.window()}
	for _, v := range values {
		f.Add(v, observation.ReportedIn, observable.Text, reportText(title, id))
	}
	g.keep(f.All)
}

func (g *graph) keep(facts []observation.Observation) {
	for _, o := range facts {
		g.out.Keep(o)
	}
}

// observedData reads the observables inside it (2.0), or notes those it refers
// to (2.1).
func (g *graph) observedData(o *object) {
	inside := o.ID + "/"
	for _, key := range slices.Sorted(maps.Keys(o.Objects)) {
		var part object
		if json.Unmarshal(o.Objects[key], &part) == nil {
			g.observable(inside+key, inside, part.Type, &part, o.window())
		}
	}
}

// observable reads one observable. The references of 2.0 are numbers within its
// observed-data, scope.
func (g *graph) observable(id, scope, kind string, o *object, w observation.Window) {
	var v observable.Value
	var err error
	switch kind {
	case "domain-name":
		v, err = observable.New(observable.Domain, o.Value)
	case "ipv4-addr", "ipv6-addr":
		if v, err = observable.New(observable.IP, o.Value); err != nil {
			v, err = observable.New(observable.Prefix, o.Value)
		}
	case "url":
		v, err = observable.New(observable.URL, o.Value)
	case "email-addr":
		v, err = observable.New(observable.Email, o.Value)
	case "autonomous-system":
		v, err = observable.New(observable.ASN, "AS"+strconv.FormatUint(o.Number, 10))
	case "mutex":
		v, err = observable.New(observable.Mutex, o.Name)
	case "file":
		f := record.File{Names: []string{o.Name}, Imphash: o.Parts.PE.Imphash, Window: w}
		for _, name := range slices.Sorted(maps.Keys(o.Hashes)) { // SHA256 and SHA-256 are one
			describeFile(&f, name, o.Hashes[name])
		}
		v, _ = f.Value()
		g.keep(f.Observations())
	case "x509-certificate":
		c := record.Certificate{
			SHA256: o.Hashes["SHA-256"], SHA1: o.Hashes["SHA-1"], Serial: o.Serial, Subject: o.Subject, Issuer: o.Issuer,
			NotBefore: record.Moment(o.Before), NotAfter: record.Moment(o.After),
		}
		v, _ = c.Value()
		g.keep(c.Observations())
	default:
		return
	}
	if err != nil {
		g.out.Reject("%s: %w", kind, err)
		return
	}
	if v.IsZero() {
		return
	}
	g.node(id, node{values: []observable.Value{v}})
	t := times{First: o.First, Last: o.Last}
	if !w.First.IsZero() || !w.Last.IsZero() {
		t = times{First: stamp(w.First), Last: stamp(w.Last)}
	}
	for _, ref := range o.Resolves {
		g.link(link{id, scope + ref, "resolves-to", t})
	}
	for _, ref := range o.Belongs {
		g.link(link{id, scope + ref, "belongs-to", t})
	}
}
