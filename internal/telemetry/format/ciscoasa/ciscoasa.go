// Package ciscoasa reads the messages of Cisco ASA and Firepower: the
// connection events, which are "Key: value" pairs, and the older ones, which are
// sentences.
//
// Format: Cisco, "Secure Firewall ASA Series Syslog Messages" and "Secure
// Firewall Threat Defense Syslog Messages".
package ciscoasa

import (
	"bytes"
	"net/netip"
	"strings"

	"clew/internal/telemetry/format"
)

// Reader reads ASA and FTD messages.
type Reader struct{}

// Name is "cisco-asa".
func (Reader) Name() string { return "cisco-asa" }

// Parse reads one message, with "%ASA-6-302013: " before it or not.
func (Reader) Parse(text []byte, _ format.Context, out *format.Record) bool {
	line := string(text[:min(len(text), 64<<10)])
	at := strings.IndexByte(line, '%')
	body, marked := line, false
	if at >= 0 && at < 200 && isTag(line[at+1:]) {
		tag, rest, ok := strings.Cut(line[at:], " ")
		if !ok {
			return false
		}
		out.AddAs("message id", strings.TrimSuffix(tag[strings.LastIndexByte(tag, '-')+1:], ":"), format.Number)
		body, marked = rest, true
		if at > 14 {
			out.SetTime(strings.Trim(line[:at], " :"), 1<<19)
		}
	}
	trimmed := strings.TrimSpace(body)
	if !marked && !strings.HasPrefix(trimmed, "Group <") && !strings.HasPrefix(trimmed, "TunnelGroup <") && !strings.HasPrefix(trimmed, "Tunnel group search") {
		return false
	}
	out.Format, out.Kind = "cisco-asa", format.FlowLog
	if strings.Contains(body, "SrcIP: ") || strings.Contains(body, "EventPriority: ") {
		connection(out, body)
	} else {
		sentence(out, body)
	}
	out.Finish()
	return true
}

func isTag(text string) bool {
	for _, p := range []string{"ASA-", "FTD-", "PIX-", "FWSM-", "NGIPS-"} {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}

var connectionNames = map[string]format.Meaning{
	"SrcIP": format.Client, "DstIP": format.Server, "FirstPacketSecond": format.Time, "AccessControlRuleAction": format.Outcome, "DNSQuery": format.Query, "DNS_Sinkhole": format.Other,
	"URL": format.URL, "URI": format.URL, "ReferencedHost": format.Host, "HTTPReferer": format.Referrer, "HTTP_Hostname": format.Host, "UserAgent": format.Agent, "User": format.User, "FileSHA256": format.FileHash,
	"FileName": format.File, "SSLServerName": format.SNI, "ThreatName": format.Signature, "Message": format.Signature, "NAPPolicy": format.Other, "DNSResponseType": format.Other, "FileAction": format.Outcome,
	"OriginalClientSrcIP": format.Forwarded, "HTTP_URI": format.URL, "SSLCertificate": format.CertHash, "NAT_InitiatorIP": format.NATClient, "NAT_ResponderIP": format.NATServer, "InlineResult": format.Outcome,
	"NAT_InitiatorPort": format.Number, "Client": format.Other, "Prefilter Policy": format.Other,
}

// connection reads an event of "Key: value" pairs.
func connection(out *format.Record, body string) {
	for part := range strings.SplitSeq(body, ", ") {
		name, value, ok := strings.Cut(part, ": ")
		if !ok {
			continue
		}
		m, known := connectionNames[strings.TrimSpace(name)]
		if !known {
			m = format.Other
		}
		out.AddAs(name, value, m)
	}
}

// sentence reads the addresses of a message in words: which side each is on
// follows from the word before it.
func sentence(out *format.Record, body string) {
	out.AddAs("message", body, format.Message)
	words := strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", "->", " -> ").Replace(body))
	side, nat := format.Client, false
	firsts := map[format.Meaning]bool{}
	for i, w := range words {
		switch strings.Trim(w, ",.:;'") {
		case "to", "dst", "->", "laddr", "server":
			side, nat = format.Server, false
		case "from", "for", "src", "faddr", "IP", "client", "local-host":
			side, nat = format.Client, false
		case "gaddr":
			side, nat = format.Client, true
			if strings.Contains(body, "inbound") {
				side = format.Server
			}
		case "(":
			nat = true
		case ")":
			nat = false
		case "payload": // what follows repeats the other way round
			return
		}
		user(out, words, i)
		host, ok := address(w)
		if !ok {
			continue
		}
		m := side
		switch {
		case strings.HasPrefix(w, "Local:"):
			m = format.Client
		case strings.HasPrefix(w, "Remote:"):
			m = format.Server
		case nat && side == format.Server:
			m = format.NATServer
		case nat:
			m = format.NATClient
		case firsts[m] && m == format.Client && strings.Contains(body, "Address <"):
			m = format.NATClient
		}
		firsts[m] = true
		out.AddAs("address", host, m)
	}
	verdict(out, body)
	if strings.Contains(body, "Address <") { // an address given to a VPN client
		swapAssigned(out)
	}
}

// swapAssigned calls the address a VPN client was given its own, and the one it
// comes from the outside of it.
func swapAssigned(out *format.Record) {
	for i := range out.Fields {
		if f := &out.Fields[i]; f.Name == "address" && f.Meaning == format.NATClient {
			f.Name = "assigned address"
		}
	}
}

// user takes the account behind "user = ", "User <x>", "Username:x", "Uname: x".
func user(out *format.Record, words []string, i int) {
	w := words[i]
	for _, p := range []string{"Username:", "Uname:"} {
		if rest, ok := strings.CutPrefix(w, p); ok {
			if rest == "" && i+1 < len(words) {
				rest = words[i+1]
			}
			out.AddAs("user", strings.Trim(rest, ",'"), format.User)
			return
		}
	}
	if w != "user" && w != "User" && w != "Username" || i+1 >= len(words) {
		return
	}
	next := words[i+1]
	if next == "=" && i+2 < len(words) {
		next = words[i+2]
	}
	if strings.HasPrefix(next, "<") || strings.HasPrefix(next, "'") || words[i+1] == "=" {
		out.AddAs("user", strings.Trim(next, "<>',"), format.User)
	}
}

// address reads "outside:192.0.2.1/443", "<192.0.2.1>", "192.0.2.1,".
func address(w string) (string, bool) {
	w = strings.Trim(w, "<>,;'\"")
	before, after, _ := strings.Cut(w, "/")
	if isAddr(after) { // interface/address
		return after, true
	}
	w = before
	w = strings.TrimRight(w, ".:")
	if isAddr(w) {
		return w, true
	}
	for _, part := range strings.Split(w, ":") {
		if strings.Count(part, ".") == 3 && isAddr(part) {
			return part, true
		}
	}
	if _, after, ok := strings.Cut(w, ":"); ok && strings.Count(after, ":") >= 2 && isAddr(after) {
		return after, true
	}
	if host, ok := strings.CutPrefix(w, "Remote:"); ok && host != "" {
		host, _, _ = strings.Cut(host, ":")
		return host, true
	}
	return "", false
}

func isAddr(w string) bool {
	_, err := netip.ParseAddr(w)
	return err == nil
}

func verdict(out *format.Record, body string) {
	low := bytes.ToLower([]byte(body))
	switch {
	case bytes.Contains(low, []byte("deny")), bytes.Contains(low, []byte("denied")), bytes.Contains(low, []byte("drop")), bytes.Contains(low, []byte("reject")):
		out.Action = format.Blocked
	case bytes.Contains(low, []byte("permitted")), bytes.HasPrefix(low, []byte("built")):
		out.Action = format.Allowed
	}
	switch {
	case strings.HasPrefix(body, "Built inbound"), strings.HasPrefix(body, "Inbound"):
		out.Direction = format.Inbound
	case strings.HasPrefix(body, "Built outbound"), strings.HasPrefix(body, "Outbound"):
		out.Direction = format.Outbound
	}
}
