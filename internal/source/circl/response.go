package circl

import (
	"fmt"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// cof is one line of passive DNS, draft-dulaunoy-dnsop-passive-dns-cof. Times
// are seconds since the epoch.
type cof struct {
	Name  string        `json:"rrname"`
	Type  string        `json:"rrtype"`
	Data  source.Texts  `json:"rdata"`
	First source.Number `json:"time_first"`
	Last  source.Number `json:"time_last"`
	Count source.Number `json:"count"`
}

func decodeRecords(reply source.Reply) (page source.Page, err error) {
	rows, err := source.DecodeLines[cof](reply)
	rows.Count(&page)
	for _, r := range rows.Items {
		if r.Name == "" {
			return page, fmt.Errorf("%w: a line without rrname", source.ErrBadReply)
		}
		window := observation.Window{First: record.Unix(int64(r.First)), Last: record.Unix(int64(r.Last))}
		kept := false
		for _, data := range r.Data {
			d := record.DNS{Name: r.Name, Type: r.Type, Data: data, Window: window, Count: uint64(max(r.Count, 1))}
			if o, ok := d.Observation(); ok {
				page.Observations = append(page.Observations, o)
				kept = true
			}
		}
		if !kept {
			page.Dropped++
		}
	}
	if trouble := reply.Header.Get(headerErrors); err == nil && trouble != "" && trouble != "{}" && trouble != "[]" {
		err = fmt.Errorf("%w: CIRCL reports %.200q", source.ErrBadReply, trouble)
	}
	return page, err
}

// hosts is what v2pssl/query says of each address asked about.
type hosts map[string]struct {
	Certificates source.Rows[string] `json:"certificates"`
	Subjects     map[string]struct {
		Values source.Rows[string] `json:"values"`
	} `json:"subjects"`
}

// decodeHosts reads which certificates were seen on which addresses. There are
// no times, and with a certificate come those of its issuers.
func decodeHosts(reply source.Reply) (page source.Page, err error) {
	var answer hosts
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if len(answer) == 0 { // nothing else in the reply would tell trouble from silence
		return page, fmt.Errorf("%w: no hosts in it, which may mean that none is known", source.ErrBadReply)
	}
	addresses := make([]string, 0, len(answer))
	for address := range answer {
		addresses = append(addresses, address)
	}
	slices.Sort(addresses)
	for _, address := range addresses {
		seen := answer[address]
		ip, err := observable.New(observable.IP, address)
		seen.Certificates.Count(&page)
		if err != nil || !seen.Certificates.Given {
			page.Rows, page.Dropped = page.Rows+1, page.Dropped+1
			continue
		}
		for _, sha1 := range seen.Certificates.Items {
			if !page.Add(ip, observation.Serves, observable.Cert, sha1, observation.Window{}) {
				page.Dropped++
				continue
			}
			cert := page.Observations[len(page.Observations)-1].Object
			for _, subject := range seen.Subjects[sha1].Values.Items {
				page.Add(cert, observation.SubjectDN, observable.DN, distinguished(subject), observation.Window{})
			}
		}
	}
	if page.Rows > 0 && page.Rows == page.Dropped {
		return page, fmt.Errorf("%w: no hosts in it", source.ErrBadReply)
	}
	return page, nil
}

// distinguished reads a name as OpenSSL once wrote it: the mailbox behind a slash.
func distinguished(name string) string {
	return record.DN(strings.ReplaceAll(name, "/emailAddress=", ", emailAddress="))
}

type seen struct {
	Certificate string              `json:"certificate"`
	Hits        source.Number       `json:"hits"`
	Seen        source.Rows[string] `json:"seen"`
}

func decodeSeen(cert observable.Value, reply source.Reply) (page source.Page, err error) {
	var answer seen
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if err := answer.Seen.Require("seen"); err != nil {
		return page, err
	}
	answer.Seen.Count(&page)
	page.Held = answer.Hits
	for _, address := range answer.Seen.Items {
		ip, err := observable.New(observable.IP, address)
		if err != nil || !page.Add(ip, observation.Serves, observable.Cert, cert.Text(), observation.Window{}) {
			page.Dropped++
		}
	}
	page.Total(observation.Serves, cert, answer.Hits)
	return page, nil
}

type fetched struct {
	Info *struct {
		Subject     string `json:"subject"`
		Issuer      string `json:"issuer"`
		NotBefore   string `json:"not_before"`
		NotAfter    string `json:"not_after"`
		Fingerprint string `json:"fingerprint"`
	} `json:"info"`
	PEM string `json:"pem"`
}

// decodeCertificate reads the certificate itself, and where it cannot be read
// what CIRCL says of it. Its facts are those of the SHA-1 asked about, and of
// the SHA-256 that others name it by.
func decodeCertificate(cert observable.Value, reply source.Reply) (page source.Page, err error) {
	var answer fetched
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if answer.Info == nil && answer.PEM == "" {
		return page, fmt.Errorf("%w: no certificate in it", source.ErrBadReply)
	}
	c, ok := record.ParsePEM(answer.PEM)
	if ok && c.SHA1 != cert.Text() {
		return page, fmt.Errorf("%w: it holds another certificate", source.ErrBadReply)
	}
	if !ok && answer.Info != nil {
		c = record.Certificate{
			Subject: distinguished(answer.Info.Subject), Issuer: distinguished(answer.Info.Issuer),
			NotBefore: record.Moment(answer.Info.NotBefore), NotAfter: record.Moment(answer.Info.NotAfter),
		}
	}
	c.Seen, page.Rows = reply.At, 1
	if c.SHA256 != "" {
		page.Observations = append(page.Observations, c.Observations()...)
	}
	c.SHA256, c.SHA1 = "", cert.Text()
	page.Observations = append(page.Observations, c.Observations()...)
	if len(page.Observations) == 0 {
		page.Dropped++
	}
	return page, nil
}
