package world

// softwareOf writes the files of an operator: three in five have some. Each
// calls names of one batch, now and then of another, which is how a later batch
// is tied to an earlier one.
func (p *plot) softwareOf() {
	d := p.d
	if !d.often(600) {
		return
	}
	signer := ""
	if d.often(150) {
		signer = "CN=" + titled(syllables(d.next()&(1<<18-1), 3)) + " Soft Ltd"
	}
	all := p.out.domains
	for range d.between(2, clamp(p.size/2, 3, 20)) {
		at := d.below(len(all))
		targets := []*domain{&all[at]}
		if at+1 < len(all) && d.often(600) {
			targets = append(targets, &all[at+1])
		}
		if far := d.below(len(all)); (far < at || far > at+1) && d.often(300) {
			targets = append(targets, &all[far])
		}
		p.payload(signer, targets...)
	}
}

// payload writes one file that calls the targets while the first is in use.
func (p *plot) payload(signer string, targets ...*domain) {
	d, life := p.d, targets[0].life
	t := d.moment(life.first+days(3), max(life.first+days(3), life.last-days(5)))
	f := fileRow{
		sha256: d.hex(64), name: one(d, quiet[:]) + one(d, []string{".exe", "-setup.exe", "64.dll", "_x86.exe"}),
		imphash: p.imphash, ssdeep: ssdeep(p.base, d), signer: signer,
		span: span{t, t + days(d.between(1, 60))}.within(p.time),
	}
	if f.empty() {
		return
	}
	for _, target := range targets {
		f.contacts = append(f.contacts, target.name)
	}
	p.disguise(&f)
	p.plant("file", f.sha256, rolePayload, f.span)
	p.out.files = append(p.out.files, f)
}

// disguise packs a file or signs it with a stolen certificate; what is left of
// the operator's own hand is kept as truth.
func (p *plot) disguise(f *fileRow) {
	if p.d.often(p.habits.packed) {
		f.imphash = packerImphash(p.d.heavy(packers))
		p.doubt(commonImphash, f.imphash, f.sha256)
	} else {
		p.keep(f.imphash, f.span)
	}
	if p.d.often(p.habits.stolen) {
		f.signer = stolenSigners[p.d.heavy(len(stolenSigners))]
		p.doubt(stolenSigner, f.signer, f.sha256)
	} else if f.signer != "" {
		p.keep(f.signer, f.span)
	}
}

// dynamicNames gives one operator in five some names below a dynamic DNS
// service, which lead to its servers.
func (p *plot) dynamicNames() {
	d := p.d
	if len(p.leases) == 0 || !d.often(200) {
		return
	}
	service := freeHosts[2*d.below(2)].domain
	for k := range d.between(1, 3) {
		l := one(d, p.leases)
		name := p.name.label(1000+k, d) + "." + service
		p.below(name, l.address, l.span, roleHost)
		p.doubt(dynamicDNS, service, name)
	}
}

// finish writes what belongs to servers, and notes all that was taken along.
func (p *plot) finish() {
	for _, l := range p.leases {
		l.span = l.within(p.time)
		p.plant("ip", l.address, roleServer, l.span)
		p.out.leases = append(p.out.leases, *l)
		if p.d.often(p.habits.selfSigned) {
			p.selfSign(l)
		}
		if p.d.often(p.habits.reverse) {
			p.out.glue = append(p.out.glue, dnsRow{name: l.address, rtype: "PTR", data: l.name, span: l.span, count: 7})
		}
	}
	p.plantKept("email", p.who.email, roleRegistrant)
	for _, key := range p.keys {
		p.plantKept("certkey", key, roleKey)
	}
	p.plantKept("dn", p.dn, roleDN)
	p.plantKept("tracker", p.kit.trackers[0], roleTracker)
	p.plantKept("favicon", p.kit.favicon, roleFavicon)
	p.plantKept("imphash", p.imphash, roleBuild)
	for i := range p.out.files {
		if f := &p.out.files[i]; p.kept[f.signer] != nil {
			p.plantKept("signer", f.signer, roleSigner)
			break
		}
	}
	p.out.seed = p.out.domains[len(p.out.domains)/2].name
}

// plantKept notes a value as planted if the operator really used it.
func (p *plot) plantKept(kind, value, role string) {
	if u := p.kept[value]; u != nil {
		p.plant(kind, value, role, u.span)
	}
}

// selfSign puts the operator's self-signed certificate on a server: a new one
// each time, under the same name.
func (p *plot) selfSign(l *lease) {
	d := p.d
	s := span{d.moment(l.first, (l.first+l.last)/2), l.last}
	p.keep(p.dn, s)
	c := certRow{
		sha256: d.hex(64), subject: p.dn, issuer: p.dn, serial: d.hex(16), key: d.hex(64),
		hosts: []string{l.address}, valid: span{s.first, s.first + days(3650)}, span: s,
	}
	if d.often(p.habits.keyKept) {
		c.key = p.keys[0]
		p.keep(c.key, s)
	}
	p.plant("cert", c.sha256, roleCert, s)
	p.out.certs = append(p.out.certs, c)
}
