package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"clew/internal/source"
)

// tokens are what OAuth 2.0 servers gave for keys. They are in memory only, and
// never part of a request that is recorded or a reply that is kept.
type tokens struct {
	mu       sync.Mutex // held while one is drawn, so that it is drawn once
	bySource map[string]token
}

type token struct {
	text    string
	key     string    // it was drawn with
	expires time.Time // by our clock
}

// early is how long before its end a token is drawn anew: a request may wait
// for its turn before it is sent.
const early = 2 * time.Minute

// maxToken bounds the reply of a token server, in bytes.
const maxToken = 64 << 10

// errKeyForm means that a key has not the parts a token is drawn with.
var errKeyForm = errors.New(`the key must be written "tenant:client id:client secret"`)

// secret returns what a request to the source carries: its key or, where the
// provider wants a token instead, the token drawn with it.
func (c *Client) secret(ctx context.Context, info source.Info) (string, error) {
	key := c.keyFor(info)
	if key == "" || info.TokenURL == "" {
		return key, nil
	}
	c.tokens.mu.Lock()
	defer c.tokens.mu.Unlock()
	have, ok := c.tokens.bySource[info.Name]
	if ok && have.key == key && c.options.Clock().Before(have.expires) {
		return have.text, nil
	}
	drawn, err := c.draw(ctx, info, key)
	if err != nil {
		return "", fmt.Errorf("token for %s: %w", info.Title, err)
	}
	if c.tokens.bySource == nil {
		c.tokens.bySource = map[string]token{}
	}
	c.tokens.bySource[info.Name] = drawn
	return drawn.text, nil
}

// draw asks for a token by client credentials (RFC 6749, section 4.4).
func (c *Client) draw(ctx context.Context, info source.Info, key string) (t token, err error) {
	parts := strings.SplitN(key, ":", 3)
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return t, fmt.Errorf("%w: %w", source.ErrDenied, errKeyForm)
	}
	u, err := url.Parse(strings.ReplaceAll(info.TokenURL, "{tenant}", url.PathEscape(parts[0])))
	if err != nil {
		return t, errKeyForm
	}
	if u, err = c.route(u, source.Request{Source: info.Name}); err != nil {
		return t, err
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {parts[1]}, "client_secret": {parts[2]}, "scope": {info.TokenScope},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return t, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", c.options.UserAgent)
	response, err := c.http.Do(request)
	if err != nil {
		return t, withoutAddress(err, u.Host)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := read(response.Body, maxToken)
	if err != nil {
		return t, err
	}
	return c.granted(key, response.StatusCode, body)
}

// granted reads the reply of a token server. Of a refusal only the code is
// told: the words around it may repeat what was sent.
func (c *Client) granted(key string, status int, body []byte) (t token, err error) {
	var reply struct {
		Token   string        `json:"access_token"`
		Seconds source.Number `json:"expires_in"`
		Error   string        `json:"error"`
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		return t, fmt.Errorf("%w: HTTP %d, and no JSON", source.ErrBadReply, status)
	}
	switch {
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		return t, &source.StatusError{Status: status}
	case status != http.StatusOK || reply.Token == "":
		return t, fmt.Errorf("%w: %.60q (HTTP %d)", source.ErrDenied, reply.Error, status)
	}
	lifetime := time.Duration(min(max(reply.Seconds, 0), 24*3600)) * time.Second
	return token{text: reply.Token, key: key, expires: c.options.Clock().Add(lifetime - early)}, nil
}
