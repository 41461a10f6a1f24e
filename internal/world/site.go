package world

import "strings"

// An arrangement is how an owner hosts what it has.
type arrangement uint8

const (
	onShared  arrangement = iota // with many others on a hoster's server
	onCDN                        // behind a CDN
	onOwn                        // on a server of its own
	onLease                      // on a server leased for a while, others before and after
	onCloud                      // behind a cloud's load balancers, which change hands every few weeks
	onParking                    // parked: advertisements and nothing else
	onFree                       // a name below a dynamic DNS or free hosting service
	nowhere                      // registered only
)

// share is one row of a table of shares in permille.
type share struct {
	arrangement arrangement
	permille    int
}

// Where people and companies host. Judgement after published surveys of web
// hosting: most small sites share a server, about a fifth of names sit behind a
// CDN, parking is a few percent of names but not of owners.
var (
	peoplesHosting   = []share{{onShared, 500}, {onCDN, 170}, {onOwn, 70}, {onLease, 90}, {onCloud, 60}, {onParking, 30}, {onFree, 60}, {nowhere, 20}}
	companiesHosting = []share{{onShared, 290}, {onCDN, 290}, {onOwn, 240}, {onLease, 30}, {onCloud, 150}}
	domainersHosting = []share{{onParking, 1000}}
)

func pick(d *dice, table []share) arrangement {
	n := d.below(1000)
	for _, row := range table {
		if n -= row.permille; n < 0 {
			return row.arrangement
		}
	}
	return table[0].arrangement
}

// An owner is a benign person, company or domainer and what its sites share.
type owner struct {
	id      string
	number  uint64
	company bool
	sites   int
	where   arrangement
	reg     *registrar
	shows   registrant
	servers []string
	homes   []home // of all sites, except where each has its own
	mail    []string
	verify  string // account token in TXT records, "" for none
	tracker string
	key     string // certificate key kept across sites and renewals, "" for a fresh one each time
	oneCert bool   // one certificate names all sites
	life    span   // of the lease, when there is one
	edge    int
	cdn     int
}

// benign makes the next owner with its sites and writes them.
func (g *generator) benign(n int) {
	d := roll(g.opts.Seed, ofOwner, uint64(n))
	g.writeOwner(g.newOwner(uint64(n), &d), &d)
}

func (g *generator) newOwner(n uint64, d *dice) *owner {
	o := &owner{id: "owner-" + decimal(n), number: n, sites: 1, life: span{0, g.time.last}}
	table := peoplesHosting
	switch kind := d.below(1000); {
	case kind < 12:
		o.sites, table = 2+d.heavy(g.size.portfolio-1), domainersHosting
	case kind < 190:
		o.company, o.sites, table = true, 2+d.tail(g.size.portfolio-1), companiesHosting
	}
	o.where = pick(d, table)
	o.reg = &registrars[d.heavy(len(registrars))]
	g.settle(o, d)
	g.identify(o, d)
	return o
}

// identify decides what WHOIS and the web show of an owner.
func (g *generator) identify(o *owner, d *dice) {
	who := somebody(g.names, d)
	hidden := 780 // permille; most registries hide people by default since 2018
	o.shows = registrant{name: who.name, email: who.email, phone: who.phone}
	if o.company {
		hidden = 420
		brand := strings.ToUpper(who.email[2:3]) + who.email[3:10]
		o.shows.org = brand + one(d, []string{" Ltd", " GmbH", " Inc.", " BV", " SAS"})
		o.shows.email = one(d, []string{"domains", "hostmaster", "it", "admin"}) + "@" + stem(g.names) + ".example"
	}
	if d.often(hidden) {
		o.shows = o.reg.hides(d)
	}
	if d.often(450) {
		o.tracker = "G-" + d.letters("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", 10, 'X')
	}
	if d.often(300) {
		o.verify = "site-verification=" + d.hex(32)
	}
	if d.often(350) { // renewals by the popular clients make a new key unless told not to
		o.key = d.hex(64)
	}
	o.oneCert = o.company && d.often(250)
}

// hides returns what a registrar shows instead of the registrant.
func (r *registrar) hides(d *dice) registrant {
	switch r.privacy {
	case shared:
		return registrant{"Domain Administrator", "Privacy Service of " + r.name, "proxy@privacy." + r.domain, r.phone()}
	case aliased:
		return registrant{"Private Registration", "Privacy Service of " + r.name, d.hex(16) + "@alias." + r.domain, r.phone()}
	}
	return registrant{name: "REDACTED FOR PRIVACY"}
}

// siteName returns the name of the owner's k-th site: companies put words to
// their brand or take it under the other top-level domain, half of the time.
func (g *generator) siteName(o *owner, k int, first string, d *dice) string {
	if o.company && k > 0 && d.often(500) {
		if k == 1 {
			return twin(first)
		}
		brand, _, _ := strings.Cut(first, ".")
		return zone(brand + "-" + words[(int(o.number)+k*37)&255])
	}
	label := siteLabel(g.names, d)
	if o.company && k == 0 {
		label = stem(g.names)
	}
	g.names++
	return zone(label)
}

// writeOwner writes every site of an owner and returns the name of the first.
func (g *generator) writeOwner(o *owner, d *dice) (first string) {
	if o.where == onFree {
		return g.freeSite(o, d)
	}
	born, lived := g.lifetime(o, d)
	var all []string
	var last domain
	for k := range o.sites {
		name := g.siteName(o, k, first, d)
		if k == 0 {
			first = name
		}
		if k > 0 && !d.often(400) { // the other four in ten come in one order
			born, lived = g.lifetime(o, d)
		}
		last = g.site(o, name, span{born + int64(k*d.between(1, 9)), lived}, d)
		g.write(&last)
		g.met.noteTerms(&last)
		if !o.oneCert {
			g.siteCerts(o, &last, d)
		}
		g.page(o, &last, d)
		all = append(all, name)
	}
	if o.oneCert && o.where != onParking {
		if seen := last.life.within(g.time); len(last.homes) > 0 && !seen.empty() {
			g.certificate(o, &last, all, seen, d)
		}
	}
	if o.company && o.number%3 == 0 {
		g.software(o, first, d)
	}
	return first
}

// site fills in one site of an owner.
func (g *generator) site(o *owner, name string, life span, d *dice) domain {
	s := domain{
		name: name, owner: o.id, life: life, registrar: o.reg, shows: o.shows,
		servers: o.servers, homes: o.homes, mail: o.mail, busy: 1 + d.heavy(3000),
	}
	if o.reg.privacy == aliased && strings.Contains(s.shows.email, "@alias.") {
		s.shows.email = d.hex(16) + "@alias." + o.reg.domain // a mailbox for each domain
	}
	if len(s.servers) > 0 && d.often(500) {
		_, provider, _ := strings.Cut(s.servers[0], ".")
		s.contact = "hostmaster." + provider
	}
	if len(s.mail) > 0 {
		_, provider, _ := strings.Cut(s.mail[0], ".")
		s.texts = append(s.texts, "v=spf1 include:spf."+provider+" -all")
	}
	if o.verify != "" {
		s.texts = append(s.texts, o.verify)
	}
	if o.where == onCDN && !cdns[o.cdn].delegates {
		s.alias = strings.ReplaceAll(name, ".", "-") + ".edge." + cdns[o.cdn].domain
	}
	return s
}

// lifetime returns when a site is registered and when it goes. A good half is
// older than the world; four in five are still there when it ends.
func (g *generator) lifetime(o *owner, d *dice) (born, gone int64) {
	if o.where == onLease {
		return o.life.first - days(d.below(20)) - d.moment(0, days(1)), o.life.last
	}
	t := g.time
	born, gone = d.moment(t.first, t.last-days(20)), t.last
	if d.often(550) {
		born = t.first - d.moment(0, days(12*365))
	}
	if d.often(180) {
		gone = d.moment(max(born, t.first)+days(20), t.last)
	}
	return born, gone
}
