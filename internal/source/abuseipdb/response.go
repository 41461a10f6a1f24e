package abuseipdb

import (
	"fmt"
	"net/netip"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

type check struct {
	Data *struct {
		IP      string              `json:"ipAddress"`
		Hosts   source.Rows[string] `json:"hostnames"` // reverse DNS; missing before 2021
		Reports source.Number       `json:"totalReports"`
		Score   source.Number       `json:"abuseConfidenceScore"` // percent
		Last    source.Text         `json:"lastReportedAt"`
		Listed  bool                `json:"isWhitelisted"`
	} `json:"data"`
}

// decodeCheck reads the host names of one address. When AbuseIPDB looked them up
// is not said.
func decodeCheck(v observable.Value, reply source.Reply) (page source.Page, err error) {
	var c check
	if err := source.DecodeJSON(reply, &c); err != nil {
		return page, err
	}
	if c.Data == nil {
		return page, fmt.Errorf("%w: no %q in it", source.ErrBadReply, "data")
	}
	if about, err := observable.New(observable.IP, c.Data.IP); err != nil || about != v {
		return page, fmt.Errorf("%w: it is not about %s", source.ErrBadReply, v.Text())
	}
	c.Data.Hosts.Count(&page)
	for _, host := range c.Data.Hosts.Items {
		if !page.Add(v, observation.PTR, observable.Domain, host, observation.Window{}) {
			page.Dropped++
		}
	}
	if c.Data.Reports > 0 {
		page.Rows++
		page.Judge(v, fmt.Sprintf("abuse confidence %d of 100, reports: %d", c.Data.Score, c.Data.Reports), record.At(record.Moment(string(c.Data.Last))))
	}
	if c.Data.Listed {
		page.Rows++
		page.Judge(v, "on the provider's whitelist", observation.Window{})
	}
	return page, nil
}

type block struct {
	Data *struct {
		Reported source.Rows[struct {
			IP   string `json:"ipAddress"`
			Last string `json:"mostRecentReport"`
		}] `json:"reportedAddress"`
	} `json:"data"`
}

// decodeBlock reads the reported addresses of a range: its neighbours worth a look.
func decodeBlock(v observable.Value, reply source.Reply) (page source.Page, err error) {
	var b block
	if err := source.DecodeJSON(reply, &b); err != nil {
		return page, err
	}
	if b.Data == nil {
		return page, fmt.Errorf("%w: no %q in it", source.ErrBadReply, "data")
	}
	if err := b.Data.Reported.Require("data.reportedAddress"); err != nil {
		return page, err
	}
	prefix, err := netip.ParsePrefix(v.Text())
	if err != nil {
		return page, err
	}
	b.Data.Reported.Count(&page)
	for _, r := range b.Data.Reported.Items {
		ip, err := observable.New(observable.IP, r.IP)
		addr, ok := ip.Addr()
		if err != nil || !ok || !prefix.Contains(addr) ||
			!page.Add(ip, observation.InPrefix, observable.Prefix, v.Text(), record.At(record.Moment(r.Last))) {
			page.Dropped++
		}
	}
	return page, nil
}
