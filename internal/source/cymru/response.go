package cymru

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// origin is one line: "64500 64501 | 192.0.2.0/24 | DE | ripencc | 1995-09-14"
// over DNS, "64500 | 192.0.2.1 | 192.0.2.0/24 | …" in a list. "NA" stands for
// none.
type origin struct {
	asns   []string
	prefix netip.Prefix
}

// originOf reads a line about addr; ok is false for lines about other addresses,
// headings and remarks.
func originOf(line string, addr netip.Addr) (o origin, ok bool) {
	fields := strings.Split(line, "|")
	for i := range fields {
		fields[i] = strings.Trim(fields[i], " \t\"")
	}
	if len(fields) < 2 {
		return o, false
	}
	o.asns = strings.Fields(fields[0])
	text := fields[1]
	if about, err := netip.ParseAddr(text); err == nil && len(fields) > 2 {
		if about != addr {
			return o, false
		}
		text = fields[2]
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Contains(addr) {
		return o, false
	}
	o.prefix = prefix.Masked()
	return o, true
}

func decode(v observable.Value, addr netip.Addr, reply source.Reply) (page source.Page, err error) {
	lines, err := linesOf(reply)
	if err != nil {
		return page, err
	}
	window := observation.Window{Last: reply.At}
	for _, line := range lines {
		o, ok := originOf(line, addr)
		if !ok {
			continue
		}
		page.Rows++
		kept := false
		for _, asn := range o.asns {
			prefix, err := observable.New(observable.Prefix, o.prefix.String())
			if err != nil {
				continue
			}
			if page.Add(prefix, observation.AnnouncedBy, observable.ASN, asn, window) {
				kept = true
			}
			if v != prefix && page.Add(v, observation.AnnouncedBy, observable.ASN, asn, window) {
				kept = true
			}
		}
		if v.Kind() == observable.IP && page.Add(v, observation.InPrefix, observable.Prefix, o.prefix.String(), window) {
			kept = true
		}
		if !kept {
			page.Dropped++
		}
	}
	return page, nil
}

// linesOf returns the texts of a DNS answer, or the lines of a recorded text.
func linesOf(reply source.Reply) (lines []string, err error) {
	body := bytes.TrimSpace(reply.Body)
	if bytes.HasPrefix(body, []byte("{")) {
		answer, err := source.DecodeDNS(reply)
		if err != nil {
			return nil, err
		}
		for _, r := range answer.Answer.Items {
			if r.TypeName() == "TXT" {
				lines = append(lines, r.Data)
			}
		}
		return lines, nil
	}
	if !bytes.Contains(body, []byte("|")) || bytes.HasPrefix(body, []byte("<")) {
		return nil, fmt.Errorf("%w: no table in it", source.ErrBadReply)
	}
	return strings.Split(string(body), "\n"), nil
}
