package domaintools

import (
	"encoding/json"
	"fmt"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// decodeResponse reads what is inside the one envelope, which must hold member.
func decodeResponse[T any](reply source.Reply, member string) (v T, err error) {
	var envelope struct {
		Response map[string]json.RawMessage `json:"response"`
		Error    *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := source.DecodeJSON(reply, &envelope); err != nil {
		return v, err
	}
	switch {
	case envelope.Error != nil:
		return v, fmt.Errorf("%w: DomainTools says %.120q", source.ErrBadReply, envelope.Error.Message)
	case len(envelope.Response[member]) == 0:
		return v, fmt.Errorf("%w: no %q in it", source.ErrBadReply, member)
	}
	var inner struct {
		Response *T `json:"response"`
	}
	inner.Response = &v
	return v, source.DecodeJSON(reply, &inner)
}

// keepHolders adds that each domain holds object under the relation.
func keepHolders(page *source.Page, domains []string, r observation.Relation, object observable.Value, w observation.Window) {
	for _, name := range domains {
		domain, err := observable.New(observable.Domain, name)
		if err != nil || !page.Add(domain, r, object.Kind(), object.Text(), w) {
			page.Dropped++
		}
	}
}

// reverseIP lists the domains on an address. Asked of a domain there is one for
// each of its addresses, asked of an address there is one without a list.
type reverseIP struct {
	Address string              `json:"ip_address"`
	Count   source.Number       `json:"domain_count"` // less than the names given, at times
	Names   source.Rows[string] `json:"domain_names"`
}

func decodeReverseIP(reply source.Reply) (page source.Page, err error) {
	r, err := decodeResponse[struct {
		Addresses json.RawMessage `json:"ip_addresses"`
	}](reply, "ip_addresses")
	if err != nil {
		return page, err
	}
	var all source.Rows[reverseIP]
	if err := all.UnmarshalJSON(r.Addresses); err != nil {
		var one reverseIP
		if json.Unmarshal(r.Addresses, &one) != nil {
			return page, fmt.Errorf("%w: \"ip_addresses\" is neither an address nor a list", source.ErrBadReply)
		}
		all.Items = []reverseIP{one}
	}
	page.Dropped = all.Odd
	for _, on := range all.Items {
		address, err := observable.New(observable.IP, on.Address)
		if err != nil {
			page.Dropped++
			continue
		}
		named := len(on.Names.Items) + on.Names.Odd
		page.Rows += named
		page.Held += min(max(on.Count, source.Number(named)), 1<<40)
		page.Dropped += on.Names.Odd
		if on.Count > 0 && on.Count < source.Number(named) {
			page.Note = "it counts fewer names on an address than it gives"
		}
		page.Total(observation.ResolvesTo, address, max(on.Count, source.Number(named)))
		keepHolders(&page, on.Names.Items, observation.ResolvesTo, address, observation.Window{Last: reply.At})
	}
	return page, nil
}

// nameServer lists the domains on a name server, or on all of a domain's.
type nameServer struct {
	Server struct {
		Host  string        `json:"hostname"`
		Total source.Number `json:"total"`
	} `json:"name_server"`
	Primary   source.Rows[string] `json:"primary_domains"`
	Secondary source.Rows[string] `json:"secondary_domains"`
}

func decodeNameServer(reply source.Reply) (page source.Page, err error) {
	n, err := decodeResponse[nameServer](reply, "name_server")
	if err != nil {
		return page, err
	}
	host, err := observable.New(observable.Domain, n.Server.Host)
	if err != nil {
		return page, fmt.Errorf("%w: name server %.80q", source.ErrBadReply, n.Server.Host)
	}
	relation := observation.Nameserver
	if registrable, ok := observable.RegistrableDomain(host); ok && registrable == host {
		relation = observation.NSDomain
	}
	for _, half := range []source.Rows[string]{n.Primary, n.Secondary} {
		half.Count(&page)
		keepHolders(&page, half.Items, relation, host, observation.Window{Last: reply.At})
	}
	page.Held = n.Server.Total
	page.Total(relation, host, n.Server.Total)
	return page, nil
}
