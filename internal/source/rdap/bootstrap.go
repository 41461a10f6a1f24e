package rdap

import (
	"net/netip"
	"strings"

	"clew/internal/observable"
	"clew/internal/source"
)

// bootstrap is one of IANA's files, RFC 9224: each service is a list of
// top-level domains or prefixes, and a list of servers.
type bootstrap struct {
	Services source.Rows[[][]string] `json:"services"`
}

// lookup returns the server that the bootstrap file names for v, "" for none:
// that of the longest prefix, or of the top-level domain.
func lookup(v observable.Value, reply source.Reply) (string, error) {
	if reply.Status != 200 {
		return "", &source.StatusError{Status: reply.Status, RetryAfter: source.RetryAfter(reply)}
	}
	var file bootstrap
	if err := source.DecodeJSON(reply, &file); err != nil {
		return "", err
	}
	if err := file.Services.Require("services"); err != nil {
		return "", err
	}
	best, server := -1, ""
	for _, service := range file.Services.Items {
		if len(service) != 2 {
			continue
		}
		for _, entry := range service[0] {
			if n := covers(entry, v); n > best {
				if s := httpsOf(service[1]); s != "" {
					best, server = n, s
				}
			}
		}
	}
	return server, nil
}

// covers returns how exactly entry covers v, negative when it does not.
func covers(entry string, v observable.Value) int {
	if addr, ok := v.Addr(); ok {
		prefix, err := netip.ParsePrefix(entry)
		if err != nil || !prefix.Contains(addr) {
			return -1
		}
		return prefix.Bits()
	}
	if !strings.HasSuffix("."+v.Text(), "."+strings.ToLower(entry)) {
		return -1
	}
	return len(entry)
}

// httpsOf returns the first server that can be asked safely, ending in a slash.
func httpsOf(servers []string) string {
	for _, s := range servers {
		if s, err := secure(s); err == nil {
			return strings.TrimSuffix(s, "/") + "/"
		}
	}
	return ""
}
