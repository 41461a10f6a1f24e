package world

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rows are encoded by hand: encoding/json would take most of the time of
// writing a large world. The order of keys is part of the layout.

// appendDNS writes a row in the Common Output Format of passive DNS
// (draft-dulaunoy-dnsop-passive-dns-cof).
func appendDNS(b []byte, r *dnsRow) []byte {
	name := r.name
	if r.rtype == "PTR" {
		name = reverseName(name)
	}
	b = appendText(append(b, `{"rrname":`...), name)
	b = appendText(append(b, `,"rrtype":`...), r.rtype)
	b = appendText(append(b, `,"rdata":`...), r.data)
	b = strconv.AppendInt(append(b, `,"time_first":`...), r.first, 10)
	b = strconv.AppendInt(append(b, `,"time_last":`...), r.last, 10)
	b = strconv.AppendUint(append(b, `,"count":`...), r.count, 10)
	return append(b, "}\n"...)
}

// reverseName returns the name that the reverse DNS of an address lies under
// (RFC 1035 section 3.5, RFC 3596 section 2.5).
func reverseName(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address // not reached: the address plan makes addresses only
	}
	var b strings.Builder
	for _, octet := range slices.Backward(addr.AsSlice()) {
		if addr.Is4() {
			fmt.Fprintf(&b, "%d.", octet)
		} else {
			fmt.Fprintf(&b, "%x.%x.", octet&15, octet>>4)
		}
	}
	if addr.Is4() {
		return b.String() + "in-addr.arpa"
	}
	return b.String() + "ip6.arpa"
}

// whoisHeader names the columns that appendWhois writes.
const whoisHeader = "domain,created,registrar,registrant_name,registrant_org,registrant_email,registrant_phone,name_servers,first_seen,last_seen\n"

func appendWhois(b []byte, r *whoisRow) []byte {
	b = appendTime(append(append(b, r.domain...), ','), r.created)
	for _, field := range []string{r.registrar, r.owner.name, r.owner.org, r.owner.email, r.owner.phone, strings.Join(r.servers, " ")} {
		b = appendField(append(b, ','), field)
	}
	b = appendTime(append(b, ','), r.first)
	b = appendTime(append(b, ','), r.last)
	return append(b, '\n')
}

// appendField quotes a CSV field where RFC 4180 asks for it.
func appendField(b []byte, text string) []byte {
	if !strings.ContainsAny(text, ",\"\r\n") {
		return append(b, text...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(text, `"`, `""`)...)
	return append(b, '"')
}

func appendCert(b []byte, r *certRow) []byte {
	b = appendText(append(b, `{"sha256":`...), r.sha256)
	b = appendText(append(b, `,"subject":`...), r.subject)
	b = appendText(append(b, `,"issuer":`...), r.issuer)
	b = appendText(append(b, `,"serial":`...), r.serial)
	b = appendText(append(b, `,"key_sha256":`...), r.key)
	b = appendList(append(b, `,"names":`...), r.names)
	b = appendList(append(b, `,"hosts":`...), r.hosts)
	b = append(appendTime(append(b, `,"not_before":"`...), r.valid.first), '"')
	b = append(appendTime(append(b, `,"not_after":"`...), r.valid.last), '"')
	return appendSeen(b, r.span)
}

func appendWeb(b []byte, r *webRow) []byte {
	b = appendText(append(b, `{"domain":`...), r.domain)
	b = appendText(append(b, `,"title":`...), r.title)
	b = appendText(append(b, `,"favicon":`...), r.favicon)
	b = appendText(append(b, `,"body_sha256":`...), r.body)
	b = appendList(append(b, `,"trackers":`...), r.trackers)
	return appendSeen(b, r.span)
}

func appendFile(b []byte, r *fileRow) []byte {
	b = appendText(append(b, `{"sha256":`...), r.sha256)
	b = appendText(append(b, `,"name":`...), r.name)
	b = appendText(append(b, `,"imphash":`...), r.imphash)
	b = appendText(append(b, `,"ssdeep":`...), r.ssdeep)
	b = appendText(append(b, `,"signer":`...), r.signer)
	b = appendList(append(b, `,"contacts":`...), r.contacts)
	return appendSeen(b, r.span)
}

func appendRoute(b []byte, r *routeRow) []byte {
	b = appendText(append(b, `{"prefix":`...), r.prefix)
	b = appendText(append(b, `,"asn":`...), r.asn)
	return appendSeen(b, r.span)
}

// appendSeen closes a JSON row with the times it was seen.
func appendSeen(b []byte, s span) []byte {
	b = append(appendTime(append(b, `,"first_seen":"`...), s.first), '"')
	b = append(appendTime(append(b, `,"last_seen":"`...), s.last), '"')
	return append(b, "}\n"...)
}

func appendTime(b []byte, seconds int64) []byte {
	return moment(seconds).AppendFormat(b, time.RFC3339)
}

func appendList(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, text := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, text)
	}
	return append(b, ']')
}

// appendText writes a JSON string; nearly all are plain ASCII.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(text)
			if err != nil { // a string always has a JSON form
				panic(err)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}
