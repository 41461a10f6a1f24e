package world

// A plot builds the script of an operator from its habits.
type plot struct {
	w       *World
	d       *dice
	index   int
	time    span // the world's
	busy    span // the operator's
	habits  habits
	name    namer
	who     registrant
	size    int
	regs    []*registrar
	leases  []*lease
	ownNS   bool     // whether it wants name servers of its own
	own     []string // those, once it runs them
	pair    []string // its account at the CDN
	keys    []string
	kept    map[string]*usage // what it really took along, by value
	dn      string            // of its self-signed certificates
	kit     webRow            // what its pages have in common
	imphash string
	base    string // of its builds, for fuzzy hashes
	out     *script
}

// Roles of planted indicators.
const (
	roleLure       = "lure"            // a name people are to click on
	roleC2         = "command"         // a name malware calls
	roleHost       = "host"            // a host name below one of its domains, or below a dynamic DNS service
	roleServer     = "server"          // a server leased by it alone
	roleNS         = "own-nameserver"  // a name server it runs
	roleCert       = "certificate"     // on one of its servers
	roleKey        = "kept-key"        // a key it takes along
	roleDN         = "self-signed-dn"  // of its self-signed certificates
	roleRegistrant = "registrant"      // the false identity it registers under
	roleTracker    = "kit-tracker"     // counts the clicks on its pages
	roleFavicon    = "kit-favicon"     // of its pages
	rolePayload    = "payload"         // a file of it
	roleBuild      = "build-imphash"   // of its own builds
	roleSigner     = "own-code-signer" // a certificate it bought
)

func newPlot(w *World, index int, care Care, d *dice) *plot {
	p := &plot{w: w, d: d, index: index, time: w.time, kept: map[string]*usage{}}
	p.habits = habitsOf(care)
	if care == Careful {
		p.habits = p.habits.slip(d)
	}
	p.name = newNamer(index, w.size.brands, d)
	p.size = 5 + d.heavy(w.size.gang-4)
	p.out = &script{id: operatorID(index), care: care, naming: p.name.naming}
	length := d.moment(days(60), min(days(600), p.time.last-p.time.first-days(80)))
	start := d.moment(p.time.first+days(40), p.time.last-days(40)-length)
	p.busy = span{start, start + length}
	p.belongings()
	return p
}

func operatorID(i int) string {
	digits := decimal(uint64(i))
	return "op-" + "0000"[min(4, len(digits)):] + digits
}

// belongings gives the operator what it may take from batch to batch.
func (p *plot) belongings() {
	d := p.d
	person := somebody(maxNames-1-uint64(p.index), d) // the far end: benign owners never get there
	p.who = registrant{name: person.name, email: person.email, phone: person.phone}
	for range p.habits.registrars {
		p.regs = append(p.regs, &registrars[d.heavy(len(registrars))])
	}
	p.keys = []string{d.hex(64), d.hex(64)}
	p.pair = cdns[0].pair(d.next())
	p.dn = "C=XX, O=" + titled(syllables(d.next()&(1<<24-1), 4)) + ", CN=" + syllables(d.next()&(1<<18-1), 3) + "-srv"
	p.imphash, p.base = d.hex(32), d.hex(8)
	p.kit = webRow{
		title: titled(syllables(d.next()&(1<<18-1), 3)) + " Portal", favicon: ownFavicon(d),
		trackers: []string{"G-" + d.letters("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", 10, 'X')},
	}
}

// script plays the operator's life through, batch by batch.
func (p *plot) script() *script {
	p.ownNS = p.d.often(p.habits.ownNS)
	batches := max(1, (p.size+6)/7) // of seven names on average
	for b, made := 0, 0; made < p.size; b++ {
		n := min(p.size-made, p.d.between(2, 12))
		at := p.busy.first + (p.busy.last-p.busy.first)*int64(min(b, batches))/int64(batches+1) + p.d.moment(0, days(9))
		p.register(p.cluster(at), n, made, at)
		made += n
	}
	p.softwareOf()
	p.dynamicNames()
	p.finish()
	return p.out
}

// A cluster is what the names of one batch have in common.
type cluster struct {
	reg     *registrar
	shows   registrant
	servers []string
	server  *lease // nil on a shared server
	address string
	fronted []string // addresses of a CDN instead
	parker  int      // -1: not parked first
	launch  int64
	end     int64
	oneCert bool
}

// register registers n names of a cluster, from number made on, in one sitting.
func (p *plot) register(c *cluster, n, made int, at int64) {
	d, h := p.d, p.habits
	var names []string
	first := len(p.out.domains)
	for k := range n {
		name := zone(p.name.label(made+k, d))
		if p.ownNS && p.own == nil {
			p.runNameServers(name, c)
		}
		names = append(names, name)
		p.out.domains = append(p.out.domains, p.domain(name, at, c))
		at += d.moment(int64(h.gap[0]), int64(h.gap[1]))
	}
	batch := p.out.domains[first:]
	if c.oneCert {
		p.certify(c, names, &batch[0])
	}
	for i := range batch {
		if !c.oneCert {
			p.certify(c, []string{names[i], "www." + names[i]}, &batch[i])
		}
		p.pageOf(&batch[i])
		p.hostBelow(&batch[i], c)
	}
}

// cluster decides what one batch shares.
func (p *plot) cluster(at int64) *cluster {
	d, h := p.d, p.habits
	c := &cluster{reg: one(d, p.regs), parker: -1, launch: at + days(d.between(0, 3)), oneCert: d.often(h.oneCert)}
	c.shows = c.reg.hides(d)
	if d.often(h.shown) {
		c.shows = p.who
	}
	c.servers = c.reg.nameservers()
	if d.often(h.parked) {
		c.parker = d.heavy(len(parkers))
		c.launch = at + days(d.between(3, 15))
	}
	c.end = c.launch + days(d.between(30, 150))
	if d.often(h.shared) {
		c.address, _ = p.w.serverOf(d.below(min(crowded, p.w.size.sharedServers)))
	} else {
		c.server = p.lease()
		c.address = c.server.address
	}
	if d.often(h.cdn) {
		c.fronted = p.w.edges(0, d.heavy(p.w.size.edges))
		c.servers = p.pair
		if p.out.care == Careful {
			c.servers = cdns[0].pair(d.next()) // a new account each time
		}
	}
	return c
}

// lease takes a new server, or goes back to one it had.
func (p *plot) lease() *lease {
	if n := len(p.leases); n > 0 && (n >= 200 || !p.d.often(p.habits.fresh)) {
		return p.leases[p.d.below(n)]
	}
	l := &lease{address: leased(2*p.index, len(p.leases)), span: span{p.time.last, 0}}
	p.leases = append(p.leases, l)
	return l
}

// use extends the time a server was the operator's.
func (l *lease) use(name string, s span) {
	l.name = name
	l.first, l.last = min(l.first, s.first), max(l.last, s.last)
}
