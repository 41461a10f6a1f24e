// Package deliver hands escalations to people: it holds what every way of
// handing over shares, the message and who gets it. Each way is a leaf below.
package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/marking"
	"clew/internal/source"
)

// A Message is one escalation of one case.
type Message struct {
	Case       casefile.Case
	Escalation casefile.Escalation
	At         time.Time // of the delivery, from the caller's clock
}

// A Recipient is one entry of the configuration.
type Recipient struct {
	Name      string   `yaml:"name"`
	Kind      string   `yaml:"kind"`       // webhook, mail, slack, teams, mattermost, thehive, jira
	URL       string   `yaml:"url"`        // https; of mail: host:port
	Severity  string   `yaml:"severity"`   // the mildest it is told
	TLP       string   `yaml:"tlp"`        // the strictest it may be told; "" means AMBER+STRICT
	Private   bool     `yaml:"private"`    // its address may be in a private network
	From      string   `yaml:"from"`       // of mail
	To        []string `yaml:"to"`         // of mail
	User      string   `yaml:"user"`       // of mail and Jira
	Security  string   `yaml:"security"`   // of mail: starttls (default), tls, none
	Project   string   `yaml:"project"`    // of Jira
	IssueType string   `yaml:"issue_type"` // of Jira; "" means Task
	Key       string   `yaml:"-"`          // secret, password, token, or the address itself where that is the secret
	KeyEnv    string   `yaml:"-"`          // where it comes from
}

// A Door is the one way out, package fetch.
type Door interface {
	source.Asker
	// Dial connects to host:port within the same bounds as every request.
	Dial(ctx context.Context, address string) (net.Conn, error)
	// TLS is how connections to a host are secured.
	TLS(host string) *tls.Config
}

// A Way hands messages over. Said is the recipient's answer, as the record keeps it.
type Way interface {
	// Check says what a recipient lacks.
	Check(r Recipient) error
	// Info is what the way out needs to know of the recipient's server.
	Info(r Recipient) source.Info
	// Render shows what would be sent.
	Render(r Recipient, m Message) ([]byte, error)
	Send(ctx context.Context, door Door, r Recipient, m Message) (said string, err error)
}

// Errors of a delivery.
var (
	ErrRecipient = errors.New("recipient")
	ErrTLP       = errors.New("forbidden by TLP")
)

var recipientName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// Check says what every recipient must have.
func (r Recipient) Check() error {
	if !recipientName.MatchString(r.Name) {
		return fmt.Errorf("%w %q: name it in small letters, digits and -", ErrRecipient, casefile.Printable(r.Name))
	}
	if r.TLP != "" {
		if _, err := marking.ParseTLP(r.TLP); err != nil {
			return fmt.Errorf("%w %s: %w", ErrRecipient, r.Name, err)
		}
	}
	return nil
}

// DefaultTLP is the strictest marking that a recipient is told of by default.
const DefaultTLP = string(marking.TLPAmberStrict)

// May reports whether a recipient may be told of a case.
func (r Recipient) May(c casefile.Case) error {
	most := r.TLP
	if most == "" {
		most = DefaultTLP
	}
	audience, err := marking.ParseTLP(most)
	if err != nil {
		return fmt.Errorf("%w %s: %w", ErrRecipient, r.Name, err)
	}
	tlp, err := marking.ParseTLP(c.TLP)
	if err != nil {
		return fmt.Errorf("case %s: %w", c.ID, err)
	}
	if tlp.StricterThan(audience) {
		return fmt.Errorf("%w: the case is TLP:%s, and %s may be told TLP:%s at most: set tlp of the recipient", ErrTLP, tlp, r.Name, audience)
	}
	return nil
}

// Server describes the server of an https address: its key goes to its host only.
func Server(r Recipient, address, header, scheme string) source.Info {
	info := source.Info{
		Name: "deliver-" + r.Name, Title: r.Name, PAP: marking.Amber, Every: 500 * time.Millisecond, // our choice: a server of the team's
	}
	if u, err := url.Parse(address); err == nil && header != "" {
		info.KeyHost, info.KeyHeader, info.KeyScheme, info.KeyEnv = u.Host, header, scheme, r.KeyEnv
	}
	return info
}

// HTTPS checks an address.
func HTTPS(r Recipient, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("%w %s: its address must be https://host/path", ErrRecipient, r.Name)
	}
	return nil
}

// Post sends JSON and returns the body of the answer, or an error that says with
// which status it was refused. Package fetch tries again where the server says
// "later" or the connection breaks; the key in header keeps that from being
// taken twice.
func Post(ctx context.Context, ask source.Asker, r Recipient, method, address string, header http.Header, body []byte) ([]byte, error) {
	h := header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if body != nil {
		h.Set("Content-Type", "application/json")
	}
	reply, err := ask.Ask(ctx, source.Request{
		Source: "deliver-" + r.Name, Method: method, URL: address, Header: h, Body: body, TTL: -1, Anew: true, Endpoint: "deliver",
	})
	if err != nil {
		return nil, err
	}
	if reply.Status < 200 || reply.Status > 299 {
		return reply.Body, Refused{reply.Status, Said(reply.Body)}
	}
	return reply.Body, nil
}

// Refused is an answer that says no.
type Refused struct {
	Status int
	Words  string
}

func (r Refused) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("HTTP %d %s: %s", r.Status, http.StatusText(r.Status), r.Words), ": ")
}

// Said makes an answer fit for the record: short, on one line, in plain characters.
func Said(body []byte) string {
	const most = 200
	text := []rune(strings.ToValidUTF8(string(body[:min(len(body), 4*most)]), "?"))
	return casefile.Printable(strings.TrimSpace(string(text[:min(len(text), most)])))
}
