package world

// A trapKind is one way to be led astray. docs/guide/world.md explains each.
type trapKind struct {
	name   string
	kind   string // observable kind of the value
	reason string
}

var (
	cdnAddress     = trapKind{"cdn-address", "ip", "an edge of a CDN answers for everybody behind it"}
	sharedHost     = trapKind{"shared-host", "ip", "a shared hosting server holds the sites of many"}
	parkedAddress  = trapKind{"parking", "ip", "a parking service shows the names of everybody who parks"}
	sinkholed      = trapKind{"sinkhole", "ip", "a sinkhole holds what was taken from many operators"}
	privacyContact = trapKind{"privacy-contact", "email", "a privacy service stands in for all customers of a registrar"}
	providerNS     = trapKind{"provider-nameserver", "domain", "a provider's name server answers for all its customers"}
	reusedAddress  = trapKind{"address-reuse", "ip", "the server was leased to a stranger at another time"}
	copiedTracker  = trapKind{"copied-tracker", "tracker", "a cloned page carries the tracking ID of the page it was copied from"}
	dynamicDNS     = trapKind{"dynamic-dns", "domain", "names below a dynamic DNS service belong to its customers"}
	commonImphash  = trapKind{"common-imphash", "imphash", "a packer or runtime gives the same import table to everybody"}
	stolenSigner   = trapKind{"stolen-signer", "signer", "a stolen code-signing certificate was sold to several operators"}
)

// A meeting remembers who was last seen at a value.
type meeting struct{ value, owner string }

// meetings remember the last strangers at the values that traps are made of.
// Only watched values are kept, so the memory does not grow with the world.
type meetings map[string]*[2]meeting

func (m meetings) watch(values ...string) {
	for _, v := range values {
		m[v] = new([2]meeting)
	}
}

// note remembers that d was seen at a watched value.
func (m meetings) note(value string, d *domain) { m.noteFile(value, d.name, d.owner) }

// noteFile is note for whatever has an owner.
func (m meetings) noteFile(value, who, owner string) {
	seen := m[value]
	if seen == nil || owner == "" {
		return
	}
	if seen[0].owner != owner {
		seen[1] = seen[0]
	}
	seen[0] = meeting{who, owner}
}

// noteTerms remembers d at its registrar's privacy service and its name servers.
func (m meetings) noteTerms(d *domain) {
	m.note(d.shows.email, d)
	for _, server := range d.servers {
		m.note(server, d)
	}
}

// strangers returns those seen at value who are not owner.
func (m meetings) strangers(value, owner string) []string {
	var others []string
	if seen := m[value]; seen != nil {
		for _, s := range seen {
			if s.owner != "" && s.owner != owner {
				others = append(others, s.value)
			}
		}
	}
	return others
}

// watch lists the values that strangers meet at and that operators use.
func (g *generator) watch() {
	for c := range cdns {
		for k := range g.size.edges {
			g.met.watch(g.edges(c, k)...)
		}
		for account := range uint64(64) {
			g.met.watch(cdns[c].pair(account)...)
		}
	}
	for p := range parkers {
		g.met.watch(parkingHome(p)...)
		g.met.watch(parkingServers(p)...)
	}
	for s := range sinkholes {
		g.met.watch(sinkholeAddress(s))
	}
	for i := range registrars {
		r := &registrars[i]
		g.met.watch(r.nameservers()...)
		if r.privacy == shared {
			g.met.watch(r.hides(nil).email)
		}
	}
	for rank := range min(crowded, g.size.sharedServers) {
		address, h := g.serverOf(rank)
		g.met.watch(address)
		g.met.watch(h.nameservers()...)
	}
	for _, f := range freeHosts {
		g.met.watch(f.domain)
	}
	for b := range g.size.brands {
		g.met.watch(brandTracker(b))
	}
	for k := range packers {
		g.met.watch(packerImphash(k))
	}
	for _, s := range stolenSigners {
		g.met.watch(s)
	}
}

// crowded is how many of the busiest shared servers operators hide on.
const crowded = 16

// trapped writes that value does not connect who to the strangers seen there;
// nothing when nobody else was seen there yet.
func (g *generator) trapped(k trapKind, value, who, owner string) {
	others := g.met.strangers(value, owner)
	if len(others) == 0 || g.laid[k.name+value] == owner {
		return
	}
	g.laid[k.name+value] = owner // once for each operator and value is enough
	g.putTrap(&Trap{Trap: k.name, Kind: k.kind, Value: value, Apart: append([]string{who}, others...), Reason: k.reason})
}
