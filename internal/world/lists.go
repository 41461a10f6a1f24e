package world

import (
	"fmt"
	"strings"
)

// A publicList is what anybody in this world can know about its providers, in
// the format of clew's own suppression lists.
//
// The lists are incomplete on purpose, like real ones: the smallest CDN, the
// smallest parking service, half of the packers and of the registrars, and every
// hoster are on none.
// Those must be recognised by how many hold them.
type publicList struct {
	name, title, reason, match string
	uses                       []string // further header lines
	entries                    []string
}

func (l publicList) text(day string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# list: world-%s\n# title: %s\n# date: %s\n# reason: %s\n# match: %s\n", l.name, l.title, day, l.reason, l.match)
	for _, use := range l.uses {
		fmt.Fprintf(&b, "# %s\n", use)
	}
	return b.String() + "\n" + strings.Join(l.entries, "\n") + "\n"
}

// publicLists returns the lists of this world, in the order of their names.
func (w *World) publicLists() []publicList {
	return []publicList{
		w.cdnList(),
		{
			name: "free-hosting", title: "Dynamic DNS and free hosting of the synthetic internet", match: "domain", reason: freeReason,
			uses: []string{"suppress: subdomain-of cname", "customers: domain"}, entries: freeDomains(),
		},
		{
			name: "packers", title: "Import hashes of packers of the synthetic internet", match: "exact", reason: commonImphash.reason,
			uses: []string{"suppress: imphash", "benign: imphash"}, entries: knownPackers(),
		},
		{
			name: "parking", title: "Parking addresses of the synthetic internet", match: "cidr", reason: parkedAddress.reason,
			uses: []string{"suppress: resolves-to", "benign-below: ip"}, entries: knownParking(parkingHome),
		},
		{
			name: "parking-nameservers", title: "Parking name servers of the synthetic internet", match: "domain", reason: parkedAddress.reason,
			uses: []string{"suppress: nameserver ns-set ns-domain soa-contact", "benign-below: domain"}, entries: knownParking(parkingServers),
		},
		{
			name: "privacy-emails", title: "Privacy mailboxes of the synthetic internet", match: "domain", reason: privacyContact.reason,
			uses: []string{"suppress: registrant-email", "benign-below: email domain"}, entries: privacyMailboxes(),
		},
		{
			name: "privacy-phrases", title: "Privacy services of the synthetic internet", match: "phrase", reason: privacyContact.reason,
			uses:    []string{"suppress: registrant-name registrant-org"},
			entries: []string{"redacted for privacy", "privacy service of", "domain administrator", "private registration"},
		},
		{
			name: "privacy-phones", title: "Telephones of privacy services of the synthetic internet", match: "exact", reason: privacyContact.reason,
			uses: []string{"suppress: registrant-phone", "benign: phone"}, entries: privacyPhones(),
		},
		{
			name: "provider-nameservers", title: "Name servers of providers of the synthetic internet", match: "domain", reason: providerNS.reason,
			uses: []string{"suppress: nameserver ns-set ns-domain soa-contact", "benign-below: domain"}, entries: providerDomains(),
		},
		{
			name: "sinkholes", title: "Sinkholes of the synthetic internet", match: "cidr", reason: sinkholed.reason,
			uses: []string{"suppress: resolves-to", "benign-below: ip"}, entries: []string{sinkholeAddress(0), sinkholeAddress(1)},
		},
		{
			name: "top-sites", title: "Most visited sites of the synthetic internet", match: "domain", reason: "one of the most visited sites",
			uses: []string{"suppress: contacts redirects-to", "benign-below: domain"}, entries: w.brandDomains(),
		},
	}
}

const freeReason = "names below it belong to customers who do not know each other"

func (w *World) cdnList() publicList {
	l := publicList{
		name: "cdn", title: "CDN edges of the synthetic internet", match: "cidr",
		reason: cdnAddress.reason, uses: []string{"suppress: resolves-to", "benign-below: ip"},
	}
	for c := range cdns[:len(cdns)-1] {
		for k := range w.size.edges {
			ipv4, ipv6, hasV4 := edge(c, k)
			if hasV4 {
				l.entries = append(l.entries, ipv4)
			}
			l.entries = append(l.entries, ipv6)
		}
	}
	return l
}

func freeDomains() []string {
	var all []string
	for _, f := range freeHosts {
		all = append(all, f.domain)
	}
	return all
}

func knownPackers() []string {
	var all []string
	for k := range packers / 2 {
		all = append(all, packerImphash(k))
	}
	return all
}

func knownParking(of func(p int) []string) []string {
	var all []string
	for p := range parkers[:len(parkers)-1] {
		all = append(all, of(p)...)
	}
	return all
}

func privacyMailboxes() []string {
	var all []string
	for _, r := range registrars {
		switch r.privacy {
		case shared:
			all = append(all, "privacy."+r.domain)
		case aliased:
			all = append(all, "alias."+r.domain)
		case redacted: // shows no mailbox
		}
	}
	return all
}

func privacyPhones() []string {
	var all []string
	for i := range registrars {
		if r := &registrars[i]; r.privacy != redacted {
			all = append(all, r.phone())
		}
	}
	return all
}

// providerDomains names the larger half of the registrars and the CDN that runs
// its customers' zones.
func providerDomains() []string {
	all := []string{"ns." + cdns[0].domain}
	for _, r := range registrars[:len(registrars)/2] {
		all = append(all, r.domain)
	}
	return all
}

func (w *World) brandDomains() []string {
	var all []string
	for b := range w.size.brands {
		all = append(all, brands[b]+".example", brands[b]+".test", "my"+brands[b]+".example")
	}
	return all
}
