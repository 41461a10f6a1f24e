package whois_test

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"clew/internal/fetch"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
	"clew/internal/source/sourcetest"
	"clew/internal/source/whois"
)

// listen answers each question with reply in a charset, in pieces, as servers do.
func listen(t *testing.T, charset encoding.Encoding, reply string) string {
	t.Helper()
	encoded, err := charset.NewEncoder().String(strings.ReplaceAll(reply, "\n", "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return sourcetest.Listen(t, func(c net.Conn, question string) {
		if strings.HasSuffix(question, "\r\n") {
			_, _ = c.Write([]byte(encoded[:len(encoded)/2]))
			_, _ = c.Write([]byte(encoded[len(encoded)/2:]))
		}
	})
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
		"gb18030":     {"whois.cnnic.cn", "whois.registrar.cn", simplifiedchinese.GB18030, "示例商店有限公司"},
		"gb18030-4":   {"whois.cnnic.cn", "whois.registrar.cn", simplifiedchinese.GB18030, "示例㐀商店"}, // of four bytes
		"big5":        {"whois.twnic.net.tw", "whois.registrar.tw", traditionalchinese.Big5, "範例商店有限公司"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ask := &sourcetest.Hosts{
				Client: fetch.New(fetch.Options{AllowLoopback: true, Timeout: 10 * time.Second}),
				Addresses: map[string]string{
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
			if !slices.Equal(ask.Asked, want) {
				t.Errorf("asked %q, want %q", ask.Asked, want)
			}
		})
	}
}

// TestServersThatReferToEachOtherEnd follows a referral once and no more.
func TestServersThatReferToEachOtherEnd(t *testing.T) {
	ask := &sourcetest.Hosts{
		Client: fetch.New(fetch.Options{AllowLoopback: true, Timeout: 10 * time.Second}),
		Addresses: map[string]string{
			"whois.iana.org":    listen(t, encoding.Nop, "refer: whois.nic.example\n"),
			"whois.nic.example": listen(t, encoding.Nop, record("whois.other.test", "")),
			"whois.other.test":  listen(t, encoding.Nop, record("whois.nic.example", "Shop")),
		},
	}
	source.NewRunner(source.RunnerOptions{Asker: ask, Replay: true}).
		Ask(t.Context(), whois.Source{}, source.Question{Value: observable.Must(observable.Domain, "shop.example")})
	if len(ask.Asked) != 3 {
		t.Errorf("asked %q, want three servers, each once", ask.Asked)
	}
}
