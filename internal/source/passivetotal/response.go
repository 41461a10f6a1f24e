package passivetotal

import (
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// passive is /dns/passive: "value" is what was asked, "resolve" the other end.
// Times are "2006-01-02 15:04:05", UTC.
type passive struct {
	Results source.Rows[struct {
		Value   string `json:"value"`
		Resolve string `json:"resolve"`
		Type    string `json:"recordType"` // A, MX, …, "TXT (SPF1)"
		First   string `json:"firstSeen"`
		Last    string `json:"lastSeen"`
	}] `json:"results"`
	Total source.Number `json:"totalRecords"`
}

func decodePassive(asked observable.Value, reply source.Reply) (source.Page, error) {
	var answer passive
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if err := answer.Results.Require("results"); err != nil {
		return source.Page{}, err
	}
	page := source.Page{Held: answer.Total}
	answer.Results.Count(&page)
	for _, r := range answer.Results.Items {
		name, data := r.Value, r.Resolve
		rrtype, _, _ := strings.Cut(r.Type, " ")
		if asked.Kind() == observable.IP || rrtype == "CNAME" && strings.HasSuffix(data, "."+asked.Text()) {
			// Asked by address, the name is the answer. And a CNAME from a domain to
			// a name below it is the other way round: the apex can have none.
			name, data = data, name
		}
		o, ok := record.DNS{
			Name: name, Type: rrtype, Data: data, Window: record.Between(r.First, r.Last, reply.At),
		}.Observation()
		page.Keep(o, ok)
	}
	return page, nil
}

// unique is /dns/passive/unique: the other ends without type or time.
type unique struct {
	Results source.Rows[string] `json:"results"`
	Total   source.Number       `json:"total"`
}

func decodeUnique(asked observable.Value, reply source.Reply) (source.Page, error) {
	var answer unique
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if err := answer.Results.Require("results"); err != nil {
		return source.Page{}, err
	}
	page := source.Page{Held: answer.Total}
	answer.Results.Count(&page)
	for _, other := range answer.Results.Items {
		name, address := asked.Text(), other
		if asked.Kind() == observable.IP {
			name, address = other, asked.Text()
		}
		o, ok := record.DNS{Name: name, Type: record.AddressType(address), Data: address}.Observation()
		page.Keep(o, ok)
	}
	if asked.Kind() == observable.IP && answer.Total > 0 {
		page.Totals = append(page.Totals, corpus.Total{Relation: observation.ResolvesTo, Object: asked, N: uint64(answer.Total)})
	}
	return page, nil
}

type contact struct {
	Name         string `json:"name"`
	Organization string `json:"organization"`
	Email        string `json:"email"`
	Telephone    string `json:"telephone"`
}

// whois gives times with a numeric zone.
type whois struct {
	Domain      *string             `json:"domain"`
	Registrar   string              `json:"registrar"`
	Registered  string              `json:"registered"`
	Updated     string              `json:"registryUpdatedAt"`
	Loaded      string              `json:"lastLoadedAt"`
	Nameservers source.Rows[string] `json:"nameServers"`
	Registrant  contact             `json:"registrant"`
}

func (w whois) registration() record.Registration {
	r := record.Registration{
		Domain: *w.Domain, Registrar: w.Registrar, Nameservers: w.Nameservers.Items,
		Names: []string{w.Registrant.Name}, Orgs: []string{w.Registrant.Organization},
		Emails: []string{w.Registrant.Email}, Phones: []string{record.International(w.Registrant.Telephone)},
		Window: record.Between(w.Updated, w.Loaded, record.Moment(w.Loaded)),
	}
	if created, day, ok := record.ParseTime(w.Registered); ok && !day {
		r.Created = created
	}
	return r
}

func decodeWhois(_ observable.Value, reply source.Reply) (source.Page, error) {
	var answer whois
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if answer.Domain == nil {
		return source.Page{}, missing("domain")
	}
	return source.Page{Rows: 1, Observations: answer.registration().Observations()}, nil
}

func missing(member string) error {
	var none source.Rows[string]
	return none.Require(member)
}

// decodeWhoisSearch reads the domains a registrant holds. The recording has rows
// whose domain is the registrant's address: they are no domain and are dropped.
func decodeWhoisSearch(_ observable.Value, reply source.Reply) (source.Page, error) {
	var answer struct {
		Results source.Rows[whois] `json:"results"`
	}
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if err := answer.Results.Require("results"); err != nil {
		return source.Page{}, err
	}
	var page source.Page
	answer.Results.Count(&page)
	for _, w := range answer.Results.Items {
		var facts []observation.Observation
		if w.Domain != nil {
			facts = w.registration().Observations()
		}
		page.KeepAll(facts)
	}
	return page, nil
}

// certificate has its serial number in decimal. The recording's firstSeen lies
// before the issue date, so it is not used.
type certificate struct {
	SHA1     string              `json:"sha1"`
	Serial   string              `json:"serialNumber"`
	Issued   string              `json:"issueDate"`
	Expires  string              `json:"expirationDate"`
	Names    source.Rows[string] `json:"subjectAlternativeNames"`
	Common   string              `json:"subjectCommonName"`
	Org      string              `json:"subjectOrganizationName"`
	Unit     string              `json:"subjectOrganizationUnitName"`
	Locality string              `json:"subjectLocalityName"`
	State    string              `json:"subjectStateOrProvinceName"`
	Country  string              `json:"subjectCountry"`

	IssuerCommon   string `json:"issuerCommonName"`
	IssuerOrg      string `json:"issuerOrganizationName"`
	IssuerUnit     string `json:"issuerOrganizationUnitName"`
	IssuerLocality string `json:"issuerLocalityName"`
	IssuerState    string `json:"issuerStateOrProvinceName"`
	IssuerCountry  string `json:"issuerCountry"`
}

func (c certificate) observations() []observation.Observation {
	return record.Certificate{
		SHA1:   c.SHA1,
		Serial: record.DecimalSerial(c.Serial),
		Subject: record.DNOf(map[string]string{
			"C": c.Country, "ST": c.State, "L": c.Locality, "O": c.Org, "OU": c.Unit, "CN": c.Common,
		}),
		Issuer: record.DNOf(map[string]string{
			"C": c.IssuerCountry, "ST": c.IssuerState, "L": c.IssuerLocality,
			"O": c.IssuerOrg, "OU": c.IssuerUnit, "CN": c.IssuerCommon,
		}),
		Names:     append(c.Names.Items, c.Common),
		NotBefore: record.Moment(c.Issued),
		NotAfter:  record.Moment(c.Expires),
	}.Observations()
}

func decodeCertificate(_ observable.Value, reply source.Reply) (source.Page, error) {
	var answer struct {
		Results source.Rows[certificate] `json:"results"`
	}
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if err := answer.Results.Require("results"); err != nil {
		return source.Page{}, err
	}
	var page source.Page
	answer.Results.Count(&page)
	for _, c := range answer.Results.Items {
		page.KeepAll(c.observations())
	}
	return page, nil
}

// decodeCertificateHistory reads which addresses showed a certificate, by days,
// asked by either end.
func decodeCertificateHistory(_ observable.Value, reply source.Reply) (source.Page, error) {
	var answer struct {
		Results source.Rows[struct {
			SHA1      string              `json:"sha1"`
			Addresses source.Rows[string] `json:"ipAddresses"`
			First     string              `json:"firstSeen"`
			Last      string              `json:"lastSeen"`
		}] `json:"results"`
	}
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if err := answer.Results.Require("results"); err != nil {
		return source.Page{}, err
	}
	var page source.Page
	answer.Results.Count(&page)
	for _, r := range answer.Results.Items {
		cert, err := observable.New(observable.Cert, r.SHA1)
		if err != nil {
			page.Dropped++
			continue
		}
		for _, address := range r.Addresses.Items {
			host, err := observable.New(observable.IP, address)
			if err != nil {
				page.Dropped++
				continue
			}
			page.Observations = append(page.Observations, observation.Observation{
				Subject: host, Relation: observation.Serves, Object: cert,
				Window: record.Between(r.First, r.Last, reply.At), Count: 1,
			})
		}
	}
	return page, nil
}
