package observable

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// schemes lists the URL schemes that name a host, with the default port that
// canonical form drops. browsed marks those that browsers parse leniently.
var schemes = map[string]struct {
	port    string
	browsed bool
}{
	"http": {"80", true}, "https": {"443", true}, "ftp": {"21", true}, "ws": {"80", true}, "wss": {"443", true},
	"ftps": {port: "990"}, "sftp": {port: "22"}, "ssh": {port: "22"}, "scp": {port: "22"}, "tftp": {port: "69"},
	"telnet": {port: "23"}, "rdp": {port: "3389"}, "vnc": {port: "5900"}, "smb": {port: "445"}, "nfs": {port: "2049"},
	"ldap": {port: "389"}, "ldaps": {port: "636"}, "rmi": {port: "1099"}, "iiop": {}, "dns": {port: "53"}, "gopher": {port: "70"},
	"smtp": {port: "25"}, "smtps": {port: "465"}, "imap": {port: "143"}, "imaps": {port: "993"}, "pop3": {port: "110"}, "pop3s": {port: "995"},
	"irc": {port: "6667"}, "ircs": {port: "6697"}, "xmpp": {}, "mqtt": {port: "1883"}, "mqtts": {port: "8883"}, "amqp": {port: "5672"},
	"tcp": {}, "udp": {}, "tls": {}, "ssl": {}, "quic": {}, "socks4": {port: "1080"}, "socks5": {port: "1080"}, "git": {port: "9418"},
	"stratum+tcp": {}, "stratum+ssl": {}, "stratum+tls": {}, "rtsp": {port: "554"}, "rtmp": {port: "1935"}, "sip": {port: "5060"}, "sips": {port: "5061"},
	"mongodb": {port: "27017"}, "mysql": {port: "3306"}, "postgresql": {port: "5432"}, "redis": {port: "6379"},
}

// canonicalURL writes an absolute URL as browsers would request it: scheme and
// host in canonical form, default port dropped, an empty path as "/", and what
// RFC 3986 does not allow percent-encoded.
//
// Path, query and fragment are kept otherwise: dot segments and odd escapes are
// what an exploit looks like, and phishing kits keep the victim in the fragment.
func canonicalURL(text string) (string, error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		scheme, rest, found = strings.Cut(text, `:\\`)
	}
	scheme = strings.ToLower(scheme)
	known, ok := schemes[scheme]
	switch {
	case !found:
		return "", refuse("%.80q has no scheme; write http:// before the host", text)
	case !ok:
		return "", refuse("%.40q is no URL scheme that names a host", scheme)
	}
	if known.browsed {
		rest = strings.TrimLeft(slashes(rest), "/")
	}
	authority, tail := splitAuthority(rest)
	userinfo, hostport := "", authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		userinfo, hostport = canonicalUserinfo(authority[:at])+"@", authority[at+1:]
	}
	host, port, err := canonicalHostPort(hostport)
	if err != nil {
		return "", err
	}
	if port == known.port {
		port = ""
	}
	if port != "" {
		port = ":" + port
	}
	if known.browsed && (tail == "" || tail[0] != '/') {
		tail = "/" + tail
	}
	return scheme + "://" + userinfo + host + port + escape(tail, ""), nil
}

// slashes turns backslashes into slashes up to the query, as browsers do: in
// "http://evil.example\@good.example" the host is evil.example.
func slashes(rest string) string {
	end := strings.IndexAny(rest, "?#")
	if end < 0 {
		end = len(rest)
	}
	return strings.ReplaceAll(rest[:end], `\`, "/") + rest[end:]
}

func splitAuthority(rest string) (authority, tail string) {
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return rest[:end], rest[end:]
	}
	return rest, ""
}

// canonicalUserinfo encodes round brackets too, since "(.)" in an authority reads as a defanged dot.
func canonicalUserinfo(userinfo string) string {
	user, password, found := strings.Cut(userinfo, ":")
	if found {
		return escape(user, "@()") + ":" + escape(password, "@:()")
	}
	return escape(user, "@()")
}

// canonicalHostPort returns the host as a URL writes it, IPv6 in brackets, and
// the port in decimal or "".
func canonicalHostPort(hostport string) (host, port string, err error) {
	host, port = splitPort(hostport)
	if port != "" {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return "", "", refuse("%.20q is no port", port)
		}
		port = strconv.FormatUint(number, 10)
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		addr, err := canonicalIP(strings.TrimSuffix(inner, "]"))
		if err != nil {
			return "", "", err
		}
		return bracketed(addr), port, nil
	}
	if strings.Contains(host, "%") {
		if host, err = url.PathUnescape(host); err != nil {
			return "", "", refuse("%.80q is no host: %v", hostport, err)
		}
	}
	if host == "" {
		return "", "", refuse("the URL has no host")
	}
	if addr, ok := looseIPv4(strings.ToLower(strings.TrimSuffix(host, "."))); ok {
		return addr.String(), port, nil
	}
	host, err = canonicalHostName(host)
	return host, port, err
}

// splitPort cuts ":port" off. The port is "" when there is none or it is empty.
func splitPort(hostport string) (host, port string) {
	colon := strings.LastIndexByte(hostport, ':')
	if colon < 0 || strings.HasSuffix(hostport, "]") {
		return hostport, ""
	}
	return hostport[:colon], hostport[colon+1:]
}

func bracketed(addr string) string {
	if strings.Contains(addr, ":") {
		return "[" + addr + "]"
	}
	return addr
}

// looseIPv4 reads a host of numbers as browsers do (WHATWG URL, "IPv4 parser"):
// up to four parts, decimal, octal or hexadecimal, the last filling the rest.
// Phishing mails write 203.0.113.7 as http://3405803783/ to pass filters.
func looseIPv4(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	last := len(parts) - 1
	if last > 3 || !isNumber(parts[last]) {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, part := range parts {
		bits, shift := 8, 8*(3-i)
		if i == last {
			bits, shift = 8*(4-last), 0
		}
		number, ok := looseNumber(part)
		if !ok || number >= 1<<bits {
			return netip.Addr{}, false
		}
		sum |= number << shift
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

func looseNumber(text string) (uint64, bool) {
	base := 10
	if hex, found := strings.CutPrefix(text, "0x"); found {
		text, base = hex, 16
		if text == "" {
			return 0, true
		}
	} else if len(text) > 1 && text[0] == '0' {
		text, base = text[1:], 8
	}
	number, err := strconv.ParseUint(text, base, 32)
	return number, err == nil
}

// escape percent-encodes what a URL must not hold, and the characters of also.
// Brackets and braces are among it, so that a canonical URL never looks
// defanged. A % is left as found.
func escape(text, also string) string {
	const upperHex = "0123456789ABCDEF"
	var b strings.Builder
	done := 0
	for i := range len(text) {
		c := text[i]
		if c > ' ' && c < 0x7f && !strings.ContainsRune("\"<>[]{}`\\^", rune(c)) && strings.IndexByte(also, c) < 0 {
			continue
		}
		b.WriteString(text[done:i])
		b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		done = i + 1
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}
