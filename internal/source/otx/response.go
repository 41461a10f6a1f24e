package otx

import (
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// Times are UTC without a zone. An address may be a name, or "NXDOMAIN".
type passiveDNS struct {
	Records source.Rows[struct {
		Address  string `json:"address"`
		Hostname string `json:"hostname"`
		Type     string `json:"record_type"`
		First    string `json:"first"`
		Last     string `json:"last"`
		ASN      string `json:"asn"` // "AS64500 a holder", or "ASNone "
	}] `json:"passive_dns"`
	Count source.Number `json:"count"`
}

func decodePassiveDNS(asked observable.Value, reply source.Reply) (source.Page, error) {
	var answer passiveDNS
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if err := answer.Records.Require("passive_dns"); err != nil {
		return source.Page{}, err
	}
	page := source.Page{Held: answer.Count}
	answer.Records.Count(&page)
	names := map[observable.Value]bool{}
	for _, r := range answer.Records.Items {
		o, ok := record.DNS{
			Name: r.Hostname, Type: r.Type, Data: r.Address, Window: record.Between(r.First, r.Last, reply.At),
		}.Observation()
		if !page.Keep(o, ok) {
			continue
		}
		if o.Object == asked {
			names[o.Subject] = true
		}
		if announced, ok := announcedBy(o.Object, r.ASN); ok {
			page.Observations = append(page.Observations, announced)
		}
	}
	if asked.Kind() == observable.IP && len(names) > 0 {
		// Count counts rows. With all of them here the names can be counted instead.
		n := len(names)
		if int(answer.Count) > page.Rows {
			n = int(answer.Count)
		}
		page.Totals = append(page.Totals, corpus.Total{Relation: observation.ResolvesTo, Object: asked, N: uint64(n)})
	}
	return page, nil
}

// announcedBy reads "AS64500 a holder". When OTX saw it is not said.
func announcedBy(addr observable.Value, text string) (o observation.Observation, ok bool) {
	number, _, _ := strings.Cut(text, " ")
	asn, err := observable.New(observable.ASN, number)
	if err != nil || addr.Kind() != observable.IP || number == "ASNone" {
		return o, false
	}
	return observation.Observation{Subject: addr, Relation: observation.AnnouncedBy, Object: asn, Count: 1}, true
}

type urlList struct {
	URLs source.Rows[struct {
		URL      string `json:"url"`
		Hostname string `json:"hostname"`
		Domain   string `json:"domain"`
		Date     string `json:"date"`
		Result   struct {
			Worker struct {
				IP     string `json:"ip"`
				SHA256 string `json:"sha256"`
			} `json:"urlworker"`
		} `json:"result"`
	}] `json:"url_list"`
	HasNext bool          `json:"has_next"`
	Full    source.Number `json:"full_size"`
}

// decodeURLList reads where a host's URLs were served from, and what came back.
func decodeURLList(asked observable.Value, reply source.Reply) (source.Page, error) {
	var answer urlList
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if err := answer.URLs.Require("url_list"); err != nil {
		return source.Page{}, err
	}
	page := source.Page{Held: answer.Full, More: answer.HasNext}
	answer.URLs.Count(&page)
	for _, u := range answer.URLs.Items {
		window := record.At(record.Moment(u.Date))
		address := u.Result.Worker.IP
		if asked.Kind() == observable.IP {
			address = asked.Text()
		}
		name := u.Hostname
		if name == "" {
			name = u.Domain
		}
		kept := len(page.Observations)
		if o, ok := (record.DNS{Name: name, Type: record.AddressType(address), Data: address, Window: window}).Observation(); ok {
			page.Observations = append(page.Observations, o)
		}
		subject, errURL := observable.New(observable.URL, u.URL)
		body, errBody := observable.New(observable.BodyHash, u.Result.Worker.SHA256)
		if errURL == nil && errBody == nil {
			page.Observations = append(page.Observations, observation.Observation{
				Subject: subject, Relation: observation.BodyHash, Object: body, Window: window, Count: 1,
			})
		}
		if len(page.Observations) == kept {
			page.Dropped++
		}
	}
	return page, nil
}
