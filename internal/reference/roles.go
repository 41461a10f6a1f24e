package reference

import (
	"clew/internal/observable"
	"clew/internal/observation"
)

// A role says what a warninglist is used for. MISP's lists are made to warn an
// analyst; taken as they are, some would cut real pivots: a rented server in a
// cloud is as good a link as one anywhere else.
type role struct {
	name      string
	relations []observation.Relation // suppressed under these; none means all that lead to the list's kinds
	below     bool                   // names below an entry are benign too
	customers bool                   // names below an entry belong to its customers
}

// The roles of MISP's own lists, by folder. Lists that are not named here take
// [unknownRole].
var (
	// noteRole: known, shown by Lookup, and says nothing against a link. Whole
	// clouds, open resolvers (any home router), VPN and data-centre ranges,
	// mail senders, public suffixes, disposable mail (the mailbox is one
	// person's, however short its life).
	noteRole = role{name: "note"}
	// topRole: sites everybody visits. As a finding they are coincidence, as
	// the target of a redirect or a connection they say nothing.
	topRole = role{name: "benign", below: true, relations: visited}
	// sharedRole: suffixes whose customers each have a name below them.
	sharedRole = role{name: "shared", customers: true, relations: []observation.Relation{observation.SubdomainOf, observation.RedirectsTo}}
	// parkedRole: name servers of parking.
	parkedRole = role{name: "suppress", below: true, relations: []observation.Relation{
		observation.Nameserver, observation.NSSet, observation.NSDomain,
	}}
	// unknownRole: a team's own list of false positives.
	unknownRole = role{name: "suppress", below: true}

	visited = []observation.Relation{
		observation.RedirectsTo, observation.CNAME, observation.Contacts, observation.Embeds,
		observation.DownloadedFrom, observation.ConfigC2, observation.Resource,
	}
)

func roleOf(name string) role {
	switch name {
	case "amazon-aws", "google-gcp", "microsoft-azure", "oracle-oci", "github", "icloud-private-relay",
		"vpn-ipv4", "vpn-ipv6", "public-dns-v4", "public-dns-v6", "public-dns-hostname",
		"smtp-sending-ips", "smtp-receiving-ips", "tlds", "disposable-email", "apple":
		return noteRole
	case "alexa", "cisco_top1000", "cisco_top10k", "cisco_top20k", "cisco_top5k", "cloudflare-top10k",
		"majestic_million", "majestic_million_1k", "moz-top500", "tranco", "tranco10k", "bank-website",
		"university_domains", "google", "microsoft", "microsoft-office365", "microsoft-win10-connection-endpoints",
		"security-provider-blogpost", "automated-malware-analysis", "whats-my-ip", "findip-host",
		"captive-portals", "crl-hostname", "umbrella-blockpage-hostname":
		return topRole
	case "dynamic-dns", "second-level-tlds", "lots-project", "url-shortener", "link-in-bio",
		"public-ipfs-gateways", "digitalside":
		return sharedRole
	case "parking-domain-ns":
		return parkedRole
	}
	return unknownRole
}

// apply sets what list is used for, given the kinds it speaks of.
func (r role) apply(list *List) {
	if r.name == noteRole.name {
		return
	}
	list.Suppress, list.Below, list.Customers = true, r.below, r.customers
	list.Kinds = list.about
	if r.customers {
		list.Kinds = []observable.Kind{observable.Domain} // a page there is somebody's own
	}
	if r.relations == nil {
		list.Relations = relationsTo(list.about)
		return
	}
	for _, relation := range r.relations {
		list.Relations.add(relation)
	}
}
