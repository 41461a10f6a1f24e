package casefile

// Described says what providers think of the seeds and findings of a run, and
// names the techniques, software and groups of ATT&CK that occur in it. It is
// context: nothing in it was weighed.
type Described struct {
	Context []Context `json:"context"`
	Left    int       `json:"left"` // opinions beyond those listed
	Attack  Attack    `json:"attack"`
}

// A Context is one opinion or behaviour of a seed or finding: its malware family,
// its reputation with a provider, a technique it uses.
type Context struct {
	AboutKind string   `json:"about_kind"`
	About     string   `json:"about"`
	Relation  string   `json:"relation"`
	Kind      string   `json:"kind"`
	Value     string   `json:"value"`
	Label     string   `json:"label"` // what ATT&CK calls it, "" when it does not
	Window    Window   `json:"window"`
	Sources   []string `json:"sources"`
}

// Attack names what occurs in a case after one release of MITRE ATT&CK.
type Attack struct {
	Release    string        `json:"release"` // "" when no library was at hand
	Techniques []AttackEntry `json:"techniques"`
	Software   []AttackEntry `json:"software"`
	Groups     []AttackEntry `json:"groups"` // that use the software; who else does is not known
}

// An AttackEntry is a technique, a piece of software, or a group.
type AttackEntry struct {
	ID      string   `json:"id"` // T1583.001, S0154, G0007
	Name    string   `json:"name"`
	Tactics []string `json:"tactics"` // of a technique
	Aliases []string `json:"aliases"` // of software and groups
	Because []string `json:"because"` // what in the case led to it: families, or the software of a group
}

// filled returns d with empty arrays where a slice is nil.
func (d Described) filled() Described {
	d.Context = orEmpty(d.Context)
	d.Attack.Techniques = filledEntries(d.Attack.Techniques)
	d.Attack.Software = filledEntries(d.Attack.Software)
	d.Attack.Groups = filledEntries(d.Attack.Groups)
	return d
}

func filledEntries(entries []AttackEntry) []AttackEntry {
	filled := make([]AttackEntry, len(entries))
	for i, e := range entries {
		e.Tactics, e.Aliases, e.Because = orEmpty(e.Tactics), orEmpty(e.Aliases), orEmpty(e.Because)
		filled[i] = e
	}
	return filled
}
