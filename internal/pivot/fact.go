package pivot

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// A Fact is one attribute of an indicator, as the corpus or the name itself
// gives it.
type Fact struct {
	Relation observation.Relation
	Value    observable.Value
	// Back means the value is the relation's subject: a certificate that names
	// the domain, a file that contacts it.
	Back bool
	// Self means the value is the indicator itself: others point at it.
	Self bool
	observation.Window
	Sources, Evidence []string
}

// factKey is what two indicators must both hold to share a fact.
type factKey struct {
	relation observation.Relation
	back     bool
	value    observable.Value
}

func (f Fact) key() factKey { return factKey{f.Relation, f.Back, f.Value} }

// String names the fact as paths and causes do.
func (k factKey) String() string { return k.relation.String() + ":" + k.value.Text() }

// backRelations are followed from object to subject as well: two domains in
// one certificate, two hosts contacted by one file.
var backRelations = []observation.Relation{
	observation.Names, observation.Contacts, observation.ConfigC2, observation.DownloadedFrom,
}

// certRelations are facts of a certificate that whoever shows or is named in it inherits.
var certRelations = []observation.Relation{observation.Serial, observation.Key, observation.SubjectDN, observation.IssuedBy}

// maxCertificates bounds how many certificates of one name lend it their facts.
// The oldest and newest thousand of a busy name say nothing that 64 do not.
const maxCertificates = 64

// facts lists what the corpus knows of v and what its name says, in a fixed
// order. Short says that the corpus holds more than was read.
func (e *Engine) facts(ctx context.Context, v observable.Value) (facts []Fact, short bool, err error) {
	links, short, err := e.Corpus.Objects(ctx, v, corpus.DefaultHolderLimit)
	if err != nil {
		return nil, false, fmt.Errorf("facts of %s: %w", v, err)
	}
	for _, link := range links {
		if f, ok := e.factOf(link, link.Object); ok {
			facts = append(facts, f)
		}
	}
	back, err := e.backFacts(ctx, v)
	if err != nil {
		return nil, false, err
	}
	facts = append(facts, back...)
	inherited, err := e.certificateFacts(ctx, facts)
	if err != nil {
		return nil, false, err
	}
	facts = append(facts, inherited...)
	facts = append(facts, derived(v, facts)...)
	facts = append(facts, selfFacts(v)...)
	return compact(facts), short, nil
}

// factOf turns a link into a fact as known on the day of the question.
func (e *Engine) factOf(link corpus.Link, value observable.Value) (Fact, bool) {
	f := Fact{Relation: link.Relation, Value: value, Window: link.Window, Sources: link.Sources, Evidence: link.Evidence}
	if !e.AsOf.IsZero() {
		if f.First.After(e.AsOf) {
			return Fact{}, false
		}
		if f.Last.After(e.AsOf) {
			f.Last = e.AsOf
		}
	}
	return f, true
}

func (e *Engine) backFacts(ctx context.Context, v observable.Value) ([]Fact, error) {
	var facts []Fact
	for _, r := range backRelations {
		if !slices.Contains(r.Objects(), v.Kind()) {
			continue
		}
		links, _, err := e.Corpus.Subjects(ctx, r, v, maxCertificates)
		if err != nil {
			return nil, fmt.Errorf("facts of %s: %w", v, err)
		}
		for _, link := range links {
			if f, ok := e.factOf(link, link.Subject); ok {
				f.Back = true
				facts = append(facts, f)
			}
		}
	}
	return facts, nil
}

// certificateFacts lends the facts of certificates to who holds them.
func (e *Engine) certificateFacts(ctx context.Context, held []Fact) ([]Fact, error) {
	var facts []Fact
	for _, f := range held {
		if f.Value.Kind() != observable.Cert {
			continue
		}
		links, _, err := e.Corpus.Objects(ctx, f.Value, maxCertificates, certRelations...)
		if err != nil {
			return nil, fmt.Errorf("certificate %s: %w", f.Value, err)
		}
		for _, link := range links {
			if lent, ok := e.factOf(link, link.Object); ok {
				lent.Window = f.Window
				facts = append(facts, lent)
			}
		}
	}
	return facts, nil
}

// derived lists the facts that need no store: those in the name, and coarser
// forms of addresses and name servers.
func derived(v observable.Value, held []Fact) []Fact {
	var facts []Fact
	own, _ := observable.RegistrableDomain(v)
	for _, f := range held {
		switch f.Relation {
		case observation.Nameserver:
			if host, ok := observable.RegistrableDomain(f.Value); ok && host != own {
				f.Relation, f.Value = observation.NSDomain, host
				facts = append(facts, f)
			}
		case observation.ResolvesTo:
			if net, ok := neighbourhood(f.Value); ok {
				f.Relation, f.Value = observation.InPrefix, net
				facts = append(facts, f)
			}
		}
	}
	switch v.Kind() {
	case observable.Domain:
		facts = append(facts, nameFacts(v)...)
	case observable.IP:
		if net, ok := neighbourhood(v); ok {
			facts = append(facts, Fact{Relation: observation.InPrefix, Value: net})
		}
	}
	return facts
}

// neighbourhood returns the /24 of an IPv4 address. IPv6 has no block of
// comparable meaning: hosters give a whole /64 or /48 to one customer.
func neighbourhood(v observable.Value) (observable.Value, bool) {
	addr, ok := v.Addr()
	if !ok || !addr.Is4() {
		return observable.Value{}, false
	}
	net, err := addr.Prefix(24)
	if err != nil {
		return observable.Value{}, false
	}
	block, err := observable.New(observable.Prefix, net.String())
	return block, err == nil
}

// nameFacts are the tokens, the first letters and the label of a name.
func nameFacts(v observable.Value) []Fact {
	var facts []Fact
	add := func(r observation.Relation, text string) {
		if value, err := observable.New(observable.Text, text); err == nil {
			facts = append(facts, Fact{Relation: r, Value: value})
		}
	}
	label, ok := observable.Label(v)
	if !ok {
		return nil
	}
	if own, ok := observable.RegistrableDomain(v); ok {
		facts = append(facts, Fact{Relation: observation.SubdomainOf, Value: own})
	}
	add(observation.Label, label)
	for _, token := range observable.Tokens(v) {
		add(observation.Token, token)
	}
	if prefix, ok := observable.NamePrefix(label); ok {
		add(observation.NamePrefix, prefix)
	}
	return facts
}

// selfFacts let others point at v: its address book entry under every relation
// that can lead to it.
func selfFacts(v observable.Value) []Fact {
	var facts []Fact
	for _, r := range observation.Relations() {
		if r == observation.SubdomainOf || r == observation.NSDomain {
			continue
		}
		if slices.Contains(r.Objects(), v.Kind()) {
			facts = append(facts, Fact{Relation: r, Value: v, Self: true})
		}
		if slices.Contains(backRelations, r) && slices.Contains(r.Subjects(), v.Kind()) {
			facts = append(facts, Fact{Relation: r, Value: v, Self: true, Back: true})
		}
	}
	return facts
}

// compact sorts facts and joins those of one key: the widest window, all sources.
func compact(facts []Fact) []Fact {
	slices.SortStableFunc(facts, func(a, b Fact) int {
		return cmp.Or(cmp.Compare(a.Relation, b.Relation), a.Value.Compare(b.Value), compareBool(a.Back, b.Back), compareBool(a.Self, b.Self))
	})
	out := facts[:0]
	for _, f := range facts {
		if n := len(out); n > 0 && out[n-1].key() == f.key() {
			last := &out[n-1]
			last.Window = last.Window.Union(f.Window)
			last.Sources = union(last.Sources, f.Sources)
			last.Evidence = union(last.Evidence, f.Evidence)
			continue
		}
		out = append(out, f)
	}
	return out
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// since returns when v began to exist, as its registration says; zero when nobody
// said. A host is as old as the domain it lies under, unless strangers get
// names there.
func (e *Engine) since(ctx context.Context, v observable.Value, facts []Fact) (time.Time, error) {
	own, ok := observable.RegistrableDomain(v)
	if !ok || own == v || v.Kind() != observable.Domain {
		return created(facts), nil
	}
	if _, strangers := e.Lists.Suppressed(observation.SubdomainOf, own); strangers {
		return created(facts), nil
	}
	links, _, err := e.Corpus.Objects(ctx, own, 0, observation.Created)
	if err != nil {
		return time.Time{}, fmt.Errorf("registration of %s: %w", own, err)
	}
	facts = nil
	for _, link := range links {
		if f, ok := e.factOf(link, link.Object); ok {
			facts = append(facts, f)
		}
	}
	return created(facts), nil
}

// created reads the minute of registration among facts.
func created(facts []Fact) time.Time {
	for _, f := range facts {
		if f.Relation != observation.Created {
			continue
		}
		if _, minute, ok := strings.Cut(f.Value.Text(), "|"); ok {
			if t, err := time.Parse("2006-01-02T15:04Z", minute); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}

// inBlock returns the prefix of a block value.
func inBlock(v observable.Value) (netip.Prefix, bool) {
	net, err := netip.ParsePrefix(v.Text())
	return net, err == nil
}
