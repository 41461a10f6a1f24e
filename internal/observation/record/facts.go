package record

import (
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// Facts collects observations that share a window.
type Facts struct {
	Window observation.Window
	All    []observation.Observation
}

// Add keeps each text that is a value of the kind. A text that stands for an
// empty field, that is no value of the kind, or that the vocabulary does not
// allow there is left out.
func (f *Facts) Add(subject observable.Value, relation observation.Relation, kind observable.Kind, texts ...string) {
	for _, text := range texts {
		if slices.Contains(noValue, strings.ToLower(strings.TrimSpace(text))) {
			continue
		}
		if object, err := observable.New(kind, text); err == nil {
			f.Link(subject, relation, object)
		}
	}
}

// Link is [Facts.Add] for a value.
func (f *Facts) Link(subject observable.Value, relation observation.Relation, object observable.Value) {
	o := observation.Observation{Subject: subject, Relation: relation, Object: object, Window: f.Window, Count: 1}
	if o.Check() == nil {
		f.All = append(f.All, o)
	}
}

// Host returns what a host is called by: the address or the domain that text is.
func Host(text string) (observable.Value, bool) {
	kind := observable.Domain
	if AddressType(text) != "" {
		kind = observable.IP
	}
	v, err := observable.New(kind, text)
	return v, err == nil
}

// Network returns the URL, address or domain that text is.
func Network(text string) (observable.Value, bool) {
	if strings.Contains(text, "://") {
		v, err := observable.New(observable.URL, text)
		return v, err == nil
	}
	return Host(text)
}
