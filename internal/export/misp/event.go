// Package misp writes MISP events (misp-core-format of the MISP standard) and
// folders that MISP reads as a feed.
package misp

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/observable"
	"clew/internal/observation"
)

// An Event is a MISP event, with the fields that MISP needs to accept one.
type Event struct {
	UUID         string      `json:"uuid"`
	Info         string      `json:"info"`
	Date         string      `json:"date"`
	Timestamp    string      `json:"timestamp"`
	Published    bool        `json:"published"`
	Analysis     string      `json:"analysis"`        // 0 initial, 1 ongoing, 2 completed
	ThreatLevel  string      `json:"threat_level_id"` // 1 high to 3 low, 4 undefined
	Distribution string      `json:"distribution"`    // 0 own organisation, 1 community, 2 connected, 3 all
	Orgc         Org         `json:"Orgc"`
	Tags         []Tag       `json:"Tag"`
	Attributes   []Attribute `json:"Attribute"`
	Objects      []Object    `json:"Object"`
}

// An Org is who made an event.
type Org struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
}

// A Tag is a label of a taxonomy.
type Tag struct {
	Name   string `json:"name"`
	Colour string `json:"colour,omitempty"`
}

// An Attribute is one value.
type Attribute struct {
	UUID         string `json:"uuid"`
	Type         string `json:"type"`
	Category     string `json:"category"`
	Relation     string `json:"object_relation,omitempty"`
	Value        string `json:"value"`
	ToIDS        bool   `json:"to_ids"`
	Comment      string `json:"comment"`
	Distribution string `json:"distribution"` // 5 inherits the event's
	Timestamp    string `json:"timestamp"`
	FirstSeen    string `json:"first_seen,omitempty"`
	LastSeen     string `json:"last_seen,omitempty"`
	Tags         []Tag  `json:"Tag,omitempty"`
}

// An Object holds attributes that belong together, by a template of misp-objects.
type Object struct {
	UUID         string      `json:"uuid"`
	Name         string      `json:"name"`
	MetaCategory string      `json:"meta-category"`
	TemplateUUID string      `json:"template_uuid"`
	Version      string      `json:"template_version"`
	Description  string      `json:"description"`
	Distribution string      `json:"distribution"`
	Timestamp    string      `json:"timestamp"`
	Comment      string      `json:"comment"`
	Attributes   []Attribute `json:"Attribute"`
	References   []Reference `json:"ObjectReference,omitempty"`
}

// A Reference relates an object to another.
type Reference struct {
	UUID       string `json:"uuid"`
	Object     string `json:"object_uuid"`
	Referenced string `json:"referenced_uuid"`
	Kind       string `json:"relationship_type"`
	Timestamp  string `json:"timestamp"`
}

// Format is the event.
func Format() export.Format {
	return export.Format{
		Name: "misp", Title: "MISP event", Use: export.Share, File: "clew.misp.json", Kinds: kinds(),
		Doc:   "one event: attributes, domain-ip, file and pe objects, TLP tag; to import in MISP, or to push with clew push misp",
		Proof: "read back; its form compared with published events",
		Write: func(w io.Writer, s export.Set) error {
			return export.WriteJSON(w, map[string]any{"Event": NewEvent(s)})
		},
	}
}

// distributions say how far MISP may pass an event on by itself. TLP:AMBER is
// for the community that the recipient's server serves; GREEN and CLEAR may go on.
var distributions = map[string]string{"RED": "0", "AMBER+STRICT": "0", "AMBER": "1", "GREEN": "2", "CLEAR": "3"}

// NewEvent makes the event of a set.
func NewEvent(s export.Set) Event {
	b := builder{set: s, stamp: unix(s.Version)}
	e := Event{
		UUID: export.UUID("misp-event", s.Producer, s.CaseIDs()), Info: "clew: " + orNothing(s.CaseIDs()), Timestamp: b.stamp,
		Date: export.Day(s.Version), Analysis: "1", ThreatLevel: "4", Distribution: distributions[string(s.TLP)],
		Orgc:       Org{UUID: export.UUID("misp-org", s.Producer), Name: s.Producer},
		Tags:       []Tag{{Name: "tlp:" + strings.ToLower(string(s.TLP))}},
		Attributes: []Attribute{}, Objects: []Object{},
	}
	for _, c := range s.Cases {
		if !c.Opened.IsZero() {
			e.Date = c.Opened.Day()
		}
		if c.State == "complete" {
			e.Analysis = "2"
		}
	}
	for _, entry := range s.Entries {
		e.Attributes = append(e.Attributes, b.attribute(entry))
		e.Objects = append(e.Objects, b.objects(entry)...)
	}
	for _, p := range s.Patterns {
		if t, ok := typeOf(p.Value, p.Relation); ok {
			e.Attributes = append(e.Attributes, b.pattern(p, t))
		}
	}
	return e
}

func orNothing(text string) string {
	if text == "" {
		return "no case"
	}
	return text
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

type builder struct {
	set   export.Set
	stamp string
}

func (b builder) attribute(e export.Entry) Attribute {
	t, _ := typeOf(e.Value, 0)
	comment := e.Trace()
	if e.Validation.Sightings > 0 {
		comment += fmt.Sprintf("; seen %d times in own logs (%s)", e.Validation.Sightings, casefile.Printable(e.Validation.State))
	}
	if e.Reason != "" {
		comment += "; " + casefile.Prose(e.Reason)
	}
	return Attribute{
		UUID: export.UUID("misp-attribute", b.set.Producer, b.set.CaseIDs(), e.Value.String()), Type: t.name, Category: t.category, Value: e.Value.Text(),
		// A lead is no signature: only what is worth an alert is marked for detection.
		ToIDS: t.detects && (e.Seed || e.Band == "high" || e.Band == "medium"), Comment: comment,
		Distribution: "5", Timestamp: b.stamp, FirstSeen: export.Instant(e.First), LastSeen: export.Instant(e.Last),
		Tags: []Tag{{Name: fmt.Sprintf(`clew:band="%s"`, e.Band)}},
	}
}

// pattern is a shared attribute: context, with what a rule on it would hit.
func (b builder) pattern(p export.Pattern, t kind) Attribute {
	return Attribute{
		UUID: export.UUID("misp-pattern", b.set.Producer, b.set.CaseIDs(), p.Relation.String(), p.Value.String()),
		Type: t.name, Category: t.category, Value: p.Value.Text(), Distribution: "5", Timestamp: b.stamp,
		Comment: fmt.Sprintf("shared by %s (%s); case=%s; %s", export.Plural(len(p.Members), "indicator", "indicators"), p.Relation, strings.Join(p.Cases, ","), p.Estimate()),
	}
}

// Templates of misp-objects.
const (
	domainIP = "43b3b146-77eb-4931-b4cc-b66c60f28734"
	filed    = "688c46fb-5edb-40a3-8273-1af7923e2215"
	peFile   = "cf7adecc-d4f0-4e88-9d90-f978ee151a07"
)

// objects holds an entry together with what it was seen with.
func (b builder) objects(e export.Entry) []Object {
	switch e.Value.Kind() {
	case observable.Domain:
		o := b.object(e, "domain-ip", "network", domainIP, "10")
		o.Attributes = append(o.Attributes, b.within(o, e.Value, "domain", "domain"))
		for _, f := range e.Facts {
			if f.Relation == observation.ResolvesTo {
				a := b.within(o, f.Object, "ip", "ip-dst")
				a.FirstSeen, a.LastSeen = export.Instant(f.First), export.Instant(f.Last)
				o.Attributes = append(o.Attributes, a)
			}
		}
		if len(o.Attributes) > 1 {
			return []Object{o}
		}
	case observable.File:
		return b.file(e)
	}
	return nil
}

// file is a file object, and a pe object for what only PE files have.
func (b builder) file(e export.Entry) []Object {
	o, pe := b.object(e, "file", "file", filed, "24"), b.object(e, "pe", "file", peFile, "6")
	t, _ := typeOf(e.Value, 0)
	o.Attributes = append(o.Attributes, b.within(o, e.Value, t.name, t.name))
	for _, f := range e.Facts {
		switch f.Relation {
		case observation.Imphash:
			pe.Attributes = append(pe.Attributes, b.within(pe, f.Object, "imphash", "imphash"))
		case observation.Rich:
			pe.Attributes = append(pe.Attributes, b.within(pe, f.Object, "richpe", "md5"))
		case observation.Ssdeep:
			o.Attributes = append(o.Attributes, b.within(o, f.Object, "ssdeep", "ssdeep"))
		case observation.TLSH:
			o.Attributes = append(o.Attributes, b.within(o, f.Object, "tlsh", "tlsh"))
		case observation.Filename:
			o.Attributes = append(o.Attributes, b.within(o, f.Object, "filename", "filename"))
		}
	}
	if len(pe.Attributes) > 0 {
		o.References = []Reference{{
			UUID: export.UUID("misp-reference", o.UUID, pe.UUID), Object: o.UUID, Referenced: pe.UUID, Kind: "includes", Timestamp: b.stamp,
		}}
		return []Object{o, pe}
	}
	if len(o.Attributes) > 1 {
		return []Object{o}
	}
	return nil
}

func (b builder) object(e export.Entry, name, meta, template, version string) Object {
	return Object{
		UUID: export.UUID("misp-object", b.set.Producer, b.set.CaseIDs(), name, e.Value.String()), Name: name, MetaCategory: meta,
		TemplateUUID: template, Version: version, Description: name, Distribution: "5", Timestamp: b.stamp, Comment: e.Trace(),
	}
}

func (b builder) within(o Object, v observable.Value, relation, kindName string) Attribute {
	t := kind{name: kindName, category: "Network activity"}
	if o.MetaCategory == "file" {
		t.category = "Payload delivery"
	}
	return Attribute{
		UUID: export.UUID("misp-within", o.UUID, relation, v.String()), Type: t.name, Category: t.category, Relation: relation,
		Value: v.Text(), Distribution: "5", Timestamp: b.stamp,
	}
}
