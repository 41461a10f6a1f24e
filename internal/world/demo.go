package world

// demo is the script of operator 0, under the same names in every world:
//
//   - An old batch under a false identity, on a server of its own.
//   - The seed's batch, a year later: six names of one brand within four minutes,
//     behind a privacy service, parked for some days, then on one server. Two of
//     them keep a key, all but the seed use the kit. The seed ends behind a CDN.
//   - A last batch under another kind of name, at another registrar and server,
//     with one certificate on the kept key.
//
// The seed leads to its batch by registration, server and name. From there the
// kept key and two files lead to the last batch, and the kit's tracker to the old
// one. The servers had strangers before and after, more than half a year away.
func (w *World) demo() *script {
	d := roll(0, ofOperator, 0)
	p := newPlot(w, 0, Average, &d)
	p.keys = p.keys[:1]
	p.demoOldBatch()
	p.demoSeedBatch()
	p.demoLastBatch()
	all := p.out.domains
	p.payload("", &all[5], &all[10])
	p.payload("", &all[6], &all[11])
	p.payload("", &all[12], &all[13])
	p.habits.packed = 1000
	p.payload("", &all[0])
	for _, l := range p.leases {
		l.vacant = days(200)
	}
	p.finish()
	p.out.seed, p.out.naming = all[4].name, BrandWord
	return p.out
}

func (p *plot) demoOldBatch() {
	p.name = namer{naming: PrefixDigits, prefix: "syncvault"}
	p.regs = []*registrar{&registrars[9]}
	p.habits = habits{gap: [2]int{15, 45}, fresh: 1000, pages: 1000, shown: 1000, kit: 1000}
	at := p.dayAt(22)
	p.register(p.cluster(at), 4, 0, at)
}

func (p *plot) demoSeedBatch() {
	p.name = namer{naming: BrandWord, brand: brands[0], affix: affixes[0], phase: 17}
	p.regs = []*registrar{&registrars[1]}
	p.habits = habits{gap: [2]int{15, 45}, fresh: 1000, pages: 1000, parked: 1000}
	at := p.dayAt(58)
	c := p.cluster(at)
	c.end = c.launch + days(70)
	p.register(c, 1, 0, at) // the seed: no key, no kit
	p.habits.kit, p.habits.keyKept = 1000, 1000
	p.register(c, 2, 1, at+40)
	p.habits.keyKept = 0
	p.register(c, 3, 3, at+110)
	p.front(&p.out.domains[4])
}

func (p *plot) demoLastBatch() {
	p.name = namer{naming: RareToken, token: "vortilo"}
	p.regs = []*registrar{&registrars[7]}
	p.habits = habits{gap: [2]int{15, 45}, fresh: 1000, pages: 1000, keyKept: 1000, oneCert: 1000}
	at := p.dayAt(62)
	p.register(p.cluster(at), 5, 0, at)
}

// dayAt returns the start of the working day after that percentage of the world's time.
func (p *plot) dayAt(percent int64) int64 {
	t := p.time.first + (p.time.last-p.time.first)*percent/100
	return t - t%days(1) + 9*3600
}

// front puts a name behind the largest CDN for the last third of its use.
func (p *plot) front(s *domain) {
	edges := p.w.edges(0, 0)
	i := len(s.homes) - 1
	used := s.homes[i].span
	moved := used.last - (used.last-used.first)/3
	s.homes[i].last = moved
	s.homes = append(s.homes, home{edges, span{moved + 1, used.last}})
	p.doubt(cdnAddress, edges[0], s.name)
}
