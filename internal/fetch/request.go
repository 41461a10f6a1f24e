package fetch

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"clew/internal/source"
)

// request builds what is sent. The key goes to the host it belongs to and to no
// other: into a header of its own or, where a provider knows no header, into the
// address sent, which is a copy of the one that records and caches hold.
func (c *Client) request(ctx context.Context, u *url.URL, r source.Request) (*http.Request, error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", c.options.UserAgent)
	if request.Header.Get("Accept") == "" {
		request.Header.Set("Accept", "application/json")
	}
	info := c.sources[r.Source]
	if u.Host != info.KeyHost || c.options.Key == nil {
		return request, nil
	}
	key := c.options.Key(info)
	switch {
	case key == "":
	case info.KeyHeader != "":
		request.Header.Set(info.KeyHeader, credentials(info.KeyScheme, key))
	case info.KeyParameter != "":
		request.URL.RawQuery = strings.TrimPrefix(u.RawQuery+"&", "&") + info.KeyParameter + "=" + url.QueryEscape(key)
	}
	return request, nil
}

// withoutAddress takes the address out of an error of net/http: it may hold a key.
func withoutAddress(err error, host string) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return fmt.Errorf("asking %s: %w", host, withURL.Err)
	}
	return err
}

// credentials writes a key as its scheme wants it (RFC 6750, RFC 7617).
func credentials(scheme, key string) string {
	switch scheme {
	case "":
		return key
	case "Basic":
		key = base64.StdEncoding.EncodeToString([]byte(key))
	}
	return scheme + " " + key
}
