package investigation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// A Look is what is known of one indicator: the JSON of clew show and clew
// count, and of the page.
type Look struct {
	Kind        string     `json:"kind"`
	Value       string     `json:"value"`
	Registrable string     `json:"registrable_domain,omitempty"`
	Special     string     `json:"special,omitempty"`
	Tenancy     *Tenancy   `json:"tenancy,omitempty"`      // of an address that names lived on
	Hosting     []LookHost `json:"hosting,omitempty"`      // of a name: where it lived, the latest first
	HostsBeyond int        `json:"hosts_beyond,omitempty"` // addresses that are not in hosting
	Facts       []LookFact `json:"facts"`
}

// A LookHost is an address that a name resolved to.
type LookHost struct {
	Address string          `json:"address"`
	Window  casefile.Window `json:"window"`
	Prefix  string          `json:"prefix"` // announced range, by longest match; "" when no table says
	ASNs    []string        `json:"asns"`   // that announce it
	Tenancy *Tenancy        `json:"tenancy,omitempty"`
}

// A LookFact is one attribute.
type LookFact struct {
	Relation  string          `json:"relation"`
	Direction string          `json:"direction"` // to, from, or self: others point at it
	Kind      string          `json:"kind"`
	Value     string          `json:"value"`
	Holders   *uint64         `json:"holders"` // null when nobody could say
	Of        uint64          `json:"of"`
	Estimate  bool            `json:"estimate"`
	CountOf   string          `json:"count_of"`
	Imports   []string        `json:"imports,omitempty"` // of a local count: the imports that know the relation, oldest first
	AsOf      casefile.Time   `json:"as_of"`             // how far the store's knowledge of the relation reaches; null when not counted there
	Window    casefile.Window `json:"window"`
	Sources   []string        `json:"sources"`
	Note      string          `json:"note"`
	Label     string          `json:"label"` // what MITRE ATT&CK calls it
}

// A Tenancy says whether an address is one customer's or many's.
type Tenancy struct {
	Verdict string          `json:"verdict"` // dedicated, shared or unclear
	Names   int             `json:"names"`
	Domains int             `json:"registered_domains"`
	NSSets  int             `json:"ns_sets"`
	Peak    int             `json:"at_one_time"`
	More    bool            `json:"more"` // the corpus holds more names than were read
	Window  casefile.Window `json:"window"`
	Summary string          `json:"summary"`
}

// Look says what the corpus knows of v. It asks nobody.
func (w *Workspace) Look(ctx context.Context, v observable.Value) (Look, error) {
	engine := w.Engine(pivot.Options{})
	described, err := engine.Describe(ctx, v)
	if err != nil {
		return Look{}, err
	}
	reach, err := w.reach(ctx)
	if err != nil {
		return Look{}, err
	}
	look := Look{Kind: v.Kind().String(), Value: v.Text(), Facts: make([]LookFact, len(described))}
	if domain, ok := observable.RegistrableDomain(v); ok && domain != v {
		look.Registrable = domain.Text()
	}
	look.Special, _ = observable.Special(v)
	for i, d := range described {
		look.Facts[i] = lookFact(d, reach)
	}
	look.label(w.Attack)
	if v.Kind() == observable.IP {
		t, ok, err := engine.Tenancy(ctx, v)
		if err != nil {
			return Look{}, err
		}
		if ok {
			look.Tenancy = tenancyOf(t)
		}
	}
	return look, look.host(ctx, engine, v)
}

func tenancyOf(t pivot.Tenancy) *Tenancy {
	return &Tenancy{t.Verdict, t.Names, t.Domains, t.NSSets, t.Peak, t.More, casefile.WindowOf(t.Window), t.String()}
}

// host says where a name lived.
func (look *Look) host(ctx context.Context, engine *pivot.Engine, v observable.Value) error {
	if v.Kind() != observable.Domain {
		return nil
	}
	hosts, beyond, err := engine.Hosting(ctx, v)
	if err != nil {
		return err
	}
	look.HostsBeyond = beyond
	for _, h := range hosts {
		host := LookHost{Address: h.Address.Text(), Window: casefile.WindowOf(h.Window), Prefix: h.Prefix.Text(), ASNs: []string{}}
		for _, asn := range h.ASNs {
			host.ASNs = append(host.ASNs, asn.Text())
		}
		if h.TenantsKept {
			host.Tenancy = tenancyOf(h.Tenancy)
		}
		look.Hosting = append(look.Hosting, host)
	}
	return nil
}

func lookFact(d pivot.Described, reach map[observation.Relation]reached) LookFact {
	f := LookFact{
		Relation: d.Relation.String(), Direction: "to", Kind: d.Value.Kind().String(), Value: d.Value.Text(),
		Of: d.Of, Estimate: d.Estimate, CountOf: d.CountOf, Window: casefile.WindowOf(d.Window),
		Sources: append([]string{}, d.Sources...), Note: d.Suppressed,
	}
	if d.CountOf == pivot.LocalStore {
		f.Imports = reach[d.Relation].imports
	}
	if d.HoldersKnown {
		f.Holders = &d.Holders
		if d.CountOf == pivot.LocalStore {
			f.AsOf = casefile.Time{Time: reach[d.Relation].until}
		}
	}
	switch {
	case d.Self:
		f.Direction = "self"
	case d.Back:
		f.Direction = "from"
	}
	return f
}

// label names techniques, and the software that a malware family stands for.
func (look *Look) label(names AttackLibrary) {
	if names == nil {
		return
	}
	for i, f := range look.Facts {
		switch f.Kind {
		case "technique":
			look.Facts[i].Label = names.Label(f.Value)
		case "malware":
			look.Facts[i].Label = software(names.Names(nil, []string{f.Value}))
		}
	}
}

// software is what ATT&CK calls a malware family, and which groups it saw use it.
// That a group uses software does not say that it used it here.
func software(named casefile.Attack) string {
	var words, groups []string
	for _, s := range named.Software {
		words = append(words, s.ID+" "+s.Name)
	}
	for _, g := range named.Groups {
		groups = append(groups, g.ID+" "+g.Name)
	}
	text := strings.Join(words, ", ")
	if len(groups) > 0 {
		text += ", used by " + strings.Join(groups[:min(len(groups), mostGroups)], ", ")
	}
	if more := len(groups) - mostGroups; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// mostGroups is how many groups are named: widespread tools have dozens.
const mostGroups = 5

// reached says how far the imports of a corpus know a relation.
type reached struct {
	until   time.Time
	imports []string // their names, oldest first, each once
}

// reach is what the imports of the corpus know of each relation.
func (w *Workspace) reach(ctx context.Context) (map[observation.Relation]reached, error) {
	imports, err := w.Corpus.Imports(ctx)
	if err != nil {
		return nil, err
	}
	all := map[observation.Relation]reached{}
	for _, i := range imports {
		for _, c := range i.Coverage {
			known := all[c.Relation]
			if c.Last.After(known.until) {
				known.until = c.Last
			}
			if !slices.Contains(known.imports, i.Name) {
				known.imports = append(known.imports, i.Name)
			}
			all[c.Relation] = known
		}
	}
	return all, nil
}

// Points ranks the pivot points of v. It asks nobody.
func (w *Workspace) Points(ctx context.Context, v observable.Value, bounds pivot.Options) ([]pivot.Point, error) {
	return w.Engine(bounds).Points(ctx, v)
}

// Pivot follows one method from v, one hop. It asks nobody. The naming method
// needs [Workspace.SearchNames] before.
func (w *Workspace) Pivot(ctx context.Context, v observable.Value, method pivot.Method, bounds pivot.Options) (pivot.Result, error) {
	return w.Engine(bounds).Pivot(ctx, v, method)
}
