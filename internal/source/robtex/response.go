package robtex

import (
	"fmt"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// checkStatus reads the status of an answer: "ok", or with HTTP 200 why there is none.
func checkStatus(status string) error {
	switch status {
	case "ok":
		return nil
	case "ratelimited":
		return fmt.Errorf("%w: Robtex says ratelimited", source.ErrQuota)
	}
	return fmt.Errorf("%w: its status is %.40q", source.ErrBadReply, status)
}

// address is ipquery: names that lead to the address now and did before, as
// Robtex resolved them itself (act) and as others did (pas).
type address struct {
	Status        string            `json:"status"`
	Active        source.Rows[seen] `json:"act"`
	ActiveHistory source.Rows[seen] `json:"acth"`
	Passive       source.Rows[seen] `json:"pas"`
	PassiveBefore source.Rows[seen] `json:"pash"`
	AS            source.Text       `json:"as"`
	Route         string            `json:"bgproute"`
}

// seen is a name and when it last led there, in seconds since the epoch.
type seen struct {
	Name string        `json:"o"`
	At   source.Number `json:"t"`
}

func decodeAddress(v observable.Value, reply source.Reply) (page source.Page, err error) {
	var a address
	if err := source.DecodeJSON(reply, &a); err != nil {
		return page, err
	}
	if err := checkStatus(a.Status); err != nil {
		return page, err
	}
	names := map[observable.Value]bool{}
	for _, list := range []source.Rows[seen]{a.Active, a.ActiveHistory, a.Passive, a.PassiveBefore} {
		list.Count(&page)
		for _, s := range list.Items {
			o, ok := record.DNS{
				Name: s.Name, Type: record.AddressType(v.Text()), Data: v.Text(),
				Window: observation.Window{Last: record.Unix(int64(s.At))},
			}.Observation()
			if page.Keep(o, ok) {
				names[o.Subject] = true
			}
		}
	}
	page.Total(observation.ResolvesTo, v, source.Number(len(names)))
	now := observation.Window{Last: reply.At}
	if page.Add(v, observation.InPrefix, observable.Prefix, a.Route, now) {
		route := page.Observations[len(page.Observations)-1].Object
		page.Add(route, observation.AnnouncedBy, observable.ASN, string(a.AS), now)
	}
	page.Add(v, observation.AnnouncedBy, observable.ASN, string(a.AS), now)
	return page, nil
}

type system struct {
	Status string `json:"status"`
	Nets   source.Rows[struct {
		Range string        `json:"n"`
		InBGP source.Number `json:"inbgp"` // 1 when announced now
	}] `json:"nets"`
}

func decodeSystem(asn observable.Value, reply source.Reply) (page source.Page, err error) {
	var s system
	if err := source.DecodeJSON(reply, &s); err != nil {
		return page, err
	}
	if err := checkStatus(s.Status); err != nil {
		return page, err
	}
	s.Nets.Count(&page)
	announced := 0
	for _, n := range s.Nets.Items {
		prefix, err := observable.New(observable.Prefix, n.Range)
		if n.InBGP != 1 || err != nil || !page.Add(prefix, observation.AnnouncedBy, observable.ASN, asn.Text(), observation.Window{Last: reply.At}) {
			page.Dropped++
			continue
		}
		announced++
	}
	page.Total(observation.AnnouncedBy, asn, source.Number(announced))
	return page, nil
}

// line is one record of passive DNS, in the members of COF but for rrdata, or
// the status that stands in its place.
type line struct {
	Status string        `json:"status"`
	Name   string        `json:"rrname"`
	Type   string        `json:"rrtype"`
	Data   string        `json:"rrdata"`
	First  source.Number `json:"time_first"`
	Last   source.Number `json:"time_last"`
	Count  source.Number `json:"count"`
}

func decodeRecords(reply source.Reply) (page source.Page, err error) {
	lines, err := source.DecodeLines[line](reply)
	lines.Count(&page)
	for _, l := range lines.Items {
		if l.Name == "" {
			return page, notARecord(l.Status)
		}
		o, ok := record.DNS{
			Name: l.Name, Type: l.Type, Data: l.Data, Count: uint64(max(l.Count, 1)),
			Window: observation.Window{First: record.Unix(int64(l.First)), Last: record.Unix(int64(l.Last))},
		}.Observation()
		page.Keep(o, ok)
	}
	return page, err
}

func notARecord(status string) error {
	if err := checkStatus(status); err != nil {
		return err
	}
	return fmt.Errorf("%w: a line without rrname", source.ErrBadReply)
}
