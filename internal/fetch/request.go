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

// errBaseURL means that the configuration leads requests to where none can go.
var errBaseURL = errors.New("base URL in the configuration")

// route returns where a request to u is sent: there, or to what the user put in
// its place.
func (c *Client) route(u *url.URL, r source.Request) (*url.URL, error) {
	base := c.options.Overrides[r.Source].BaseURL
	if base == "" {
		return u, nil
	}
	to, err := url.Parse(strings.ReplaceAll(base, "{host}", u.Host))
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "whois" {
		return nil, fmt.Errorf("%w of %s: it must be https://host/path, or whois://host", errBaseURL, r.Source)
	}
	if to.Scheme != u.Scheme {
		return u, nil
	}
	copied := *u
	copied.Host = to.Host
	if path := strings.TrimSuffix(to.EscapedPath(), "/"); path != "" && u.Scheme == "https" {
		copied.Path, copied.RawPath = strings.TrimSuffix(to.Path, "/")+u.Path, path+u.EscapedPath()
	}
	return &copied, nil
}

// request builds what is sent to u. The key goes where it belongs to and nowhere
// else: into a header of its own or, where a provider knows no header, into the
// address sent, which is a copy of the one that records and caches hold.
func (c *Client) request(ctx context.Context, u *url.URL, r source.Request) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
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
	asked, err := url.Parse(r.URL) // not u, which may be a mirror
	if err != nil {
		return nil, err
	}
	key := ""
	if asked.Host == info.KeyHost {
		if key, err = c.secret(ctx, info); err != nil {
			return nil, err
		}
	}
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
