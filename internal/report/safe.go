package report

import (
	"strings"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/observation"
)

// Everything a report shows went through one of the functions of this file:
// on one line, without characters that steer a terminal or hide, and with no
// indicator that a viewer would make a link of. The writers of a format escape
// on top of that what their format reads as its own.

// prose makes a sentence from outside fit to be shown.
func prose(text string) string { return casefile.Prose(strings.TrimSpace(text)) }

// name makes an identifier fit to be shown: a source, a method, a model.
func name(text string) string { return prose(text) }

// value shows an indicator defanged. Its kind is not part of it.
func value(kind, text string) string {
	v, err := casefile.Value{Kind: kind, Value: text}.Observable()
	if err != nil || v.IsZero() {
		return prose(text)
	}
	return casefile.Printable(strings.TrimPrefix(v.Defang(), kind+":"))
}

// kinds finds the kind of a bare text as paths write it: those of the document
// are known, the rest follows from the relation or is guessed.
type kinds map[string]string

func kindsOf(d casefile.Document) kinds {
	k := kinds{}
	for _, p := range d.Pivots {
		k[p.Value], k[p.From] = p.Kind, p.FromKind
	}
	for _, f := range d.Findings {
		for _, factor := range f.Factors {
			k[factor.Value] = factor.Kind
		}
	}
	for _, f := range d.Findings {
		k[f.Value] = f.Kind
	}
	for _, s := range d.Seeds {
		k[s.Value] = s.Kind
	}
	return k
}

// indicator shows a step of a path that is an indicator.
func (k kinds) indicator(text string) string {
	if kind := k[text]; kind != "" {
		return value(kind, text)
	}
	if v, err := observable.Parse(text); err == nil {
		return value(v.Kind().String(), v.Text())
	}
	return prose(text)
}

// link splits a step "relation:value" and shows the value.
func (k kinds) link(step string) (relation, shown string) {
	relation, text, ok := strings.Cut(step, ":")
	if !ok {
		return "", prose(step)
	}
	if kind := k[text]; kind != "" {
		return name(relation), value(kind, text)
	}
	if r, known := observation.RelationNamed(relation); known {
		for _, kind := range r.Objects() {
			if v, err := observable.New(kind, text); err == nil {
				return name(relation), value(kind.String(), v.Text())
			}
		}
	}
	return name(relation), prose(text)
}
