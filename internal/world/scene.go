package world

// A usage says when a value was used, and how often.
type usage struct {
	span
	times int
}

// keep remembers that the operator took a value along.
func (p *plot) keep(value string, s span) {
	u := p.kept[value]
	if u == nil {
		u = &usage{span: s}
		p.kept[value] = u
	}
	u.first, u.last = min(u.first, s.first), max(u.last, s.last)
	u.times++
}

// plant notes a planted indicator.
func (p *plot) plant(kind, value, role string, s span) {
	s = s.within(p.time)
	p.out.truths = append(p.out.truths, Truth{
		Operator: p.out.id, Kind: kind, Value: value, Role: role, First: moment(s.first), Last: moment(s.last),
	})
}

func (p *plot) doubt(k trapKind, value, who string) {
	p.out.doubts = append(p.out.doubts, doubt{k, value, who})
}

// domain registers one name of a batch and leads it through its life: parked,
// in use, perhaps moved, perhaps seized.
func (p *plot) domain(name string, at int64, c *cluster) domain {
	d, h := p.d, p.habits
	end := min(c.end+days(d.below(20)), p.time.last)
	s := domain{
		name: name, owner: p.out.id, life: span{at, end}, registrar: c.reg, shows: c.shows,
		servers: c.servers, busy: 1 + d.heavy(300),
	}
	if p.own != nil && c.fronted == nil {
		s.servers = p.own
	} else {
		p.doubt(providerNS, s.servers[0], name)
	}
	if c.shows == p.who {
		p.keep(p.who.email, s.life)
	} else if c.reg.privacy == shared {
		p.doubt(privacyContact, c.shows.email, name)
	} else if c.reg.privacy == aliased {
		s.shows = c.reg.hides(d)
	}
	if c.parker >= 0 {
		s.homes = append(s.homes, home{parkingHome(c.parker), span{at + 3600, c.launch - 3600}})
		p.doubt(parkedAddress, parkingAddress(c.parker, 0), name)
	}
	p.host(&s, c, span{max(c.launch, at+600), end})
	if rest := p.time.last - end; rest > days(10) && d.often(h.seized) {
		hole := d.below(len(sinkholes))
		s.homes = append(s.homes, home{[]string{sinkholeAddress(hole)}, span{end + days(2), end + min(rest, days(300))}})
		s.life.last = end + min(rest, days(300))
		p.doubt(sinkholed, sinkholeAddress(hole), name)
	}
	p.plant("domain", name, p.roleOf(), s.life)
	return s
}

func (p *plot) roleOf() string {
	if p.name.naming == BrandWord || p.name.naming == RareToken {
		return roleLure
	}
	return roleC2
}

// host gives a name the addresses of its time in use.
func (p *plot) host(s *domain, c *cluster, used span) {
	if c.server != nil {
		c.server.use(s.name, used)
	} else {
		p.doubt(sharedHost, c.address, s.name)
	}
	if c.fronted != nil {
		s.homes = append(s.homes, home{c.fronted, used})
		p.doubt(cdnAddress, c.fronted[0], s.name)
		return
	}
	middle := (used.first + used.last) / 2
	if c.server == nil || !p.d.often(p.habits.moved) {
		s.homes = append(s.homes, home{[]string{c.address}, used})
		return
	}
	next := p.lease()
	before, after := span{used.first, middle}, span{middle + 1, used.last}
	next.use(s.name, after)
	s.homes = append(s.homes, home{[]string{c.address}, before}, home{[]string{next.address}, after})
}

// runNameServers makes the operator's first name its name-server domain.
func (p *plot) runNameServers(name string, c *cluster) {
	if c.server == nil || c.fronted != nil {
		return
	}
	p.own = []string{"ns1." + name, "ns2." + name}
	for _, server := range p.own {
		p.below(server, c.address, span{c.launch, p.busy.last}, roleNS)
	}
	c.server.use(name, span{c.launch, p.busy.last})
}

// below gives a host name an address of its own.
func (p *plot) below(name, address string, s span, role string) {
	s = s.within(p.time)
	p.out.glue = append(p.out.glue, dnsRow{name: name, rtype: addressType(address), data: address, span: s, count: uint64(p.d.between(1, 400))})
	p.plant("domain", name, role, s)
}

// hostBelow adds a host for malware or clicks below some names.
func (p *plot) hostBelow(s *domain, c *cluster) {
	if c.server == nil || !p.d.often(200) {
		return
	}
	host := one(p.d, []string{"api", "panel", "gate", "auth", "cdn", "update"}) + "." + s.name
	p.below(host, c.address, span{c.launch, min(c.end, p.time.last)}, roleHost)
	c.server.use(s.name, span{c.launch, min(c.end, p.time.last)})
}

// certify writes the certificate that scans met on the server itself, also
// where a CDN hides it: scanners walk all addresses.
func (p *plot) certify(c *cluster, names []string, s *domain) {
	d := p.d
	cert := freshCert(names[0], c.launch-d.moment(60, days(1)), d)
	cert.names, cert.hosts = names, []string{c.address}
	cert.span = cert.valid.within(span{c.launch, min(c.end, p.time.last)}).within(p.time)
	if cert.empty() {
		return
	}
	if d.often(p.habits.keyKept) {
		cert.key = one(d, p.keys)
		p.keep(cert.key, cert.span)
	}
	if c.server != nil {
		c.server.use(s.name, cert.span)
	}
	p.plant("cert", cert.sha256, roleCert, cert.span)
	p.out.certs = append(p.out.certs, *cert)
}

// pageOf writes what a crawler saw: the kit, or a copy of a brand's page with
// the brand's own tracking ID left in.
func (p *plot) pageOf(s *domain) {
	d := p.d
	used := span{s.life.first + days(3), s.life.last}.within(p.time)
	if used.empty() || !d.often(p.habits.pages) {
		return
	}
	w := webRow{domain: s.name, span: used, title: p.kit.title, body: d.hex(64)}
	switch {
	case d.often(p.habits.kit):
		w.favicon, w.trackers = p.kit.favicon, p.kit.trackers
		p.keep(w.favicon, used)
		p.keep(w.trackers[0], used)
	case p.name.naming == BrandWord && d.often(p.habits.copied):
		b := p.index % p.w.size.brands
		w.title, w.favicon, w.trackers = brandTitle(b), brandFavicon(b), []string{brandTracker(b)}
		p.doubt(copiedTracker, w.trackers[0], s.name)
	default:
		k := d.heavy(len(stockTitles))
		w.title, w.body = stockTitles[k], stockBody(k)
	}
	p.out.pages = append(p.out.pages, w)
}
