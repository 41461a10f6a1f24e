package world

// demo is the script of operator 0, the same in every world but for its days:
//
//   - An old batch under a false identity, on a server of its own.
//   - The seed's batch, two years later: six names of one brand within four
//     minutes, behind a privacy service, parked for a week, then on one server.
//     The seed itself ends behind a CDN; it carries no key and no tracker.
//   - A last batch under another kind of name, registrar and server.
//
// The seed leads to its batch by registration, server and name. From there a kept key
// and a file lead to the last batch, and the kit's tracker to the old one. The
// server had strangers before and after.
func (w *World) demo() *script {
	d := roll(0, ofOperator, 0)
	p := newPlot(w, 0, Average, &d)
	p.keys = p.keys[:1]
	p.habits = habits{gap: [2]int{15, 45}, fresh: 1000}

	p.name = namer{naming: PrefixDigits, prefix: "syncvault"}
	p.regs = []*registrar{&registrars[9]}
	p.habits.shown, p.habits.kit = 1000, 1000
	at := p.dayAt(30)
	old := p.cluster(at)
	p.register(old, 4, 0, at)

	p.name = namer{naming: BrandWord, brand: brands[0], affix: affixes[0], phase: 17}
	p.regs = []*registrar{&registrars[1]}
	p.habits.shown, p.habits.kit, p.habits.parked = 0, 0, 1000
	at = p.dayAt(76)
	c := p.cluster(at)
	c.end = c.launch + days(70)
	p.register(c, 1, 0, at)
	p.habits.kit, p.habits.keyKept = 1000, 1000
	p.register(c, 5, 1, at+40)
	seed := &p.out.domains[4]
	p.front(seed, c)

	p.name = namer{naming: RareToken, token: "vortilo"}
	p.regs = []*registrar{&registrars[7]}
	p.habits.kit, p.habits.parked = 0, 0
	at = p.dayAt(82)
	last := p.cluster(at)
	p.register(last, 5, 0, at)

	all := p.out.domains
	p.payload("", &all[5], &all[10])
	p.payload("", &all[11], &all[12])
	p.habits.packed = 1000
	p.payload("", &all[0])
	p.finish()
	for i := range p.out.leases {
		p.out.leases[i].sought = true
	}
	p.out.seed, p.out.naming = all[4].name, BrandWord
	return p.out
}

// dayAt returns the start of the working day after that percentage of the world's time.
func (p *plot) dayAt(percent int64) int64 {
	t := p.time.first + (p.time.last-p.time.first)*percent/100
	return t - t%days(1) + 9*3600
}

// front puts a name behind the largest CDN for the last third of its use.
func (p *plot) front(s *domain, c *cluster) {
	edges := p.w.edges(0, 0)
	i := len(s.homes) - 1
	used := s.homes[i].span
	moved := used.last - (used.last-used.first)/3
	s.homes[i].last = moved
	s.homes = append(s.homes, home{edges, span{moved + 1, used.last}})
	p.doubt(cdnAddress, edges[0], s.name)
}
