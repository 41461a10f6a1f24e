package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"

	"clew/internal/observable"
)

// errNotPublic means that a name or an address leads into a private network.
var errNotPublic = errors.New("not a public address")

// A guard opens connections to public addresses only. It looks at the address
// after it was resolved: a name under an attacker's control may lead anywhere.
type guard struct {
	proxyOf       func(*http.Request) (*url.URL, error)
	allowLoopback bool
	named         *sync.Map // host:port of proxies and mirrors the user named, which may be private
}

func newGuard(o Options) guard {
	g := guard{proxyOf: http.ProxyFromEnvironment, allowLoopback: o.AllowLoopback, named: &sync.Map{}}
	if o.Proxy != nil {
		g.proxyOf = func(r *http.Request) (*url.URL, error) { return o.Proxy(r.URL), nil }
	}
	return g
}

// proxy returns the proxy for a request, and remembers that it may be dialled.
// What a proxy resolves is beyond our sight; an address given as such is not.
func (g guard) proxy(r *http.Request) (*url.URL, error) {
	p, err := g.proxyOf(r)
	if err != nil || p == nil {
		return nil, err
	}
	_, named := g.named.Load(hostPort(r.URL))
	if addr, err := netip.ParseAddr(r.URL.Hostname()); err == nil && !named {
		if err := g.check(addr); err != nil {
			return nil, err
		}
	}
	g.named.Store(hostPort(p), true)
	return p, nil
}

// hostPort is what is dialled for a proxy or a mirror.
func hostPort(p *url.URL) string {
	port := p.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080", "whois": "43"}[p.Scheme]
	}
	return net.JoinHostPort(p.Hostname(), port)
}

func (g guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 20 * time.Second, KeepAlive: 30 * time.Second}
	if _, named := g.named.Load(address); !named {
		d.Control = func(_, resolved string, _ syscall.RawConn) error {
			addr, err := netip.ParseAddrPort(resolved)
			if err != nil {
				return fmt.Errorf("%w: %s", errNotPublic, resolved)
			}
			return g.check(addr.Addr())
		}
	}
	return d.DialContext(ctx, network, address)
}

func (g guard) check(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	if addr.IsLoopback() && g.allowLoopback {
		return nil
	}
	v, err := observable.New(observable.IP, addr.String())
	if err != nil || observable.IsLocal(v) {
		why, _ := observable.Special(v)
		return fmt.Errorf("%w: %s is a %s", errNotPublic, addr, why)
	}
	return nil
}
