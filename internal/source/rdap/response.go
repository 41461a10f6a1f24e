package rdap

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// object is any RDAP answer; which members it has depends on its class.
type object struct {
	Class       string                   `json:"objectClassName"`
	Name        string                   `json:"ldhName"`
	Entities    source.Rows[entity]      `json:"entities"`
	Redacted    source.Rows[redaction]   `json:"redacted"`
	Events      source.Rows[event]       `json:"events"`
	Nameservers source.Rows[nameserver]  `json:"nameservers"`
	Addresses   addresses                `json:"ipAddresses"` // of a name server
	Links       source.Rows[link]        `json:"links"`
	Start       string                   `json:"startAddress"`
	End         string                   `json:"endAddress"`
	CIDRs       source.Rows[cidr]        `json:"cidr0_cidrs"`
	Origins     source.Rows[json.Number] `json:"arin_originas0_originautnums"`
}

type entity struct {
	Roles source.Rows[string] `json:"roles"`
	VCard json.RawMessage     `json:"vcardArray"`
}

type event struct {
	Action string `json:"eventAction"` // "registration", "last changed", …
	Date   string `json:"eventDate"`
}

type addresses struct {
	V4 source.Rows[string] `json:"v4"`
	V6 source.Rows[string] `json:"v6"`
}

type nameserver struct {
	Name      string    `json:"ldhName"`
	Addresses addresses `json:"ipAddresses"`
}

type link struct {
	Rel  string `json:"rel"`
	Type string `json:"type"`
	Href string `json:"href"`
}

type cidr struct {
	V4     string        `json:"v4prefix"`
	V6     string        `json:"v6prefix"`
	Length source.Number `json:"length"`
}

// decode reads an answer and checks that it is of the class asked for. Some
// servers leave the class out.
func decode(reply source.Reply, class string, given func(object) bool) (o object, err error) {
	if err := source.DecodeJSON(reply, &o); err != nil {
		return o, err
	}
	if o.Class != class && (o.Class != "" || !given(o)) {
		var none source.Rows[string]
		return o, none.Require(class)
	}
	return o, nil
}

// event returns the time of the first event with that action.
func (o object) event(action string) (t time.Time, day bool) {
	for _, e := range o.Events.Items {
		if e.Action == action {
			t, day, _ := record.ParseTime(e.Date)
			return t, day
		}
	}
	return time.Time{}, false
}

// decodeDomain reads a registration, and where a thin registry says that the
// registrar knows more.
func decodeDomain(reply source.Reply) (page source.Page, registrar string, err error) {
	o, err := decode(reply, "domain", func(o object) bool { return o.Name != "" })
	if err != nil {
		return page, "", err
	}
	changed, _ := o.event("last changed")
	r := record.Registration{Domain: o.Name, Window: observation.Window{First: changed, Last: reply.At}}
	if created, day := o.event("registration"); !day {
		r.Created = created
	}
	hidden := hiddenOfRegistrant(o.Redacted.Items)
	for _, e := range o.Entities.Items {
		c := readVCard(e.VCard)
		if slices.Contains(e.Roles.Items, "registrar") && r.Registrar == "" {
			r.Registrar = first(c.names, c.orgs)
		}
		if slices.Contains(e.Roles.Items, "registrant") {
			c.without(hidden).addTo(&r)
		}
	}
	for _, ns := range o.Nameservers.Items {
		r.Nameservers = append(r.Nameservers, ns.Name)
	}
	page = source.Page{
		Rows: 1, Observations: r.Observations(), Note: redactionNote(hidden),
		Dropped: o.Entities.Odd + o.Events.Odd + o.Nameservers.Odd,
	}
	for _, ns := range o.Nameservers.Items {
		page.Observations = append(page.Observations, glue(ns.Name, ns.Addresses, r.Window)...)
	}
	for _, l := range o.Links.Items {
		if l.Rel == "related" && l.Type == "application/rdap+json" && registrar == "" {
			registrar, _ = secure(l.Href) // an unsafe link is not followed
		}
	}
	return page, registrar, nil
}

func first(lists ...[]string) string {
	for _, list := range lists {
		if len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

// glue returns the addresses a registry holds for a name server.
func glue(name string, a addresses, w observation.Window) (facts []observation.Observation) {
	for _, address := range append(slices.Clone(a.V4.Items), a.V6.Items...) {
		o, ok := record.DNS{Name: name, Type: record.AddressType(address), Data: address, Window: w}.Observation()
		if ok {
			facts = append(facts, o)
		}
	}
	return facts
}

func decodeNameserver(reply source.Reply) (source.Page, error) {
	o, err := decode(reply, "nameserver", func(o object) bool { return o.Name != "" })
	if err != nil {
		return source.Page{}, err
	}
	changed, _ := o.event("last changed")
	w := observation.Window{First: changed, Last: reply.At}
	return source.Page{Rows: 1, Observations: glue(o.Name, o.Addresses, w)}, nil
}

// decodeNetwork reads the range that holds an address.
func decodeNetwork(asked observable.Value, reply source.Reply) (source.Page, error) {
	o, err := decode(reply, "ip network", func(o object) bool { return o.Start != "" })
	if err != nil {
		return source.Page{}, err
	}
	page := source.Page{Rows: 1, Dropped: o.CIDRs.Odd + o.Origins.Odd}
	changed, _ := o.event("last changed")
	add := func(relation observation.Relation, kind observable.Kind, text string) {
		object, err := observable.New(kind, text)
		fact := observation.Observation{
			Subject: asked, Relation: relation, Object: object, Count: 1,
			Window: observation.Window{First: changed, Last: reply.At},
		}
		if err != nil || fact.Check() != nil {
			page.Dropped++
			return
		}
		page.Observations = append(page.Observations, fact)
	}
	addr, _ := asked.Addr()
	if prefix, ok := o.prefix(addr); ok {
		add(observation.InPrefix, observable.Prefix, prefix.String())
	}
	for _, origin := range o.Origins.Items {
		add(observation.AnnouncedBy, observable.ASN, "AS"+origin.String())
	}
	return page, nil
}

// prefix returns the part of the range that holds addr: a range may need
// several prefixes, and old answers give its two ends only.
func (o object) prefix(addr netip.Addr) (netip.Prefix, bool) {
	for _, c := range o.CIDRs.Items {
		p, err := netip.ParsePrefix(c.V4 + c.V6 + "/" + strconv.FormatInt(int64(c.Length), 10))
		if err == nil && p.Contains(addr) {
			return p.Masked(), true
		}
	}
	start, errStart := netip.ParseAddr(strings.TrimSpace(o.Start))
	end, errEnd := netip.ParseAddr(strings.TrimSpace(o.End))
	if errStart != nil || errEnd != nil || start.Compare(addr) > 0 || end.Compare(addr) < 0 {
		return netip.Prefix{}, false
	}
	return record.Covering(addr, start, end), true
}
