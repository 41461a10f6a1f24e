package ripestat

import (
	"encoding/json"
	"fmt"
	"net/netip"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// envelope is around every answer. A call that went wrong has status "error"
// and says why in a message.
type envelope struct {
	Status   string                           `json:"status"`
	Messages source.Rows[source.Rows[string]] `json:"messages"` // [level, text]
	Data     json.RawMessage                  `json:"data"`
}

// open reads the envelope, and what is in it into data.
func open(reply source.Reply, data any) error {
	var e envelope
	if err := source.DecodeJSON(reply, &e); err != nil {
		return err
	}
	if e.Status != "ok" {
		for _, m := range e.Messages.Items {
			if len(m.Items) == 2 && m.Items[0] == "error" {
				return fmt.Errorf("%w: RIPEstat says %.200q", source.ErrBadReply, m.Items[1])
			}
		}
		return fmt.Errorf("%w: its status is %.40q", source.ErrBadReply, e.Status)
	}
	if err := json.Unmarshal(e.Data, data); err != nil {
		return fmt.Errorf("%w: %w", source.ErrBadReply, err)
	}
	return nil
}

// announced keeps that autonomous systems announce prefix, and what follows for
// v: an address may lie in it, a range asked about may be a part of it.
func announced(page *source.Page, v observable.Value, prefix string, asns []source.Text, w observation.Window) {
	covering, err := observable.New(observable.Prefix, prefix)
	if err != nil {
		page.Dropped++
		return
	}
	within := holds(covering, v)
	if within && v.Kind() == observable.IP {
		page.Add(v, observation.InPrefix, observable.Prefix, prefix, w)
	}
	for _, asn := range asns {
		page.Add(covering, observation.AnnouncedBy, observable.ASN, string(asn), w)
		if within {
			page.Add(v, observation.AnnouncedBy, observable.ASN, string(asn), w)
		}
	}
}

// holds reports whether v is an address in prefix, or a smaller part of it.
func holds(prefix, v observable.Value) bool {
	p, err := netip.ParsePrefix(prefix.Text())
	if err != nil {
		return false
	}
	if addr, ok := v.Addr(); ok {
		return p.Contains(addr)
	}
	part, err := netip.ParsePrefix(v.Text())
	return err == nil && part.Bits() > p.Bits() && p.Contains(part.Addr())
}

type networkInfo struct {
	ASNs   source.Rows[source.Text] `json:"asns"`
	Prefix string                   `json:"prefix"`
}

func decodeNetwork(v observable.Value, reply source.Reply) (page source.Page, err error) {
	var info networkInfo
	if err := open(reply, &info); err != nil {
		return page, err
	}
	if err := info.ASNs.Require("data.asns"); err != nil {
		return page, err
	}
	if info.Prefix != "" { // else nobody announces it
		page.Rows = 1
		announced(&page, v, info.Prefix, info.ASNs.Items, observation.Window{Last: reply.At})
	}
	return page, nil
}

// overview is of the range announced that holds what was asked about, which may
// be larger: a message says so then.
type overview struct {
	Resource  string `json:"resource"`
	Announced bool   `json:"announced"`
	ASNs      source.Rows[struct {
		ASN source.Text `json:"asn"`
	}] `json:"asns"`
	At string `json:"query_time"` // of the routing table read
}

func decodeOverview(v observable.Value, reply source.Reply) (page source.Page, err error) {
	var o overview
	if err := open(reply, &o); err != nil {
		return page, err
	}
	if err := o.ASNs.Require("data.asns"); err != nil {
		return page, err
	}
	if !o.Announced {
		return page, nil
	}
	var asns []source.Text
	for _, a := range o.ASNs.Items {
		asns = append(asns, a.ASN)
	}
	page.Rows = 1
	announced(&page, v, o.Resource, asns, record.At(record.Moment(o.At)))
	return page, nil
}

type announcedPrefixes struct {
	Prefixes source.Rows[struct {
		Prefix    string                `json:"prefix"`
		Timelines source.Rows[timeline] `json:"timelines"`
	}] `json:"prefixes"`
}

// timeline is a span of announcing, UTC.
type timeline struct {
	Start string `json:"starttime"`
	End   string `json:"endtime"`
}

// decodeAnnounced reads what an autonomous system announced in the last two
// weeks, which is as far as the call looks back unless told.
func decodeAnnounced(v observable.Value, reply source.Reply) (page source.Page, err error) {
	var a announcedPrefixes
	if err := open(reply, &a); err != nil {
		return page, err
	}
	if err := a.Prefixes.Require("data.prefixes"); err != nil {
		return page, err
	}
	a.Prefixes.Count(&page)
	for _, p := range a.Prefixes.Items {
		prefix, err := observable.New(observable.Prefix, p.Prefix)
		if err != nil || !page.Add(prefix, observation.AnnouncedBy, observable.ASN, v.Text(), span(p.Timelines.Items)) {
			page.Dropped++
		}
	}
	page.Total(observation.AnnouncedBy, v, source.Number(page.Rows))
	return page, nil
}

// span bounds all spans of a list.
func span(timelines []timeline) (w observation.Window) {
	for _, t := range timelines {
		w = w.Union(record.Between(t.Start, t.End, record.Moment(t.End)))
	}
	return w
}

type routingHistory struct {
	Origins source.Rows[struct {
		Origin   source.Text `json:"origin"`
		Prefixes source.Rows[struct {
			Prefix    string                `json:"prefix"`
			Timelines source.Rows[timeline] `json:"timelines"`
		}] `json:"prefixes"`
	}] `json:"by_origin"`
}

// decodeHistory reads who announced the range in the past, one fact a span:
// between two spans nobody did.
func decodeHistory(v observable.Value, reply source.Reply) (page source.Page, err error) {
	var h routingHistory
	if err := open(reply, &h); err != nil {
		return page, err
	}
	if err := h.Origins.Require("data.by_origin"); err != nil {
		return page, err
	}
	page.Dropped = h.Origins.Odd
	for _, o := range h.Origins.Items {
		for _, p := range o.Prefixes.Items {
			for _, t := range p.Timelines.Items {
				page.Rows++
				announced(&page, v, p.Prefix, []source.Text{o.Origin}, record.Between(t.Start, t.End, reply.At))
			}
		}
	}
	return page, nil
}
