package fetch

import (
	"context"
	"crypto/tls"
	"net"
)

// Dial connects to host:port for what is no question to a provider, such as
// mail. It is bound as every request is: no address that is not public, unless
// the configuration names it.
func (c *Client) Dial(ctx context.Context, address string) (net.Conn, error) {
	return c.guard.dial(ctx, "tcp", address)
}

// TLS returns how a connection to a host is secured: its certificate is always
// verified.
func (c *Client) TLS(host string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.options.RootCAs, ServerName: host}
}
