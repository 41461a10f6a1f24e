package mapped

import (
	"errors"
	"fmt"
	"slices"

	"clew/internal/ingest"
	"clew/internal/ingest/pdns"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// maxFacts bounds what one row may state through two lists.
const maxFacts = 100_000

// factSpec is one entry of "facts": a relation between two values, or a DNS record.
type factSpec struct {
	Relation relationSpec    `yaml:"relation"`
	Subject  *valueSpec      `yaml:"subject"`
	Object   *valueSpec      `yaml:"object"`
	DNS      *dnsSpec        `yaml:"dns"`
	Window   windowSpec      `yaml:"window"`
	Count    string          `yaml:"count"`
	When     []conditionSpec `yaml:"when"`
}

// dnsSpec names the columns of a DNS record, whose type decides the relation.
type dnsSpec struct {
	Name string `yaml:"name"`
	Type string `yaml:"type"`
	Data string `yaml:"data"`
}

// relationSpec is a relation, or a column and what its values mean.
type relationSpec struct {
	fixed  string
	Column string            `yaml:"column"`
	Is     map[string]string `yaml:"is"`
}

// UnmarshalYAML reads either form.
func (s *relationSpec) UnmarshalYAML(unmarshal func(any) error) error {
	if unmarshal(&s.fixed) == nil {
		return nil
	}
	type plain relationSpec
	return unmarshal((*plain)(s))
}

func (s factSpec) withDefaults(d *document) factSpec {
	if s.Window == (windowSpec{}) {
		s.Window = d.Window
	}
	if s.Count == "" {
		s.Count = d.Count
	}
	return s
}

// A fact is a compiled factSpec.
type fact struct {
	dns             *dnsColumns
	relation        observation.Relation            // when it is fixed
	byColumn        int                             // else the column that decides
	byText          map[string]observation.Relation // by its text
	subject, object *value
	window          window
	count           int // column, noColumn for once
	when            []condition
}

type dnsColumns struct{ name, rrtype, data int }

const noColumn = -1

func (m *Mapping) fact(spec factSpec) (f fact, err error) {
	f.byColumn, f.count, f.window = noColumn, noColumn, m.window(spec.Window)
	if spec.Count != "" {
		f.count = m.column(spec.Count)
	}
	if f.when, err = m.conditions(spec.When); err != nil {
		return f, fmt.Errorf("when: %w", err)
	}
	if spec.DNS != nil {
		if spec.Subject != nil || spec.Object != nil || spec.Relation.fixed != "" {
			return f, errors.New("dns stands alone: it is subject, relation and object")
		}
		if spec.DNS.Name == "" || spec.DNS.Type == "" || spec.DNS.Data == "" {
			return f, errors.New("dns needs the columns name, type and data")
		}
		f.dns = &dnsColumns{m.column(spec.DNS.Name), m.column(spec.DNS.Type), m.column(spec.DNS.Data)}
		return f, nil
	}
	if spec.Subject == nil || spec.Object == nil {
		return f, errors.New("needs a subject and an object, or dns")
	}
	if err := m.relationOf(spec.Relation, &f); err != nil {
		return f, err
	}
	if f.subject, err = m.value(*spec.Subject); err != nil {
		return f, fmt.Errorf("subject: %w", err)
	}
	if f.object, err = m.value(*spec.Object); err != nil {
		return f, fmt.Errorf("object: %w", err)
	}
	return f, f.checkKinds()
}

func (m *Mapping) relationOf(spec relationSpec, f *fact) error {
	if spec.Column == "" {
		relation, ok := observation.RelationNamed(spec.fixed)
		if !ok {
			return fmt.Errorf("unknown relation %q", spec.fixed)
		}
		f.relation = relation
		return nil
	}
	f.byColumn, f.byText = m.column(spec.Column), make(map[string]observation.Relation)
	for text, name := range spec.Is {
		relation, ok := observation.RelationNamed(name)
		if !ok {
			return fmt.Errorf("unknown relation %q", name)
		}
		f.byText[text] = relation
	}
	if len(f.byText) == 0 {
		return errors.New("relation by column needs \"is\": text to relation")
	}
	return nil
}

// checkKinds finds kinds that no relation of the fact can have.
func (f *fact) checkKinds() error {
	for _, r := range f.relations() {
		for _, k := range f.subject.kinds {
			if !slices.Contains(r.Subjects(), k) {
				return fmt.Errorf("%s cannot start from a %s", r, k)
			}
		}
		for _, k := range f.object.kinds {
			if !slices.Contains(r.Objects(), k) {
				return fmt.Errorf("%s cannot lead to a %s", r, k)
			}
		}
	}
	return nil
}

func (f *fact) relations() []observation.Relation {
	if f.dns != nil {
		return nil
	}
	if f.byColumn == noColumn {
		return []observation.Relation{f.relation}
	}
	var all []observation.Relation
	for _, r := range f.byText {
		all = append(all, r)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// tell hands out what a row states through f, and reports whether it states
// anything. What is not understood is rejected; the rest is kept.
func (f *fact) tell(r *row, c clock, out *ingest.Out) (told bool) {
	if !holds(f.when, r) {
		return false
	}
	relation := f.relation
	if f.byColumn != noColumn {
		text, ok := r.one(f.byColumn)
		if relation = f.byText[text]; !ok || relation == 0 {
			return false
		}
	}
	w, err := f.window.of(r, c)
	if err != nil {
		out.Reject("%w", err)
		return true
	}
	count, err := r.number(f.count)
	if err != nil {
		out.Reject("%w", err)
		return true
	}
	if f.dns != nil {
		return f.tellDNS(r, w, count, out)
	}
	subjects, objects := f.subject.of(r, c), f.object.of(r, c)
	if len(subjects)*len(objects) > maxFacts {
		out.Reject("row of more than %d facts", maxFacts)
		return true
	}
	for _, s := range subjects {
		f.tellOf(s, relation, objects, observation.Observation{Window: w, Count: count}, out)
	}
	return len(subjects)*len(objects) > 0
}

// tellOf hands out what f states of one subject.
func (f *fact) tellOf(subject string, r observation.Relation, objects []string, o observation.Observation, out *ingest.Out) {
	var err error
	if o.Subject, err = f.subject.typed(subject, r.Subjects()); err != nil {
		out.Reject("%s: subject: %w", r, err)
		return
	}
	o.Relation = r
	for _, object := range objects {
		if o.Object, err = f.object.typed(object, r.Objects()); err != nil {
			out.Reject("%s: %w", r, err)
			continue
		}
		out.Keep(o)
	}
}

func (f *fact) tellDNS(r *row, w observation.Window, count uint64, out *ingest.Out) bool {
	name, hasName := r.one(f.dns.name)
	rrtype, hasType := r.one(f.dns.rrtype)
	data := r.values[f.dns.data]
	if !hasName || !hasType || len(data) == 0 || !pdns.Known(rrtype) {
		return false
	}
	for _, text := range data {
		d := record.DNS{Name: name, Type: rrtype, Data: text, Window: w, Count: count}
		if o, ok := d.Observation(); ok {
			out.Keep(o)
		} else {
			out.Reject("%s record of %q with data %q is none", rrtype, name, text)
		}
	}
	return true
}

// kindOrder is the order in which the kinds of a relation are tried on a text:
// those with a grammar of their own first.
func kindOrder(kinds []observable.Kind) []observable.Kind {
	ordered := slices.Clone(kinds)
	slices.SortStableFunc(ordered, func(a, b observable.Kind) int { return loose(a) - loose(b) })
	return ordered
}

func loose(k observable.Kind) int {
	switch k {
	case observable.Text:
		return 3
	case observable.Domain:
		return 2
	case observable.Tracker:
		return 1
	}
	return 0
}
