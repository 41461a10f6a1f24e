// Package record turns the three records every provider and format speaks of,
// each in its own spelling, into observations: a DNS record, a registration and
// a certificate.
package record

import (
	"net/netip"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// DNS is one resource record, as a resolver or a passive DNS store reports it.
type DNS struct {
	Name string // owner; of a PTR record the address or its .arpa name
	Type string // A, AAAA, CNAME, NS, MX, TXT, SOA or PTR, in any case
	Data string // as in a zone file; an MX preference and a whole SOA are understood
	observation.Window
	Count uint64
}

// Observation returns what the record says; ok is false for types outside the
// vocabulary and for data that is no value, such as "NXDOMAIN" for an address.
func (d DNS) Observation() (o observation.Observation, ok bool) {
	relation, object, ok := d.object()
	if !ok {
		return o, false
	}
	kind, name := observable.Domain, d.Name
	if relation == observation.PTR {
		kind, name = observable.IP, addressOfPTR(d.Name)
	}
	subject, err := observable.New(kind, name)
	if err != nil {
		return o, false
	}
	o = observation.Observation{Subject: subject, Relation: relation, Object: object, Window: d.Window, Count: max(d.Count, 1)}
	return o, o.Check() == nil
}

func (d DNS) object() (observation.Relation, observable.Value, bool) {
	data := strings.TrimSpace(d.Data)
	relation, kind := observation.Relation(0), observable.Domain
	switch strings.ToUpper(d.Type) {
	case "A", "AAAA":
		relation, kind = observation.ResolvesTo, observable.IP
	case "CNAME":
		relation = observation.CNAME
	case "NS":
		relation = observation.Nameserver
	case "MX":
		relation, data = observation.MX, lastField(data)
	case "PTR":
		relation = observation.PTR
	case "TXT":
		relation, kind, data = observation.TXT, observable.Text, unquote(data)
	case "SOA":
		relation, kind, data = observation.SOAContact, observable.Email, mailbox(data)
	default:
		return 0, observable.Value{}, false
	}
	object, err := observable.New(kind, data)
	return relation, object, err == nil
}

func lastField(text string) string {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return ""
	}
	return fields[len(fields)-1]
}

// unquote joins the character strings of a TXT record: "ab" "cd" is abcd.
func unquote(text string) string {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return text
	}
	return strings.ReplaceAll(text[1:len(text)-1], `" "`, "")
}

// mailbox reads the responsible person of a SOA record, RFC 1035 section 3.3.13:
// the first unescaped dot stands for the @. data is the RNAME, or all seven fields.
func mailbox(data string) string {
	if fields := strings.Fields(data); len(fields) > 1 {
		data = fields[1]
	}
	data = strings.TrimSuffix(data, ".")
	if strings.Contains(data, "@") {
		return data
	}
	for i := 0; i < len(data); i++ {
		if data[i] == '.' && (i == 0 || data[i-1] != '\\') {
			return strings.ReplaceAll(data[:i], `\.`, ".") + "@" + data[i+1:]
		}
	}
	return ""
}

// addressOfPTR reads 7.113.0.203.in-addr.arpa as 203.0.113.7; an address stays as it is.
func addressOfPTR(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if reversed, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		return joinReversed(strings.Split(reversed, "."), ".")
	}
	reversed, ok := strings.CutSuffix(name, ".ip6.arpa")
	if !ok {
		return name
	}
	digits := joinReversed(strings.Split(reversed, "."), "")
	if len(digits) != 32 {
		return ""
	}
	var groups []string
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, digits[i:i+4])
	}
	return strings.Join(groups, ":")
}

func joinReversed(parts []string, sep string) string {
	out := make([]string, 0, len(parts))
	for i := len(parts) - 1; i >= 0; i-- {
		out = append(out, parts[i])
	}
	return strings.Join(out, sep)
}

// AddressType returns the record type that carries addr: A, AAAA, or "" when
// text is no address.
func AddressType(text string) string {
	addr, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return ""
	case addr.Unmap().Is4():
		return "A"
	}
	return "AAAA"
}
