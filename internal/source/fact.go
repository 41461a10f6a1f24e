package source

import (
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// Add keeps one fact if text is a value of the kind and the vocabulary allows
// it, and reports whether it did. A window that ends before it starts is kept
// as unknown: nobody can say which end is wrong.
func (p *Page) Add(subject observable.Value, r observation.Relation, kind observable.Kind, text string, w observation.Window) bool {
	if text == "" {
		return false
	}
	object, err := observable.New(kind, text)
	if err != nil {
		return false
	}
	if !w.First.IsZero() && !w.Last.IsZero() && w.Last.Before(w.First) {
		w = observation.Window{}
	}
	o := observation.Observation{Subject: subject, Relation: r, Object: object, Window: w, Count: 1}
	if o.Check() != nil {
		return false
	}
	p.Observations = append(p.Observations, o)
	return true
}

// Keep keeps what was made of a row, or counts the row as dropped where nothing was,
// and reports whether it was kept.
func (p *Page) Keep(o observation.Observation, ok bool) bool {
	if !ok {
		p.Dropped++
		return false
	}
	p.Observations = append(p.Observations, o)
	return true
}

// KeepAll is Keep for a row that says several things, or none.
func (p *Page) KeepAll(facts []observation.Observation) {
	if len(facts) == 0 {
		p.Dropped++
	}
	p.Observations = append(p.Observations, facts...)
}

// OneFile keeps that a file has other digests. Empty ones, and the one it is
// named by, say nothing.
func (p *Page) OneFile(file observable.Value, digests ...string) {
	told := map[observable.Value]bool{file: true}
	for _, text := range digests {
		if digest, err := observable.New(observable.File, text); err == nil && !told[digest] {
			told[digest] = true
			p.Add(file, observation.Digest, observable.File, digest.Text(), observation.Window{})
		}
	}
}

// Judge keeps what the provider thinks of v, in a few words and without what
// changes with every look, and reports whether it did. It is context: it is shown
// and never scores.
func (p *Page) Judge(v observable.Value, opinion string, w observation.Window) bool {
	return p.Add(v, observation.Reputation, observable.Text, opinion, w)
}

// Family keeps the malware family that the provider puts v down to, and reports
// whether it did. It is context too.
func (p *Page) Family(v observable.Value, name string, w observation.Window) bool {
	switch strings.ToLower(name) {
	case "unknown", "unknown malware", "n/a", "none":
		return false
	}
	return p.Add(v, observation.MalwareFamily, observable.Malware, name, w)
}

// Total keeps how many subjects the provider counts on object under r, if the
// question was about holders of a value: r is 0 where it was not. A count
// of 0 means that it did not count.
func (p *Page) Total(r observation.Relation, object observable.Value, n Number) {
	if n > 0 && r.Valid() {
		p.Totals = append(p.Totals, corpus.Total{Relation: r, Object: object, N: uint64(n)})
	}
}
