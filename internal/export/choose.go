package export

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/casegraph"
	"clew/internal/marking"
	"clew/internal/observable"
)

// Rules say what may be exported. The zero value of a field means the default
// of the format's [Use].
type Rules struct {
	States        []string    // of the action
	Bands         []string    // high, medium, low
	MinConfidence int         // 0 to 100
	Seeds         bool        // also what the analyst started from, in block lists; elsewhere they are in it
	Notes         bool        // remarks on the whole case too, not only those on what is exported
	Audience      marking.TLP // who will read it: what is marked stricter stays out; "" means the cases' own marking
	Producer      string
	At            time.Time
	// Benign says that a value belongs to a provider or a top site. nil means
	// that nobody knows; block lists and detection rules are refused then.
	Benign func(observable.Value) (reason string, benign bool)
	// Learn finds the pattern that names follow, if they follow one. nil means
	// that nobody can.
	Learn func(names []observable.Value) (NamePattern, bool)
	// Measure says of each pattern what it would hit in the team's own logs that
	// is no finding, into its Telemetry. nil means that there are no logs.
	Measure func(patterns []Pattern, names []NamePattern, findings []observable.Value)
}

// Errors of Choose.
var (
	// ErrTLP means that the marking of every case forbids the export.
	ErrTLP = errors.New("forbidden by TLP")
	// ErrRules means that the rules make no sense.
	ErrRules = errors.New("export rules")
)

// The states of an action beyond which an entry no longer counts.
var over = []string{"expired", "revoked", "refused"}

func (r Rules) states(use Use) []string {
	switch {
	case len(r.States) > 0:
		return r.States
	case use == Block:
		return []string{"approved", "applied"}
	}
	return nil // any but those that are over
}

func (r Rules) bands(use Use) []string {
	switch {
	case len(r.Bands) > 0:
		return r.Bands
	case use == Block:
		return nil // the approval decides
	case use == Draw:
		return []string{"high", "medium", "low"}
	}
	return []string{"high", "medium"}
}

// Choose reads the documents of cases and returns what f may hold of them under
// the rules. What stays out is in Set.Left with its reason. Choose returns
// [ErrTLP] when the marking forbids all of it.
func Choose(documents []casefile.Document, f Format, r Rules) (Set, error) {
	if r.At.IsZero() || r.Benign == nil && (f.Use == Block || f.Use == Watch) {
		return Set{}, fmt.Errorf("%w: no clock, or no reference lists for a list to act on", ErrRules)
	}
	s := Set{Producer: shortened(casefile.Printable(r.Producer)), At: r.At.UTC().Truncate(time.Second)}
	if s.Producer == "" {
		s.Producer = "clew"
	}
	var refused []string
	c := chooser{rules: r, format: f, set: &s, kept: map[observable.Value]int{}}
	for _, d := range documents {
		if !casefile.ValidID(d.Case.ID) {
			return Set{}, fmt.Errorf("%w: %q is no case ID", ErrRules, casefile.Printable(d.Case.ID))
		}
		tlp, err := marking.ParseTLP(d.Case.TLP)
		if err != nil {
			return Set{}, fmt.Errorf("case %s: %w", d.Case.ID, err)
		}
		if r.Audience != "" && tlp.StricterThan(r.Audience) {
			refused = append(refused, fmt.Sprintf("%s is TLP:%s", d.Case.ID, tlp))
			c.caseID = d.Case.ID
			c.left(Left{d.Case.ID, fmt.Sprintf("the whole case is TLP:%s, and this export is for TLP:%s", tlp, r.Audience)}, "")
			continue
		}
		c.add(d, tlp)
	}
	if len(refused) > 0 && len(refused) == len(documents) {
		return s, fmt.Errorf("%w: %s: nothing of it may be in an export for TLP:%s; raise the audience with --tlp, or mark the case anew",
			ErrTLP, joined(refused), r.Audience)
	}
	c.finish()
	return s, nil
}

// shortened bounds a name that people gave.
func shortened(name string) string {
	const most = 100
	runes := []rune(name)
	return string(runes[:min(len(runes), most)])
}

// chooser collects one set.
type chooser struct {
	rules  Rules
	format Format
	set    *Set
	kept   map[observable.Value]int // place in Entries
	caseID string                   // of what is considered
	// witnesses may be exported, of whatever kind: a file that no packet filter
	// can carry tells which user agent to look for.
	witnesses []Entry
}

func (c *chooser) add(d casefile.Document, tlp marking.TLP) {
	s := c.set
	c.caseID = d.Case.ID
	s.Cases = append(s.Cases, d.Case)
	if s.TLP == "" || tlp.StricterThan(s.TLP) {
		s.TLP = tlp
	}
	if d.Case.Changed.After(s.Version) {
		s.Version = d.Case.Changed.UTC()
	}
	for _, seed := range d.Seeds {
		c.consider(seedEntry(seed, d.Case, tlp), seed.Kind, seed.Value)
	}
	names := casegraph.NamesOf(d, sound)
	for _, f := range d.Findings {
		e := findingEntry(f, d.Case, tlp)
		switch {
		case f.Verdict == "rejected":
			c.leave(f.Kind, f.Value, "rejected by the analyst")
		case f.Suppressed != "":
			c.leave(f.Kind, f.Value, "suppressed by a reference list")
		case c.consider(e, f.Kind, f.Value):
			s.Edges = append(s.Edges, edgesOf(f, names)...)
		}
	}
	for _, note := range d.Notes {
		_, kept := c.kept[valueOf(note.Kind, note.Value)]
		if kept || c.rules.Notes && note.Value == "" {
			s.Notes = append(s.Notes, note)
		}
	}
}

// consider takes e into the set, or leaves it out with the reason.
func (c *chooser) consider(e Entry, kind, text string) (taken bool) {
	if e.Value.IsZero() {
		c.leave(kind, text, "not a value of its kind")
		return false
	}
	reason := c.refuses(e)
	if reason == "" {
		c.witnesses = append(c.witnesses, e)
		reason = c.format.carries(e)
	}
	if reason != "" {
		c.left(Left{e.Value.Defang(), reason}, e.Band)
		return false
	}
	if at, ok := c.kept[e.Value]; ok {
		c.set.Entries[at] = merged(c.set.Entries[at], e)
		return true
	}
	c.kept[e.Value] = len(c.set.Entries)
	c.set.Entries = append(c.set.Entries, e)
	return true
}

func (c *chooser) leave(kind, text, reason string) {
	shown := text
	if k, ok := observable.KindNamed(kind); ok {
		if v, err := observable.New(k, text); err == nil {
			shown = v.Defang()
		}
	}
	c.left(Left{casefile.Printable(shown), reason}, "")
}

// left counts what stays out. The record names what somebody may miss, which a
// coincidence is not.
func (c *chooser) left(l Left, band string) {
	c.set.Left = append(c.set.Left, l)
	if band == "coincidence" {
		return
	}
	if c.set.leftOf == nil {
		c.set.leftOf = map[string][]Left{}
	}
	c.set.leftOf[c.caseID] = append(c.set.leftOf[c.caseID], l)
}

// refuses says why e stays out, "" when it may be exported.
func (c *chooser) refuses(e Entry) string {
	r, use := c.rules, c.format.Use
	if !e.Expires.IsZero() && !e.Expires.After(c.set.At) {
		if e.Expires.After(c.set.Version) {
			c.set.Version = e.Expires.UTC()
		}
		return "expired"
	}
	if reason := c.byDecision(e); reason != "" {
		return reason
	}
	if e.Confidence < r.MinConfidence {
		return "confidence below the minimum"
	}
	if use != Block && use != Watch {
		return ""
	}
	if reason := unblockable(e.Value); reason != "" {
		return reason
	}
	if reason, benign := r.Benign(e.Value); benign {
		return "no rule on it: " + casefile.Printable(reason)
	}
	return ""
}

// byDecision looks at the state, the action and the band.
func (c *chooser) byDecision(e Entry) string {
	r, use := c.rules, c.format.Use
	states, bands := r.states(use), r.bands(use)
	switch {
	case e.Seed && use == Block && !r.Seeds:
		return "a seed: add it with --seeds"
	case e.Seed:
		return ""
	case slices.Contains(over, e.State) && (use == Block || !slices.Contains(states, e.State)):
		return "its action is " + e.State
	case states != nil && !slices.Contains(states, e.State):
		return "its action is " + orNone(e.State) + ", not " + joined(states)
	case use == Block && e.Action != "block":
		return "its action is to " + orNone(e.Action) + ", not to block"
	case bands != nil && !slices.Contains(bands, e.Band):
		return "its band is " + orNone(e.Band)
	case e.Band == "coincidence" && use != Block: // there, somebody approved it all the same
		return "its band is coincidence"
	}
	return ""
}

// unblockable says why no block list and no rule may hold v.
func unblockable(v observable.Value) string {
	if observable.IsLocal(v) {
		return "no rule on it: it means something only inside a network"
	}
	if v.Kind() == observable.Prefix {
		// A wider range than one hoster's customer holds is a mistake more often
		// than a block. Judgement: /16 and /32 are what the largest get at once.
		if p, err := netip.ParsePrefix(v.Text()); err != nil || p.Bits() < 16 || p.Addr().Is6() && p.Bits() < 32 {
			return "no rule on it: a range as wide as this belongs to many"
		}
	}
	return ""
}

// finish sorts, and draws what depends on all entries.
func (c *chooser) finish() {
	s := c.set
	slices.SortFunc(s.Cases, func(a, b casefile.Case) int { return compareText(a.ID, b.ID) })
	slices.SortFunc(s.Entries, compareEntries)
	slices.SortFunc(s.Edges, compareEdges)
	s.Edges = slices.CompactFunc(s.Edges, func(a, b Edge) bool { return a == b })
	slices.SortFunc(s.Left, compareLeft)
	s.Left = slices.Compact(s.Left)
	in := map[string]bool{}
	for _, e := range s.Entries {
		in[e.Value.Defang()] = true
	}
	s.Left = slices.DeleteFunc(s.Left, func(l Left) bool { return in[l.Value] }) // left out of one case, in by another
	s.Patterns = patternsOf(c.witnesses)
	s.Names = learn(c.witnesses, c.rules.Learn)
	if c.rules.Measure != nil && len(s.Patterns)+len(s.Names) > 0 {
		findings := make([]observable.Value, len(c.witnesses))
		for i, e := range c.witnesses {
			findings[i] = e.Value
		}
		c.rules.Measure(s.Patterns, s.Names, findings)
	}
	s.Version = s.Version.Truncate(time.Second)
}
