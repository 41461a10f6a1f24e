package attack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"clew/internal/source"
)

// object is any object of the bundle, as far as it is read.
type object struct {
	Type       string                 `json:"type"`
	ID         string                 `json:"id"`
	Name       string                 `json:"name"`
	Version    string                 `json:"x_mitre_version"`
	Revoked    bool                   `json:"revoked"`
	Deprecated bool                   `json:"x_mitre_deprecated"`
	Aliases    source.Rows[string]    `json:"aliases"`         // of groups
	Synonyms   source.Rows[string]    `json:"x_mitre_aliases"` // of software
	References source.Rows[reference] `json:"external_references"`
	Phases     source.Rows[struct {
		Chain string `json:"kill_chain_name"`
		Phase string `json:"phase_name"`
	}] `json:"kill_chain_phases"`

	Relation string `json:"relationship_type"`
	From     string `json:"source_ref"`
	To       string `json:"target_ref"`
}

type reference struct {
	Source string `json:"source_name"`
	ID     string `json:"external_id"`
}

// number returns the number ATT&CK knows the object by, "" without one.
func (o object) number() string {
	for _, r := range o.References.Items {
		if r.Source == "mitre-attack" {
			return r.ID
		}
	}
	return ""
}

// collection gathers objects until the last has come.
type collection struct{ objects []object }

// add reads a page of a TAXII collection, or a bundle, which is all of it.
func (c *collection) add(reply source.Reply) (more bool, next string, err error) {
	var page struct {
		Objects source.Rows[object] `json:"objects"`
		More    bool                `json:"more"`
		Next    string              `json:"next"`
	}
	if err := source.DecodeJSON(reply, &page); err != nil {
		return false, "", err
	}
	if len(c.objects) == 0 { // a later page may be empty, and then is without the list
		if err := page.Objects.Require("objects"); err != nil {
			return false, "", err
		}
	}
	c.objects = append(c.objects, page.Objects.Items...)
	return page.More, page.Next, nil
}

// errTooLarge means that a file is no release of ATT&CK, which has some 45 MB.
var errTooLarge = errors.New("larger than any release of ATT&CK")

// maxBundle bounds a bundle on disk, in bytes.
const maxBundle = 256 << 20

// Read reads a bundle of STIX 2.1 as MITRE publishes it
// (enterprise-attack.json), object by object.
func Read(r io.Reader) (*Library, error) {
	limited := &io.LimitedReader{R: r, N: maxBundle}
	decoder := json.NewDecoder(limited)
	if err := seekObjects(decoder); err != nil {
		return nil, fmt.Errorf("ATT&CK bundle: %w", err)
	}
	var c collection
	for decoder.More() {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			if limited.N <= 0 {
				err = errTooLarge
			}
			return nil, fmt.Errorf("ATT&CK bundle, after %d objects: %w", len(c.objects), err)
		}
		var o object
		if json.Unmarshal(raw, &o) == nil { // an odd object costs itself
			c.objects = append(c.objects, o)
		}
	}
	if _, err := decoder.Token(); err != nil { // the end of the list
		return nil, fmt.Errorf("ATT&CK bundle, after %d objects: %w", len(c.objects), err)
	}
	return c.library(), nil
}

// seekObjects reads up to the first member of the bundle's list.
func seekObjects(decoder *json.Decoder) error {
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("no JSON object"), err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		if name == "objects" {
			if t, err := decoder.Token(); err != nil || t != json.Delim('[') {
				return errors.Join(errors.New(`"objects" is no list`), err)
			}
			return nil
		}
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return err
		}
	}
	return errors.New(`no "objects" in it`)
}

// library puts the objects in order.
func (c *collection) library() *Library {
	l := &Library{
		techniques: map[string]Technique{}, software: map[string]Named{}, groups: map[string]Named{},
		names: map[string]string{}, uses: map[string][]string{}, usedBy: map[string][]string{},
	}
	b := builder{Library: l, live: map[string]object{}, replaced: map[string]string{}, campaigns: map[string][]string{}}
	for _, o := range c.objects {
		if o.Type == "x-mitre-collection" {
			l.release = strings.TrimSpace(o.Name + " " + o.Version)
		}
		b.object(o)
	}
	for _, o := range c.objects {
		b.relationship(o)
	}
	for _, o := range c.objects {
		b.use(o)
	}
	for _, o := range c.objects {
		b.revoked(o)
	}
	for id := range l.uses {
		slices.Sort(l.uses[id])
		l.uses[id] = slices.Compact(l.uses[id])
	}
	for id := range l.usedBy {
		slices.Sort(l.usedBy[id])
		l.usedBy[id] = slices.Compact(l.usedBy[id])
	}
	return l
}

// builder fills a library.
type builder struct {
	*Library
	live      map[string]object   // objects that count, by the id of STIX
	replaced  map[string]string   // what took the place of a revoked one
	campaigns map[string][]string // the groups behind a campaign
}

func (b *builder) object(o object) {
	if o.Revoked || o.Deprecated || o.Type == "relationship" {
		return
	}
	id := o.number()
	if id == "" {
		return
	}
	b.live[o.ID] = o
	switch o.Type {
	case "attack-pattern":
		t := Technique{ID: id, Name: o.Name}
		for _, p := range o.Phases.Items {
			if p.Chain == "mitre-attack" {
				t.Tactics = append(t.Tactics, p.Phase)
			}
		}
		slices.Sort(t.Tactics)
		b.techniques[id] = t
	case "malware", "tool":
		b.software[id] = named(id, o.Name, o.Synonyms.Items)
		for _, name := range append([]string{id, o.Name}, o.Synonyms.Items...) {
			if key := strings.ToLower(name); b.names[key] == "" {
				b.names[key] = id
			}
		}
	case "intrusion-set":
		b.groups[id] = named(id, o.Name, o.Aliases.Items)
	}
}

// named drops the name itself from the aliases, where MITRE repeats it.
func named(id, name string, aliases []string) Named {
	others := slices.DeleteFunc(slices.Clone(aliases), func(alias string) bool { return alias == name })
	slices.Sort(others)
	return Named{ID: id, Name: name, Aliases: others}
}

func (b *builder) relationship(o object) {
	if o.Type != "relationship" || o.Revoked || o.Deprecated {
		return
	}
	switch o.Relation {
	case "revoked-by":
		b.replaced[o.From] = o.To
	case "attributed-to":
		b.campaigns[o.From] = append(b.campaigns[o.From], o.To)
	case "subtechnique-of":
		part, whole := b.current(o.From).number(), b.current(o.To).number()
		if t, ok := b.techniques[part]; ok {
			t.Parent = whole
			b.techniques[part] = t
		}
	}
}

// use keeps one "uses" relationship, that of a campaign as one of its groups.
func (b *builder) use(o object) {
	if o.Type != "relationship" || o.Relation != "uses" || o.Revoked || o.Deprecated {
		return
	}
	users := []string{o.From}
	if groups := b.campaigns[o.From]; len(groups) > 0 {
		users = groups
	}
	for _, user := range users {
		from, to := b.current(user).number(), b.current(o.To).number()
		if from != "" && to != "" {
			b.uses[from] = append(b.uses[from], to)
			b.usedBy[to] = append(b.usedBy[to], from)
		}
	}
}

// revoked lets a technique be found by its old number too.
func (b *builder) revoked(o object) {
	id := o.number()
	if o.Type != "attack-pattern" || !o.Revoked || id == "" {
		return
	}
	if t, ok := b.techniques[b.current(o.ID).number()]; ok {
		b.techniques[id] = t
	}
}

// mostRevocations bounds how often one object was replaced: a ring would have no end.
const mostRevocations = 8

// current follows revocations to the object that counts now, if there is one.
func (b *builder) current(id string) object {
	for range mostRevocations {
		if o, ok := b.live[id]; ok {
			return o
		}
		id = b.replaced[id]
	}
	return object{}
}
