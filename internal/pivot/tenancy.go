package pivot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// A Tenancy says who lived on an address: one customer or many. After Khalil et
// al. (AsiaCCS 2016, CODASPY 2018), who tell dedicated from public hosting by
// the names on an address and who else they belong to.
type Tenancy struct {
	Names   int // that ever resolved to it, as far as they were read
	Domains int // registered domains among them
	// NSSets is how many sets of name servers those domains have, 0 when none is
	// known. Of more than maxTenants domains only the first are asked.
	NSSets int
	// Peak is the most names at one time, of those whose windows are known.
	Peak int
	observation.Window
	More    bool // the corpus holds more names than were read
	Verdict string
}

// The verdicts of a Tenancy.
const (
	Dedicated = "dedicated" // one customer's, as far as can be seen
	SharedUse = "shared"    // many customers'
	Unclear   = "unclear"
)

// What makes an address dedicated or shared. Origin: judgement; the figures of
// the papers need a view of all names.
const (
	fewDomains  = 3
	manyDomains = 20
	manySets    = 5
	maxTenants  = 64
)

// Tenancy judges who lived on an address, from the corpus; ok is false when no
// name ever resolved to it.
func (e *Engine) Tenancy(ctx context.Context, address observable.Value) (t Tenancy, ok bool, err error) {
	links, more, err := e.Corpus.Subjects(ctx, observation.ResolvesTo, address, int(e.maxHolders()))
	if err != nil {
		return t, false, fmt.Errorf("tenants of %s: %w", address, err)
	}
	t.More = more
	domains := map[observable.Value]bool{}
	var windows []observation.Window
	for _, link := range links {
		f, known := e.factOf(link, link.Subject)
		if !known {
			continue
		}
		t.Names++
		t.Window = t.Window.Union(f.Window)
		if f.Known() {
			windows = append(windows, f.Window)
		}
		if domain, ok := observable.RegistrableDomain(link.Subject); ok {
			domains[domain] = true
		}
	}
	if t.Names == 0 {
		return t, false, nil
	}
	t.Domains, t.Peak = len(domains), peak(windows)
	if t.NSSets, err = e.nameServerSets(ctx, domains); err != nil {
		return t, false, err
	}
	t.Verdict = t.judge()
	return t, true, nil
}

func (t Tenancy) judge() string {
	switch {
	case t.More, t.Domains >= manyDomains && (t.NSSets == 0 || t.NSSets >= manySets):
		return SharedUse
	case t.Domains <= fewDomains, t.NSSets == 1:
		return Dedicated
	}
	return Unclear
}

// String says a tenancy in a line.
func (t Tenancy) String() string {
	more := ""
	if t.More {
		more = "more than "
	}
	text := fmt.Sprintf("%s: %s%d names of %d registered domains, %d at one time at most", t.Verdict, more, t.Names, t.Domains, t.Peak)
	if t.NSSets > 0 {
		text += fmt.Sprintf(", %d sets of name servers", t.NSSets)
	}
	return text
}

// nameServerSets counts the sets of name servers of domains.
func (e *Engine) nameServerSets(ctx context.Context, domains map[observable.Value]bool) (int, error) {
	ordered := make([]observable.Value, 0, len(domains))
	for domain := range domains {
		ordered = append(ordered, domain)
	}
	slices.SortFunc(ordered, observable.Value.Compare)
	sets := map[string]bool{}
	for _, domain := range ordered[:min(len(ordered), maxTenants)] {
		links, _, err := e.Corpus.Objects(ctx, domain, maxTenants, observation.Nameserver, observation.NSSet)
		if err != nil {
			return 0, fmt.Errorf("name servers of %s: %w", domain, err)
		}
		var whole, hosts []string
		for _, link := range links {
			if _, known := e.factOf(link, link.Object); !known {
				continue
			}
			if link.Relation == observation.NSSet {
				whole = append(whole, link.Object.Text())
			} else {
				hosts = append(hosts, link.Object.Text())
			}
		}
		if len(whole) == 0 && len(hosts) > 0 {
			slices.Sort(hosts)
			whole = []string{strings.Join(hosts, "|")}
		}
		for _, set := range whole {
			sets[set] = true
		}
	}
	return len(sets), nil
}

// peak is the most windows that hold one instant.
func peak(windows []observation.Window) int {
	type turn struct {
		at   time.Time
		step int
	}
	var turns []turn
	for _, w := range windows {
		first, last := w.First, w.Last
		if first.IsZero() {
			first = last
		}
		if last.IsZero() {
			last = first
		}
		turns = append(turns, turn{first, 1}, turn{last.Add(time.Second), -1})
	}
	slices.SortFunc(turns, func(a, b turn) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.step, b.step)) })
	now, most := 0, 0
	for _, t := range turns {
		now += t.step
		most = max(most, now)
	}
	return most
}
