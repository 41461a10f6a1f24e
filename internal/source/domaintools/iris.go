package domaintools

import (
	"strconv"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// shared is a value and how many domains share it; 0 means not counted.
type shared struct {
	Value source.Text   `json:"value"`
	Count source.Number `json:"count"`
}

// irisMost is how many domains a filter may match. Beyond it there is no list,
// and no number either.
const irisMost = 5000

type irisAnswer struct {
	LimitExceeded bool                    `json:"limit_exceeded"`
	More          bool                    `json:"has_more_results"`
	Position      source.Text             `json:"position"`
	Total         source.Number           `json:"total_count"`
	Results       source.Rows[irisDomain] `json:"results"`
}

// irisDomain is one domain as it stands.
type irisDomain struct {
	Domain     string              `json:"domain"`
	Updated    string              `json:"data_updated_timestamp"`
	Registrant irisContact         `json:"registrant_contact"`
	Admin      irisContact         `json:"admin_contact"`
	Technical  irisContact         `json:"technical_contact"`
	Billing    irisContact         `json:"billing_contact"`
	Emails     source.Rows[shared] `json:"additional_whois_email"`
	Registrar  shared              `json:"registrar"`
	SOAEmails  source.Rows[shared] `json:"soa_email"`
	Addresses  source.Rows[struct {
		Address shared              `json:"address"`
		ASNs    source.Rows[shared] `json:"asn"`
	}] `json:"ip"`
	MX source.Rows[struct {
		Host shared `json:"host"`
	}] `json:"mx"`
	NameServers source.Rows[struct {
		Host   shared `json:"host"`
		Domain shared `json:"domain"`
	}] `json:"name_server"`
	Certificates source.Rows[irisCertificate] `json:"ssl_info"`
	Analytics    shared                       `json:"google_analytics"`
	GA4          source.Rows[shared]          `json:"ga4"`
	TagManager   source.Rows[shared]          `json:"gtm_codes"`
	AdSense      shared                       `json:"adsense"`
	Redirect     shared                       `json:"redirect"`
	Title        shared                       `json:"website_title"`
	SPF          source.Text                  `json:"spf_info"`
}

type irisContact struct {
	Name   shared              `json:"name"`
	Org    shared              `json:"org"`
	Phone  shared              `json:"phone"`
	Emails source.Rows[shared] `json:"email"`
}

type irisCertificate struct {
	Hash    shared              `json:"hash"` // SHA-1
	Subject shared              `json:"subject"`
	Common  shared              `json:"common_name"`
	Alt     source.Rows[shared] `json:"alt_names"`
}

// decodeIris reads the domains that match a filter. value is what they share
// under relation, if the filter was one of ours.
func decodeIris(relation observation.Relation, value observable.Value, reply source.Reply) (page source.Page, position string, err error) {
	a, err := decodeResponse[irisAnswer](reply, "limit_exceeded")
	if err != nil {
		return page, "", err
	}
	if a.LimitExceeded {
		page.More = true
		page.Total(relation, value, irisMost+1) // at least: it does not say how many
		return page, "", nil
	}
	if err := a.Results.Require("results"); err != nil {
		return page, "", err
	}
	a.Results.Count(&page)
	page.Held = a.Total
	page.Total(relation, value, a.Total)
	for _, d := range a.Results.Items {
		domain, err := observable.New(observable.Domain, d.Domain)
		if err != nil {
			page.Dropped++
			continue
		}
		k := keeper{&page, domain, observation.Window{Last: record.Moment(d.Updated)}}
		if k.window.Last.IsZero() {
			k.window.Last = reply.At
		}
		if relation != 0 && d.holds(relation, value.Text()) {
			page.Add(domain, relation, value.Kind(), value.Text(), k.window)
		}
		k.whois(d)
		k.dns(d)
		k.web(d)
	}
	if a.More {
		page.More, position = true, string(a.Position)
	}
	return page, position, nil
}

// holds reports whether the WHOIS record names text, where the filter looks
// elsewhere too: in the SOA record and in certificates. Who of the contacts it
// is makes no difference, since most registrants write themselves in each.
func (d irisDomain) holds(relation observation.Relation, text string) bool {
	contacts := []irisContact{d.Registrant, d.Admin, d.Technical, d.Billing, {Emails: d.Emails}}
	for _, c := range contacts {
		switch relation {
		case observation.RegistrantPhone:
			if record.International(string(c.Phone.Value)) == text {
				return true
			}
		case observation.RegistrantEmail:
			for _, email := range c.Emails.Items {
				if strings.EqualFold(string(email.Value), text) {
					return true
				}
			}
		default:
			return true
		}
	}
	return false
}

// keeper adds the facts of one domain, each with the count of who shares it.
type keeper struct {
	page   *source.Page
	domain observable.Value
	window observation.Window
}

func (k keeper) add(r observation.Relation, kind observable.Kind, s shared) {
	if !k.page.Add(k.domain, r, kind, string(s.Value), k.window) {
		return
	}
	k.page.Total(r, k.page.Observations[len(k.page.Observations)-1].Object, s.Count)
}

func (k keeper) whois(d irisDomain) {
	k.add(observation.RegistrantName, observable.Person, d.Registrant.Name)
	k.add(observation.RegistrantOrg, observable.Org, d.Registrant.Org)
	for _, email := range d.Registrant.Emails.Items {
		k.add(observation.RegistrantEmail, observable.Email, email)
	}
	phone := d.Registrant.Phone
	phone.Value = source.Text(record.International(string(phone.Value)))
	k.add(observation.RegistrantPhone, observable.Phone, phone)
	k.add(observation.RegistrarOf, observable.Registrar, d.Registrar)
}

func (k keeper) dns(d irisDomain) {
	for _, a := range d.Addresses.Items {
		k.add(observation.ResolvesTo, observable.IP, a.Address)
		address, err := observable.New(observable.IP, string(a.Address.Value))
		for _, asn := range a.ASNs.Items {
			if err == nil {
				k.page.Add(address, observation.AnnouncedBy, observable.ASN, "AS"+string(asn.Value), k.window)
			}
		}
	}
	for _, mx := range d.MX.Items {
		k.add(observation.MX, observable.Domain, mx.Host)
	}
	var servers []string
	for _, ns := range d.NameServers.Items {
		k.add(observation.Nameserver, observable.Domain, ns.Host)
		if company, err := observable.New(observable.Domain, string(ns.Domain.Value)); err == nil {
			k.page.Total(observation.NSDomain, company, ns.Domain.Count)
		}
		servers = append(servers, string(ns.Host.Value))
	}
	if set, ok := record.NameserverSet(k.domain.Text(), servers, k.window); ok {
		k.page.Observations = append(k.page.Observations, set)
	}
	for _, email := range d.SOAEmails.Items {
		k.add(observation.SOAContact, observable.Email, email)
	}
	k.page.Add(k.domain, observation.TXT, observable.Text, string(d.SPF), k.window)
}

func (k keeper) web(d irisDomain) {
	for _, c := range d.Certificates.Items {
		k.add(observation.Serves, observable.Cert, c.Hash)
		r := record.Certificate{SHA1: string(c.Hash.Value), Subject: string(c.Subject.Value), Names: []string{string(c.Common.Value)}}
		for _, name := range c.Alt.Items {
			r.Names = append(r.Names, string(name.Value))
		}
		for _, o := range r.Observations() {
			o.Window = k.window // when it is valid is not said
			k.page.Observations = append(k.page.Observations, o)
		}
	}
	k.add(observation.Title, observable.Title, d.Title)
	for _, tracker := range append(append([]shared{d.Analytics, d.AdSense}, d.GA4.Items...), d.TagManager.Items...) {
		if _, err := strconv.Atoi(string(tracker.Value)); err != nil { // a bare number could be of any service
			k.add(observation.Tracker, observable.Tracker, tracker)
		}
	}
	if strings.Contains(string(d.Redirect.Value), "://") {
		k.add(observation.RedirectsTo, observable.URL, d.Redirect)
	} else {
		k.add(observation.RedirectsTo, observable.Domain, d.Redirect)
	}
}
