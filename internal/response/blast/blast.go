// Package blast measures whom a block would hit beside its target, before
// anybody approves it: how many unrelated sites live on an address, a range or a
// name server, whether our own machines used it apart from the incident, and
// whether a reference list names it.
package blast

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// Bounds of one measurement. Judgement: policies allow a few bystanders, so that
// more need no exact count; where there is more, the figure says "at least".
const (
	maxHolders   = 2000 // links read of one address or name server
	maxAddresses = 512  // addresses looked at within a range
	maxExamples  = 5
)

// current is how long before the latest sighting on a value a site still counts
// as living there. Judgement: passive DNS sees most names in use within months.
const current = 180 * 24 * time.Hour

// A Corpus answers who holds a value.
type Corpus interface {
	Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error)
	Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error)
	InRange(ctx context.Context, prefix netip.Prefix, limit int) ([]observable.Value, bool, error)
}

// A Lists says whether a value belongs to somebody everybody needs, and why.
type Lists func(observable.Value) (reason string, listed bool)

// A Meter measures blocks for one case.
type Meter struct {
	corpus  Corpus
	lists   Lists
	members map[observable.Value]bool // sites and addresses of the case
	asOf    time.Time
}

// New readies a meter. Members of the case are its seeds and its findings of
// high and medium, as they stand; nobody counts them as bystanders.
func New(c Corpus, lists Lists, d casefile.Document, asOf time.Time) *Meter {
	m := &Meter{corpus: c, lists: lists, members: map[observable.Value]bool{}, asOf: asOf}
	for _, s := range d.Seeds {
		m.member(s.Kind, s.Value)
	}
	for _, f := range d.Findings {
		likely := f.Band == "high" || f.Band == "medium" || f.Verdict == string(casefile.TypeAccepted)
		if likely && f.Suppressed == "" && f.Verdict != string(casefile.TypeRejected) {
			m.member(f.Kind, f.Value)
		}
	}
	return m
}

func (m *Meter) member(kind, text string) {
	v, err := casefile.Value{Kind: kind, Value: text}.Observable()
	if err != nil || v.IsZero() {
		return
	}
	m.members[v] = true
	m.members[site(v)] = true
}

// site is what a name counts as: its registrable domain, so that one site with a
// hundred names is one bystander.
func site(v observable.Value) observable.Value {
	if d, ok := observable.RegistrableDomain(v); ok {
		return d
	}
	return v
}

// Measure says whom a block of v would hit. Seen is what a search of our own
// logs said about v.
func (m *Meter) Measure(ctx context.Context, v observable.Value, seen casefile.Validation) (casefile.Blast, error) {
	b := casefile.Blast{Examples: []string{}, AsOf: casefile.Time{Time: m.asOf.UTC().Truncate(time.Second)}}
	if reason, listed := m.lists(v); listed {
		b.Listed = reason
	}
	if seen.State == casefile.HitOutside {
		b.Sightings, b.Assets = seen.Sightings, len(seen.Assets)
	}
	c := census{meter: m, sites: map[observable.Value]bool{}}
	var err error
	switch v.Kind() {
	case observable.IP:
		err = c.holders(ctx, v, observation.ResolvesTo)
	case observable.Prefix:
		err = c.within(ctx, v)
	case observable.Domain:
		err = c.holders(ctx, v, observation.Nameserver, observation.MX, observation.CNAME)
	case observable.URL:
		c.known = true // a block of one page hits that page
	case observable.File:
		c.known = true // a digest names one file
	default:
	}
	if err != nil {
		return b, fmt.Errorf("who else is on %s: %w", v.Defang(), err)
	}
	c.tell(&b)
	return b, nil
}

// census counts the sites on a value.
type census struct {
	meter *Meter
	sites map[observable.Value]bool
	known bool
	more  bool
	total uint64 // the largest that a provider gave
}

// holders counts who holds v under each of the relations.
func (c *census) holders(ctx context.Context, v observable.Value, relations ...observation.Relation) error {
	for _, relation := range relations {
		links, more, err := c.meter.corpus.Subjects(ctx, relation, v, maxHolders)
		if err != nil {
			return err
		}
		c.more = c.more || more
		c.known = c.known || len(links) > 0
		since := latest(links).Add(-current)
		for _, l := range links {
			if l.Last.IsZero() || !l.Last.Before(since) {
				c.add(l.Subject, v)
			}
		}
		totals, err := c.meter.corpus.Totals(ctx, relation, v)
		if err != nil {
			return err
		}
		for _, t := range totals {
			c.known, c.total = true, max(c.total, t.N)
		}
	}
	return nil
}

// within counts who lives on the addresses of a range that the corpus knows.
func (c *census) within(ctx context.Context, v observable.Value) error {
	prefix, err := netip.ParsePrefix(v.Text())
	if err != nil {
		return err
	}
	addresses, more, err := c.meter.corpus.InRange(ctx, prefix, maxAddresses)
	if err != nil {
		return err
	}
	for _, address := range addresses {
		if err := c.holders(ctx, address, observation.ResolvesTo); err != nil {
			return err
		}
	}
	c.more = c.more || more
	return nil
}

func (c *census) add(subject, holder observable.Value) {
	s := site(subject)
	if s == site(holder) {
		return // a name server of its own names
	}
	c.sites[s] = c.meter.members[subject] || c.meter.members[s]
}

// tell writes what was counted. A provider's total above what we hold ourselves
// is names, not sites, and tells that there are more.
func (c *census) tell(b *casefile.Blast) {
	var others []string
	for s, member := range c.sites {
		if member {
			b.Related++
			continue
		}
		others = append(others, s.Text())
	}
	slices.Sort(others)
	b.Bystanders, b.Known, b.AtLeast = uint64(len(others)), c.known, c.more
	b.Examples = append(b.Examples, others[:min(len(others), maxExamples)]...)
	if held := uint64(len(c.sites)); c.total > held {
		b.AtLeast = true
		// A provider's hundred thousand names are bystanders though we know none
		// of them; a few more than ours are the same sites under other names.
		// Judgement: ten names to a site are many.
		if c.total > 10*max(held, 1) {
			b.Bystanders = max(b.Bystanders, c.total-min(c.total, b.Related))
		}
	}
}

func latest(links []corpus.Link) time.Time {
	var last time.Time
	for _, l := range links {
		if l.Last.After(last) {
			last = l.Last
		}
	}
	return last
}
