package eval

import (
	"maps"
	"slices"

	"clew/internal/observable"
)

// Labels say which values belong together: those that have a label in common.
// They are lower bounds: two values without one may still have one operator.
type Labels map[observable.Value][]string

// Add labels a value, once with each label. What is no value of the kind, or has
// no label, is left out.
func (l Labels) Add(kind observable.Kind, text, label string) {
	v, err := observable.New(kind, text)
	if err != nil || label == "" || slices.Contains(l[v], label) {
		return
	}
	l[v] = append(l[v], label)
}

// Same reports whether two values have a label in common.
func (l Labels) Same(a, b observable.Value) bool {
	return slices.ContainsFunc(l[a], func(label string) bool { return slices.Contains(l[b], label) })
}

// Members lists the values of each label, in order.
func (l Labels) Members() map[string][]observable.Value {
	of := map[string][]observable.Value{}
	for _, v := range l.sorted() {
		for _, label := range l[v] {
			of[label] = append(of[label], v)
		}
	}
	return of
}

// Keep drops the labels of fewer than least or more than most values.
func (l Labels) Keep(least, most int) {
	of := l.Members()
	for v, all := range l {
		all = slices.DeleteFunc(all, func(label string) bool { return len(of[label]) < least || len(of[label]) > most })
		if l[v] = all; len(all) == 0 {
			delete(l, v)
		}
	}
}

// Campaigns makes a case of each of n seeds with so many siblings, picked evenly
// in the order of the values: no result is looked at. 0 for most sets no limit.
func (l Labels) Campaigns(n, least, most int) []Campaign {
	of := l.Members()
	var fit []Campaign
	for _, v := range l.sorted() {
		c := Campaign{ID: v.Text(), Seed: v, Members: l.with(v, of)}
		if s := len(c.Members) - 1; s >= least && (most == 0 || s <= most) {
			fit = append(fit, c)
		}
	}
	n = min(n, len(fit))
	picked := make([]Campaign, n)
	for i := range picked {
		picked[i] = fit[i*len(fit)/n]
	}
	return picked
}

// Judge gives campaigns the members that these labels say they have.
func (l Labels) Judge(campaigns []Campaign) []Campaign {
	of := l.Members()
	out := slices.Clone(campaigns)
	for i, c := range out {
		out[i].Members = l.with(c.Seed, of)
	}
	return out
}

// Unit counts each labelled value for itself; what nobody labelled is neither
// right nor wrong.
func (l Labels) Unit(v observable.Value) (observable.Value, bool) { return v, l[v] != nil }

// with lists v and what belongs with it, in order.
func (l Labels) with(v observable.Value, of map[string][]observable.Value) []observable.Value {
	all := []observable.Value{v}
	for _, label := range l[v] {
		all = append(all, of[label]...)
	}
	slices.SortFunc(all, observable.Value.Compare)
	return slices.Compact(all)
}

func (l Labels) sorted() []observable.Value {
	return slices.SortedFunc(maps.Keys(l), observable.Value.Compare)
}
