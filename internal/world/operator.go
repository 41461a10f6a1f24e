package world

import "slices"

// A script is everything one operator does, decided before any of it is
// written: it depends on the seed, the sizes and the operator's number only.
type script struct {
	id      string
	care    Care
	naming  Naming
	seed    string // a domain from which most of the rest can be found
	domains []domain
	glue    []dnsRow // name servers and command hosts below its domains
	certs   []certRow
	pages   []webRow
	files   []fileRow
	truths  []Truth
	doubts  []doubt
	leases  []lease
}

// A doubt is a value at which the operator stands beside strangers.
type doubt struct {
	kind       trapKind
	value, who string
}

// A lease is a server the operator had, and one of the names it put there.
type lease struct {
	address, name string
	span
	vacant int64 // how long nobody had it before and after; 0 leaves it, and the neighbours in time, to chance
}

// operate writes an operator, what it must not be connected with, and the
// strangers who had its servers before and after.
func (g *generator) operate(s *script) {
	for _, t := range s.doubts {
		g.trapped(t.kind, t.value, t.who, s.id)
	}
	for i := range s.domains {
		g.write(&s.domains[i])
		g.met.noteTerms(&s.domains[i])
	}
	for i := range s.glue {
		g.putDNS(&s.glue[i])
	}
	for i := range s.certs {
		g.putCert(&s.certs[i])
	}
	for i := range s.pages {
		g.putWeb(&s.pages[i])
	}
	for i := range s.files {
		f := &s.files[i]
		g.putFile(f)
		g.met.noteFile(f.imphash, f.sha256, s.id)
		g.met.noteFile(f.signer, f.sha256, s.id)
	}
	for i := range s.truths {
		g.putTruth(&s.truths[i])
	}
	for i := range s.leases {
		g.successors(&s.leases[i])
	}
}

// vacant is how long a leased server stands empty between two customers at
// least; providers keep addresses back so that old traffic dies out.
var vacant = days(30)

// successors gives a server of an operator to a stranger after it in two of
// three cases, and before it in one, where there is time.
func (g *generator) successors(l *lease) {
	d := roll(g.opts.Seed, ofStranger, uint64(g.strangers))
	apart, sought := max(l.vacant, vacant), l.vacant > 0
	if room := (span{l.last + apart, g.time.last}); room.last-room.first > days(30) && (sought || d.often(650)) {
		from := room.first + d.moment(0, min(days(60), (room.last-room.first)/2))
		g.stranger(l, span{from, min(room.last, from+days(d.between(60, 400)))}, &d)
	}
	if room := (span{g.time.first, l.first - apart}); room.last-room.first > days(60) && (sought || d.often(350)) {
		until := room.last - d.moment(0, (room.last-room.first)/2)
		g.stranger(l, span{max(room.first, until-days(d.between(60, 300))), until}, &d)
	}
}

func (g *generator) stranger(l *lease, when span, d *dice) {
	o := &owner{
		id: "stranger-" + decimal(uint64(g.strangers)), sites: 1, where: onLease, number: uint64(g.strangers),
		reg: &registrars[d.heavy(len(registrars))], life: when,
		homes: []home{{[]string{l.address}, when}},
	}
	g.strangers++
	o.servers = o.reg.nameservers()
	g.identify(o, d)
	name := g.writeOwner(o, d)
	g.putTrap(&Trap{
		Trap: reusedAddress.name, Kind: reusedAddress.kind, Value: l.address,
		Apart: []string{l.name, name}, Reason: reusedAddress.reason,
	})
}

// An Operator is one planted actor of a world.
type Operator struct {
	ID      string // "op-0001"
	Care    Care
	Naming  Naming
	Seed    string // a domain of it that an investigation can start from
	Domains []string
}

// Operators lists the planted actors in the order of their numbers. The first
// is the demo's; in a world of 50 M observations there are 4000.
func (w *World) Operators() []Operator {
	all := make([]Operator, 0, w.size.operators)
	for i := range w.size.operators {
		s := w.operator(i)
		op := Operator{ID: s.id, Care: s.care, Naming: s.naming, Seed: s.seed}
		for _, t := range s.truths {
			if t.Kind == "domain" && t.Role != roleHost && t.Role != roleNS {
				op.Domains = append(op.Domains, t.Value)
			}
		}
		slices.Sort(op.Domains)
		all = append(all, op)
	}
	return all
}

// operator returns the script of operator i.
func (w *World) operator(i int) *script {
	if i == 0 {
		return w.demo()
	}
	d := roll(w.opts.Seed, ofOperator, uint64(i))
	return newPlot(w, i, care(&d), &d).script()
}
