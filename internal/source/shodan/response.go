package shodan

import (
	"fmt"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// banner is one service as it answered a scan. The time has no zone and is UTC.
type banner struct {
	Address string              `json:"ip_str"`
	At      string              `json:"timestamp"`
	ASN     string              `json:"asn"` // "AS64500"
	Names   source.Rows[string] `json:"hostnames"`
	HTTP    source.Maybe[page]  `json:"http"`
	TLS     source.Maybe[tls]   `json:"ssl"`
	SSH     source.Maybe[struct {
		Fingerprint string `json:"fingerprint"` // MD5, octets with colons
	}] `json:"ssh"`
}

type page struct {
	Title   string      `json:"title"`
	Body    source.Text `json:"html_hash"` // mmh3, 0 for an empty body
	Favicon source.Maybe[struct {
		Hash source.Text `json:"hash"` // mmh3
	}] `json:"favicon"`
}

type tls struct {
	JARM        string              `json:"jarm"`
	Chain       source.Rows[string] `json:"chain"` // PEM, the server's own first
	Certificate struct {
		Serial      source.Text            `json:"serial"` // decimal, of up to 20 octets
		Issued      string                 `json:"issued"` // 20060102150405Z
		Expires     string                 `json:"expires"`
		Subject     map[string]source.Text `json:"subject"`
		Issuer      map[string]source.Text `json:"issuer"`
		Fingerprint struct {
			SHA256 string `json:"sha256"`
			SHA1   string `json:"sha1"`
		} `json:"fingerprint"`
	} `json:"cert"`
}

// certificate describes the server's certificate: by its own bytes, where they
// came, since names and key are nowhere else.
func (t tls) certificate() record.Certificate {
	if len(t.Chain.Items) > 0 {
		if c, ok := record.ParsePEM(t.Chain.Items[0]); ok {
			return c
		}
	}
	c := t.Certificate
	return record.Certificate{
		SHA256: c.Fingerprint.SHA256, SHA1: c.Fingerprint.SHA1, Serial: record.DecimalSerial(string(c.Serial)),
		Subject: record.DNOf(c.Subject), Issuer: record.DNOf(c.Issuer), Names: []string{string(c.Subject["CN"])},
		NotBefore: record.Moment(c.Issued), NotAfter: record.Moment(c.Expires),
	}
}

// keep adds what a banner says of its host, and reports whether it said anything.
func (b banner) keep(p *source.Page) bool {
	host, err := observable.New(observable.IP, b.Address)
	if err != nil {
		return false
	}
	before := len(p.Observations)
	seen := record.Moment(b.At)
	w := record.At(seen)
	p.Add(host, observation.AnnouncedBy, observable.ASN, b.ASN, w)
	var named []string
	if t := b.TLS.Value; len(t.Certificate.Fingerprint.SHA256+t.Certificate.Fingerprint.SHA1) > 0 || len(t.Chain.Items) > 0 {
		c := t.certificate()
		c.Seen, named = seen, c.Names
		if value, ok := c.Value(); ok && p.Add(host, observation.Serves, observable.Cert, value.Text(), w) {
			p.Observations = append(p.Observations, c.Observations()...)
		}
	}
	for _, name := range b.Names.Items {
		// Names read from the certificate stand beside those of the reverse DNS.
		if !slices.Contains(named, name) && !slices.Contains(named, "*."+name) {
			p.Add(host, observation.PTR, observable.Domain, name, w)
		}
	}
	if jarm := b.TLS.Value.JARM; strings.Trim(jarm, "0") != "" { // all zeros: no TLS was spoken
		p.Add(host, observation.JARM, observable.JARM, jarm, w)
	}
	p.Add(host, observation.SSHKey, observable.SSHKey, b.SSH.Value.Fingerprint, w)
	h := b.HTTP.Value
	p.Add(host, observation.Title, observable.Title, h.Title, w)
	p.Add(host, observation.Favicon, observable.Favicon, string(h.Favicon.Value.Hash), w)
	if h.Body != "0" {
		p.Add(host, observation.BodyHash, observable.BodyHash, string(h.Body), w)
	}
	return len(p.Observations) > before
}

// failure is how Shodan says no, with any status.
type failure struct {
	Error string `json:"error"`
}

func (f failure) err() error {
	if f.Error == "" {
		return nil
	}
	return fmt.Errorf("%w: Shodan says %.120q", source.ErrBadReply, f.Error)
}

func decodeHost(asked observable.Value, reply source.Reply) (p source.Page, err error) {
	var host struct {
		failure
		Banners source.Rows[banner] `json:"data"`
		Tags    source.Texts        `json:"tags"`
		Updated string              `json:"last_update"` // no zone: UTC
	}
	if err := source.DecodeJSON(reply, &host); err != nil {
		return p, err
	}
	if err := host.err(); err != nil {
		return p, err
	}
	if err := host.Banners.Require("data"); err != nil {
		return p, err
	}
	keepBanners(&p, host.Banners, func(b *banner) { b.Address = asked.Text() })
	for _, tag := range host.Tags {
		if tag != "" { // malware, c2, honeypot, tor, vpn, …
			p.Judge(asked, "tagged "+tag, record.At(record.Moment(host.Updated)))
		}
	}
	return p, nil
}

func keepBanners(p *source.Page, banners source.Rows[banner], complete func(*banner)) {
	banners.Count(p)
	for _, b := range banners.Items {
		complete(&b)
		if !b.keep(p) {
			p.Dropped++
		}
	}
}

func decodeCount(reply source.Reply) (source.Number, error) {
	var counted struct {
		failure
		Total *source.Number `json:"total"`
	}
	if err := source.DecodeJSON(reply, &counted); err != nil {
		return 0, err
	}
	if err := counted.err(); err != nil {
		return 0, err
	}
	if counted.Total == nil {
		return 0, fmt.Errorf("%w: no \"total\" in it", source.ErrBadReply)
	}
	return *counted.Total, nil
}

// decodeSearch reads the services a search found. What was searched for is a
// fact of each of them, also where the banner does not repeat it.
func decodeSearch(s search, reply source.Reply) (p source.Page, err error) {
	var found struct {
		failure
		Matches source.Rows[banner] `json:"matches"`
		Total   source.Number       `json:"total"`
	}
	if err := source.DecodeJSON(reply, &found); err != nil {
		return p, err
	}
	if err := found.err(); err != nil {
		return p, err
	}
	if err := found.Matches.Require("matches"); err != nil {
		return p, err
	}
	keepBanners(&p, found.Matches, func(b *banner) {
		host, err := observable.New(observable.IP, b.Address)
		if err == nil && s.relation != 0 {
			p.Add(host, s.relation, s.shared.Kind(), s.shared.Text(), record.At(record.Moment(b.At)))
		}
	})
	p.Held = found.Total
	p.Total(s.relation, s.shared, found.Total)
	return p, nil
}

// domainRecords is /dns/domain: records by label below the domain, with the last
// sighting only, and names for which there is no record.
type domainRecords struct {
	failure
	Records source.Rows[struct {
		Label string `json:"subdomain"` // "" for the domain itself
		Type  string `json:"type"`
		Value string `json:"value"`
		Last  string `json:"last_seen"`
	}] `json:"data"`
	Labels source.Rows[string] `json:"subdomains"`
	More   bool                `json:"more"`
}

func decodeDomain(domain observable.Value, reply source.Reply) (p source.Page, more bool, err error) {
	var d domainRecords
	if err := source.DecodeJSON(reply, &d); err != nil {
		return p, false, err
	}
	if err := d.err(); err != nil {
		return p, false, err
	}
	if err := d.Records.Require("data"); err != nil {
		return p, false, err
	}
	d.Records.Count(&p)
	nameservers := map[string][]string{}
	for _, r := range d.Records.Items {
		name := below(r.Label, domain)
		o, ok := record.DNS{
			Name: name, Type: r.Type, Data: r.Value, Window: observation.Window{Last: record.Moment(r.Last)},
		}.Observation()
		// The value of a SOA record is the name server here, not the mailbox.
		said := ok && o.Relation != observation.SOAContact && !strings.HasPrefix(r.Label, "*")
		if p.Keep(o, said) && o.Relation == observation.Nameserver {
			nameservers[name] = append(nameservers[name], r.Value)
		}
	}
	for name, set := range nameservers {
		if o, ok := record.NameserverSet(name, set, observation.Window{}); ok {
			p.Observations = append(p.Observations, o)
		}
	}
	for _, label := range d.Labels.Items {
		name, err := observable.New(observable.Domain, below(label, domain))
		if err == nil && label != "" && !strings.HasPrefix(label, "*") {
			p.Add(name, observation.SubdomainOf, observable.Domain, domain.Text(), observation.Window{})
		}
	}
	return p, d.More, nil
}

func below(label string, domain observable.Value) string {
	if label == "" {
		return domain.Text()
	}
	return label + "." + domain.Text()
}
