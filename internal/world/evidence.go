package world

import "strings"

// siteCerts writes the certificates of one benign site. Three in four sites
// have one; scans meet at most three of its renewals.
func (g *generator) siteCerts(o *owner, s *domain, d *dice) {
	seen := s.life.within(g.time)
	if len(s.homes) == 0 || o.where == onParking || !d.often(750) {
		return
	}
	if o.where == onCDN && d.often(600) {
		g.pack(s.homeAt(seen.last).addresses[0], s, d)
		return
	}
	for range d.between(1, 3) {
		g.certificate(o, s, []string{s.name, "www." + s.name}, seen, d)
	}
}

// certificate writes a certificate of a benign owner that scans met on s.
func (g *generator) certificate(o *owner, s *domain, names []string, seen span, d *dice) {
	t := d.moment(seen.first, max(seen.first, seen.last-days(10)))
	c := freshCert(names[0], t, d)
	at := s.homeAt(t)
	c.names, c.hosts, c.span = names, at.addresses, c.valid.within(at.span).within(seen)
	if o.key != "" {
		c.key = o.key
	}
	g.putCert(c)
}

// freshCert returns a domain-validated certificate with a new key. Half of all
// come from the free issuer and hold for 90 days.
func freshCert(name string, t int64, d *dice) *certRow {
	issuer, valid := issuers[1], days(90)
	if d.often(450) {
		issuer, valid = one(d, issuers[:]), days(365)
	}
	return &certRow{
		sha256: d.hex(64), subject: "CN=" + name, issuer: issuer, serial: d.hex(32), key: d.hex(64),
		valid: span{t, t + valid}, span: span{t, t + valid},
	}
}

// packSize is how many customers a CDN names in one certificate.
const packSize = 12

// A packing is a shared certificate that is not full yet.
type packing struct {
	names []string
	last  string // owner of the last name
}

// pack puts a customer of a CDN into the certificate that its edge shares
// among strangers, and writes it when it is full. It takes one name of each owner.
func (g *generator) pack(address string, s *domain, d *dice) {
	p := g.packs[address]
	if p == nil {
		p = &packing{}
		g.packs[address] = p
	}
	if p.last == s.owner {
		return
	}
	p.names, p.last = append(p.names, s.name), s.owner
	if len(p.names) < packSize {
		return
	}
	c := freshCert("edge-"+d.hex(8)+"."+cdns[0].domain, d.moment(g.time.first, g.time.last-days(60)), d)
	c.names, c.hosts = p.names, []string{address}
	g.putCert(c)
	g.putTrap(&Trap{
		Trap: "shared-certificate", Kind: "cert", Value: c.sha256, Apart: p.names[:2],
		Reason: "a CDN's certificate names customers who do not know each other",
	})
	p.names = nil
}

// page writes what crawlers saw of a site.
func (g *generator) page(o *owner, s *domain, d *dice) {
	seen := s.life.within(g.time)
	if len(s.homes) == 0 || !d.often(550) || seen.empty() {
		return
	}
	w := webRow{domain: s.name, span: seen}
	switch {
	case o.where == onParking:
		w.title, w.body = "This domain is parked", stockBody(len(stockTitles))
		w.trackers = []string{parkingTracker}
		g.putWeb(&w)
		g.met.note(parkingTracker, s)
		return
	case d.often(200):
		k := d.heavy(len(stockTitles))
		w.title, w.body = stockTitles[k], stockBody(k)
	default:
		label, _, _ := strings.Cut(s.name, ".")
		w.title, w.body = titled(label), d.hex(64)
	}
	switch roll := d.below(100); {
	case roll < 35:
		w.favicon = stockFavicon(d.heavy(40))
	case roll < 75:
		w.favicon = ownFavicon(d)
	}
	if o.tracker != "" {
		w.trackers = append(w.trackers, o.tracker)
	}
	g.putWeb(&w)
}

// parkingTracker is the advertising account that parked pages share.
const parkingTracker = "pub-5550100200300400"

// titled writes a label as a page would: "amber-river-club" is "Amber River Club".
func titled(label string) string {
	parts := strings.Split(label, "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, " ")
}

// stockBody and stockFavicon are what software ships with: the same in every world.
func stockBody(k int) string {
	d := roll(0, ofCast, 1000+uint64(k))
	return d.hex(64)
}

func stockFavicon(k int) string {
	d := roll(0, ofCast, 2000+uint64(k))
	return ownFavicon(&d)
}

// ownFavicon returns a hash as scanners give it: a signed 32-bit number.
func ownFavicon(d *dice) string {
	n := int64(int32(d.next()))
	if n < 0 {
		return "-" + decimal(uint64(-n))
	}
	return decimal(uint64(n))
}

// software writes a program that a benign company publishes: signed by itself,
// built with what everybody builds with, calling home and a CDN.
func (g *generator) software(o *owner, home string, d *dice) {
	brand, _, _ := strings.Cut(home, ".")
	for k := range d.between(1, 3) {
		t := d.moment(g.time.first, g.time.last-days(30))
		f := &fileRow{
			sha256: d.hex(64), name: brand + "-setup-" + decimal(uint64(k+1)) + ".exe", ssdeep: ssdeep(d.hex(8), d),
			signer:   "CN=" + titled(brand),
			contacts: []string{"updates." + home, "assets.edge." + cdns[1].domain},
			span:     span{t, t + days(200)},
		}
		if d.often(500) {
			k := d.heavy(packers)
			f.imphash = packerImphash(k)
			g.met.noteFile(f.imphash, f.sha256, o.id)
		}
		g.putFile(f)
	}
}

// ssdeep returns a fuzzy hash. Files of one base differ in a few places, so
// that similarity search finds them and equality does not.
func ssdeep(base string, d *dice) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var key uint64
	for _, c := range []byte(base) {
		key = key<<8 | uint64(c)
	}
	family := roll(0, ofCast, mixed(key))
	long := []byte(family.letters(alphabet, 56, 'Q'))
	short := []byte(family.letters(alphabet, 28, 'Q'))
	for range 2 {
		long[d.below(len(long))] = alphabet[d.below(len(alphabet))]
	}
	short[d.below(len(short))] = alphabet[d.below(len(alphabet))]
	return "1536:" + string(long) + ":" + string(short)
}
