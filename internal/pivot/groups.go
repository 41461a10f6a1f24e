package pivot

import (
	"context"

	"clew/internal/observation"
)

// groups counts the holders of a value, those that belong together once. What
// the case has not met counts as strangers.
func (r *run) groups(a *attribute) uint64 {
	if a.grouped {
		return a.groups
	}
	tenants := tenantsOf(a)
	first := map[*attribute]int{}
	for i, m := range a.members {
		for _, shared := range m.binding {
			if shared == a {
				continue
			}
			if leader, ok := first[shared]; ok {
				tenants.join(i, leader)
			} else {
				first[shared] = i
			}
		}
	}
	unseen := uint64(0)
	if known := uint64(len(a.members)); a.held.n > known {
		unseen = a.held.n - known
	}
	a.groups, a.grouped = max(tenants.count()+unseen, 2), true
	a.tenantOf = make(map[*node]int, len(a.members))
	for i, m := range a.members {
		a.tenantOf[m] = tenants.size(i)
	}
	return a.groups
}

// tenantShare is the share of an address's names that hang together with n,
// counting one unseen stranger: how likely it is that who runs the address runs n.
func (r *run) tenantShare(a *attribute, n *node) (share float64, size int) {
	if !a.held.known || a.held.n == 0 {
		return 0, 0
	}
	r.groups(a)
	size = a.tenantOf[n]
	return float64(size) / float64(max(a.held.n, uint64(len(a.members)))+1), size
}

// tenants is a forest over the members of an attribute (union-find).
type tenants []int

func tenantsOf(a *attribute) tenants {
	t := make(tenants, len(a.members))
	for i := range t {
		t[i] = i
	}
	return t
}

func (t tenants) root(i int) int {
	for t[i] != i {
		t[i] = t[t[i]]
		i = t[i]
	}
	return i
}

func (t tenants) join(i, j int) { t[t.root(i)] = t.root(j) }

func (t tenants) count() uint64 {
	n := uint64(0)
	for i, up := range t {
		if i == up {
			n++
		}
	}
	return n
}

// size is how many belong to the tenant of i.
func (t tenants) size(i int) int {
	n, root := 0, t.root(i)
	for j := range t {
		if t.root(j) == root {
			n++
		}
	}
	return n
}

// bindsTogether reports whether a fact is strong enough to make its holders
// one tenant: the registered domain, an uncounted name token, and, held by no
// more than one operator's siblings, a registrant, a registration minute or a
// certificate.
func (r *run) bindsTogether(ctx context.Context, f Fact) (bool, error) {
	switch f.Relation {
	case observation.SubdomainOf:
		return r.suppressedValue(r.attribute(f)) == "", nil
	case observation.Token, observation.NamePrefix:
		_, _, known := r.Lists.NameCount(f.Relation, f.Value.Text())
		return !known, nil
	case observation.RegistrantEmail, observation.RegistrantPhone, observation.Created, observation.Key, observation.Names:
		if r.suppressedValue(r.attribute(f)) != "" {
			return false, nil
		}
		h, err := r.holders(ctx, f)
		return h.known && float64(h.n) <= r.Model.Siblings, err
	default:
		return false, nil
	}
}
