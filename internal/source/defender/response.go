package defender

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// decodeList reads a page of a collection (OData). keep adds what a row says and
// reports whether that was anything.
func decodeList[T any](reply source.Reply, keep func(T, *source.Page, time.Time) bool) (page source.Page, err error) {
	var answer struct {
		Rows  source.Rows[T] `json:"value"`
		Count source.Number  `json:"@odata.count"`
		Next  string         `json:"@odata.nextLink"`
	}
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if err := answer.Rows.Require("value"); err != nil {
		return page, err
	}
	answer.Rows.Count(&page)
	page.Held = answer.Count
	for _, row := range answer.Rows.Items {
		if !keep(row, &page, reply.At) {
			page.Dropped++
		}
	}
	page.Next = source.Request{URL: answer.Next}
	return page, nil
}

// seen is the window that most records have. Times are RFC 3339, UTC.
type seen struct {
	First string `json:"firstSeenDateTime"`
	Last  string `json:"lastSeenDateTime"`
}

func (s seen) window(at time.Time) observation.Window { return record.Between(s.First, s.Last, at) }

// host is a reference to a name or an address.
type host struct {
	ID string `json:"id"`
}

// value returns what the host is.
func (h host) value() (observable.Value, bool) {
	kind := observable.Domain
	if _, err := netip.ParseAddr(h.ID); err == nil {
		kind = observable.IP
	}
	v, err := observable.New(kind, h.ID)
	return v, err == nil
}

// add keeps one fact of the host.
func (h host) add(p *source.Page, r observation.Relation, kind observable.Kind, text string, w observation.Window) bool {
	v, ok := h.value()
	return ok && p.Add(v, r, kind, text, w)
}

// passiveDNS is a resource record: a name, and what it led to.
type passiveDNS struct {
	seen
	Type     string `json:"recordType"`
	Parent   host   `json:"parentHost"`
	Artifact host   `json:"artifact"`
}

func (d passiveDNS) keep(p *source.Page, at time.Time) bool {
	name, data := d.Parent.ID, d.Artifact.ID
	if record.AddressType(name) != "" && record.AddressType(data) == "" && d.Type != "PTR" {
		name, data = data, name // told from the side of the address
	}
	o, ok := record.DNS{Name: name, Type: d.Type, Data: data, Window: d.window(at)}.Observation()
	if ok {
		p.Observations = append(p.Observations, o)
	}
	return ok
}

// hostCertificate is a certificate that a host showed.
type hostCertificate struct {
	seen
	Host        host        `json:"host"`
	Certificate certificate `json:"sslCertificate"`
}

func (c hostCertificate) keep(p *source.Page, at time.Time) bool {
	value, ok := c.Certificate.record(at).Value()
	return ok && c.Host.add(p, observation.Serves, observable.Cert, value.Text(), c.window(at)) && c.Certificate.keep(p, at)
}

type certificate struct {
	SHA1    string      `json:"sha1"`
	Serial  source.Text `json:"serialNumber"` // decimal
	Issued  string      `json:"issueDateTime"`
	Expires string      `json:"expirationDateTime"`
	Subject entity      `json:"subject"`
	Issuer  entity      `json:"issuer"`
}

// entity is a distinguished name, taken apart.
type entity struct {
	CommonName   string       `json:"commonName"`
	Organization string       `json:"organizationName"`
	Unit         string       `json:"organizationUnitName"`
	Alternates   source.Texts `json:"alternateName"`
	Address      source.Maybe[struct {
		City    string `json:"city"`
		State   string `json:"state"`
		Country string `json:"countryOrRegion"`
	}] `json:"address"`
}

func (e entity) name() string {
	a := e.Address.Value
	return record.DNOf(map[string]string{
		"C": a.Country, "ST": a.State, "L": a.City, "O": e.Organization, "OU": e.Unit, "CN": e.CommonName,
	})
}

func (c certificate) record(at time.Time) record.Certificate {
	return record.Certificate{
		SHA1: c.SHA1, Serial: record.DecimalSerial(string(c.Serial)), Subject: c.Subject.name(), Issuer: c.Issuer.name(),
		Names:     append(c.Subject.Alternates, c.Subject.CommonName),
		NotBefore: record.Moment(c.Issued), NotAfter: record.Moment(c.Expires), Seen: at,
	}
}

func (c certificate) keep(p *source.Page, at time.Time) bool {
	facts := c.record(at).Observations()
	p.Observations = append(p.Observations, facts...)
	return len(facts) > 0
}

// relatedHost is a host that showed a certificate; when is mostly not said.
type relatedHost struct {
	host
	seen
}

func (h relatedHost) keep(p *source.Page, cert observable.Value) bool {
	return h.add(p, observation.Serves, observable.Cert, cert.Text(), h.window(time.Time{}))
}

type tracker struct {
	seen
	Host  host   `json:"host"`
	Value string `json:"value"`
}

func (t tracker) keep(p *source.Page, at time.Time) bool {
	return t.Host.add(p, observation.Tracker, observable.Tracker, t.Value, t.window(at))
}

type cookie struct {
	seen
	Host host   `json:"host"`
	Name string `json:"name"`
}

func (c cookie) keep(p *source.Page, at time.Time) bool {
	return c.Host.add(p, observation.Cookie, observable.Text, c.Name, c.window(at))
}

// pair is a host that sends its visitors to another, or loads from it.
type pair struct {
	seen
	Kind   string `json:"linkKind"` // "redirect", "finalRedirect", "script.src", …
	Parent host   `json:"parentHost"`
	Child  host   `json:"childHost"`
}

func (l pair) keep(p *source.Page, at time.Time) bool {
	child, ok := l.Child.value()
	switch {
	case !ok:
		return false
	case strings.Contains(strings.ToLower(l.Kind), "redirect"):
		return l.Parent.add(p, observation.RedirectsTo, child.Kind(), child.Text(), l.window(at))
	case strings.Contains(l.Kind, "."): // element.attribute, as in img.src
		return l.Parent.add(p, observation.Resource, observable.Text, child.Text(), l.window(at))
	}
	return false
}

type subdomain struct {
	seen
	ID   string `json:"id"`
	Host host   `json:"host"`
}

// keep takes the name from its host or, in replies without one, from its id. The
// first time a name was seen says nothing of how long it was there.
func (s subdomain) keep(p *source.Page, domain observable.Value) bool {
	for _, text := range []string{s.Host.ID, s.ID} {
		name, err := observable.New(observable.Domain, text)
		if err == nil && strings.HasSuffix(name.Text(), "."+domain.Text()) {
			return p.Add(name, observation.SubdomainOf, observable.Domain, domain.Text(), observation.Window{First: record.Moment(s.First)})
		}
	}
	return false
}

type contact struct {
	Name         string `json:"name"`
	Organization string `json:"organization"`
	Email        string `json:"email"`
	Telephone    string `json:"telephone"`
}

type whoisRecord struct {
	seen
	Host        host                  `json:"host"`
	Updated     string                `json:"lastUpdateDateTime"`
	Registered  string                `json:"registrationDateTime"`
	Registrant  source.Maybe[contact] `json:"registrant"`
	Registrar   source.Maybe[contact] `json:"registrar"`
	Nameservers source.Rows[struct {
		Host host `json:"host"`
	}] `json:"nameservers"`
}

func (w whoisRecord) keep(p *source.Page, at time.Time) bool {
	who := w.Registrant.Value
	r := record.Registration{
		Domain: w.Host.ID, Registrar: w.Registrar.Value.Organization,
		Names: []string{who.Name}, Orgs: []string{who.Organization}, Emails: []string{who.Email}, Phones: []string{who.Telephone},
		Window: w.window(at),
	}
	if !r.Known() {
		r.Window = observation.Window{First: record.Moment(w.Updated), Last: at}
	}
	if created, day, ok := record.ParseTime(w.Registered); ok && !day {
		r.Created = created
	}
	for _, ns := range w.Nameservers.Items {
		r.Nameservers = append(r.Nameservers, ns.Host.ID)
	}
	facts := r.Observations()
	p.Observations = append(p.Observations, facts...)
	return len(facts) > 0
}

// decodeWhois reads the one record of a host, which has no list around it.
func decodeWhois(reply source.Reply) (page source.Page, err error) {
	var w whoisRecord
	if err := source.DecodeJSON(reply, &w); err != nil {
		return page, err
	}
	if w.Host.ID == "" {
		return page, fmt.Errorf("%w: no \"host\" in it", source.ErrBadReply)
	}
	page.Rows = 1
	if !w.keep(&page, reply.At) {
		page.Dropped = 1
	}
	return page, nil
}
