package world

import "strings"

// writeCast writes the providers themselves: their registrations, the addresses
// of their name servers, and who announces which network.
func (g *generator) writeCast() {
	d := roll(g.opts.Seed, ofCast, 0)
	for i := range registrars {
		g.provider(registrars[i].domain, registrars[i].nameservers(), &d)
	}
	for c := range cdns {
		servers := []string{"ns1." + cdns[c].domain, "ns2." + cdns[c].domain}
		if cdns[c].delegates {
			servers = nil
			for _, host := range cdnHosts {
				servers = append(servers, host+".ns."+cdns[c].domain)
			}
		}
		g.provider(cdns[c].domain, servers, &d)
	}
	for p := range parkers {
		g.provider(parkers[p], parkingServers(p), &d)
	}
	for _, domain := range sinkholes {
		g.provider(domain, []string{"ns1." + domain, "ns2." + domain}, &d)
	}
	for _, domain := range mailHosts {
		g.provider(domain, []string{"ns1." + domain, "ns2." + domain, "mx1." + domain, "mx2." + domain}, &d)
	}
	for _, f := range freeHosts {
		g.provider(f.domain, []string{"ns1." + f.domain, "ns2." + f.domain}, &d)
	}
	for n := range g.size.hosters {
		h := hosterNumber(n)
		g.provider(h.domain, append(h.nameservers(), "mail."+h.domain), &d)
	}
	for b := range g.size.brands {
		g.brand(b)
	}
	g.reverse()
	g.routes()
}

// reverse writes the reverse DNS of busy shared servers: numbered names that
// say who runs the server and nothing of its customers.
func (g *generator) reverse() {
	for rank := range min(g.size.sharedServers, 500) {
		address, h := g.serverOf(rank)
		g.putDNS(&dnsRow{name: address, rtype: "PTR", data: "server" + decimal(uint64(rank)) + "." + h.domain, span: g.time, count: 100})
	}
}

// provider writes the domain of a provider and the addresses of its servers:
// of its name servers it uses the first two itself.
func (g *generator) provider(name string, servers []string, d *dice) {
	p := domain{
		name: name, registrar: &registrars[d.heavy(len(registrars))], busy: 5000,
		life: span{g.time.first - days(d.between(400, 6000)) - d.moment(0, days(1)), g.time.last},
	}
	label, _, _ := strings.Cut(name, ".")
	p.shows = registrant{org: titled(label), email: "hostmaster@" + name}
	for _, server := range servers {
		if strings.HasPrefix(server, "mx") || strings.HasPrefix(server, "mail") {
			continue
		}
		if len(p.servers) < 2 {
			p.servers = append(p.servers, server)
		}
	}
	g.write(&p)
	for _, server := range servers {
		g.infra++
		g.record(&p, server, "AAAA", v6(netName, g.infra>>8, uint64(g.infra&0xff)+1), p.life.within(g.time))
	}
}

// brand writes a company that is imitated: three domains, one tracker.
func (g *generator) brand(b int) {
	d := roll(g.opts.Seed, ofCast, uint64(100+b))
	o := &owner{
		id: "brand-" + brands[b], company: true, where: onOwn, reg: &registrars[d.heavy(6)],
		shows:   registrant{org: titled(brands[b]) + " AG", email: "domains@" + brands[b] + ".example"},
		tracker: brandTracker(b),
	}
	g.settle(o, &d)
	born := g.time.first - days(d.between(1000, 5000))
	for _, name := range []string{brands[b] + ".example", brands[b] + ".test", "my" + brands[b] + ".example"} {
		s := g.site(o, name, span{born, g.time.last}, &d)
		s.busy = 20_000
		g.write(&s)
		g.siteCerts(o, &s, &d)
		g.putWeb(&webRow{
			domain: name, title: brandTitle(b), favicon: brandFavicon(b), body: d.hex(64),
			trackers: []string{o.tracker}, span: g.time,
		})
		g.met.note(o.tracker, &s)
		born += days(3)
	}
}

func brandTracker(b int) string {
	d := roll(0, ofCast, uint64(4000+b))
	return "G-" + d.letters("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", 10, 'X')
}

func brandFavicon(b int) string { return stockFavicon(1000 + b) }

func brandTitle(b int) string { return titled(brands[b]) + " - Sign in" }

// routes writes who announces the networks: sixteen systems, as many as are
// reserved (RFC 5398), the first ones for the fixed cast.
func (g *generator) routes() {
	announce := func(prefix string, system int) {
		g.putRoute(&routeRow{prefix: prefix, asn: "AS" + decimal(64496+uint64(system%16)), span: g.time})
	}
	announce("192.0.2.0/27", 0)
	announce("192.0.2.32/28", 1)
	announce("192.0.2.64/26", 2)
	announce("192.0.2.128/25", 3)
	announce("198.51.100.0/24", 4)
	announce("203.0.113.0/24", 5)
	for i, net := range []int{netCDN, netParking, netSinkhole, netFree, netName, netCloud, netCloud + 1, netCloud + 2} {
		announce(v6(net, 0, 0)+"/48", i)
	}
	for k := range leaseNets {
		announce(v6(netLease+k, 0, 0)+"/48", 4+k)
	}
	for n := range g.size.hosters {
		announce(v6(netHoster+n, 0, 0)+"/48", 6+n%10)
	}
}
