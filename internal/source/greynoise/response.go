package greynoise

import (
	"fmt"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// answer is of v3, and of v2, which has the scanner's members at the top and
// says seen for found.
type answer struct {
	Error    string `json:"error"`
	IP       string `json:"ip"`
	Business *struct {
		Found bool   `json:"found"`
		Name  string `json:"name"`
	} `json:"business_service_intelligence"`
	Scanner *scanner `json:"internet_scanner_intelligence"`
	Seen    *bool    `json:"seen"`
	scanner
}

// scanner is what the sensors noticed. Last is a day, UTC.
type scanner struct {
	Found    bool   `json:"found"`
	Last     string `json:"last_seen"`
	Class    string `json:"classification"` // malicious, suspicious, benign, unknown
	Metadata struct {
		ASN  string `json:"asn"`
		RDNS string `json:"rdns"`
	} `json:"metadata"`
}

func decode(v observable.Value, reply source.Reply) (page source.Page, err error) {
	var a answer
	if err := source.DecodeJSON(reply, &a); err != nil {
		return page, err
	}
	s := a.Scanner
	if a.Seen != nil {
		s = &a.scanner
		s.Found = *a.Seen
	}
	switch about, errIP := observable.New(observable.IP, a.IP); {
	case a.Error != "":
		return page, fmt.Errorf("%w: GreyNoise says %.200q", source.ErrBadReply, a.Error)
	case errIP != nil || about != v:
		return page, fmt.Errorf("%w: it is not about %s", source.ErrBadReply, v.Text())
	case s == nil && a.Business == nil:
		return page, fmt.Errorf("%w: neither scanner nor business service in it", source.ErrBadReply)
	case s == nil || !s.Found:
		if a.Business != nil && a.Business.Found {
			page.Rows = 1
			page.Judge(v, "common business service: "+a.Business.Name, observation.Window{})
		}
		return page, nil
	}
	page.Rows = 1
	last := record.Between("", s.Last, reply.At)
	if s.Class != "" {
		page.Judge(v, "internet scanner: "+s.Class, last)
	}
	name := page.Add(v, observation.PTR, observable.Domain, s.Metadata.RDNS, last)
	if system := page.Add(v, observation.AnnouncedBy, observable.ASN, s.Metadata.ASN, last); !name && !system {
		page.Dropped++
	}
	return page, nil
}
