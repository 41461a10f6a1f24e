package pivot

import (
	"context"
	"slices"

	"clew/internal/observable"
	"clew/internal/observation"
)

// maxHosts bounds the addresses of one name that are looked into.
const maxHosts = 16

// A Host is an address that a name resolved to: when, in whose network, and who
// else lived there.
type Host struct {
	Address observable.Value
	observation.Window
	Prefix      observable.Value   // announced range that holds it, by longest match; zero when no table says
	ASNs        []observable.Value // that announce the range
	Tenancy     Tenancy
	TenantsKept bool // the corpus knows whom else it served
}

// Hosting says where a name lived, the latest address first, and how many
// addresses are beyond those listed. It tells nothing for the score: what a name
// shares with others is weighed address by address.
func (e *Engine) Hosting(ctx context.Context, name observable.Value) (hosts []Host, beyond int, err error) {
	r := e.newRun([]observable.Value{name})
	n, err := r.node(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	for _, f := range n.facts {
		if f.Relation == observation.ResolvesTo && !f.Back && !f.Self && f.Value.Kind() == observable.IP {
			hosts = append(hosts, Host{Address: f.Value, Window: f.Window})
		}
	}
	slices.SortStableFunc(hosts, func(a, b Host) int { return b.Last.Compare(a.Last) })
	if beyond = len(hosts) - maxHosts; beyond > 0 {
		hosts = hosts[:maxHosts]
	}
	for i := range hosts {
		if err := r.settle(ctx, &hosts[i]); err != nil {
			return nil, 0, err
		}
	}
	return hosts, max(beyond, 0), nil
}

// settle looks up the network and the tenants of a host.
func (r *run) settle(ctx context.Context, h *Host) (err error) {
	routes, err := r.routes(ctx, h.Address)
	if err != nil {
		return err
	}
	for _, f := range routes {
		switch f.Relation {
		case observation.InPrefix:
			h.Prefix = f.Value
		case observation.AnnouncedBy:
			h.ASNs = append(h.ASNs, f.Value)
		}
	}
	h.Tenancy, h.TenantsKept, err = r.Tenancy(ctx, h.Address)
	return err
}
