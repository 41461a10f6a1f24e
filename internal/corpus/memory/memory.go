// Package memory is a corpus in maps: exact, small, gone with the process. It
// holds the observations of tests and of replayed cases, up to some hundred
// thousand; every question sorts what it found.
package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"sync"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

var errClosed = errors.New("corpus is closed")

// fact is what makes two observations one link.
type fact struct {
	subject  observable.Value
	relation observation.Relation
	object   observable.Value
}

// total is what makes a newer total replace an older one.
type total struct {
	relation observation.Relation
	object   observable.Value
	source   string
}

// A Store keeps everything in memory. It is safe for concurrent use.
type Store struct {
	mu        sync.RWMutex // guards everything below
	closed    bool
	links     map[fact]*link
	bySubject map[observable.Value][]*link
	byObject  map[observable.Value][]*link
	totals    map[total]corpus.Total
	imports   []corpus.Import // in the order of corpus.CompareImports
	answers   map[observable.Value][]corpus.Answer
}

var _ corpus.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		links:     map[fact]*link{},
		bySubject: map[observable.Value][]*link{},
		byObject:  map[observable.Value][]*link{},
		totals:    map[total]corpus.Total{},
		answers:   map[observable.Value][]corpus.Answer{},
	}
}

// Objects implements [corpus.Reader].
func (s *Store) Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	return cut(s.bySubject[subject], limit, func(l *link) bool {
		return len(relations) == 0 || slices.Contains(relations, l.relation)
	})
}

// Subjects implements [corpus.Reader].
func (s *Store) Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	return cut(s.byObject[object], limit, func(l *link) bool { return l.relation == relation })
}

// Holders implements [corpus.Reader]. The count is exact whatever the limit.
func (s *Store) Holders(ctx context.Context, relation observation.Relation, object observable.Value, _ int) (corpus.Count, error) {
	done, err := s.read(ctx)
	if err != nil {
		return corpus.Count{}, err
	}
	defer done()
	var count corpus.Count
	for _, l := range s.byObject[object] {
		if l.relation == relation { // each link of one object has a subject of its own
			count.N++
		}
	}
	return count, nil
}

// Totals implements [corpus.Reader].
func (s *Store) Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var found []corpus.Total
	for key, t := range s.totals {
		if key.relation == relation && key.object == object {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, corpus.CompareTotals)
	return found, nil
}

// Subdomains implements [corpus.Reader].
func (s *Store) Subdomains(ctx context.Context, domain observable.Value, limit int) ([]observable.Value, bool, error) {
	return s.values(ctx, limit, func(v observable.Value) bool { return corpus.Below(v, domain) })
}

// EachDomain implements [corpus.NameLister].
func (s *Store) EachDomain(ctx context.Context, visit func(observable.Value) error) error {
	names, _, err := s.values(ctx, math.MaxInt, func(v observable.Value) bool { return v.Kind() == observable.Domain })
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := visit(name); err != nil {
			return err
		}
	}
	return nil
}

// InRange implements [corpus.Reader].
func (s *Store) InRange(ctx context.Context, prefix netip.Prefix, limit int) ([]observable.Value, bool, error) {
	if !prefix.IsValid() {
		return nil, false, fmt.Errorf("address range %s is not valid", prefix)
	}
	prefix = prefix.Masked()
	return s.values(ctx, limit, func(v observable.Value) bool {
		addr, ok := v.Addr()
		return ok && prefix.Contains(addr)
	})
}

// Population implements [corpus.Reader].
func (s *Store) Population(ctx context.Context, relation observation.Relation) (corpus.Population, error) {
	done, err := s.read(ctx)
	if err != nil {
		return corpus.Population{}, err
	}
	defer done()
	var p corpus.Population
	subjects := map[observable.Value]bool{}
	for key := range s.links {
		if key.relation == relation {
			p.Links++
			subjects[key.subject] = true
		}
	}
	p.Subjects = uint64(len(subjects))
	return p, nil
}

// Put implements [corpus.Writer].
func (s *Store) Put(ctx context.Context, observations []observation.Observation) error {
	normal := make([]observation.Observation, len(observations))
	for i, o := range observations {
		var err error
		if normal[i], err = corpus.Normal(o); err != nil {
			return fmt.Errorf("observation %d of %d: %w", i+1, len(observations), err)
		}
	}
	return s.write(ctx, func() error {
		for _, o := range normal {
			s.add(o, "")
		}
		return nil
	})
}

// PutTotals implements [corpus.Writer].
func (s *Store) PutTotals(ctx context.Context, totals []corpus.Total) error {
	normal := make([]corpus.Total, len(totals))
	for i, t := range totals {
		var err error
		if normal[i], err = corpus.NormalTotal(t); err != nil {
			return err
		}
	}
	return s.write(ctx, func() error {
		for _, t := range normal {
			key := total{t.Relation, t.Object, t.Source}
			if old, ok := s.totals[key]; !ok || !old.AsOf.After(t.AsOf) {
				s.totals[key] = t
			}
		}
		return nil
	})
}

// Answers implements [corpus.Answers].
func (s *Store) Answers(ctx context.Context, about observable.Value) ([]corpus.Answer, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return cloned(s.answers[about]), nil
}

// PutAnswers implements [corpus.Answers].
func (s *Store) PutAnswers(ctx context.Context, answers []corpus.Answer) error {
	normal := cloned(answers)
	for i, a := range normal {
		var err error
		if normal[i], err = corpus.NormalAnswer(a); err != nil {
			return err
		}
	}
	return s.write(ctx, func() error {
		for _, a := range normal {
			s.answers[a.About] = corpus.MergeAnswers(s.answers[a.About], []corpus.Answer{a})
		}
		return nil
	})
}

// cloned copies answers with their details.
func cloned(answers []corpus.Answer) []corpus.Answer {
	copies := slices.Clone(answers)
	for i := range copies {
		copies[i].Detail = slices.Clone(copies[i].Detail)
	}
	return copies
}

// Flush implements [corpus.Store]; there is nothing to make durable.
func (s *Store) Flush(ctx context.Context) error { return s.write(ctx, func() error { return nil }) }

// Close implements [corpus.Store]. A closed store answers nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.closed = true
	s.links, s.bySubject, s.byObject, s.totals, s.imports = nil, nil, nil, nil, nil
	return nil
}

// read locks for reading; done unlocks.
func (s *Store) read(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return nil, errClosed
	}
	return s.mu.RUnlock, nil
}

func (s *Store) write(ctx context.Context, change func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	return change()
}

// add merges one normal observation in, as said by an import; "" is none.
func (s *Store) add(o observation.Observation, of string) (isNew bool) {
	key := fact{o.Subject, o.Relation, o.Object}
	l, known := s.links[key]
	if !known {
		l = &link{fact: key, parts: map[string]*part{}}
		s.links[key] = l
		s.bySubject[o.Subject] = append(s.bySubject[o.Subject], l)
		s.byObject[o.Object] = append(s.byObject[o.Object], l)
	}
	l.add(o, of)
	return !known
}

// values returns the subjects and objects that wanted accepts.
func (s *Store) values(ctx context.Context, limit int, wanted func(observable.Value) bool) ([]observable.Value, bool, error) {
	done, err := s.read(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	var found []observable.Value
	for _, side := range []map[observable.Value][]*link{s.bySubject, s.byObject} {
		for v := range side {
			if wanted(v) {
				found = append(found, v)
			}
		}
	}
	slices.SortFunc(found, corpus.Compare)
	found = slices.Compact(found)
	n := min(len(found), corpus.ResultLimit(limit))
	return found[:n], n < len(found), nil
}

// link is a stored link: what each import said of it, by its ID.
type link struct {
	fact
	parts map[string]*part
}

// part is what one import said; its lists are never handed out.
type part struct {
	observation.Window
	count             uint64
	sources, evidence []string
}

func (l *link) add(o observation.Observation, of string) {
	p := l.parts[of]
	if p == nil {
		p = &part{}
		l.parts[of] = p
	}
	p.Window = p.Union(o.Window)
	p.count = corpus.AddCounts(p.count, o.Count)
	p.sources = insert(p.sources, o.Source)
	p.evidence = insert(p.evidence, o.Evidence)
	p.evidence = p.evidence[:min(len(p.evidence), corpus.MaxEvidence)]
}

// merged returns the link with all its parts as one.
func (l *link) merged() corpus.Link {
	m := corpus.Link{Subject: l.subject, Relation: l.relation, Object: l.object}
	for _, p := range l.parts {
		m.Window = m.Union(p.Window)
		m.Count = corpus.AddCounts(m.Count, p.count)
		for _, source := range p.sources {
			m.Sources = insert(m.Sources, source)
		}
		for _, digest := range p.evidence {
			m.Evidence = insert(m.Evidence, digest)
		}
	}
	m.Evidence = m.Evidence[:min(len(m.Evidence), corpus.MaxEvidence)]
	return m
}

// insert adds text to a sorted list that does not hold it yet; "" is nothing to add.
func insert(sorted []string, text string) []string {
	at, found := slices.BinarySearch(sorted, text)
	if found || text == "" {
		return sorted
	}
	return slices.Insert(sorted, at, text)
}

// cut returns copies of the first limit links that wanted accepts, in canonical order.
func cut(links []*link, limit int, wanted func(*link) bool) ([]corpus.Link, bool, error) {
	var found []corpus.Link
	for _, l := range links {
		if wanted(l) {
			found = append(found, l.merged())
		}
	}
	slices.SortFunc(found, func(a, b corpus.Link) int {
		return cmp.Or(
			int(a.Relation)-int(b.Relation),
			corpus.Compare(a.Object, b.Object),
			corpus.Compare(a.Subject, b.Subject),
		)
	})
	n := min(len(found), corpus.ResultLimit(limit))
	return found[:n], n < len(found), nil
}
