// Package stix writes STIX 2.1 bundles (OASIS Standard, 10 June 2021) and gives
// their objects to those who hand them on: TAXII, OpenCTI.
package stix

import (
	"fmt"
	"io"
	"time"

	"clew/internal/export"
	"clew/internal/marking"
)

// An Object is one STIX object. Its keys are sorted when it is written.
type Object map[string]any

// ID returns the identifier.
func (o Object) ID() string { id, _ := o["id"].(string); return id }

// Format is the bundle.
func Format() export.Format {
	return export.Format{
		Name: "stix", Title: "STIX 2.1", Use: export.Share, File: "clew.stix.json", Kinds: kinds(), Fits: fits,
		Doc: "bundle of indicators with patterns, the observed data and relationships behind them, sightings, notes, one grouping a case, TLP 2.0 markings; " +
			"identifiers stay the same from export to export",
		Notes: true,
		Proof: "validated against the OASIS JSON schemas",
		Write: write,
	}
}

func write(w io.Writer, s export.Set) error { return export.WriteJSON(w, Bundle(s)) }

// Bundle wraps the objects of a set.
func Bundle(s export.Set) Object {
	objects := Objects(s)
	return Object{"type": "bundle", "id": "bundle--" + export.UUID("bundle", s.CaseIDs(), stamp(s.Version), fmt.Sprint(len(objects))), "objects": objects}
}

// builder collects the objects of one set, each once.
type builder struct {
	set     export.Set
	created time.Time
	author  string // identity
	marking string
	objects []Object
	have    map[string]bool
}

// Objects returns the objects of a set: first what others refer to.
func Objects(s export.Set) []Object {
	b := &builder{set: s, have: map[string]bool{}, created: s.Version, marking: markings[s.TLP].id}
	for _, c := range s.Cases {
		if !c.Opened.IsZero() && c.Opened.Before(b.created) {
			b.created = c.Opened.UTC()
		}
	}
	b.author = "identity--" + export.UUID("identity", s.Producer)
	if len(s.Cases) == 0 {
		return []Object{}
	}
	b.add(markingObject(s.TLP))
	b.add(Object{
		"type": "identity", "spec_version": "2.1", "id": b.author, "created": epoch, "modified": epoch,
		"name": s.Producer, "identity_class": "organization",
	})
	for _, e := range s.Entries {
		b.entry(e)
	}
	for _, edge := range s.Edges {
		b.edge(edge)
	}
	for i := range s.Cases {
		b.grouping(i)
	}
	return b.objects
}

// epoch dates what has no history of its own, such as the identity.
const epoch = "2026-01-01T00:00:00.000Z"

func (b *builder) add(o Object) {
	if !b.have[o.ID()] {
		b.have[o.ID()] = true
		b.objects = append(b.objects, o)
	}
}

// domain makes an SDO or SRO with the properties all of them share. The parts
// are what its identifier is drawn from.
func (b *builder) domain(kind string, parts []string, more Object) Object {
	o := Object{
		"type": kind, "spec_version": "2.1", "id": kind + "--" + export.UUID(append([]string{kind, b.set.Producer}, parts...)...),
		"created": stamp(b.created), "modified": stamp(b.set.Version), "created_by_ref": b.author, "object_marking_refs": []string{b.marking},
	}
	for key, value := range more {
		o[key] = value
	}
	return o
}

// stamp writes a time as STIX does, to the millisecond.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// markings are the marking definitions of TLP 2.0 that OASIS published for
// STIX 2.1, extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d.
var markings = map[marking.TLP]struct{ id, level string }{
	marking.TLPClear:       {"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "clear"},
	marking.TLPGreen:       {"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "green"},
	marking.TLPAmber:       {"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber"},
	marking.TLPAmberStrict: {"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", "amber+strict"},
	marking.TLPRed:         {"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "red"},
}

func markingObject(tlp marking.TLP) Object {
	m := markings[tlp]
	return Object{
		"type": "marking-definition", "spec_version": "2.1", "id": m.id, "created": "2022-10-01T00:00:00.000Z", "name": "TLP:" + string(tlp),
		"extensions": Object{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": Object{"extension_type": "property-extension", "tlp_2_0": m.level}},
	}
}
