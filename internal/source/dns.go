package source

import (
	"fmt"
	"net/url"
	"strings"
)

// DNSRequest asks for the records of one type that name has, by the resolver
// the asker is configured with. The reply is read by [DecodeDNS].
func DNSRequest(name, rrtype string) Request {
	return Request{Method: "DNS", URL: "dns:///" + url.PathEscape(name) + "?type=" + rrtype}
}

// A DNSRecord is one record of a DNS answer. Data is as in a zone file; of a TXT
// record it may be without quotes.
type DNSRecord struct {
	Name string `json:"name"`
	Type uint16 `json:"type"`
	TTL  Number `json:"TTL"` // seconds
	Data string `json:"data"`
}

// TypeName returns the type as zone files write it, "" for a type that the
// vocabulary has no relation for.
func (r DNSRecord) TypeName() string {
	switch r.Type {
	case 1:
		return "A"
	case 2:
		return "NS"
	case 5:
		return "CNAME"
	case 6:
		return "SOA"
	case 12:
		return "PTR"
	case 15:
		return "MX"
	case 16:
		return "TXT"
	case 28:
		return "AAAA"
	}
	return ""
}

// TypeANY is the number of the question for all types at once, which a server
// may answer with some of them (RFC 8482).
const TypeANY = 255

// A DNSReply is what a resolver answered, in the JSON of dns.google. Askers turn
// replies over port 53 into it.
type DNSReply struct {
	Status   *Number `json:"Status"` // RCODE
	TC       bool    `json:"TC"`     // cut short
	Question Rows[struct {
		Name string `json:"name"`
		Type uint16 `json:"type"`
	}] `json:"Question"`
	Answer Rows[DNSRecord] `json:"Answer"`
}

// AskedAny reports whether the question was for all types.
func (r DNSReply) AskedAny() bool {
	return len(r.Question.Items) == 1 && r.Question.Items[0].Type == TypeANY
}

// Response codes, RFC 1035 section 4.1.1.
const (
	noError  = 0
	nxDomain = 3
	refused  = 5
)

// DecodeDNS reads the reply to a [DNSRequest]. A name that does not exist is an
// answer without records; every other failure of the resolver is an error.
func DecodeDNS(r Reply) (DNSReply, error) {
	var answer DNSReply
	if err := DecodeJSON(r, &answer); err != nil {
		return answer, err
	}
	switch {
	case answer.Status == nil:
		return answer, fmt.Errorf("%w: no %q in it", ErrBadReply, "Status")
	case *answer.Status == noError, *answer.Status == nxDomain:
		return answer, nil
	case *answer.Status == refused:
		return answer, fmt.Errorf("%w: the resolver refused", ErrDenied)
	}
	return answer, fmt.Errorf("resolver: response code %d", *answer.Status)
}

// ParseDNSRequest reads the question of a dns:// address, the name in lower
// case without a trailing dot. Server is "" for the configured resolver.
func ParseDNSRequest(address string) (server, name, rrtype string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", "", fmt.Errorf("DNS question: %w", err)
	}
	name = strings.TrimSuffix(strings.ToLower(strings.TrimPrefix(u.Path, "/")), ".")
	rrtype = strings.ToUpper(u.Query().Get("type"))
	if u.Scheme != "dns" || name == "" || rrtype == "" {
		return "", "", "", fmt.Errorf("%q is no DNS question: dns://server/name?type=A", address)
	}
	return u.Host, name, rrtype, nil
}
