package all_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"clew/internal/casefile"
	"clew/internal/fetch"
	"clew/internal/response/deliver"
	"clew/internal/response/deliver/all"
	"clew/internal/response/deliver/webhook"
	"clew/internal/source"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const secret = "a secret of the team"

// hostile is outside text that tries to end a field of every format.
const hostile = "x\";\r\nBcc: all@victim.example\r\n\r\n<script>@channel <!channel> [a](https://evil.example/) {{x}} %0a *b* `c` \u202e |"

func message() deliver.Message {
	return deliver.Message{
		At:   noon,
		Case: casefile.Case{ID: "2026-11-23-evil-example-4f2a", Scope: "live", TLP: "AMBER", PAP: "AMBER"},
		Escalation: casefile.Escalation{
			ID: "0123456789abcdef", Trigger: "internal-hit", Severity: "high", Because: "1 indicator: seen in our own logs " + hostile,
			Evidence: []string{"domain evil.example, 12 sightings", hostile}, Assets: []string{"ws-17", hostile},
			Values: []casefile.Value{{Kind: "domain", Value: "evil.example"}}, Actions: []string{"Isolate the machines."},
		},
	}
}

func recipientOf(kind, address string) deliver.Recipient {
	r := deliver.Recipient{Name: "soc", Kind: kind, URL: address, Key: secret, KeyEnv: "CLEW_KEY_SOC", From: "clew@soc.example", To: []string{"duty@soc.example"}}
	switch kind {
	case "slack", "teams", "mattermost":
		r.Key, r.URL = address, ""
	case "jira":
		r.User, r.Project = "bot@soc.example", "SOC"
	}
	return r
}

// door is the real way out, let onto this machine.
func door(t *testing.T, r deliver.Recipient, pool *x509.CertPool) *fetch.Client {
	t.Helper()
	way, _ := all.Named(r.Kind)
	key := r.Key
	if r.User != "" {
		key = r.User + ":" + key
	}
	return fetch.New(fetch.Options{
		Sources: []source.Info{way.Info(r)}, Key: func(source.Info) string { return key }, RootCAs: pool, AllowLoopback: true,
		Clock: func() time.Time { return noon }, Sleep: func(context.Context, time.Duration) error { return nil },
		Proxy: func(*url.URL) *url.URL { return nil },
	})
}

func serve(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server, pool
}

func send(t *testing.T, r deliver.Recipient, pool *x509.CertPool) (string, error) {
	t.Helper()
	way, ok := all.Named(r.Kind)
	if !ok {
		t.Fatalf("no way %s", r.Kind)
	}
	if err := way.Check(r); err != nil {
		t.Fatal(err)
	}
	return way.Send(t.Context(), door(t, r, pool), r, message())
}

func TestAWebhookIsSignedAndTriedAgainUnderOneKey(t *testing.T) {
	var ids []string
	server, pool := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		ids = append(ids, r.Header.Get("webhook-id"))
		want, err := webhook.Sign(secret, r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
		if err != nil || r.Header.Get("webhook-signature") != want {
			t.Errorf("signature %s, want %s (%v)", r.Header.Get("webhook-signature"), want, err)
		}
		if strings.Contains(string(body)+r.Header.Get("Authorization"), secret) {
			t.Error("the secret went along")
		}
		if len(ids) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "taken")
	})
	said, err := send(t, recipientOf("webhook", server.URL+"/hook"), pool)
	if err != nil || said != "taken" {
		t.Errorf("got %q, %v", said, err)
	}
	if len(ids) != 2 || ids[0] != ids[1] || ids[0] != "clew_0123456789abcdef" {
		t.Errorf("sent as %v, want the same key twice", ids)
	}
}

// The example of the Standard Webhooks specification.
func TestTheSignatureOfTheSpecification(t *testing.T) {
	got, err := webhook.Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestChatsGetTheirOwnFormat(t *testing.T) {
	for kind, field := range map[string]string{"slack": "blocks", "teams": "attachments", "mattermost": "text"} {
		var body []byte
		server, pool := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ = io.ReadAll(r.Body)
			_, _ = io.WriteString(w, "ok")
		})
		if said, err := send(t, recipientOf(kind, server.URL+"/T0/B0/secret"), pool); err != nil || said != "ok" {
			t.Errorf("%s: %q, %v", kind, said, err)
		}
		var sent map[string]any
		if err := json.Unmarshal(body, &sent); err != nil || sent[field] == nil {
			t.Errorf("%s: %v, without %s:\n%s", kind, err, field, body)
		}
		if kind != "slack" && (bytes.Contains(body, []byte(`"@channel`)) || bytes.Contains(body, []byte(" @channel")) || bytes.Contains(body, []byte("](http"))) {
			t.Errorf("%s: outside text calls everybody or links:\n%s", kind, body)
		}
		if bytes.Contains(body, []byte("<!channel>")) && kind == "slack" && !slackPlain(sent) {
			t.Errorf("slack: outside text calls everybody:\n%s", body)
		}
		if bytes.Contains(body, []byte("evil.example")) {
			t.Errorf("%s: an indicator is live:\n%s", kind, body)
		}
	}
}

// slackPlain reports whether only plain_text objects hold raw text.
func slackPlain(sent map[string]any) bool {
	text, _ := sent["text"].(string)
	if strings.Contains(text, "<!") {
		return false
	}
	for _, b := range sent["blocks"].([]any) {
		if b.(map[string]any)["text"].(map[string]any)["type"] != "plain_text" {
			return false
		}
	}
	return true
}

func TestTheHiveTakesAnAlertOnce(t *testing.T) {
	n := 0
	server, pool := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/alert" || r.Header.Get("Authorization") != "Bearer "+secret {
			t.Errorf("%s with %q", r.URL, r.Header.Get("Authorization"))
		}
		var sent struct {
			Type, Source, SourceRef, Title, Description string
			Severity, TLP, PAP                          int
			Observables                                 []struct{ DataType, Data string }
		}
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent.SourceRef != "0123456789abcdef" || sent.Severity != 3 || sent.TLP != 2 ||
			len(sent.Observables) != 1 || sent.Observables[0].Data != "evil.example" || sent.Observables[0].DataType != "domain" {
			t.Errorf("alert %+v, %v", sent, err)
		}
		if n++; n > 1 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"type":"CreateError","message":"Alert already exists"}`)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"_id":"~4128"}`)
	})
	for _, want := range []string{"alert ~4128", "the alert is there already"} {
		if said, err := send(t, recipientOf("thehive", server.URL), pool); err != nil || said != want {
			t.Errorf("got %q, %v, want %q", said, err, want)
		}
	}
}

func TestJiraOpensAnIssueOnce(t *testing.T) {
	opened := 0
	server, pool := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, key, ok := r.BasicAuth(); !ok || user != "bot@soc.example" || key != secret {
			t.Errorf("login %q %q", user, key)
		}
		switch r.Method + " " + r.URL.Path {
		case "GET /rest/api/3/search/jql":
			if jql := r.URL.Query().Get("jql"); jql != `labels = "clew-0123456789abcdef"` {
				t.Errorf("jql %s", jql)
			}
			if opened > 0 {
				_, _ = io.WriteString(w, `{"issues":[{"key":"SOC-7"}]}`)
				return
			}
			_, _ = io.WriteString(w, `{"issues":[]}`)
		case "POST /rest/api/3/issue":
			opened++
			var sent struct {
				Fields struct {
					Project     struct{ Key string }
					Labels      []string
					Description struct{ Type string }
				}
			}
			if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent.Fields.Project.Key != "SOC" || sent.Fields.Description.Type != "doc" {
				t.Errorf("issue %+v, %v", sent, err)
			}
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"id":"1","key":"SOC-7"}`)
		default:
			t.Errorf("asked %s %s", r.Method, r.URL)
		}
	})
	for _, want := range []string{"issue SOC-7", "issue SOC-7 is there already"} {
		if said, err := send(t, recipientOf("jira", server.URL), pool); err != nil || said != want {
			t.Errorf("got %q, %v, want %q", said, err, want)
		}
	}
	if opened != 1 {
		t.Errorf("%d issues opened, want 1", opened)
	}
}

func TestARefusalIsTold(t *testing.T) {
	server, pool := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "no\x1b[31m entry")
	})
	_, err := send(t, recipientOf("webhook", server.URL), pool)
	var refused deliver.Refused
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("got %v, want HTTP 403 in plain characters", err)
	}
}

func TestPrivateAddressesAreReachedOnlyWhenNamed(t *testing.T) {
	server, _ := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	r := recipientOf("webhook", server.URL)
	way, _ := all.Named(r.Kind)
	outside := fetch.New(fetch.Options{Sources: []source.Info{way.Info(r)}, Clock: func() time.Time { return noon }, Sleep: func(context.Context, time.Duration) error { return nil }})
	if _, err := way.Send(t.Context(), outside, r, message()); err == nil || !strings.Contains(err.Error(), "not a public address") {
		t.Errorf("got %v, want a refusal", err)
	}
	if conn, err := outside.Dial(t.Context(), server.Listener.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("mail reaches a private address that nobody named")
	}
}

// post is a real SMTP server on this machine.
type post struct {
	user string
	from string
	to   []string
	data []byte
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{p}, nil }

type session struct{ *post }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != secret {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}
func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error   { s.to = append(s.to, to); return nil }

func (s *session) Data(r io.Reader) (err error) { s.data, err = io.ReadAll(r); return err }
func (s *session) Reset()                       {}
func (s *session) Logout() error                { return nil }

func postOffice(t *testing.T, secured bool) (*post, string, *x509.CertPool) {
	t.Helper()
	return postOfficeBehind(t, secured, func(l net.Listener) net.Listener { return l })
}

func postOfficeBehind(t *testing.T, secured bool, door func(net.Listener) net.Listener) (*post, string, *x509.CertPool) {
	t.Helper()
	p := &post{}
	server := smtp.NewServer(p)
	server.Domain, server.AllowInsecureAuth = "localhost", false
	pool := x509.NewCertPool()
	if secured {
		borrowed, _ := serve(t, func(http.ResponseWriter, *http.Request) {})
		server.TLSConfig = &tls.Config{Certificates: borrowed.TLS.Certificates}
		pool.AddCert(borrowed.Certificate())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(door(listener)) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return p, listener.Addr().String(), pool
}

func TestMailThroughARealServer(t *testing.T) {
	p, address, pool := postOffice(t, true)
	r := recipientOf("mail", address)
	r.User = "clew"
	if said, err := send(t, r, pool); err != nil || said != "taken, recipients: 1" {
		t.Fatalf("got %q, %v", said, err)
	}
	if p.user != "clew" || p.from != "clew@soc.example" || strings.Join(p.to, " ") != "duty@soc.example" {
		t.Errorf("envelope %+v", p)
	}
	m, err := mail.ReadMessage(bytes.NewReader(p.data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || len(m.Header) != 9 {
		t.Errorf("outside text made a header: %v", m.Header)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.HasPrefix(subject, "[HIGH] internal-hit: 1 indicator") {
		t.Errorf("subject %q, %v", subject, err)
	}
	if id := m.Header.Get("Message-ID"); id != "<clew-0123456789abcdef@soc.example>" {
		t.Errorf("Message-ID %s", id)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || !strings.Contains(string(body), "evil[.]example, 12 sightings") || strings.Contains(string(body), "https://") {
		t.Errorf("%v, body:\n%s", err, body)
	}
}

func TestMailIsNotSentInTheClearUnlessToldSo(t *testing.T) {
	p, address, pool := postOffice(t, false)
	r := recipientOf("mail", address)
	if _, err := send(t, r, pool); err == nil || !strings.Contains(err.Error(), "STARTTLS") || p.data != nil {
		t.Errorf("got %v, want a refusal before anything is sent", err)
	}
	r.Security = "none"
	if _, err := send(t, r, pool); err != nil || p.data == nil {
		t.Errorf("security none: %v", err)
	}
}

// curt hangs up instead of saying goodbye.
type curt struct{ net.Listener }

type curtConn struct{ net.Conn }

func (c curt) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return curtConn{conn}, err
}

func (c curtConn) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("221")) {
		return len(p), c.Close()
	}
	return c.Conn.Write(p)
}

// What the server took is not sent again because its goodbye was lost.
func TestMailThatWasTakenIsTold(t *testing.T) {
	p, address, pool := postOfficeBehind(t, false, func(l net.Listener) net.Listener { return curt{l} })
	r := recipientOf("mail", address)
	r.Security = "none"
	if said, err := send(t, r, pool); err != nil || said != "taken, recipients: 1" || p.data == nil {
		t.Errorf("got %q, %v", said, err)
	}
}

func TestTLPBoundsWhoIsTold(t *testing.T) {
	red := casefile.Case{ID: "x", TLP: "RED"}
	r := deliver.Recipient{Name: "soc"}
	if err := r.May(red); !errors.Is(err, deliver.ErrTLP) {
		t.Errorf("RED to anybody: %v, want ErrTLP", err)
	}
	if r.TLP = "RED"; r.May(red) != nil {
		t.Errorf("RED to who may: %v", r.May(red))
	}
	r.TLP = "GREEN"
	if err := r.May(casefile.Case{ID: "x", TLP: "AMBER"}); !errors.Is(err, deliver.ErrTLP) {
		t.Errorf("AMBER to GREEN: %v, want ErrTLP", err)
	}
}

func TestEveryKindSaysWhatItLacks(t *testing.T) {
	for _, kind := range all.Kinds() {
		way, _ := all.Named(kind)
		if err := way.Check(deliver.Recipient{Name: "x", Kind: kind}); !errors.Is(err, deliver.ErrRecipient) {
			t.Errorf("%s: %v, want ErrRecipient", kind, err)
		}
	}
}

// No format lets outside text out of its field.
func FuzzRender(f *testing.F) {
	f.Add(hostile, hostile)
	f.Add("\r\n.\r\nMAIL FROM:<a@b>", "```\n# x")
	f.Fuzz(func(t *testing.T, because, evidence string) {
		m := message()
		m.Escalation.Because, m.Escalation.Evidence = because, []string{evidence}
		m.Escalation.ID, m.Escalation.Trigger, m.Case.ID = evidence, because, because
		for _, kind := range all.Kinds() {
			way, _ := all.Named(kind)
			content, err := way.Render(recipientOf(kind, "https://soc.example/x"), m)
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			if kind != "mail" {
				if !json.Valid(content) {
					t.Fatalf("%s is no JSON:\n%q", kind, content)
				}
				continue
			}
			read, err := mail.ReadMessage(bytes.NewReader(content))
			if err != nil || len(read.Header) != 9 {
				t.Fatalf("mail: %v, headers %v", err, read)
			}
			if strings.Contains(strings.ReplaceAll(string(content), "\r\n", ""), "\n") {
				t.Fatalf("mail with a bare line feed:\n%q", content)
			}
		}
	})
}
