package mapped

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"clew/internal/observable"
)

// valueSpec says where a value comes from: a column's name alone, or one of
// text, column or concat with what is done to it.
type valueSpec struct {
	Column string      `yaml:"column"`
	Text   string      `yaml:"text"`
	Concat []valueSpec `yaml:"concat"`
	With   string      `yaml:"with"`
	Split  string      `yaml:"split"`
	Item   int         `yaml:"item"`
	Apply  stringList  `yaml:"apply"`
	Kind   stringList  `yaml:"kind"`
	Join   string      `yaml:"join"`
	Least  int         `yaml:"least"`
}

// UnmarshalYAML reads a column's name or the full form.
func (s *valueSpec) UnmarshalYAML(unmarshal func(any) error) error {
	if unmarshal(&s.Column) == nil {
		return nil
	}
	type plain valueSpec
	return unmarshal((*plain)(s))
}

// stringList is one text or several.
type stringList []string

// UnmarshalYAML reads either.
func (l *stringList) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if unmarshal(&one) == nil {
		*l = stringList{one}
		return nil
	}
	return unmarshal((*[]string)(l))
}

// A value is a compiled valueSpec.
type value struct {
	column int
	text   string
	concat []*value
	with   string
	split  string
	item   int // counted from 1; 0 for all
	apply  []transform
	kinds  []observable.Kind
	join   string
	least  int
}

func (m *Mapping) value(spec valueSpec) (*value, error) {
	v := &value{column: noColumn, text: spec.Text, with: spec.With, split: spec.Split, item: spec.Item, join: spec.Join, least: spec.Least}
	sources := 0
	if spec.Column != "" {
		v.column, sources = m.column(spec.Column), sources+1
	}
	if spec.Text != "" {
		sources++
	}
	if len(spec.Concat) > 0 {
		sources++
	}
	if sources != 1 {
		return nil, errors.New("needs exactly one of column, text and concat")
	}
	if spec.Item < 0 || spec.Least < 0 {
		return nil, errors.New("item and least are counted from 1")
	}
	for _, part := range spec.Concat {
		p, err := m.value(part)
		if err != nil {
			return nil, fmt.Errorf("concat: %w", err)
		}
		v.concat = append(v.concat, p)
	}
	for _, name := range spec.Apply {
		t, ok := transforms[name]
		if !ok {
			return nil, fmt.Errorf("unknown transform %q: use one of %s", name, transformNames())
		}
		v.apply = append(v.apply, t)
	}
	for _, name := range spec.Kind {
		k, ok := observable.KindNamed(name)
		if !ok {
			return nil, fmt.Errorf("unknown kind %q", name)
		}
		v.kinds = append(v.kinds, k)
	}
	if v.join != "" { // kind then says what the members are; the whole is a text
		v.apply, v.kinds = append(v.apply, canonical(v.kinds)), nil
	}
	return v, nil
}

// of returns the texts of the value in a row, none when it is absent.
func (v *value) of(r *row, c clock) []string {
	texts := v.source(r, c)
	if v.item > 0 {
		if v.item > len(texts) {
			return nil
		}
		texts = texts[v.item-1 : v.item]
	}
	if len(v.apply) > 0 {
		changed := make([]string, 0, len(texts))
		for _, text := range texts {
			for _, t := range v.apply {
				text = t(text, c)
			}
			if text != "" {
				changed = append(changed, text)
			}
		}
		texts = changed
	}
	if v.join == "" {
		return texts
	}
	members := slices.Compact(slices.Sorted(slices.Values(texts)))
	if len(members) == 0 || len(members) < v.least {
		return nil
	}
	return []string{strings.Join(members, v.join)}
}

func (v *value) source(r *row, c clock) []string {
	switch {
	case v.text != "":
		return []string{v.text}
	case v.concat != nil:
		return v.concatenated(r, c)
	case v.split == "":
		return r.values[v.column]
	}
	var texts []string
	for _, text := range r.values[v.column] {
		for _, part := range v.parts(text) {
			if part = strings.TrimSpace(part); !r.empty[part] {
				texts = append(texts, part)
			}
		}
	}
	return texts
}

// concatenated joins parts of one text each; a part that is absent leaves the
// whole out.
func (v *value) concatenated(r *row, c clock) []string {
	parts := make([]string, 0, len(v.concat))
	for _, p := range v.concat {
		texts := p.of(r, c)
		if len(texts) != 1 {
			return nil
		}
		text := texts[0]
		if len(p.kinds) > 0 {
			if text = canonical(p.kinds)(text, c); text == "" {
				return nil
			}
		}
		parts = append(parts, text)
	}
	return []string{strings.Join(parts, v.with)}
}

// parts splits one cell: at a separator, at white space, or as a JSON array.
func (v *value) parts(text string) []string {
	switch v.split {
	case " ":
		return strings.Fields(text)
	case "json":
		var list []string
		if json.Unmarshal([]byte(text), &list) != nil {
			return []string{text}
		}
		return list
	}
	return strings.Split(text, v.split)
}

// typed makes a value of the first kind that takes the text: of those the
// mapping names, else of those the relation allows.
func (v *value) typed(text string, allowed []observable.Kind) (observable.Value, error) {
	kinds := v.kinds
	if len(kinds) == 0 {
		kinds = allowed
	}
	if len(kinds) > 1 && len(v.kinds) == 0 {
		kinds = kindOrder(kinds)
	}
	var first error
	for _, k := range kinds {
		value, err := observable.New(k, text)
		if err == nil {
			return value, nil
		}
		if first == nil {
			first = err
		}
	}
	return observable.Value{}, first
}
