package corpustest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// random does random things to the store and the model and compares every
// answer. The seeds are fixed; a failure names its own.
func random(t *testing.T, s *subject) {
	const seed, steps = 20261123, 60
	//nolint:gosec // random enough, and the same every time
	g := &generator{rng: rand.New(rand.NewPCG(seed, 1))}
	g.fill()
	m := &model{}
	for step := range steps {
		g.act(s, m)
		for range 10 {
			g.ask(s, m)
		}
		if t.Failed() {
			t.Fatalf("seed %d, step %d", seed, step)
		}
	}
	g.askAll(s, m)
}

// generator draws operations over few values, so that they meet.
type generator struct {
	rng  *rand.Rand
	pool map[observable.Kind][]observable.Value
	open []pending
}

// pending is a load under way, and what the model will know when it commits.
type pending struct {
	loader corpus.Loader
	rows   []observation.Observation
}

func (g *generator) fill() {
	g.pool = map[observable.Kind][]observable.Value{}
	for _, kind := range observable.Kinds() {
		for n := range 6 {
			g.pool[kind] = append(g.pool[kind], value(kind, fmt.Sprintf("%s %d", kind, n)))
		}
	}
	g.pool[observable.Domain] = nil
	for _, name := range []string{"example", "a.example", "b.a.example", "c.b.a.example", "a-b.example", "aa.example", "a.test", "b.a.test", "xn--a.test", "a.a.a"} {
		g.pool[observable.Domain] = append(g.pool[observable.Domain], domain(name))
	}
	g.pool[observable.IP] = nil
	for _, address := range []string{"192.0.2.0", "192.0.2.1", "192.0.2.200", "198.51.100.7", "2001:db8::", "2001:db8::1", "2001:db8:ffff::1", "::1"} {
		g.pool[observable.IP] = append(g.pool[observable.IP], ip(address))
	}
	for _, kind := range []observable.Kind{observable.Cert, observable.File, observable.JARM, observable.JA3, observable.BodyHash} {
		for _, text := range []string{strings.Repeat("00", 16), strings.Repeat("0a", 20), strings.Repeat("ff", 32), strings.Repeat("12", 64)} {
			g.pool[kind] = append(g.pool[kind], value(kind, text))
		}
	}
}

func pick[T any](g *generator, from []T) T { return from[g.rng.IntN(len(from))] }

func (g *generator) observation() observation.Observation {
	for {
		r := pick(g, observation.Relations())
		if g.rng.IntN(2) == 0 { // half of them of few relations, so that they meet
			r = pick(g, []observation.Relation{observation.ResolvesTo, observation.MX, observation.Names, observation.Drops})
		}
		o := observation.Observation{
			Subject:  pick(g, g.pool[pick(g, r.Subjects())]),
			Relation: r,
			Object:   pick(g, g.pool[pick(g, r.Objects())]),
			Count:    1 + uint64(g.rng.IntN(5)),
			Source:   fmt.Sprintf("s%d", g.rng.IntN(80)),
			Window:   g.window(),
		}
		if g.rng.IntN(3) == 0 {
			o.Evidence = digest(g.rng.IntN(30))
		}
		if o.Check() == nil {
			return o
		}
	}
}

func (g *generator) window() (w observation.Window) {
	first := time.Unix(g.rng.Int64N(4e9)-1e9, 0).UTC()
	if g.rng.IntN(6) != 0 {
		w.First = first
	}
	if g.rng.IntN(6) != 0 {
		w.Last = first.Add(time.Duration(g.rng.IntN(1e6)) * time.Second)
	}
	return w
}

func (g *generator) observations(n int) []observation.Observation {
	all := make([]observation.Observation, n)
	for i := range all {
		all[i] = g.observation()
	}
	return all
}

// act changes store and model alike.
func (g *generator) act(s *subject, m *model) {
	s.t.Helper()
	switch g.rng.IntN(11) {
	case 0, 1, 2, 3:
		rows := g.observations(1 + g.rng.IntN(8))
		s.put(rows...)
		m.add("", rows...)
	case 4:
		g.putTotals(s, m)
	case 5, 6:
		g.open = append(g.open, pending{loader: s.begin()})
	case 7:
		for i := range g.open {
			rows := g.observations(g.rng.IntN(40))
			s.add(g.open[i].loader, rows...)
			g.open[i].rows = append(g.open[i].rows, rows...)
		}
	case 8:
		g.endLoad(s, m)
	case 9:
		if err := s.store.Flush(s.t.Context()); err != nil {
			s.t.Fatalf("Flush: %v", err)
		}
	case 10:
		g.remove(s, m)
	}
}

// remove takes an import back, if there is one.
func (g *generator) remove(s *subject, m *model) {
	entries := s.imports()
	if len(entries) == 0 {
		return
	}
	gone := pick(g, entries)
	s.remove(gone.ID)
	m.remove(gone.ID)
	s.want("imports left", len(entries)-1, len(s.imports()))
}

func (g *generator) putTotals(s *subject, m *model) {
	var totals []corpus.Total
	for range 1 + g.rng.IntN(4) {
		o := g.observation()
		totals = append(totals, corpus.Total{Relation: o.Relation, Object: o.Object, N: o.Count, Source: fmt.Sprintf("s%d", g.rng.IntN(3)), AsOf: o.First})
	}
	if err := s.store.PutTotals(s.t.Context(), totals); err != nil {
		s.t.Fatalf("PutTotals: %v", err)
	}
	m.totals = append(m.totals, totals...)
}

// endLoad commits or drops a load, if one is open.
func (g *generator) endLoad(s *subject, m *model) {
	if len(g.open) == 0 {
		return
	}
	ended := g.open[0]
	g.open = g.open[1:]
	if g.rng.IntN(4) == 0 {
		if err := ended.loader.Close(); err != nil {
			s.t.Fatalf("Close of a load: %v", err)
		}
		return
	}
	var alone model
	alone.add("", ended.rows...)
	distinct := uint64(len(alone.links(func(observation.Observation) bool { return true })))
	kept := uint64(len(ended.rows))
	entry := s.commit(ended.loader)
	s.summary("load summary", kept, kept-distinct, entry)
	s.want("coverage", alone.coverage(), entry.Coverage)
	m.add(entry.ID, ended.rows...)
}

// ask compares the answers to one question of each sort.
func (g *generator) ask(s *subject, m *model) {
	s.t.Helper()
	o := g.observation()
	limit := g.rng.IntN(6)
	var relations []observation.Relation
	for range g.rng.IntN(4) {
		relations = append(relations, pick(g, []observation.Relation{o.Relation, g.observation().Relation}))
	}
	s.askObjects(m, o.Subject, limit, relations...)
	s.askSubjects(m, o.Relation, o.Object, limit)
	s.askSubdomains(m, pick(g, g.pool[observable.Domain]), limit)
	s.askRange(m, pick(g, g.pool[observable.IP]), g.rng.IntN(33), limit)
	s.askPopulation(m, o.Relation)
}

// askAll compares the answers to every question there is about the values in use,
// but for [RunRemote], which passes over most of those without sense.
func (g *generator) askAll(s *subject, m *model) {
	senseless := 0
	for _, kind := range observable.Kinds() {
		for _, v := range g.pool[kind] {
			s.askObjects(m, v, 0)
			for _, r := range observation.Relations() {
				if !slices.Contains(r.Objects(), kind) {
					if senseless++; senseless%s.senseless != 0 {
						continue
					}
				}
				s.askSubjects(m, r, v, 0)
			}
		}
	}
	for _, v := range g.pool[observable.Domain] {
		s.askSubdomains(m, v, 0)
	}
	for _, v := range g.pool[observable.IP] {
		for bits := range 33 {
			s.askRange(m, v, bits, 0)
		}
	}
	for _, r := range observation.Relations() {
		s.askPopulation(m, r)
	}
	for _, kind := range observable.Kinds() {
		s.askList(m, kind)
	}
}

func (s *subject) askObjects(m *model, v observable.Value, limit int, relations ...observation.Relation) {
	s.t.Helper()
	got, more, err := s.store.Objects(s.t.Context(), v, limit, relations...)
	want, wantMore := cut(m.objects(v, relations), limit)
	s.want(fmt.Sprintf("Objects(%s %q, %d, %v): %v", v.Kind(), v.Text(), limit, relations, err), want, got)
	s.want("more", wantMore, more)
}

func (s *subject) askSubjects(m *model, r observation.Relation, v observable.Value, limit int) {
	s.t.Helper()
	all := m.subjects(r, v)
	got, more, err := s.store.Subjects(s.t.Context(), r, v, limit)
	want, wantMore := cut(all, limit)
	s.want(fmt.Sprintf("Subjects(%s, %s %q, %d): %v", r, v.Kind(), v.Text(), limit, err), want, got)
	s.want("more", wantMore, more)
	if err := checkCount(uint64(len(all)), limit, s.holders(r, v, limit)); err != nil {
		s.t.Errorf("Holders(%s, %s %q, %d): %v", r, v.Kind(), v.Text(), limit, err)
	}
	totals, err := s.store.Totals(s.t.Context(), r, v)
	s.want(fmt.Sprintf("Totals(%s, %s %q): %v", r, v.Kind(), v.Text(), err), m.totalsOf(r, v), totals)
}

func (s *subject) askSubdomains(m *model, v observable.Value, limit int) {
	s.t.Helper()
	got, more, err := s.store.Subdomains(s.t.Context(), v, limit)
	want, wantMore := cut(m.subdomains(v), limit)
	s.want(fmt.Sprintf("Subdomains(%s, %d): %v", v.Text(), limit, err), want, got)
	s.want("more", wantMore, more)
}

func (s *subject) askRange(m *model, v observable.Value, bits, limit int) {
	s.t.Helper()
	addr, _ := v.Addr()
	p, err := addr.Prefix(bits * addr.BitLen() / 32)
	if err != nil {
		s.t.Fatal(err)
	}
	got, more, err := s.store.InRange(s.t.Context(), p, limit)
	want, wantMore := cut(m.inRange(p), limit)
	s.want(fmt.Sprintf("InRange(%s, %d): %v", p, limit, err), want, got)
	s.want("more", wantMore, more)
}

func (s *subject) askList(m *model, kind observable.Kind) {
	s.t.Helper()
	if lister, ok := s.store.(corpus.ObjectLister); ok {
		got, err := listed(s, lister, kind)
		s.want(fmt.Sprintf("EachObject(%s): %v", kind, err), m.objectsOf(kind), got)
	}
}

func (s *subject) askPopulation(m *model, r observation.Relation) {
	s.t.Helper()
	got, err := s.store.Population(s.t.Context(), r)
	s.want(fmt.Sprintf("Population(%s): %v", r, err), m.population(r), got) // too few for an estimate
}

func cut[T any](all []T, limit int) ([]T, bool) {
	n := min(len(all), corpus.ResultLimit(limit))
	return all[:n], n < len(all)
}
