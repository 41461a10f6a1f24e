package world

import "strconv"

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// settle gives an owner its servers, name servers and mail.
func (g *generator) settle(o *owner, d *dice) {
	o.servers = o.reg.nameservers()
	switch o.where {
	case onShared:
		g.settleShared(o, d)
	case onCDN:
		g.settleCDN(o, d)
	case onOwn:
		o.homes = []home{{[]string{ownServer(g.owned)}, g.time}}
		g.owned++
	case onLease:
		g.settleLease(o, d)
	case onCloud:
		g.settleCloud(o, d)
	case onParking:
		park := d.heavy(len(parkers))
		o.servers = parkingServers(park)
		o.homes = []home{{parkingHome(park), g.time}}
	case onFree, nowhere:
	}
	if o.mail == nil && o.where != onParking && o.where != onFree && d.often(550) {
		host := mailHosts[d.heavy(len(mailHosts))]
		o.mail = []string{"mx1." + host, "mx2." + host}
	}
}

// serverOf returns address and hoster of the shared server of that rank.
func (w *World) serverOf(rank int) (address string, h hoster) {
	d := roll(w.opts.Seed, ofServer, uint64(rank))
	h = hosterNumber(d.heavy(w.size.hosters))
	return sharedServer(rank, h.number), h
}

func (g *generator) settleShared(o *owner, d *dice) {
	address, h := g.serverOf(d.heavy(g.size.sharedServers))
	if d.often(600) {
		o.servers = h.nameservers()
	}
	if d.often(350) {
		o.mail = []string{"mail." + h.domain}
	}
	o.homes = []home{{[]string{address}, g.time}}
	if d.often(200) { // moved once to another server
		t := d.moment(g.time.first+days(30), g.time.last-days(30))
		next, _ := g.serverOf(d.heavy(g.size.sharedServers))
		o.homes = []home{{[]string{address}, span{g.time.first, t}}, {[]string{next}, span{t + 1, g.time.last}}}
	}
}

// settleCDN puts an owner behind a CDN; seven in ten behind the largest. Some
// were on a server of a hoster before, which passive DNS remembers.
func (g *generator) settleCDN(o *owner, d *dice) {
	switch roll := d.below(10); {
	case roll < 7:
		o.cdn = 0
	case roll < 9:
		o.cdn = 1
	default:
		o.cdn = 2
	}
	o.edge = d.heavy(g.size.edges)
	if cdns[o.cdn].delegates {
		o.servers = cdns[o.cdn].pair(d.next())
	}
	o.homes = []home{{g.edges(o.cdn, o.edge), g.time}}
	if d.often(300) {
		t := d.moment(g.time.first+days(30), g.time.last-days(30))
		before, _ := g.serverOf(d.heavy(g.size.sharedServers))
		o.homes = []home{{[]string{before}, span{g.time.first, t}}, {g.edges(o.cdn, o.edge), span{t + 1, g.time.last}}}
	}
}

// edges returns the addresses a CDN answers with: those of two edges.
func (w *World) edges(c, first int) []string {
	var all []string
	for k := range min(2, w.size.edges) {
		ipv4, ipv6, hasV4 := edge(c, (first+k)%w.size.edges)
		if hasV4 {
			all = append(all, ipv4)
		}
		all = append(all, ipv6)
	}
	return all
}

// tenants is how many lease one server, one after the other, in a world's time.
const tenants = 3

// settleLease takes the next free lease of a server. Between two tenants the
// server stands empty for a month at least.
func (g *generator) settleLease(o *owner, d *dice) {
	n := g.leases
	g.leases++
	server, turn := n/tenants, n%tenants
	third := (g.time.last - g.time.first) / tenants
	o.life.first = g.time.first + int64(turn)*third + d.moment(days(15), days(60))
	o.life.last = g.time.first + int64(turn+1)*third - d.moment(days(15), days(60))
	o.homes = []home{{[]string{leased(2*(server/8)+1, server%8)}, o.life}}
}

// settleCloud hands an owner from balancer to balancer.
func (g *generator) settleCloud(o *owner, d *dice) {
	c := d.heavy(len(clouds))
	moves := d.between(2, 6)
	at := g.time.first
	for k := range moves {
		end := g.time.first + (g.time.last-g.time.first)*int64(k+1)/int64(moves)
		o.homes = append(o.homes, home{[]string{balancer(c, d.below(g.size.balancers))}, span{at, end}})
		at = end + 1
	}
}

func parkingServers(p int) []string { return []string{"ns1." + parkers[p], "ns2." + parkers[p]} }

func parkingHome(p int) []string { return []string{parkingAddress(p, 0), parkingAddress(p, 1)} }

// freeSite writes a name below a dynamic DNS or free hosting service: address
// records and perhaps a page, and no registration of its own.
func (g *generator) freeSite(o *owner, d *dice) (name string) {
	f := d.heavy(len(freeHosts))
	label := stem(g.names)
	g.names++
	s := domain{
		name: label + "." + freeHosts[f].domain, owner: o.id, busy: 1 + d.heavy(200),
		life: span{d.moment(g.time.first, g.time.last-days(30)), g.time.last},
	}
	if !freeHosts[f].dyn {
		s.homes = []home{{[]string{freeHostAddress(f, 0), freeHostAddress(f, 1)}, g.time}}
	} else {
		at := s.life.first
		for range d.between(1, 4) { // a new lease from the access provider
			end := at + days(d.between(20, 200))
			s.homes = append(s.homes, home{[]string{ownServer(1<<20 + g.lines)}, span{at, end}})
			g.lines++
			at = end + 1
		}
	}
	g.write(&s)
	g.met.note(freeHosts[f].domain, &s)
	g.page(o, &s, d)
	return s.name
}
