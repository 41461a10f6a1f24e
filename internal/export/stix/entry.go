package stix

import (
	"fmt"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/observable"
	"clew/internal/observation"
)

// entry adds an indicator, what was observed of it, what it indicates, and the
// sightings in the team's own logs.
func (b *builder) entry(e export.Entry) {
	first, last := b.period(e)
	indicator := b.domain("indicator", []string{e.Value.String()}, Object{
		"name": e.Value.Defang(), "description": description(e), "indicator_types": []string{"malicious-activity"},
		"pattern": pattern(e.Value), "pattern_type": "stix", "pattern_version": "2.1",
		"valid_from": stamp(first), "confidence": e.Confidence, "labels": labels(e), "external_references": references(e.Cases),
		"object_marking_refs": []string{b.mark(e)},
	})
	if e.Expires.After(first) {
		indicator["valid_until"] = stamp(e.Expires)
	}
	b.add(indicator)
	if cyber, ok := observed(e.Value); ok {
		b.add(cyber)
		data := b.domain("observed-data", []string{e.Value.String()}, Object{
			"first_observed": stamp(first), "last_observed": stamp(last), "number_observed": 1, "object_refs": []string{cyber.ID()},
		})
		b.add(data)
		b.relate(indicator.ID(), "based-on", data.ID(), e.Confidence, "")
	}
	for _, fact := range e.Facts {
		if fact.Relation == observation.Technique {
			b.indicates(indicator.ID(), fact.Object, e.Confidence)
		}
	}
	if e.Validation.Sightings > 0 {
		b.add(b.domain("sighting", []string{e.Value.String()}, Object{
			"sighting_of_ref": indicator.ID(), "where_sighted_refs": []string{b.author}, "count": min(e.Validation.Sightings, 999_999_999),
			"description": sightingText(e.Validation.State), "confidence": e.Confidence,
		}))
	}
}

// mark adds the marking of an entry, which may be laxer than the set's.
func (b *builder) mark(e export.Entry) string {
	if e.TLP == "" {
		return b.marking
	}
	b.add(markingObject(e.TLP))
	return markings[e.TLP].id
}

// period returns when the value was seen. What is not known begins with the case.
func (b *builder) period(e export.Entry) (first, last time.Time) {
	first, last = e.First, e.Last
	if first.IsZero() {
		first = b.created
	}
	if last.Before(first) {
		last = first
	}
	return first, last
}

func description(e export.Entry) string {
	text := e.Trace()
	if e.Reason != "" {
		text += ". " + casefile.Prose(e.Reason)
	}
	return text
}

func labels(e export.Entry) []string {
	all := []string{"clew:band=" + e.Band}
	if e.Action != "" {
		all = append(all, "clew:action="+e.Action, "clew:state="+e.State)
	}
	if e.Seed {
		all = append(all, "clew:seed")
	}
	return all
}

func references(cases []string) []Object {
	all := make([]Object, len(cases))
	for i, id := range cases {
		all[i] = Object{"source_name": "clew case", "external_id": id}
	}
	return all
}

func sightingText(state string) string {
	if state == casefile.HitOutside {
		return "seen in own logs, outside the window in which the link held"
	}
	return "seen in own logs"
}

func (b *builder) relate(from, kind, to string, confidence int, text string) {
	more := Object{"relationship_type": kind, "source_ref": from, "target_ref": to}
	if confidence >= 0 {
		more["confidence"] = confidence
	}
	if text != "" {
		more["description"] = text
	}
	b.add(b.domain("relationship", []string{from, kind, to, text}, more))
}

// indicates adds the ATT&CK technique that a fact names.
func (b *builder) indicates(indicator string, technique observable.Value, confidence int) {
	pattern := b.domain("attack-pattern", []string{technique.Text()}, Object{
		"name":                technique.Text(),
		"external_references": []Object{{"source_name": "mitre-attack", "external_id": technique.Text()}},
	})
	b.add(pattern)
	b.relate(indicator, "indicates", pattern.ID(), confidence, "")
}

// edge adds a step of a path as a relationship between what was observed. Only
// resolving has a name of its own in STIX (section 6, "resolves-to").
func (b *builder) edge(edge export.Edge) {
	from, ok := observed(edge.From)
	to, okay := observed(edge.To)
	if !ok || !okay || from.ID() == to.ID() {
		return
	}
	b.add(from)
	b.add(to)
	kind, text := "related-to", edge.Relation.String()
	if edge.Relation == observation.ResolvesTo && edge.From.Kind() == observable.Domain && edge.To.Kind() == observable.IP {
		kind, text = "resolves-to", ""
	}
	b.relate(from.ID(), kind, to.ID(), b.confidence(edge), text)
}

// confidence of an edge is that of the entry it leads to, -1 when it leads to none.
func (b *builder) confidence(edge export.Edge) int {
	for _, v := range []observable.Value{edge.To, edge.From} {
		at, found := slices.BinarySearchFunc(b.set.Entries, v, func(e export.Entry, v observable.Value) int { return e.Value.Compare(v) })
		if found {
			return b.set.Entries[at].Confidence
		}
	}
	return -1
}

// grouping holds a case together, with the notes that analysts wrote into it.
func (b *builder) grouping(i int) {
	c := b.set.Cases[i]
	refs := []string{}
	for _, o := range b.objects {
		if o["type"] != "marking-definition" && o["type"] != "identity" && o["type"] != "grouping" && o["type"] != "note" {
			refs = append(refs, o.ID())
		}
	}
	if len(refs) == 0 {
		return
	}
	group := b.domain("grouping", []string{c.ID}, Object{
		"name": c.ID, "context": "suspicious-activity", "object_refs": refs, "external_references": references([]string{c.ID}),
		"description": fmt.Sprintf("clew case %s, scope %s, as of %s", c.ID, casefile.Printable(c.Scope), c.Changed),
	})
	b.add(group)
	if i > 0 { // notes are of the set, not of one case
		return
	}
	for n, note := range b.set.Notes {
		b.note(n, note, group.ID())
	}
}

func (b *builder) note(n int, note casefile.Note, group string) {
	about := group
	if k, ok := observable.KindNamed(note.Kind); ok {
		if v, err := observable.New(k, note.Value); err == nil {
			id := "indicator--" + export.UUID("indicator", b.set.Producer, v.String())
			if b.have[id] {
				about = id
			}
		}
	}
	text := casefile.Printable(note.Text)
	if text == "" {
		return
	}
	more := Object{"content": text, "object_refs": []string{about}}
	if note.Actor != "" {
		more["authors"] = []string{casefile.Printable(note.Actor)}
	}
	if !note.At.IsZero() {
		more["created"] = stamp(note.At.Time)
		more["modified"] = stamp(note.At.Time)
	}
	b.add(b.domain("note", []string{about, fmt.Sprint(n), stamp(note.At.Time), note.Actor, text}, more))
}
