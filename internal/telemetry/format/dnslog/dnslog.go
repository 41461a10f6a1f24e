// Package dnslog reads the query logs of name servers: BIND and Infoblox,
// Unbound, dnsmasq and Pi-hole, and the debug log of Windows DNS.
package dnslog

import (
	"bytes"
	"net/netip"
	"strings"

	"clew/internal/telemetry/format"
)

// BIND reads BIND 9 and Infoblox.
type BIND struct{}

// Name is "bind".
func (BIND) Name() string { return "bind" }

// Parse reads one line; the time and the category may stand before it.
func (BIND) Parse(text []byte, _ format.Context, out *format.Record) bool {
	line := string(text[:min(len(text), 64<<10)])
	at := strings.Index(line, "client ")
	if at < 0 || at > 200 || !strings.Contains(line[at:], "#") {
		return dhcp(line, out)
	}
	words := strings.Fields(line[at+7:])
	if len(words) > 0 && strings.HasPrefix(words[0], "@0x") {
		words = words[1:]
	}
	if len(words) < 2 {
		return false
	}
	client, _, ok := strings.Cut(words[0], "#")
	if !ok || !isAddr(client) {
		return false
	}
	out.Format, out.Kind = "bind", format.DNSLog
	out.AddAs("client", client, format.Client)
	if at >= 20 {
		stamp := strings.Fields(line[:at])
		if len(stamp) >= 2 {
			out.SetTime(stamp[0]+" "+strings.TrimSuffix(stamp[1], ":"), 0)
		}
	}
	question(out, words[1:], line[at:])
	if strings.Contains(line, "denied") || strings.Contains(line, "REFUSED") || strings.Contains(line, " rewrite ") {
		out.Action = format.Blocked
	}
	out.Finish()
	return true
}

// question reads what follows the client.
func question(out *format.Record, words []string, line string) {
	if v := strings.Trim(words[0], "():"); strings.HasPrefix(words[0], "(") && v != "" {
		out.AddAs("view", v, format.Query)
		words = words[1:]
	}
	for i, w := range words {
		switch strings.TrimSuffix(w, ":") {
		case "query", "answer", "request":
			if strings.HasSuffix(w, ":") && i+1 < len(words) {
				out.AddAs("query", name(words[i+1]), format.Query)
				out.AddAs("resolver", resolver(words[i+1:]), format.Resolver)
			}
		case "for", "resolving", "transfer", "rewrite":
			if i+1 < len(words) {
				out.AddAs("query", name(words[i+1]), format.Query)
			}
		}
	}
	if _, rest, ok := strings.Cut(line, "'"); ok { // query (cache) 'example.com/ANY/IN' denied
		quoted, _, _ := strings.Cut(rest, "'")
		out.AddAs("query", name(quoted), format.Query)
	}
	answers(out, line)
}

// resolver returns the address in brackets at the end, which was asked.
func resolver(words []string) string {
	for _, w := range words {
		if a := strings.Trim(w, "()"); a != w && isAddr(a) {
			return a
		}
	}
	return ""
}

// name takes the type and class off "example.com/A/IN", and the last dot.
func name(w string) string {
	w = strings.Trim(w, "'\"(),:;")
	w, _, _ = strings.Cut(w, "/")
	return strings.TrimSuffix(w, ".")
}

// answers reads the records behind "response:" of Infoblox and "->" of others:
// owner, time to live, class, type, data.
func answers(out *format.Record, line string) {
	_, rest, ok := strings.Cut(line, "response: ")
	if !ok {
		if _, rest, ok = strings.Cut(line, " -> "); !ok {
			return
		}
	}
	for record := range strings.SplitSeq(rest, ";") {
		words := strings.Fields(record)
		for i, w := range words {
			if !isType(w) || w == "IN" || i+1 >= len(words) || i == 0 {
				continue
			}
			out.AddAs("answer", strings.TrimSuffix(words[len(words)-1], "."), format.Answer)
			for _, owner := range words[:i] {
				if strings.Contains(owner, ".") {
					out.AddAs("answer owner", strings.TrimSuffix(owner, "."), format.Answer)
				}
			}
		}
	}
}

// Server reads what named says about its own work: resolving, validating,
// transfers of zones.
type Server struct{}

// Name is "bind".
func (Server) Name() string { return "bind" }

// Parse reads one line: the name stands with its type behind it, the other
// server with its port.
func (Server) Parse(text []byte, _ format.Context, out *format.Record) bool {
	line := string(text[:min(len(text), 16<<10)])
	found := false
	for _, w := range strings.Fields(line) {
		w = strings.Trim(w, "'\"(),:;?")
		if host, port, ok := strings.Cut(w, "#"); ok && isAddr(host) && isSerial(port) {
			out.AddAs("server", host, format.Client)
			found = true
			continue
		}
		if owner, rest, ok := strings.Cut(w, "/"); ok && strings.Contains(owner, ".") && isType(rest) {
			out.AddAs("query", strings.TrimSuffix(owner, "."), format.Query)
			found = true
		} else if strings.HasSuffix(w, ".arpa") {
			out.AddAs("zone", w, format.Query)
		}
	}
	if !found {
		return false
	}
	if words := strings.Fields(line); len(words) > 1 {
		out.SetTime(words[0]+" "+words[1], 0)
	}
	out.Format, out.Kind = "bind", format.DNSLog
	out.Finish()
	return true
}

// isType reports whether text is a record type or class, or both: "A", "A/IN".
func isType(text string) bool {
	first, _, _ := strings.Cut(text, "/")
	switch first {
	case "A", "AAAA", "CNAME", "PTR", "MX", "NS", "SOA", "TXT", "SRV", "DS", "DNSKEY", "HTTPS", "SVCB", "ANY", "IN", "AXFR", "IXFR", "NULL", "CAA", "NAPTR":
		return true
	}
	return false
}

// dhcp reads what Infoblox and ISC dhcpd say about leases.
func dhcp(line string, out *format.Record) bool {
	at := strings.Index(line, "DHCP")
	option := strings.HasPrefix(line, "Option 82:")
	if (at < 0 || at > 120) && !option {
		return false
	}
	words := strings.Fields(line)
	found := false
	for i, w := range words {
		if i+1 >= len(words) {
			break
		}
		next := strings.TrimRight(words[i+1], ":,")
		switch w {
		case "for", "on", "via", "relay", "relay-agent":
			if isAddr(next) {
				m := format.Client
				if w == "via" || w == "relay" {
					m = format.Reporter
				}
				out.AddAs(w, next, m)
				found = true
			}
		case "from", "to":
			if strings.Count(next, ":") == 5 {
				out.AddAs(w, next, format.Hardware)
				found = true
			}
		}
	}
	if !found {
		return false
	}
	for _, w := range words {
		if n := strings.Trim(w, "():"); n != w && strings.HasPrefix(w, "(") && !isAddr(n) {
			out.AddAs("host", n, format.Machine)
			break
		}
	}
	out.Format, out.Kind = "dhcp", format.DHCPLog
	out.Finish()
	return true
}

func isAddr(w string) bool {
	_, err := netip.ParseAddr(w)
	return err == nil
}

// Unbound reads Unbound.
type Unbound struct{}

// Name is "unbound".
func (Unbound) Name() string { return "unbound" }

// Parse reads "[pid:thread] info: client name. type class", with or without the
// daemon's own time before it.
func (Unbound) Parse(text []byte, _ format.Context, out *format.Record) bool {
	line := string(text[:min(len(text), 16<<10)])
	open := strings.IndexByte(line, '[')
	if open < 0 || open > 200 {
		return false
	}
	rest := line[open+1:]
	pid, rest, ok := strings.Cut(rest, "] ")
	if !ok || !strings.Contains(pid, ":") || len(pid) > 20 {
		if strings.HasPrefix(rest, "[") { // [time] unbound[pid:thread]
			return Unbound{}.Parse([]byte(rest), format.Context{}, out)
		}
		return unboundLater(line, open, pid, rest, out)
	}
	return unboundMessage(rest, out)
}

func unboundLater(line string, open int, stamp, rest string, out *format.Record) bool {
	if !strings.HasPrefix(rest, "unbound[") {
		return false
	}
	_, rest, ok := strings.Cut(rest, "] ")
	if !ok || open != 0 || line == "" {
		return false
	}
	out.SetTime(stamp, 0)
	return unboundMessage(rest, out)
}

func unboundMessage(rest string, out *format.Record) bool {
	level, message, ok := strings.Cut(rest, ": ")
	if !ok {
		return false
	}
	switch level {
	case "info", "query", "reply", "debug", "notice", "warning", "error":
	default:
		return false
	}
	out.Format, out.Kind = "unbound", format.DNSLog
	words := strings.Fields(message)
	if len(words) >= 3 && isAddr(words[0]) {
		out.AddAs("client", words[0], format.Client)
		out.AddAs("query", strings.TrimSuffix(words[1], "."), format.Query)
	} else {
		out.AddAs("message", message, format.Message)
	}
	out.Finish()
	return true
}

// Dnsmasq reads dnsmasq and Pi-hole.
type Dnsmasq struct{}

// Name is "dnsmasq".
func (Dnsmasq) Name() string { return "dnsmasq" }

// Parse reads one line of the query log; the syslog envelope is off, and with
// it the time. An extra log has a serial number and the client before the verb.
func (Dnsmasq) Parse(text []byte, _ format.Context, out *format.Record) bool {
	words := strings.Fields(string(text[:min(len(text), 16<<10)]))
	if len(words) >= 5 && isSerial(words[0]) && strings.Contains(words[1], "/") {
		client, _, _ := strings.Cut(words[1], "/")
		out.AddAs("client", client, format.Client)
		words = words[2:]
	}
	if len(words) < 3 {
		return false
	}
	verb, kind, _ := strings.Cut(words[0], "[")
	switch at := words[1]; verb {
	case "query":
		if kind == "" || len(words) < 4 || words[2] != "from" {
			return false
		}
		out.AddAs("query", at, format.Query)
		out.AddAs("client", words[3], format.Client)
	case "forwarded":
		if words[2] != "to" || len(words) < 4 {
			return false
		}
		out.AddAs("query", at, format.Query)
		out.AddAs("resolver", words[3], format.Resolver)
	case "reply", "cached", "config", "gravity", "regex", "exactly", "special", "Rate", "cached-stale", "blacklisted", "validation", "/etc/hosts", "Apple":
		rest := words[1:]
		for i, w := range rest {
			if w == "is" && i > 0 {
				out.AddAs("query", rest[i-1], format.Query)
				if i+1 < len(rest) && !strings.HasPrefix(rest[i+1], "<") {
					out.AddAs("answer", rest[i+1], format.Answer)
				}
			}
		}
		if verb == "gravity" || verb == "regex" || verb == "exactly" || verb == "blacklisted" {
			out.Action = format.Blocked
		}
	default:
		return false
	}
	if len(out.Fields) == 0 {
		return false
	}
	out.Format, out.Kind = "dnsmasq", format.DNSLog
	out.Finish()
	return true
}

func isSerial(w string) bool {
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return w != ""
}

// Windows reads the packet lines of the Windows DNS debug log (Microsoft, "DNS
// Logging and Diagnostics").
type Windows struct{}

// Name is "windows-dns".
func (Windows) Name() string { return "windows-dns" }

// Parse reads "date time thread PACKET … UDP Rcv address xid R Q [flags] type name".
func (Windows) Parse(text []byte, _ format.Context, out *format.Record) bool {
	if !bytes.Contains(text, []byte("PACKET")) || bytes.IndexByte(text, '[') < 0 {
		return false
	}
	words := strings.Fields(string(text[:min(len(text), 8<<10)]))
	way := -1
	for i, w := range words {
		if (w == "Rcv" || w == "Snd") && i > 2 && i+1 < len(words) {
			way = i
			break
		}
	}
	if way < 0 || !isAddr(words[way+1]) {
		return false
	}
	out.Format, out.Kind = "windows-dns", format.DNSLog
	stamp := words[0] + " " + words[1]
	if len(words) > 2 && (words[2] == "AM" || words[2] == "PM") {
		stamp += " " + words[2]
	}
	out.SetTime(stamp, 0)
	response := false
	for _, w := range words[way+2:] {
		if strings.HasPrefix(w, "[") {
			break
		}
		response = response || w == "R"
	}
	// A question received, or its answer sent, is about a client; the other way
	// round this server asked the next one.
	m := format.Client
	if (words[way] == "Snd") != response {
		m = format.Resolver
	}
	out.AddAs("address", words[way+1], m)
	out.AddAs("query", labels(words[len(words)-1]), format.Query)
	out.Finish()
	return true
}

// labels turns "(5)login(4)live(3)com(0)" into a name.
func labels(text string) string {
	if !strings.HasPrefix(text, "(") {
		return strings.Trim(text, ".")
	}
	var parts []string
	for part := range strings.SplitSeq(text, "(") {
		if _, label, ok := strings.Cut(part, ")"); ok && label != "" {
			parts = append(parts, label)
		}
	}
	return strings.Join(parts, ".")
}
