package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"clew/internal/source"
)

// errQuestion means that a WHOIS question cannot be sent as it is.
var errQuestion = errors.New("a WHOIS question is one line")

// maxWhois bounds a WHOIS reply, in bytes: the longest are some 20 KB.
const maxWhois = 1 << 20

// overPort43 asks whois://server/question: one line out, everything in, RFC 3912.
// A URL may name another port, as tests do.
func (c *Client) overPort43(ctx context.Context, u *url.URL, _ source.Request) (source.Reply, error) {
	question := strings.TrimPrefix(u.Path, "/")
	if question == "" || strings.ContainsAny(question, "\r\n") {
		return source.Reply{}, errQuestion
	}
	port := u.Port()
	if port == "" {
		port = "43"
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	conn, err := c.guard.dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return source.Reply{}, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends a read that waits
	defer stop()
	if _, err := io.WriteString(conn, question+"\r\n"); err != nil {
		return source.Reply{}, fmt.Errorf("%s: %w", u.Host, err)
	}
	body, err := read(conn, maxWhois)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return source.Reply{}, fmt.Errorf("reply of %s: %w", u.Host, err)
	}
	return source.Reply{Status: http.StatusOK, Header: http.Header{}, Body: body, At: c.options.Clock().UTC()}, nil
}
