package corpustest

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// model is a corpus that keeps everything it was told, as it was told, and
// answers every question by reading all of it. It is slow, and shares nothing
// with an engine but the order of results.
type model struct {
	seen   []said
	totals []corpus.Total
}

// said is an observation and the ID of the import that brought it, "" for none.
type said struct {
	observation.Observation
	by string
}

func (m *model) add(by string, observations ...observation.Observation) {
	for _, o := range observations {
		m.seen = append(m.seen, said{o, by})
	}
}

func (m *model) remove(id string) {
	m.seen = slices.DeleteFunc(m.seen, func(o said) bool { return o.by == id })
}

// links merges the observations that wanted accepts, in canonical order.
func (m *model) links(wanted func(observation.Observation) bool) []corpus.Link {
	var links []corpus.Link
	for _, o := range m.seen {
		if !wanted(o.Observation) {
			continue
		}
		i := slices.IndexFunc(links, func(l corpus.Link) bool {
			return l.Subject == o.Subject && l.Relation == o.Relation && l.Object == o.Object
		})
		if i < 0 {
			links = append(links, linkOf(o.Observation))
		} else {
			mergeInto(&links[i], o.Observation)
		}
	}
	slices.SortFunc(links, func(a, b corpus.Link) int {
		if c := corpus.Compare(a.Subject, b.Subject); c != 0 {
			return c
		}
		if a.Relation != b.Relation {
			return int(a.Relation) - int(b.Relation)
		}
		return corpus.Compare(a.Object, b.Object)
	})
	for i := range links {
		if n := len(links[i].Evidence); n > corpus.MaxEvidence {
			links[i].Evidence = links[i].Evidence[:corpus.MaxEvidence]
		}
	}
	return links
}

func mergeInto(l *corpus.Link, o observation.Observation) {
	if l.First.IsZero() || (!o.First.IsZero() && o.First.Before(l.First)) {
		l.First = o.First
	}
	if l.Last.IsZero() || (!o.Last.IsZero() && o.Last.After(l.Last)) {
		l.Last = o.Last
	}
	if l.Count > math.MaxUint64-o.Count {
		l.Count = math.MaxUint64
	} else {
		l.Count += o.Count
	}
	l.Sources = with(l.Sources, o.Source)
	l.Evidence = with(l.Evidence, o.Evidence)
}

func with(list []string, text string) []string {
	if text != "" && !slices.Contains(list, text) {
		list = append(list, text)
		slices.Sort(list)
	}
	return list
}

func (m *model) objects(subject observable.Value, relations []observation.Relation) []corpus.Link {
	return m.links(func(o observation.Observation) bool {
		return o.Subject == subject && (len(relations) == 0 || slices.Contains(relations, o.Relation))
	})
}

func (m *model) subjects(relation observation.Relation, object observable.Value) []corpus.Link {
	return m.links(func(o observation.Observation) bool { return o.Relation == relation && o.Object == object })
}

func (m *model) totalsOf(relation observation.Relation, object observable.Value) []corpus.Total {
	newest := map[string]corpus.Total{}
	for _, t := range m.totals {
		if t.Relation != relation || t.Object != object {
			continue
		}
		if old, ok := newest[t.Source]; !ok || !t.AsOf.Before(old.AsOf) {
			newest[t.Source] = t
		}
	}
	var found []corpus.Total
	for _, t := range newest {
		found = append(found, t)
	}
	slices.SortFunc(found, func(a, b corpus.Total) int {
		if c := b.AsOf.Compare(a.AsOf); c != 0 {
			return c
		}
		return strings.Compare(a.Source, b.Source)
	})
	return found
}

// values returns the distinct subjects and objects that wanted accepts.
func (m *model) values(wanted func(observable.Value) bool) []observable.Value {
	var found []observable.Value
	for _, o := range m.seen {
		for _, v := range []observable.Value{o.Subject, o.Object} {
			if wanted(v) && !slices.Contains(found, v) {
				found = append(found, v)
			}
		}
	}
	slices.SortFunc(found, corpus.Compare)
	return found
}

// objectsOf returns the distinct objects of a kind.
func (m *model) objectsOf(kind observable.Kind) []observable.Value {
	var found []observable.Value
	for _, o := range m.seen {
		if o.Object.Kind() == kind && !slices.Contains(found, o.Object) {
			found = append(found, o.Object)
		}
	}
	slices.SortFunc(found, corpus.Compare)
	return found
}

func (m *model) subdomains(name observable.Value) []observable.Value {
	return m.values(func(v observable.Value) bool {
		return v.Kind() == observable.Domain && strings.HasSuffix(v.Text(), "."+name.Text())
	})
}

func (m *model) inRange(p netip.Prefix) []observable.Value {
	return m.values(func(v observable.Value) bool {
		addr, ok := v.Addr()
		return ok && p.Contains(addr)
	})
}

func (m *model) population(relation observation.Relation) corpus.Population {
	links := m.links(func(o observation.Observation) bool { return o.Relation == relation })
	subjects := map[observable.Value]bool{}
	for _, l := range links {
		subjects[l.Subject] = true
	}
	return corpus.Population{Subjects: uint64(len(subjects)), Links: uint64(len(links))}
}

// coverage counts everything, by relation and kind of subject.
func (m *model) coverage() []corpus.Coverage {
	var all []corpus.Coverage
	for _, r := range observation.Relations() {
		for _, k := range observable.Kinds() {
			c := corpus.Coverage{Relation: r, Kind: k}
			subjects := map[observable.Value]bool{}
			for _, l := range m.links(func(o observation.Observation) bool { return o.Relation == r && o.Subject.Kind() == k }) {
				c.Links++
				subjects[l.Subject] = true
				c.Window = c.Union(l.Window)
			}
			if c.Subjects = uint64(len(subjects)); c.Links > 0 {
				all = append(all, c)
			}
		}
	}
	return all
}
