// Package weblog reads what web servers and proxies write as lines of text:
// common and combined access logs of Apache, nginx and Squid in all their
// extensions, Squid's native log and Cisco WSA's, and error logs.
package weblog

import (
	"bytes"
	"net/netip"
	"strings"

	"clew/internal/telemetry/format"
)

// Access reads common and combined logs.
type Access struct{}

// Name is "access".
func (Access) Name() string { return "access" }

// Parse reads one line: the client is before the bracketed time, the request is
// the first quoted text behind it.
func (Access) Parse(text []byte, _ format.Context, out *format.Record) bool {
	open := bytes.IndexByte(text, '[')
	if open < 4 || open > 400 {
		return false
	}
	length := bytes.IndexByte(text[open:], ']')
	if length < 15 || length > 40 {
		return false
	}
	stamp := string(text[open+1 : open+length])
	if strings.Count(stamp, ":") < 2 || strings.Count(stamp, "/") != 2 {
		return false
	}
	if !out.SetTime(stamp, 0) {
		return false
	}
	out.Format, out.Kind = "access", format.WebLog
	before(out, strings.Fields(string(text[:open])))
	quoted(out, text[open+length+1:])
	out.Finish()
	return true
}

// before reads the words before the time: virtual host, client, identity, user.
func before(out *format.Record, words []string) {
	clients := 0
	for i, w := range words {
		w = strings.Trim(w, ",\"")
		switch host := strings.TrimSuffix(w, "."); {
		case isClient(w):
			m := format.Client
			if clients > 0 {
				m = format.Forwarded
			}
			out.AddAs("client", w, m)
			clients++
		case i == 0 && strings.Contains(host, ".") || i == 0 && strings.Contains(host, ":"):
			name := host
			if colon := strings.LastIndexByte(name, ':'); colon > 0 {
				name = name[:colon]
			}
			if len(words) >= 4 {
				out.AddAs("virtual host", name, format.Host)
				continue
			}
			out.AddAs("client", w, format.Client) // names looked up by the server
			clients++
		case i == 0:
			out.AddAs("client", w, format.Client)
		case i == len(words)-1:
			out.AddAs("user", w, format.User)
		default:
			out.AddAs("identity", w, format.User)
		}
	}
}

func isClient(w string) bool {
	_, err := netip.ParseAddr(w)
	return err == nil
}

// quoted reads what follows the time. Of the quoted parts the first that looks
// like a request is one; the next is the referrer, then the agent, and a list of
// addresses is what the proxy was asked for.
func quoted(out *format.Record, text []byte) {
	parts := quotes(text)
	request := -1
	for i, p := range parts {
		if method, rest, ok := strings.Cut(p, " "); ok && isMethod(method) {
			request = i
			target, _, _ := strings.Cut(rest, " ")
			addTarget(out, method, target)
			break
		}
	}
	behind := 0
	for i, p := range parts {
		switch {
		case i == request:
			continue
		case request < 0 || i < request:
			out.AddAs("quoted", p, format.Other)
			continue
		}
		behind++
		switch {
		case behind == 1:
			out.AddAs("referrer", p, format.Referrer)
		case behind == 2:
			out.AddAs("user agent", p, format.Agent)
		case addresses(p):
			for a := range strings.SplitSeq(p, ",") {
				out.AddAs("forwarded for", strings.TrimSpace(a), format.Forwarded)
			}
		default:
			out.AddAs("quoted", p, format.Other)
		}
	}
	if tail := bytes.LastIndexByte(text, '"'); tail >= 0 && tail+1 < len(text) {
		for _, w := range strings.Fields(string(text[tail+1:])) {
			out.AddAs("tail", w, format.Other)
		}
	}
}

func addresses(p string) bool {
	for a := range strings.SplitSeq(p, ",") {
		if !isClient(strings.TrimSpace(a)) {
			return false
		}
	}
	return true
}

// addTarget adds what was requested: a proxy is asked for a whole URL, or to
// connect to a host.
func addTarget(out *format.Record, method, target string) {
	if method == "CONNECT" {
		out.AddAs("target", target, format.Host)
		return
	}
	out.AddAs("target", target, format.URL)
	if _, rest, ok := strings.Cut(target, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		out.AddAs("target host", host, format.Host)
	}
}

// quotes returns the quoted parts of a line, backslashes respected.
func quotes(text []byte) []string {
	var parts []string
	for len(parts) < 64 {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			return parts
		}
		value, size := format.Quoted(text[i:])
		parts = append(parts, value)
		text = text[i+size:]
	}
	return parts
}

func isMethod(w string) bool {
	if len(w) < 3 || len(w) > 20 {
		return false
	}
	for i := range len(w) {
		if (w[i] < 'A' || w[i] > 'Z') && w[i] != '_' && w[i] != '-' {
			return false
		}
	}
	return true
}

// Squid reads Squid's native log and Cisco WSA's, which adds to it.
type Squid struct{}

// Name is "squid".
func (Squid) Name() string { return "squid" }

// Parse reads "time elapsed client code/status bytes method URL user hierarchy/host type".
func (Squid) Parse(text []byte, _ format.Context, out *format.Record) bool {
	for _, prefix := range []string{"Info: ", "Warning: "} {
		text = bytes.TrimPrefix(text, []byte(prefix))
	}
	words := format.Words(text[:min(len(text), 32<<10)])
	if len(words) < 9 {
		return false
	}
	t, zoned := format.Seconds(words[0])
	if !zoned || !strings.Contains(words[0], ".") || !strings.Contains(words[3], "/") {
		return false
	}
	out.Format, out.Kind = "squid", format.WebLog
	out.SetInstant(t, 0)
	out.AddAs("client", words[2], format.Client)
	out.AddAs("result", words[3], format.Outcome)
	addTarget(out, words[5], words[6])
	if words[5] != "CONNECT" && !strings.Contains(words[6], "/") {
		out.AddAs("target", words[6], format.Host)
	}
	out.AddAs("user", words[7], format.User)
	if _, host, ok := strings.Cut(words[8], "/"); ok {
		out.AddAs("hierarchy", host, format.Server)
	}
	for i, w := range words[9:] {
		switch {
		case i == 1 && strings.Contains(w, "://"):
			out.AddAs("referrer", w, format.Referrer)
		case strings.HasPrefix(w, "<"):
			verdicts(out, string(text[max(bytes.IndexByte(text, '<'), 0):]))
			out.Finish()
			return true
		default:
			out.AddAs("further", w, format.Other)
		}
	}
	out.Finish()
	return true
}

// verdicts reads the scanners' part of a WSA line: the file's hash is the last
// of it.
func verdicts(out *format.Record, text string) {
	for cell := range strings.SplitSeq(strings.Trim(text, "<>- "), ",") {
		cell = strings.Trim(cell, "\"<> -")
		m := format.Other
		if n := len(cell); n == 64 || n == 40 || n == 32 {
			m = format.FileHash
		}
		out.AddAs("verdict", cell, m)
	}
}

// Errors reads error logs of nginx and Apache.
type Errors struct{}

// Name is "error".
func (Errors) Name() string { return "error" }

// Parse reads "2019/08/25 23:59:53 [error] …, client: …, server: …" of nginx and
// "[Wed Oct 11 14:32:52 2000] [error] [client …] …" of Apache.
func (Errors) Parse(text []byte, _ format.Context, out *format.Record) bool {
	line := string(text[:min(len(text), 64<<10)])
	switch {
	case len(line) > 22 && line[4] == '/' && line[19] == ' ' && line[20] == '[':
		if !out.SetTime(line[:19], 0) {
			return false
		}
		nginx(out, line[20:])
	case len(line) > 26 && line[0] == '[' && strings.Contains(line, "] ["):
		stamp, rest, _ := strings.Cut(line[1:], "]")
		if !out.SetTime(trimMicros(stamp), 0) {
			return false
		}
		apache(out, rest)
	default:
		return false
	}
	out.Format, out.Kind = "error", format.WebLog
	out.Finish()
	return true
}

// trimMicros takes the fraction out of Apache's time, which stands before the year.
func trimMicros(stamp string) string {
	dot := strings.IndexByte(stamp, '.')
	if dot < 0 {
		return stamp
	}
	if space := strings.IndexByte(stamp[dot:], ' '); space > 0 {
		return stamp[:dot] + stamp[dot+space:]
	}
	return stamp
}

var nginxNames = map[string]format.Meaning{
	"client": format.Client, "server": format.Host, "host": format.Host, "upstream": format.Server, "request": format.URL, "referrer": format.Referrer, "responder": format.Server,
}

func nginx(out *format.Record, text string) {
	out.AddAs("message", text, format.Message)
	for part := range strings.SplitSeq(text, ", ") {
		name, value, ok := strings.Cut(part, ": ")
		m, known := nginxNames[name]
		if !ok || !known {
			continue
		}
		value = strings.Trim(value, `"`)
		if name == "request" {
			if method, rest, ok := strings.Cut(value, " "); ok {
				target, _, _ := strings.Cut(rest, " ")
				addTarget(out, method, target)
				continue
			}
		}
		out.AddAs(name, value, m)
		if _, rest, ok := strings.Cut(value, "://"); ok && m == format.Server {
			host, _, _ := strings.Cut(rest, "/")
			out.AddAs(name+" host", host, format.Host)
		}
	}
	if _, rest, ok := strings.Cut(text, "to resolve "); ok {
		name, _, _ := strings.Cut(rest, " ")
		out.AddAs("to resolve", name, format.Host)
	}
}

func apache(out *format.Record, text string) {
	for {
		_, rest, ok := strings.Cut(text, "[")
		if !ok {
			break
		}
		part, after, ok := strings.Cut(rest, "]")
		if !ok {
			break
		}
		name, value, _ := strings.Cut(part, " ")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch name {
		case "client", "remote":
			if i := strings.LastIndexByte(value, ':'); i > 0 && strings.Count(value, ":") == 1 {
				value = value[:i]
			}
			out.AddAs(name, strings.TrimSpace(value), format.Client)
		case "hostname":
			out.AddAs(name, value, format.Host)
		case "uri":
			out.AddAs(name, value, format.URL)
		case "msg":
			out.AddAs(name, value, format.Signature)
		default:
			out.AddAs(name, value, format.Other)
		}
		text = after
	}
	out.AddAs("message", strings.TrimSpace(text), format.Message)
	if _, rest, ok := strings.Cut(text, "(server "); ok {
		host, _, _ := strings.Cut(rest, ")")
		if i := strings.LastIndexByte(host, ':'); i > 0 {
			host = host[:i]
		}
		out.AddAs("server", host, format.Host)
	}
	if _, rest, ok := strings.Cut(text, "referer: "); ok {
		out.AddAs("referer", strings.TrimSpace(rest), format.Referrer)
	}
}
