package world

import (
	"errors"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// errStopped means that the reader of a stream wants no more.
var errStopped = errors.New("stopped by the reader")

// An observer turns rows into observations, as importing them would.
type observer struct {
	yield  func(observation.Observation) bool
	err    error
	window observation.Window
	count  uint64
}

// see yields one observation of the current row; texts that are not shown are none.
func (o *observer) see(subject observable.Value, relation observation.Relation, kind observable.Kind, text string) {
	if text == "" || o.err != nil {
		return
	}
	if !o.yield(observation.Observation{
		Subject: subject, Relation: relation, Object: observable.Must(kind, text),
		Window: o.window, Count: max(o.count, 1),
	}) {
		o.err = errStopped
	}
}

func (o *observer) at(s span) {
	o.window, o.count = observation.Window{First: moment(s.first), Last: moment(s.last)}, 1
}

func (o *observer) dns(r *dnsRow) error {
	o.at(r.span)
	o.count = r.count
	if r.rtype == "PTR" {
		o.see(observable.Must(observable.IP, r.name), observation.PTR, observable.Domain, r.data)
		return o.err
	}
	name := observable.Must(observable.Domain, r.name)
	switch r.rtype {
	case "A", "AAAA":
		o.see(name, observation.ResolvesTo, observable.IP, r.data)
	case "CNAME":
		o.see(name, observation.CNAME, observable.Domain, r.data)
	case "NS":
		o.see(name, observation.Nameserver, observable.Domain, r.data)
	case "MX":
		_, host, _ := strings.Cut(r.data, " ")
		o.see(name, observation.MX, observable.Domain, host)
	case "TXT":
		o.see(name, observation.TXT, observable.Text, r.data)
	case "SOA":
		mailbox := strings.Fields(r.data)[1]
		o.see(name, observation.SOAContact, observable.Email, strings.Replace(mailbox, ".", "@", 1))
	}
	return o.err
}

func (o *observer) whois(r *whoisRow) error {
	o.at(r.span)
	domain := observable.Must(observable.Domain, r.domain)
	o.see(domain, observation.RegistrantName, observable.Person, r.owner.name)
	o.see(domain, observation.RegistrantOrg, observable.Org, r.owner.org)
	o.see(domain, observation.RegistrantEmail, observable.Email, r.owner.email)
	o.see(domain, observation.RegistrantPhone, observable.Phone, r.owner.phone)
	o.see(domain, observation.RegistrarOf, observable.Registrar, r.registrar)
	o.see(domain, observation.Created, observable.Text, r.registrar+"|"+moment(r.created).Format("2006-01-02T15:04Z"))
	for _, server := range r.servers {
		o.see(domain, observation.Nameserver, observable.Domain, server)
	}
	if len(r.servers) > 1 {
		set := slices.Clone(r.servers)
		slices.Sort(set)
		o.see(domain, observation.NSSet, observable.Text, strings.Join(set, "|"))
	}
	return o.err
}

func (o *observer) cert(r *certRow) error {
	o.at(r.span)
	cert := observable.Must(observable.Cert, r.sha256)
	o.see(cert, observation.SubjectDN, observable.DN, r.subject)
	o.see(cert, observation.IssuedBy, observable.DN, r.issuer)
	o.see(cert, observation.Serial, observable.Serial, r.serial)
	o.see(cert, observation.Key, observable.CertKey, r.key)
	for _, name := range r.names {
		o.see(cert, observation.Names, observable.Domain, name)
	}
	for _, host := range r.hosts {
		o.see(observable.Must(observable.IP, host), observation.Serves, observable.Cert, r.sha256)
	}
	return o.err
}

func (o *observer) web(r *webRow) error {
	o.at(r.span)
	domain := observable.Must(observable.Domain, r.domain)
	o.see(domain, observation.Title, observable.Title, r.title)
	o.see(domain, observation.Favicon, observable.Favicon, r.favicon)
	o.see(domain, observation.BodyHash, observable.BodyHash, r.body)
	for _, tracker := range r.trackers {
		o.see(domain, observation.Tracker, observable.Tracker, tracker)
	}
	return o.err
}

func (o *observer) file(r *fileRow) error {
	o.at(r.span)
	file := observable.Must(observable.File, r.sha256)
	o.see(file, observation.Filename, observable.Filename, r.name)
	o.see(file, observation.Imphash, observable.Imphash, r.imphash)
	o.see(file, observation.Ssdeep, observable.Ssdeep, r.ssdeep)
	o.see(file, observation.SignedBy, observable.Signer, r.signer)
	for _, name := range r.contacts {
		o.see(file, observation.Contacts, observable.Domain, name)
	}
	return o.err
}

func (o *observer) route(r *routeRow) error {
	o.at(r.span)
	o.see(observable.Must(observable.Prefix, r.prefix), observation.AnnouncedBy, observable.ASN, r.asn)
	return o.err
}

func (o *observer) truth(*Truth) error { return nil }
func (o *observer) trap(*Trap) error   { return nil }
