package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/miekg/dns"

	"clew/internal/source"
)

// errNoResolver means that there is no DNS server to ask.
var errNoResolver = fmt.Errorf("%w: no DNS resolver configured", source.ErrNotOffered)

// udpSize is how large a reply over UDP may be, in bytes: what passes without
// fragments (DNS flag day 2020). Larger ones are asked for over TCP.
const udpSize = 1232

// overDNS asks dns://server/name?type=A: without a server the configured
// resolver. The reply has the JSON form that [source.DecodeDNS] reads, whichever
// way it came.
func (c *Client) overDNS(ctx context.Context, u *url.URL, _ source.Request) (source.Reply, error) {
	server, name, rrtype, err := source.ParseDNSRequest(u.String())
	if err != nil {
		return source.Reply{}, fmt.Errorf("%w: %w", source.ErrBadReply, err)
	}
	dial := c.guard.dial
	if server == "" {
		if strings.HasPrefix(c.options.Resolver, "https://") {
			return c.overDoH(ctx, name, rrtype)
		}
		if server, err = c.resolver(); err != nil {
			return source.Reply{}, err
		}
		dial = (&net.Dialer{}).DialContext // configured by the user, so it may be private
	}
	question, err := questionOf(name, rrtype)
	if err != nil {
		return source.Reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	answer, err := exchange(ctx, dial, "udp", withPort(server), question)
	if err == nil && answer.Truncated {
		answer, err = exchange(ctx, dial, "tcp", withPort(server), question)
	}
	if err != nil {
		return source.Reply{}, fmt.Errorf("resolver %s: %w", server, err)
	}
	body, err := json.Marshal(asJSON(answer))
	if err != nil {
		return source.Reply{}, fmt.Errorf("resolver %s: %w", server, err)
	}
	return source.Reply{
		Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/dns-json"}},
		Body: body, At: c.options.Clock().UTC(),
	}, nil
}

// overDoH asks a resolver that speaks JSON over HTTPS.
func (c *Client) overDoH(ctx context.Context, name, rrtype string) (source.Reply, error) {
	u, err := url.Parse(c.options.Resolver)
	if err != nil {
		return source.Reply{}, fmt.Errorf("%w: resolver: %w", source.ErrBadReply, err)
	}
	u.RawQuery = url.Values{"name": {name}, "type": {rrtype}}.Encode()
	return c.overHTTP(ctx, u, source.Request{URL: u.String(), Header: http.Header{"Accept": {"application/dns-json"}}})
}

// resolver returns the server to ask when the question names none.
func (c *Client) resolver() (string, error) {
	if c.options.Resolver != "" {
		return c.options.Resolver, nil
	}
	system, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil || len(system.Servers) == 0 {
		return "", errNoResolver
	}
	return net.JoinHostPort(system.Servers[0], system.Port), nil
}

// withPort adds port 53 to an address that has none.
func withPort(server string) string {
	if addr, err := netip.ParseAddr(strings.Trim(server, "[]")); err == nil {
		return net.JoinHostPort(addr.String(), "53")
	}
	if _, _, err := net.SplitHostPort(server); err == nil {
		return server
	}
	return net.JoinHostPort(server, "53")
}

func questionOf(name, rrtype string) (*dns.Msg, error) {
	number, known := dns.StringToType[rrtype]
	if _, ok := dns.IsDomainName(name); !ok || !known {
		return nil, fmt.Errorf("%w: no DNS question: %s %.80q", source.ErrBadReply, rrtype, name)
	}
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), number)
	return question.SetEdns0(udpSize, false), nil
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// exchange sends one question over a connection of its own, whose port the
// system draws, and takes the reply to that question only.
func exchange(ctx context.Context, dial dialer, network, address string, question *dns.Msg) (*dns.Msg, error) {
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends a read that waits
	defer stop()
	client := &dns.Client{Net: network}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	answer, _, err := client.ExchangeWithConnContext(ctx, question, &dns.Conn{Conn: conn, UDPSize: udpSize})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case len(answer.Question) != 1 || !strings.EqualFold(answer.Question[0].Name, question.Question[0].Name):
		return nil, errors.New("the reply is to another question")
	}
	return answer, nil
}

// message is a DNS reply in the JSON of dns.google.
type message struct {
	Status   int
	TC       bool
	Question []question
	Answer   []record `json:",omitempty"`
}

type question struct {
	Name string `json:"name"`
	Type uint16 `json:"type"`
}

type record struct {
	question
	TTL  uint32
	Data string `json:"data"`
}

func asJSON(answer *dns.Msg) message {
	out := message{Status: answer.Rcode, TC: answer.Truncated}
	for _, q := range answer.Question {
		out.Question = append(out.Question, question{q.Name, q.Qtype})
	}
	for _, rr := range answer.Answer {
		h := rr.Header()
		if h.Class != dns.ClassINET {
			continue
		}
		data := strings.TrimPrefix(rr.String(), h.String())
		if txt, ok := rr.(*dns.TXT); ok {
			data = unescape(strings.Join(txt.Txt, ""))
		}
		out.Answer = append(out.Answer, record{question{h.Name, h.Rrtype}, h.Ttl, data})
	}
	return out
}

// unescape takes the backslashes of zone files off quotes and backslashes, and
// leaves \DDD, which stands for an octet that is no text.
func unescape(text string) string {
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(text)
}
