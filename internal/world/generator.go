package world

import "context"

// A generator writes one world, owner by owner. What it remembers is bounded
// by the cast and the sizes of the pools, not by the number of observations.
type generator struct {
	*World
	out   rows
	total int   // observations so far
	err   error // the first one; nothing is written after it

	names     uint64 // benign names used
	leases    int    // benign leases given
	owned     int    // servers with one owner for good
	infra     int    // servers of providers
	lines     int    // access lines behind dynamic DNS
	strangers int    // tenants before or after an operator
	met       meetings
	laid      map[string]string
	packs     map[string]*packing
}

// generate writes the whole world to out and returns how many observations it has.
func (w *World) generate(ctx context.Context, out rows) (int, error) {
	g := &generator{
		World: w, out: out,
		met: meetings{}, laid: map[string]string{}, packs: map[string]*packing{},
	}
	g.watch()
	g.writeCast()
	done := 0
	for owner := 0; g.err == nil && g.total < w.opts.Observations; owner++ {
		for done < w.size.operators && g.total >= g.due(done) {
			g.operate(w.operator(done))
			done++
		}
		g.benign(owner)
		if owner%256 == 0 {
			g.fail(ctx.Err())
		}
	}
	return g.total, g.err
}

// due says after how many observations operator i comes: the first when there
// are strangers to be mistaken for, the last while there are some to come.
func (g *generator) due(i int) int {
	all := g.opts.Observations
	early := min(all/3, 20_000)
	return early + (all*7/10-early)*i/g.size.operators
}

func (g *generator) fail(err error) {
	if g.err == nil {
		g.err = err
	}
}

// sent counts the observations of a row that was written.
func (g *generator) sent(facts int, err error) {
	g.total += facts
	g.fail(err)
}

func (g *generator) putDNS(r *dnsRow) {
	if g.err == nil {
		g.sent(1, g.out.dns(r))
	}
}

func (g *generator) put(r *whoisRow) {
	if g.err == nil {
		g.sent(r.facts(), g.out.whois(r))
	}
}

// putCert writes a certificate as it was known when the world ended.
func (g *generator) putCert(r *certRow) {
	r.span = r.within(g.time)
	if g.err == nil && !r.empty() {
		g.sent(r.facts(), g.out.cert(r))
	}
}

func (g *generator) putWeb(r *webRow) {
	r.span = r.within(g.time)
	if g.err == nil && !r.empty() {
		g.sent(r.facts(), g.out.web(r))
	}
}

func (g *generator) putFile(r *fileRow) {
	r.span = r.within(g.time)
	if g.err == nil && !r.empty() {
		g.sent(r.facts(), g.out.file(r))
	}
}

func (g *generator) putRoute(r *routeRow) {
	if g.err == nil {
		g.sent(1, g.out.route(r))
	}
}

func (g *generator) putTruth(t *Truth) {
	if g.err == nil {
		g.fail(g.out.truth(t))
	}
}

func (g *generator) putTrap(t *Trap) {
	if g.err == nil {
		g.fail(g.out.trap(t))
	}
}
