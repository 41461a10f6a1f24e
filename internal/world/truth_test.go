package world

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// A book holds a whole small world, observations, truths and traps.
type book struct {
	observer
	truths []Truth
	traps  []Trap
	links  map[string][]observation.Observation // by text of either end
}

func (b *book) truth(t *Truth) error { b.truths = append(b.truths, *t); return nil }
func (b *book) trap(t *Trap) error {
	t.Apart = slices.Clone(t.Apart)
	b.traps = append(b.traps, *t)
	return nil
}

func readWorld(t testing.TB, w *World) *book {
	t.Helper()
	b := &book{links: map[string][]observation.Observation{}}
	b.yield = func(o observation.Observation) bool {
		b.links[o.Subject.Text()] = append(b.links[o.Subject.Text()], o)
		b.links[o.Object.Text()] = append(b.links[o.Object.Text()], o)
		return true
	}
	if _, err := w.generate(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	return b
}

// operatorOf maps the names and files of operators to who runs them.
func (b *book) operatorOf() map[string]string {
	runs := map[string]string{}
	for _, t := range b.truths {
		runs[t.Value] = t.Operator
	}
	return runs
}

// at returns the windows in which name pointed at an address.
func (b *book) at(name, address string) []observation.Window {
	var all []observation.Window
	for _, o := range b.links[address] {
		if o.Relation == observation.ResolvesTo && o.Subject.Text() == name {
			all = append(all, o.Window)
		}
	}
	return all
}

func TestEveryPlantedIndicatorIsInTheData(t *testing.T) {
	short := time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC) // as short as a world may be
	for size, end := range map[int]time.Time{MinObservations: {}, 50_000: short, 100_000: {}} {
		w := newWorld(t, Options{Seed: 9, Observations: size, End: end})
		b := readWorld(t, w)
		owner := map[string]string{}
		for _, truth := range b.truths {
			kind, ok := observable.KindNamed(truth.Kind)
			if !ok {
				t.Fatalf("truth of unknown kind %q", truth.Kind)
			}
			if v, err := observable.New(kind, truth.Value); err != nil || v.Text() != truth.Value {
				t.Errorf("planted %s %q is not canonical: %v", truth.Kind, truth.Value, err)
			}
			links := b.links[truth.Value]
			if len(links) == 0 {
				t.Errorf("planted %s %s %q of %s is in no observation", truth.Role, truth.Kind, truth.Value, truth.Operator)
			}
			if truth.Last.Before(truth.First) || truth.First.Before(w.opts.Start) || truth.Last.After(w.opts.End) {
				t.Errorf("%s %q is true from %s to %s", truth.Role, truth.Value, truth.First, truth.Last)
			}
			if o := owner[truth.Value]; o != "" && o != truth.Operator {
				t.Errorf("%s %q belongs to %s and %s", truth.Kind, truth.Value, o, truth.Operator)
			}
			owner[truth.Value] = truth.Operator
		}
		if n := len(w.Operators()); n != w.size.operators || n < 4 {
			t.Errorf("a world of %d has %d operators", size, n)
		}
	}
}

func TestOperatorsAreWhatTheTruthSays(t *testing.T) {
	w := newWorld(t, Options{Seed: 9, Observations: 300_000})
	b := readWorld(t, w)
	names := map[string][]string{}
	for _, truth := range b.truths {
		if truth.Kind == "domain" && truth.Role != roleHost && truth.Role != roleNS {
			names[truth.Operator] = append(names[truth.Operator], truth.Value)
		}
	}
	cares := map[Care]int{}
	for _, op := range w.Operators() {
		slices.Sort(names[op.ID])
		if !slices.Equal(op.Domains, names[op.ID]) {
			t.Errorf("%s has domains %q, the truth says %q", op.ID, op.Domains, names[op.ID])
		}
		if !slices.Contains(op.Domains, op.Seed) || len(op.Domains) < 5 || len(op.Domains) > 200 {
			t.Errorf("%s with %d domains has seed %q", op.ID, len(op.Domains), op.Seed)
		}
		cares[op.Care]++
	}
	if cares[Careless] < 5 || cares[Average] < 5 || cares[Careful] < 2 {
		t.Errorf("operators by care: %v", cares)
	}
	if w.Operators()[0].Seed != w.DemoSeed().Text() {
		t.Errorf("operator 0 starts at %q, the demo at %q", w.Operators()[0].Seed, w.DemoSeed().Text())
	}
}

// A careful operator hides behind a CDN, but must be findable by something it
// kept: a world in which nothing can be found tests nothing.
func TestCarefulOperatorsMakeOneMistake(t *testing.T) {
	w := newWorld(t, Options{Seed: 9, Observations: 300_000})
	b := readWorld(t, w)
	kept := map[string]bool{}
	for _, truth := range b.truths {
		switch truth.Role {
		case roleKey, roleTracker, roleBuild, roleDN, roleRegistrant:
			kept[truth.Operator] = true
		}
	}
	careful, findable := 0, 0
	for _, op := range w.Operators() {
		if op.Care != Careful {
			if !kept[op.ID] {
				t.Errorf("%s is %s and kept nothing", op.ID, op.Care)
			}
			continue
		}
		careful++
		if kept[op.ID] {
			findable++
		}
	}
	if careful == 0 || findable < careful*9/10 {
		t.Errorf("%d of %d careful operators can be found", findable, careful)
	}
}

func TestTraps(t *testing.T) {
	b := readWorld(t, newWorld(t, Options{Seed: 13, Observations: 600_000}))
	t.Run("no_trap_connects_one_owner", func(t *testing.T) { checkOwners(t, b) })
	t.Run("reused_addresses_are_never_held_at_the_same_time", func(t *testing.T) { checkTenancies(t, b) })
}

func checkOwners(t *testing.T, b *book) {
	runs := b.operatorOf()
	kinds := map[string]int{}
	for _, trap := range b.traps {
		kinds[trap.Trap]++
		if len(b.links[trap.Value]) == 0 && trap.Trap != dynamicDNS.name {
			t.Errorf("%s %q is in no observation", trap.Trap, trap.Value)
		}
		if runs[trap.Value] != "" && trap.Trap != reusedAddress.name {
			t.Errorf("%s %q is an indicator of %s", trap.Trap, trap.Value, runs[trap.Value])
		}
		if len(trap.Apart) < 2 || trap.Reason == "" {
			t.Errorf("%s %q keeps %q apart because %q", trap.Trap, trap.Value, trap.Apart, trap.Reason)
		}
		owners := map[string]string{}
		for _, name := range trap.Apart {
			if len(b.links[name]) == 0 {
				t.Errorf("%s keeps %q apart, which is in no observation", trap.Trap, name)
			}
			if op := runs[name]; op != "" && owners[op] != "" {
				t.Errorf("%s %q keeps %s and %s apart, both of %s", trap.Trap, trap.Value, owners[op], name, op)
			} else if op != "" {
				owners[op] = name
			}
		}
	}
	for _, kind := range []trapKind{
		cdnAddress, sharedHost, parkedAddress, sinkholed, privacyContact, providerNS,
		reusedAddress, copiedTracker, dynamicDNS, commonImphash, stolenSigner,
	} {
		if kinds[kind.name] == 0 {
			t.Errorf("no trap of kind %s in so large a world", kind.name)
		}
	}
}

func checkTenancies(t *testing.T, b *book) {
	runs, checked := b.operatorOf(), 0
	for _, trap := range b.traps {
		if trap.Trap != reusedAddress.name {
			continue
		}
		operator, stranger := runs[trap.Apart[0]], trap.Apart[1]
		for _, o := range b.links[trap.Value] {
			other := strings.TrimPrefix(o.Subject.Text(), "www.")
			if o.Relation == observation.Serves || runs[other] != operator {
				continue
			}
			for _, s := range b.at(stranger, trap.Value) {
				checked++
				if !o.Last.Before(s.First) && !s.Last.Before(o.First) {
					t.Errorf("%s had %s from %s to %s, %s of %s from %s to %s", stranger, trap.Value,
						s.First, s.Last, other, operator, o.First, o.Last)
				}
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d pairs of tenants to check", checked)
	}
}

// What the demo promises must hold for every seed and size it may be made with.
func TestDemoShowsWhatItPromises(t *testing.T) {
	for _, seed := range []uint64{0, 42} {
		w := newWorld(t, Options{Seed: seed, Observations: DemoObservations})
		b := readWorld(t, w)
		start := w.DemoSeed().Text()
		objects := func(name string, r observation.Relation) map[string]bool {
			all := map[string]bool{}
			for _, o := range b.links[name] {
				if o.Relation == r && o.Subject.Text() == name {
					all[o.Object.Text()] = true
				}
			}
			return all
		}
		holders := func(value string, r observation.Relation) int {
			all := map[string]bool{}
			for _, o := range b.links[value] {
				if o.Relation == r && o.Object.Text() == value {
					all[o.Subject.Text()] = true
				}
			}
			return len(all)
		}
		kinds := map[string]bool{}
		crowded := 0
		for address := range objects(start, observation.ResolvesTo) {
			n := holders(address, observation.ResolvesTo)
			if n > 500 {
				crowded++
			}
			if n < 30 {
				kinds["few share a server"] = true
			}
		}
		if crowded < 4 { // two parking addresses, and edges of the CDN
			t.Errorf("seed %d: %s points at %d addresses that more than 500 share", seed, start, crowded)
		}
		for mail := range objects(start, observation.RegistrantEmail) {
			kinds["many share the contact"] = holders(mail, observation.RegistrantEmail) > 500
		}
		for _, trap := range b.traps {
			if slices.Contains(trap.Apart, start) || runsWith(b, trap.Apart, start) {
				kinds[trap.Trap] = true
			}
		}
		for _, claim := range []string{
			"few share a server", "many share the contact", cdnAddress.name, parkedAddress.name,
			privacyContact.name, providerNS.name, reusedAddress.name,
		} {
			if !kinds[claim] {
				t.Errorf("seed %d: the demo does not show: %s", seed, claim)
			}
		}
		if names := objects(start, observation.Tracker); len(names) != 0 {
			t.Errorf("seed %d: the seed carries trackers %v: the old batch must be two hops away", seed, names)
		}
	}
}

// runsWith reports whether a name of the operator that runs start is in names.
func runsWith(b *book, names []string, start string) bool {
	runs := b.operatorOf()
	return slices.ContainsFunc(names, func(n string) bool { return runs[n] == runs[start] })
}
