package whois_test

import (
	"bufio"
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"

	"clew/internal/fetch"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
	"clew/internal/source/whois"
)

// port43 leads each server's name to a listener of ours, through the real client.
type port43 struct {
	client  *fetch.Client
	servers map[string]string // address by name
	asked   *[]string
}

// Ask implements [source.Asker].
func (p port43) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return source.Reply{}, err
	}
	address, ok := p.servers[u.Host]
	if !ok {
		return source.Reply{}, source.ErrNotRecorded
	}
	*p.asked = append(*p.asked, u.Host+" "+strings.TrimPrefix(u.Path, "/"))
	r.URL = "whois://" + address + u.EscapedPath()
	return p.client.Ask(ctx, r)
}

// listen answers each question with reply in a charset, in pieces, as servers do.
func listen(t *testing.T, charset encoding.Encoding, reply string) string {
	t.Helper()
	encoded, err := charset.NewEncoder().String(strings.ReplaceAll(reply, "\n", "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil && strings.HasSuffix(line, "\r\n") {
				_, _ = conn.Write([]byte(encoded[:len(encoded)/2]))
				_, _ = conn.Write([]byte(encoded[len(encoded)/2:]))
			}
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func record(server, organisation string) string {
	text := "Domain Name: SHOP.EXAMPLE\nRegistrar: Example Registrar\nCreation Date: 2026-01-01T12:30:50Z\n" +
		"Registrant Organization: " + organisation + "\nName Server: NS1.HOST.TEST\nName Server: NS2.HOST.TEST\n"
	if server != "" {
		text += "Registrar WHOIS Server: " + server + "\n"
	}
	return text
}

// TestWalkOverTCP goes from IANA to the registry and on to the registrar, each a
// server on a port, and reads what they write in.
func TestWalkOverTCP(t *testing.T) {
	tests := map[string]struct {
		registry, registrar string // their names
		charset             encoding.Encoding
		organisation        string
	}{
		"utf-8":       {"whois.nic.example", "whois.registrar.test", encoding.Nop, "Jürgens Lädchen"},
		"latin-1":     {"whois.nic.example", "whois.registrar.test", charmap.ISO8859_1, "Jürgens Lädchen"},
		"euc-jp":      {"whois.jprs.jp", "whois.registrar.jp", japanese.EUCJP, "例示商店株式会社"},
		"iso-2022-jp": {"whois.jprs.jp", "whois.registrar.test", japanese.ISO2022JP, "例示商店株式会社"},
		"euc-kr":      {"whois.kr", "whois.registrar.kr", korean.EUCKR, "예시 상점"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var asked []string
			ask := port43{
				client: fetch.New(fetch.Options{AllowLoopback: true, Timeout: 10 * time.Second}),
				asked:  &asked,
				servers: map[string]string{
					"whois.iana.org": listen(t, encoding.Nop, "% IANA\n\nrefer: "+test.registry+"\n\ndomain: EXAMPLE\n"),
					test.registry:    listen(t, test.charset, record(test.registrar, "")),
					test.registrar:   listen(t, test.charset, record(test.registrar, test.organisation)),
				},
			}
			out := source.NewRunner(source.RunnerOptions{Asker: ask, Replay: true}).
				Ask(t.Context(), whois.Source{}, source.Question{Value: observable.Must(observable.Domain, "www.shop.example")})
			domain := observable.Must(observable.Domain, "shop.example")
			if out.State != source.Answered {
				t.Errorf("%s: %s", out.State, out.Reason)
			}
			agree(t, domain, out, observation.RegistrantOrg, observable.Org, test.organisation)
			agree(t, domain, out, observation.Nameserver, observable.Domain, "ns1.host.test", "ns2.host.test")
			question := "shop.example"
			if test.registry == "whois.jprs.jp" {
				question += "/e"
			}
			want := []string{"whois.iana.org example", test.registry + " " + question, test.registrar + " shop.example"}
			if !slices.Equal(asked, want) {
				t.Errorf("asked %q, want %q", asked, want)
			}
		})
	}
}

// TestServersThatReferToEachOtherEnd follows a referral once and no more.
func TestServersThatReferToEachOtherEnd(t *testing.T) {
	var asked []string
	ask := port43{
		client: fetch.New(fetch.Options{AllowLoopback: true, Timeout: 10 * time.Second}),
		asked:  &asked,
		servers: map[string]string{
			"whois.iana.org":    listen(t, encoding.Nop, "refer: whois.nic.example\n"),
			"whois.nic.example": listen(t, encoding.Nop, record("whois.other.test", "")),
			"whois.other.test":  listen(t, encoding.Nop, record("whois.nic.example", "Shop")),
		},
	}
	source.NewRunner(source.RunnerOptions{Asker: ask, Replay: true}).
		Ask(t.Context(), whois.Source{}, source.Question{Value: observable.Must(observable.Domain, "shop.example")})
	if len(asked) != 3 {
		t.Errorf("asked %q, want three servers, each once", asked)
	}
}
