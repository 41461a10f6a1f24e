package securitytrails

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// addressHistory is /history/{d}/dns/a. Times are days; a last_seen of null
// means that it is still so.
type addressHistory struct {
	Records source.Rows[struct {
		First  string `json:"first_seen"`
		Last   string `json:"last_seen"`
		Values source.Rows[struct {
			IP    string `json:"ip"`
			Count uint64 `json:"ip_count"` // names on the address at the time of asking
		}] `json:"values"`
	}] `json:"records"`
	Pages source.Number `json:"pages"`
}

func decodeHistory(domain observable.Value, reply source.Reply) (page source.Page, pages int, err error) {
	var answer addressHistory
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, 0, err
	}
	if err := answer.Records.Require("records"); err != nil {
		return page, 0, err
	}
	page.Dropped, page.Rows = answer.Records.Odd, len(answer.Records.Items)
	for _, r := range answer.Records.Items {
		window := record.Between(r.First, r.Last, reply.At)
		if r.Last == "" {
			window.Last = reply.At
		}
		page.Dropped += r.Values.Odd
		for _, v := range r.Values.Items {
			c := collector{page: &page, domain: domain, window: window}
			c.dns(record.AddressType(v.IP), v.IP, v.Count)
		}
	}
	return page, int(answer.Pages), nil
}

// collector turns the records of one domain into a page.
type collector struct {
	page   *source.Page
	domain observable.Value
	window observation.Window
}

// dns keeps one record, and how many names SecurityTrails counts on its value.
func (c *collector) dns(rrtype, data string, holders uint64) {
	o, ok := record.DNS{Name: c.domain.Text(), Type: rrtype, Data: data, Window: c.window}.Observation()
	if c.page.Keep(o, ok) && holders > 0 {
		c.page.Totals = append(c.page.Totals, corpus.Total{Relation: o.Relation, Object: o.Object, N: holders})
	}
}

// recordSet is one type of record of /domain/{d}; which members a value has
// depends on the type.
type recordSet struct {
	First  string `json:"first_seen"`
	Values source.Rows[struct {
		IP              string `json:"ip"`
		IPCount         uint64 `json:"ip_count"`
		IPv6            string `json:"ipv6"`
		IPv6Count       uint64 `json:"ipv6_count"`
		Nameserver      string `json:"nameserver"`
		NameserverCount uint64 `json:"nameserver_count"`
		Hostname        string `json:"hostname"`
		HostnameCount   uint64 `json:"hostname_count"`
		Email           string `json:"email"` // of the SOA, in DNS form
		EmailCount      uint64 `json:"email_count"`
		Value           string `json:"value"` // of a TXT record
	}] `json:"values"`
}

type current struct {
	Hostname *string `json:"hostname"`
	DNS      *struct {
		A, AAAA, NS, MX, SOA, TXT recordSet
	} `json:"current_dns"`
}

func decodeCurrent(domain observable.Value, reply source.Reply) (page source.Page, err error) {
	var answer current
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if answer.DNS == nil {
		return page, missing("current_dns")
	}
	c := collector{page: &page, domain: domain}
	var nameservers []string
	each := func(set recordSet, keep func(i int)) {
		c.window = observation.Window{First: record.Moment(set.First), Last: reply.At}
		page.Dropped += set.Values.Odd
		page.Rows += len(set.Values.Items)
		for i := range set.Values.Items {
			keep(i)
		}
	}
	dns := answer.DNS
	each(dns.A, func(i int) { v := dns.A.Values.Items[i]; c.dns("A", v.IP, v.IPCount) })
	each(dns.AAAA, func(i int) { v := dns.AAAA.Values.Items[i]; c.dns("AAAA", v.IPv6, v.IPv6Count) })
	each(dns.MX, func(i int) { v := dns.MX.Values.Items[i]; c.dns("MX", v.Hostname, v.HostnameCount) })
	each(dns.SOA, func(i int) { v := dns.SOA.Values.Items[i]; c.dns("SOA", v.Email, v.EmailCount) })
	each(dns.TXT, func(i int) { c.dns("TXT", dns.TXT.Values.Items[i].Value, 0) })
	each(dns.NS, func(i int) {
		v := dns.NS.Values.Items[i]
		c.dns("NS", v.Nameserver, v.NameserverCount)
		nameservers = append(nameservers, v.Nameserver)
	})
	if set, ok := record.NameserverSet(domain.Text(), nameservers, c.window); ok {
		page.Observations = append(page.Observations, set)
	}
	return page, nil
}

func missing(member string) error {
	var none source.Rows[json.RawMessage]
	return none.Require(member)
}

// contact is one contact of a WHOIS record, and how many domains share each field.
type contact struct {
	Type         string `json:"type"`
	Name         string `json:"name"`
	NameCount    uint64 `json:"name_count"`
	Organization string `json:"organization"`
	OrgCount     uint64 `json:"organization_count"`
	Email        string `json:"email"`
	EmailCount   uint64 `json:"email_count"`
	Telephone    string `json:"telephone"`
	PhoneCount   uint64 `json:"telephone_count"`
}

type whois struct {
	Domain      *string              `json:"domain"`
	Registrar   string               `json:"registrarName"`
	Created     string               `json:"createdDate"`
	Updated     string               `json:"updatedDate"`
	Nameservers source.Rows[string]  `json:"nameServers"`
	Contacts    source.Rows[contact] `json:"contacts"`
}

func decodeWhois(domain observable.Value, reply source.Reply) (page source.Page, err error) {
	var answer whois
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if answer.Domain == nil {
		return page, missing("domain")
	}
	r := record.Registration{
		Domain: domain.Text(), Registrar: answer.Registrar, Nameservers: answer.Nameservers.Items,
		Window: record.Between(answer.Updated, "", reply.At),
	}
	r.Last = reply.At
	if created, day, ok := record.ParseTime(answer.Created); ok && !day {
		r.Created = created
	}
	addContacts(&r, answer.Contacts.Items)
	page.Rows, page.Dropped = 1, answer.Contacts.Odd
	page.Observations = r.Observations()
	page.Totals = contactTotals(answer.Contacts.Items)
	return page, nil
}

// addContacts takes over the registrant; the other contacts are often the
// registrar's or a hoster's.
func addContacts(r *record.Registration, contacts []contact) {
	for _, c := range contacts {
		if c.Type != "registrant" {
			continue
		}
		r.Names = append(r.Names, c.Name)
		r.Orgs = append(r.Orgs, c.Organization)
		r.Emails = append(r.Emails, c.Email)
		r.Phones = append(r.Phones, record.International(c.Telephone))
	}
}

func contactTotals(contacts []contact) (totals []corpus.Total) {
	add := func(relation observation.Relation, kind observable.Kind, text string, n uint64) {
		if object, err := observable.New(kind, text); err == nil && n > 0 {
			totals = append(totals, corpus.Total{Relation: relation, Object: object, N: n})
		}
	}
	for _, c := range contacts {
		if c.Type != "registrant" {
			continue
		}
		add(observation.RegistrantName, observable.Person, c.Name, c.NameCount)
		add(observation.RegistrantOrg, observable.Org, c.Organization, c.OrgCount)
		add(observation.RegistrantEmail, observable.Email, c.Email, c.EmailCount)
		add(observation.RegistrantPhone, observable.Phone, record.International(c.Telephone), c.PhoneCount)
	}
	return totals
}

// whoisHistory gives times in milliseconds. Its createdDate differs by hours
// from record to record of one domain, so it is not used.
type whoisHistory struct {
	Result struct {
		Items source.Rows[struct {
			Registrar   string               `json:"registrarName"`
			Started     int64                `json:"started"`
			Ended       int64                `json:"ended"`
			Nameservers source.Rows[string]  `json:"nameServers"`
			Contacts    source.Rows[contact] `json:"contact"`
		}] `json:"items"`
		Count source.Number `json:"count"`
	} `json:"result"`
}

func decodeWhoisHistory(domain observable.Value, reply source.Reply) (page source.Page, err error) {
	var answer whoisHistory
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	items := answer.Result.Items
	if err := items.Require("result.items"); err != nil {
		return page, err
	}
	items.Count(&page)
	page.Held = answer.Result.Count
	for _, item := range items.Items {
		r := record.Registration{
			Domain: domain.Text(), Registrar: item.Registrar, Nameservers: item.Nameservers.Items,
			Window: observation.Window{First: record.UnixMilli(item.Started), Last: record.UnixMilli(item.Ended)},
		}
		addContacts(&r, item.Contacts.Items)
		page.Observations = append(page.Observations, r.Observations()...)
	}
	return page, nil
}

// subdomains are labels without the domain; there is no time to them.
type subdomains struct {
	Labels source.Rows[string] `json:"subdomains"`
	Meta   struct {
		LimitReached bool `json:"limit_reached"`
	} `json:"meta"`
	Count source.Number `json:"subdomain_count"`
}

func decodeSubdomains(domain observable.Value, reply source.Reply) (page source.Page, err error) {
	var answer subdomains
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if err := answer.Labels.Require("subdomains"); err != nil {
		return page, err
	}
	page = source.Page{Held: answer.Count, More: answer.Meta.LimitReached}
	answer.Labels.Count(&page)
	for _, label := range answer.Labels.Items {
		name, err := observable.New(observable.Domain, label+"."+domain.Text())
		if err != nil || name == domain {
			page.Dropped++
			continue
		}
		page.Observations = append(page.Observations, observation.Observation{
			Subject: name, Relation: observation.SubdomainOf, Object: domain, Count: 1,
		})
	}
	return page, nil
}

// domainList is /domains/list and /domain/{d}/associated.
type domainList struct {
	Records source.Rows[struct {
		Hostname string `json:"hostname"`
		Whois    struct {
			Registrar string `json:"registrar"`
		} `json:"whois"`
	}] `json:"records"`
	Count source.Number `json:"record_count"`
	Meta  struct {
		Pages   source.Number `json:"total_pages"`
		MaxPage source.Number `json:"max_page"`
		Query   string        `json:"query"` // "whois_email = 'ops@shop.example'"
	} `json:"meta"`
}

func decodeList(relation observation.Relation, shared observable.Value, reply source.Reply) (page source.Page, pages int, err error) {
	var answer domainList
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, 0, err
	}
	if err := answer.Records.Require("records"); err != nil {
		return page, 0, err
	}
	answer.Records.Count(&page)
	page.Held = answer.Count
	if answer.Count > 0 {
		page.Totals = append(page.Totals, corpus.Total{Relation: relation, Object: shared, N: uint64(answer.Count)})
	}
	window := asOf(reply.At)
	for _, r := range answer.Records.Items {
		domain, err := observable.New(observable.Domain, r.Hostname)
		if err != nil {
			page.Dropped++
			continue
		}
		page.Observations = append(page.Observations, observation.Observation{
			Subject: domain, Relation: relation, Object: shared, Window: window, Count: 1,
		})
		registration := record.Registration{Domain: r.Hostname, Registrar: r.Whois.Registrar, Window: window}
		page.Observations = append(page.Observations, registration.Observations()...)
	}
	return page, int(min(answer.Meta.Pages, answer.Meta.MaxPage)), nil
}

// asOf is the window of what holds now, since nobody says when.
func asOf(t time.Time) observation.Window { return observation.Window{Last: t} }

// decodeAssociated reads a list whose own query says what its domains share.
func decodeAssociated(domain observable.Value, reply source.Reply) (source.Page, error) {
	var answer domainList
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if err := answer.Records.Require("records"); err != nil || len(answer.Records.Items) == 0 {
		return source.Page{}, err
	}
	relation, shared, ok := sharedBy(answer.Meta.Query)
	if !ok {
		return source.Page{}, fmt.Errorf("%w: associated by %.80q", source.ErrBadReply, answer.Meta.Query)
	}
	page, pages, err := decodeList(relation, shared, reply)
	page.More = pages > 1
	if err == nil && len(page.Observations) > 0 {
		page.Observations = append(page.Observations, observation.Observation{
			Subject: domain, Relation: relation, Object: shared, Window: asOf(reply.At), Count: 1,
		})
	}
	return page, err
}

// sharedBy reads "whois_email = 'ops@shop.example'".
func sharedBy(query string) (relation observation.Relation, v observable.Value, ok bool) {
	field, quoted, found := strings.Cut(query, " = ")
	if !found || len(quoted) < 2 {
		return 0, v, false
	}
	kind := observable.Email
	switch field {
	case "whois_email":
		relation = observation.RegistrantEmail
	case "whois_organization":
		relation, kind = observation.RegistrantOrg, observable.Org
	default:
		return 0, v, false
	}
	v, err := observable.New(kind, strings.Trim(quoted, "'"))
	return relation, v, err == nil
}
