// Package mail sends escalations by SMTP (RFC 5321), as plain text (RFC 5322)
// with a Message-ID that stays the same when one is sent again.
package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/response/deliver"
	"clew/internal/source"
)

// Way is mail.
type Way struct{}

// How a connection is secured.
const (
	starttls  = "starttls"
	fromStart = "tls"
	plain     = "none"
)

// patience bounds the whole conversation with a server.
const patience = time.Minute

// Check implements [deliver.Way].
func (Way) Check(r deliver.Recipient) error {
	fail := func(why string) error { return fmt.Errorf("%w %s: %s", deliver.ErrRecipient, r.Name, why) }
	if host, port, err := net.SplitHostPort(r.URL); err != nil || host == "" || port == "" {
		return fail("url: write the mail server as host:port, such as mail.example:587")
	}
	if _, err := mail.ParseAddress(r.From); err != nil {
		return fail("from is no mail address")
	}
	if len(r.To) == 0 {
		return fail("to: nobody to write to")
	}
	for _, to := range r.To {
		if _, err := mail.ParseAddress(to); err != nil {
			return fail("to: one of them is no mail address")
		}
	}
	switch r.Security {
	case "", starttls, fromStart:
	case plain:
		if r.User != "" {
			return fail("a password is not sent over a connection without TLS: set security to starttls or tls")
		}
	default:
		return fail("security is starttls, tls or none")
	}
	if r.User != "" && r.Key == "" {
		return fail(fmt.Sprintf("no password: set %s, or keys.%s in config.yaml", r.KeyEnv, r.Name))
	}
	return nil
}

// Info implements [deliver.Way].
func (Way) Info(r deliver.Recipient) source.Info { return deliver.Server(r, "", "", "") }

// Render implements [deliver.Way].
func (Way) Render(r deliver.Recipient, m deliver.Message) ([]byte, error) {
	from, err := mail.ParseAddress(r.From)
	if err != nil {
		return nil, err
	}
	var to []string
	for _, text := range r.To {
		address, err := mail.ParseAddress(text)
		if err != nil {
			return nil, err
		}
		to = append(to, address.String())
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", from.String()},
		{"To", strings.Join(to, ",\r\n ")},
		{"Subject", mime.QEncoding.Encode("utf-8", m.Title())},
		{"Date", m.At.UTC().Format(time.RFC1123Z)},
		{"Message-ID", fmt.Sprintf("<clew-%s@%s>", casefile.Printable(m.Escalation.ID), domain)},
		{"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	body := quotedprintable.NewWriter(&b)
	if _, err := body.Write([]byte(strings.ReplaceAll(m.Text(), "\n", "\r\n"))); err != nil {
		return nil, err
	}
	return b.Bytes(), body.Close()
}

// Send implements [deliver.Way].
func (w Way) Send(ctx context.Context, door deliver.Door, r deliver.Recipient, m deliver.Message) (string, error) {
	content, err := w.Render(r, m)
	if err != nil {
		return "", err
	}
	host, _, err := net.SplitHostPort(r.URL)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := door.Dial(ctx, r.URL)
	if err != nil {
		return "", fmt.Errorf("mail server: %w", err)
	}
	defer conn.Close() //nolint:errcheck // QUIT was answered, or an error is told already
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline) // a connection without deadlines is bound by the context
	}
	if r.Security == fromStart {
		conn = tls.Client(conn, door.TLS(host))
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return "", fmt.Errorf("mail server: %w", err)
	}
	if err := secured(client, door, r, host); err != nil {
		return "", err
	}
	if err := hand(client, r, content); err != nil {
		return "", fmt.Errorf("mail server: %s", casefile.Printable(err.Error()))
	}
	// The server answered for the message (RFC 5321, 4.2.5): a goodbye that fails
	// would only have it sent twice.
	_ = client.Quit()
	return fmt.Sprintf("taken, recipients: %d", len(r.To)), nil
}

// secured starts TLS and logs in, as the recipient's entry says.
func secured(client *smtp.Client, door deliver.Door, r deliver.Recipient, host string) error {
	if r.Security == "" || r.Security == starttls {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return errors.New("mail server: it does not offer STARTTLS: nothing was sent; set security to tls, or to none on a network of your own")
		}
		if err := client.StartTLS(door.TLS(host)); err != nil {
			return fmt.Errorf("mail server: STARTTLS: %w", err)
		}
	}
	if r.User == "" {
		return nil
	}
	if err := client.Auth(smtp.PlainAuth("", r.User, r.Key, host)); err != nil {
		return fmt.Errorf("mail server: login: %s", casefile.Printable(err.Error()))
	}
	return nil
}

func hand(client *smtp.Client, r deliver.Recipient, content []byte) error {
	from, err := mail.ParseAddress(r.From)
	if err != nil {
		return err
	}
	if err := client.Mail(from.Address); err != nil {
		return err
	}
	for _, text := range r.To {
		to, err := mail.ParseAddress(text)
		if err != nil {
			return err
		}
		if err := client.Rcpt(to.Address); err != nil {
			return err
		}
	}
	data, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write(content); err != nil {
		return err
	}
	return data.Close()
}
