package sourcetest

import (
	"context"
	"net/url"
	"strings"

	"clew/internal/fetch"
	"clew/internal/source"
)

// Hosts leads the name of each host to a listener of ours, through the real
// client: a walk from server to server over the loopback interface.
type Hosts struct {
	Client    *fetch.Client
	Addresses map[string]string // host:port by name
	Asked     []string          // name and path of each request, in order
}

// Ask implements [source.Asker].
func (h *Hosts) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return source.Reply{}, err
	}
	address, ok := h.Addresses[u.Host]
	if !ok {
		return source.Reply{}, source.ErrNotRecorded
	}
	h.Asked = append(h.Asked, u.Host+" "+strings.TrimPrefix(u.Path, "/"))
	u.Host = address
	r.URL = u.String()
	return h.Client.Ask(ctx, r)
}
