package misp

import (
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// object reads one by its template.
func (t *teller) object(o *object) {
	w := t.times(o.First, o.Last)
	switch o.Name {
	case "file", "android-app":
		t.file(o, w)
	case "domain-ip":
		t.domainIP(o, w)
	case "dns-record":
		t.dnsRecord(o, w)
	case "passive-dns":
		t.passiveDNS(o, w)
	case "x509":
		t.certificate(o)
	case "whois":
		t.whois(o, w)
	case "asn":
		t.asn(o, w)
	case "pe":
		// Told with the file that includes it: alone it has no digest.
	default:
		for i := range o.Attributes {
			a := o.Attributes[i]
			a.UUID = o.UUID
			t.single(&a)
		}
	}
}

// all returns the values of attributes of a relation.
func (o *object) all(relations ...string) []string {
	var values []string
	for _, a := range o.Attributes {
		for _, r := range relations {
			if a.Relation == r {
				values = append(values, strings.TrimSpace(a.Value))
			}
		}
	}
	return values
}

func (o *object) first(relations ...string) string {
	if all := o.all(relations...); len(all) > 0 {
		return all[0]
	}
	return ""
}

// file reads a file with the pe object it includes. An app of several versions
// has a digest for each: those are several files.
func (t *teller) file(o *object, w observation.Window) {
	var f record.File
	for i := range o.Attributes {
		if o.Name == "file" {
			describeFile(&f, &o.Attributes[i])
		}
	}
	for _, r := range o.References {
		if pe := t.included[r.To]; pe != nil {
			for i := range pe.Attributes {
				if a := &pe.Attributes[i]; a.Type != "filename" {
					describeFile(&f, a)
				}
			}
		}
	}
	f.Window = w
	if v, ok := f.Value(); ok {
		t.is(o.UUID, v)
		t.keep(f.Observations())
	}
	if o.Name == "android-app" {
		t.app(o, w)
	}
}

func (t *teller) app(o *object, w observation.Window) {
	signers := o.all("certificate")
	for _, digest := range o.all("sha256") {
		f := record.File{SHA256: digest, Window: w}
		if len(signers) == 1 { // of several, nobody says which file has which
			f.Signers = signers
		}
		if v, ok := f.Value(); ok {
			t.is(o.UUID, v)
			t.keep(f.Observations())
		}
	}
	for _, name := range o.all("domain") {
		if v, err := observable.New(observable.Domain, name); err == nil {
			t.is(o.UUID, v)
		}
	}
}

func (t *teller) domainIP(o *object, w observation.Window) {
	if own := record.Between(o.first("first-seen"), o.first("last-seen"), t.out.AsOf); own.Known() {
		w = own
	}
	var names, addresses []observable.Value
	for _, text := range o.all("domain", "hostname") {
		if v, err := observable.New(observable.Domain, text); err == nil {
			names = append(names, v)
		}
	}
	for _, text := range o.all("ip") {
		if v, err := observable.New(observable.IP, text); err == nil {
			addresses = append(addresses, v)
		}
	}
	t.is(o.UUID, names...)
	t.is(o.UUID, addresses...)
	if t.many(o.Name, len(names), len(addresses)) {
		return
	}
	f := record.Facts{Window: w}
	for _, name := range names {
		for _, address := range addresses {
			f.Link(name, observation.ResolvesTo, address)
		}
	}
	t.keep(f.All)
}

func (t *teller) dnsRecord(o *object, w observation.Window) {
	names := o.all("queried-domain")
	if t.many(o.Name, len(names), len(o.Attributes)) {
		return
	}
	for _, name := range names {
		for _, rrtype := range []string{"a", "aaaa", "cname", "mx", "ns", "soa", "txt"} {
			for _, data := range o.all(rrtype + "-record") {
				t.dns(o, record.DNS{Name: name, Type: rrtype, Data: data, Window: w})
			}
		}
	}
}

func (t *teller) passiveDNS(o *object, w observation.Window) {
	if own := (observation.Window{First: moment(o.first("time_first")), Last: moment(o.first("time_last"))}); own.Known() {
		w = own
	}
	count, _ := strconv.ParseUint(o.first("count"), 10, 64)
	for _, data := range o.all("rdata") {
		t.dns(o, record.DNS{Name: o.first("rrname"), Type: o.first("rrtype"), Data: data, Window: w, Count: count})
	}
}

func (t *teller) dns(o *object, r record.DNS) {
	if fact, ok := r.Observation(); ok {
		t.is(o.UUID, fact.Subject)
		t.out.Keep(fact)
	}
}

func moment(text string) time.Time {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return record.Unix(seconds)
	}
	return record.Moment(text)
}

func (t *teller) certificate(o *object) {
	c := record.Certificate{
		SHA256: o.first("x509-fingerprint-sha256"), SHA1: o.first("x509-fingerprint-sha1"),
		Subject: o.first("subject"), Issuer: o.first("issuer"), Serial: o.first("serial-number"),
		Names:     o.all("dns_names", "ip", "subject-alternative-name"),
		NotBefore: record.Moment(o.first("validity-not-before")), NotAfter: record.Moment(o.first("validity-not-after")), Seen: t.window.Last,
	}
	if v, ok := c.Value(); ok {
		t.is(o.UUID, v)
		t.keep(c.Observations())
	}
}

func (t *teller) whois(o *object, w observation.Window) {
	names := o.all("domain")
	if t.many(o.Name, len(names), len(o.Attributes)) {
		return
	}
	for _, name := range names {
		r := record.Registration{
			Domain: name, Registrar: o.first("registrar"), Created: record.Moment(o.first("creation-date")),
			Names: o.all("registrant-name"), Orgs: o.all("registrant-org"), Emails: o.all("registrant-email"),
			Phones: o.all("registrant-phone"), Nameservers: o.all("nameserver"), Window: w,
		}
		if v, err := observable.New(observable.Domain, name); err == nil {
			t.is(o.UUID, v)
		}
		t.keep(r.Observations())
	}
}

func (t *teller) asn(o *object, w observation.Window) {
	f := record.Facts{Window: w}
	for _, prefix := range o.all("subnet-announced") {
		if v, err := observable.New(observable.Prefix, prefix); err == nil {
			f.Add(v, observation.AnnouncedBy, observable.ASN, o.first("asn"))
		}
	}
	t.keep(f.All)
}

// relations are the relationships clew has a word for, from a file to what
// follows; back says that the object referred to is the subject.
var relations = map[string]struct {
	relation observation.Relation
	back     bool
}{
	"communicates-with": {observation.Contacts, false},
	"connected-to":      {observation.Contacts, false},
	"connects-to":       {observation.Contacts, false},
	"contacts":          {observation.Contacts, false},
	"beacons-to":        {observation.Contacts, false},
	"exfiltrates-to":    {observation.Contacts, false},
	"downloaded-from":   {observation.DownloadedFrom, false},
	"retrieved-from":    {observation.DownloadedFrom, false},
	"drops":             {observation.Drops, false},
	"dropped-by":        {observation.Drops, true},
	"extracted-from":    {observation.Contains, true},
	"resolved-to":       {observation.ResolvesTo, false},
	"resolves-to":       {observation.ResolvesTo, false},
	"redirects-to":      {observation.RedirectsTo, false},
}

// references reads what an object says of others.
func (t *teller) references(o *object) {
	f := record.Facts{Window: t.times(o.First, o.Last)}
	for _, r := range o.References {
		known, ok := relations[strings.ToLower(r.Kind)]
		if !ok {
			continue
		}
		from, to := t.values[o.UUID], t.values[r.To]
		if known.back {
			from, to = to, from
		}
		if t.many(r.Kind, len(from), len(to)) {
			continue
		}
		for _, a := range from {
			for _, b := range to {
				f.Link(a, known.relation, b)
			}
		}
		if len(f.All) > maxValues {
			t.out.Reject("more than %d facts by the references of one object", maxValues)
			break
		}
	}
	t.keep(f.All)
}
