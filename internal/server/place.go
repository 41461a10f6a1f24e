package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A Place is where a server is found, when that is not just the address on
// loopback that it listens on.
type Place struct {
	URL     *url.URL       // what people type, nil for the listener's own address; its Host is the only further one answered to
	Proxies []netip.Prefix // whose word is taken for who asks, and nobody else's

	guarded bool // whether only this machine and the proxies are answered: the listener is open to others and does not encrypt
}

// ParsePlace reads what a configuration says: the address that people type, and
// the networks that reverse proxies ask from.
func ParsePlace(address string, proxies []string) (Place, error) {
	var p Place
	if address != "" {
		at, err := url.Parse(address)
		if err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "" || at.User != nil || strings.Trim(at.Path, "/") != "" || at.RawQuery != "" || at.Fragment != "" {
			return p, fmt.Errorf("url %q: write https://clew.example, without a path: clew is served at the root of a name of its own", address)
		}
		if at.Scheme == "http" && !loopback(at.Hostname()) {
			return p, fmt.Errorf("url %q: beyond this machine it has to be https", address)
		}
		at.Host = strings.ToLower(at.Host)
		p.URL = at
	}
	for _, text := range proxies {
		prefix, err := netip.ParsePrefix(text)
		if addr, single := netip.ParseAddr(text); single == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return p, fmt.Errorf("behind_proxy %q: write the proxy's address or network, as 127.0.0.1 or 192.0.2.0/28", text)
		}
		if prefix.Bits() == 0 {
			return p, fmt.Errorf("behind_proxy %q: that is everybody, and everybody could say who they are", text)
		}
		p.Proxies = append(p.Proxies, prefix.Masked())
	}
	return p, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// named reports whether a Host header is that of the address that people type.
// The port that a scheme implies may be left out or said.
func (p Place) named(host string) bool {
	if p.URL == nil {
		return false
	}
	implied := map[string]string{"http": ":80", "https": ":443"}[p.URL.Scheme]
	return strings.TrimSuffix(strings.ToLower(host), implied) == strings.TrimSuffix(p.URL.Host, implied)
}

// secure reports whether a browser that sent this request did so over TLS.
func (p Place) secure(r *http.Request) bool {
	return r.TLS != nil || p.URL != nil && p.URL.Scheme == "https" && p.named(r.Host)
}

// origin is that of pages that this request's host serves.
func (p Place) origin(r *http.Request) string {
	if p.secure(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (p Place) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(p.Proxies, func(prefix netip.Prefix) bool { return prefix.Contains(addr.Unmap().WithZone("")) })
}

// forwarding are headers in which proxies say for whom they ask.
var forwarding = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded"}

// seen is a request with the address of who asks in RemoteAddr, where everything
// behind looks, and nobody but the named proxies may say it. A request that a
// browser sent in the clear to a server of https is refused: its token is known to
// the network now.
func (p Place) seen(r *http.Request) (asked *http.Request, refusal string) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	trusted := err == nil && p.trusts(peer.Addr())
	if p.guarded && !trusted && (err != nil || !peer.Addr().Unmap().IsLoopback()) {
		return r, "this server answers its reverse proxy only"
	}
	if trusted && p.URL != nil && p.URL.Scheme == "https" && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "http") {
		return r, "this server is reached over https only: " + p.URL.String()
	}
	copied := *r
	copied.Header = r.Header.Clone()
	if trusted {
		copied.RemoteAddr = netip.AddrPortFrom(p.client(peer.Addr(), r.Header.Values("X-Forwarded-For")), 0).String()
	}
	for _, name := range forwarding {
		copied.Header.Del(name)
	}
	return &copied, ""
}

// client is the last address of a list that is none of ours: what stands before it
// is whatever the client said.
func (p Place) client(peer netip.Addr, lists []string) netip.Addr {
	hops := strings.Split(strings.Join(lists, ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return peer // no list, or nonsense that a proxy let through
		}
		if peer = addr.Unmap(); !p.trusts(peer) {
			return peer
		}
	}
	return peer
}
