package virustotal

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// certificate is last_https_certificate and an ssl_cert object. Validity is
// "2006-01-02 15:04:05", UTC.
type certificate struct {
	SHA256     string                 `json:"thumbprint_sha256"`
	SHA1       string                 `json:"thumbprint"`
	Serial     string                 `json:"serial_number"`
	Subject    map[string]source.Text `json:"subject"`
	Issuer     map[string]source.Text `json:"issuer"`
	Extensions struct {
		Names source.Rows[string] `json:"subject_alternative_name"`
	} `json:"extensions"`
	Validity struct {
		NotBefore string `json:"not_before"`
		NotAfter  string `json:"not_after"`
	} `json:"validity"`
}

// certificate keeps that host showed c during w, and what c says itself.
func (f *facts) certificate(host observable.Value, c certificate, w observation.Window, seen time.Time) bool {
	x := record.Certificate{
		SHA256: c.SHA256, SHA1: c.SHA1, Serial: c.Serial,
		Subject: record.DNOf(c.Subject), Issuer: record.DNOf(c.Issuer),
		Names:     append(c.Extensions.Names.Items, string(c.Subject["CN"])),
		NotBefore: record.Moment(c.Validity.NotBefore), NotAfter: record.Moment(c.Validity.NotAfter), Seen: seen,
	}
	value, ok := x.Value()
	if !ok || !f.add(host, observation.Serves, observable.Cert, value.Text(), w) {
		return false
	}
	f.Observations = append(f.Observations, x.Observations()...)
	return true
}

// hostAttributes are what domains and addresses have in common.
type hostAttributes struct {
	verdict
	JARM        string       `json:"jarm"`
	Certificate *certificate `json:"last_https_certificate"`
	Scanned     int64        `json:"last_https_certificate_date"`
	Modified    int64        `json:"last_modification_date"`
	Favicon     struct {
		MD5 string `json:"raw_md5"`
	} `json:"favicon"`
}

// host keeps what the last scan saw. Without a date of the scan, that of the
// last change to the object bounds it.
func (f *facts) host(v observable.Value, h hostAttributes) {
	w := record.At(record.Unix(h.Scanned))
	if h.Scanned == 0 {
		w = observation.Window{Last: record.Unix(h.Modified)}
	}
	f.judged(v, h.verdict)
	if h.Certificate != nil {
		f.certificate(v, *h.Certificate, w, w.Last)
	}
	f.add(v, observation.JARM, observable.JARM, h.JARM, w)
	f.add(v, observation.Favicon, observable.Favicon, h.Favicon.MD5, w)
}

type domainAttributes struct {
	hostAttributes
	Records source.Rows[struct {
		Type  string `json:"type"`
		Value string `json:"value"`
		RName string `json:"rname"` // of a SOA record, whose value is the name server
	}] `json:"last_dns_records"`
	Resolved int64  `json:"last_dns_records_date"`
	Whois    string `json:"whois"` // "Key: value" a line, sorted
	WhoisAt  int64  `json:"whois_date"`
}

func decodeDomain(asked observable.Value, reply source.Reply) (source.Page, error) {
	var d domainAttributes
	if _, err := decodeObject(reply, &d); err != nil {
		return source.Page{}, err
	}
	f := facts{source.Page{Rows: 1, Dropped: d.Records.Odd}}
	f.records(asked, d)
	f.host(asked, d.hostAttributes)
	if d.Whois != "" {
		fields := whoisText(d.Whois)
		f.registration(asked, fields, record.Moment(first(fields["Updated Date"])), record.Unix(d.WhoisAt))
	}
	return f.Page, nil
}

// records keeps the DNS records of the last resolution. A null MX (an empty
// value, RFC 7505) and types outside the vocabulary, such as CAA, say nothing.
func (f *facts) records(domain observable.Value, d domainAttributes) {
	w := record.At(record.Unix(d.Resolved))
	var nameservers []string
	for _, r := range d.Records.Items {
		data := r.Value
		if r.Type == "SOA" {
			data = r.RName
		}
		if r.Type == "NS" {
			nameservers = append(nameservers, r.Value)
		}
		o, ok := record.DNS{Name: domain.Text(), Type: r.Type, Data: data, Window: w}.Observation()
		f.Keep(o, ok)
	}
	if set, ok := record.NameserverSet(domain.Text(), nameservers, w); ok {
		f.Observations = append(f.Observations, set)
	}
}

// whoisText reads "Key: value" lines into the form of a whois_map.
func whoisText(text string) map[string]source.Text {
	fields := map[string]source.Text{}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || value == "" {
			continue
		}
		if old := fields[key]; old != "" {
			value = string(old) + separator + value
		}
		fields[key] = source.Text(value)
	}
	return fields
}

// separator joins the values of a key that came more than once.
const separator = " | "

func first(joined source.Text) string {
	value, _, _ := strings.Cut(string(joined), separator)
	return value
}

// hashed matches the stand-ins VirusTotal puts in place of personal data. They
// are left out: a privacy service's phrase, hashed, would look like a person
// and no suppression list could know it.
var hashed = regexp.MustCompile(`^[0-9a-f]{16}(s?@.*)?$`)

func unhashed(joined source.Text) []string {
	var values []string
	for value := range strings.SplitSeq(string(joined), separator) {
		if !hashed.MatchString(value) {
			values = append(values, value)
		}
	}
	return values
}

// registration keeps one WHOIS record, which of a host name is that of the
// domain above it. It held from its last update until it was seen.
func (f *facts) registration(asked observable.Value, fields map[string]source.Text, updated, seen time.Time) {
	r := record.Registration{
		Domain: first(fields["Domain Name"]), Registrar: first(fields["Registrar"]),
		Names: unhashed(fields["Registrant Name"]), Orgs: unhashed(fields["Registrant Organization"]),
		Emails: unhashed(fields["Registrant Email"]), Phones: unhashed(fields["Registrant Phone"]),
		Nameservers: strings.Split(string(fields["Name Server"]), separator),
		Window:      observation.Window{First: updated, Last: seen},
	}
	if r.Domain == "" {
		r.Domain = asked.Text()
	}
	for created := range strings.SplitSeq(string(fields["Creation Date"]), separator) {
		if t, day, ok := record.ParseTime(created); ok && !day {
			r.Created = t
		}
	}
	f.Observations = append(f.Observations, r.Observations()...)
}

// decodeWhoisHistory reads WHOIS records by when VirusTotal first saw them.
func decodeWhoisHistory(asked observable.Value, l list) source.Page {
	type whois struct {
		Seen    int64                  `json:"first_seen_date"`
		Updated int64                  `json:"last_updated"` // the record's own
		Fields  map[string]source.Text `json:"whois_map"`
	}
	var f facts
	for _, row := range l.Data.Items {
		if w, ok := attributes[whois](&f, row); ok {
			f.registration(asked, w.Fields, record.Unix(w.Updated), record.Unix(w.Seen))
		}
	}
	return f.Page
}

type addressAttributes struct {
	hostAttributes
	Network string `json:"network"`
	ASN     int64  `json:"asn"`
}

func decodeAddress(asked observable.Value, reply source.Reply) (source.Page, error) {
	var a addressAttributes
	if _, err := decodeObject(reply, &a); err != nil {
		return source.Page{}, err
	}
	f := facts{source.Page{Rows: 1}}
	f.address(asked, a)
	return f.Page, nil
}

func (f *facts) address(v observable.Value, a addressAttributes) {
	w := observation.Window{Last: record.Unix(a.Modified)}
	f.add(v, observation.InPrefix, observable.Prefix, a.Network, w)
	if a.ASN > 0 {
		f.add(v, observation.AnnouncedBy, observable.ASN, "AS"+strconv.FormatInt(a.ASN, 10), w)
	}
	f.host(v, a.hostAttributes)
}

// decodeServing reads the address a URL was last served from.
func decodeServing(asked observable.Value, reply source.Reply) (source.Page, error) {
	var a addressAttributes
	o, err := decodeObject(reply, &a)
	if err != nil {
		return source.Page{}, err
	}
	address, err := observable.New(observable.IP, o.ID)
	if err != nil {
		return source.Page{Rows: 1, Dropped: 1}, nil
	}
	f := facts{source.Page{Rows: 1}}
	if u, err := url.Parse(asked.Text()); err == nil {
		if host, err := observable.New(observable.Domain, u.Hostname()); err == nil {
			f.add(host, observation.ResolvesTo, observable.IP, address.Text(), observation.Window{})
		}
	}
	f.address(address, a)
	return f.Page, nil
}

type urlAttributes struct {
	verdict
	URL      string                  `json:"url"`
	FinalURL string                  `json:"last_final_url"`
	Body     string                  `json:"last_http_response_content_sha256"`
	Title    string                  `json:"title"`
	Trackers map[string]source.Rows[ // by the name of the service
	struct {
		ID string `json:"id"`
	}] `json:"trackers"`
	Favicon struct {
		MD5 string `json:"raw_md5"`
	} `json:"favicon"`
}

func decodeURL(asked observable.Value, reply source.Reply) (source.Page, error) {
	var u urlAttributes
	if _, err := decodeObject(reply, &u); err != nil {
		return source.Page{}, err
	}
	f := facts{source.Page{Rows: 1}}
	w := record.At(record.Unix(u.At))
	f.judged(asked, u.verdict)
	f.add(asked, observation.BodyHash, observable.BodyHash, u.Body, w)
	f.add(asked, observation.Title, observable.Title, u.Title, w)
	f.add(asked, observation.Favicon, observable.Favicon, u.Favicon.MD5, w)
	f.add(asked, observation.RedirectsTo, observable.URL, u.FinalURL, w)
	for _, ids := range u.Trackers {
		for _, t := range ids.Items {
			f.add(asked, observation.Tracker, observable.Tracker, t.ID, w)
		}
	}
	return f.Page, nil
}
