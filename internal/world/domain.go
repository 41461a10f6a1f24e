package world

import "strings"

// A domain is everything a world says about one name, planned before it is
// written: benign owners and operators fill the same form by different habits.
type domain struct {
	name      string
	owner     string // who runs it, for traps; "" never takes part in one
	life      span   // from registration to the last day in use; may begin before the world
	registrar *registrar
	shows     registrant
	servers   []string // authoritative name servers; none for a name below a free host
	contact   string   // mailbox of the zone, as an SOA record writes it
	homes     []home
	alias     string // CNAME of www
	mail      []string
	texts     []string // TXT records
	busy      int      // lookups a week that sensors see
}

// A home is where a domain's addresses point during a span.
type home struct {
	addresses []string
	span
}

// write emits the records of d. Rows that would lie outside the world's time
// are left out.
func (g *generator) write(d *domain) {
	seen := d.life.within(g.time)
	if seen.empty() {
		return
	}
	if d.registrar != nil {
		g.put(&whoisRow{
			domain: d.name, registrar: d.registrar.name, created: d.life.first,
			owner: d.shows, servers: d.servers, span: seen,
		})
	}
	for _, server := range d.servers {
		g.record(d, d.name, "NS", server, seen)
	}
	if d.contact != "" {
		g.record(d, d.name, "SOA", d.servers[0]+" "+d.contact+" 2024010101 7200 3600 1209600 3600", seen)
	}
	for _, h := range d.homes {
		g.resolve(d, h)
	}
	if d.alias != "" {
		g.record(d, "www."+d.name, "CNAME", d.alias, seen)
	}
	for _, server := range d.mail {
		g.record(d, d.name, "MX", "10 "+server, seen)
	}
	for _, text := range d.texts {
		g.record(d, d.name, "TXT", text, seen)
	}
}

// resolve emits the address records of one home, for the name and for www.
func (g *generator) resolve(d *domain, h home) {
	seen := h.span.within(d.life).within(g.time)
	for _, address := range h.addresses {
		g.record(d, d.name, addressType(address), address, seen)
		if d.alias == "" && d.registrar != nil {
			g.record(d, "www."+d.name, addressType(address), address, seen)
		}
		g.met.note(address, d)
	}
}

// record emits one line of passive DNS. Sensors see more of busy names and of
// those that lived longer.
func (g *generator) record(d *domain, name, rtype, data string, seen span) {
	if seen.empty() {
		return
	}
	weeks := uint64(seen.last-seen.first)/uint64(days(7)) + 1
	g.putDNS(&dnsRow{name: name, rtype: rtype, data: data, span: seen, count: weeks * uint64(max(d.busy, 1))})
}

func addressType(address string) string {
	if strings.Contains(address, ":") {
		return "AAAA"
	}
	return "A"
}

// homeAt returns where the domain pointed at that moment, else the last place.
func (d *domain) homeAt(t int64) home {
	for _, h := range d.homes {
		if h.first <= t && t <= h.last {
			return h
		}
	}
	if len(d.homes) == 0 {
		return home{span: span{1, 0}}
	}
	return d.homes[len(d.homes)-1]
}
