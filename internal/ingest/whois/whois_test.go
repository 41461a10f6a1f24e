package whois_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/whois"
	source "clew/internal/source/whois"
)

const reply = `Domain Name: A-SITE.COM
Registrar: Example Registrar, Inc.
Creation Date: 2026-01-02T03:04:05Z
Updated Date: 2026-02-01T00:00:00Z
Registrant Email: ops@a-site.com
Name Server: NS1.HOST.TEST
Name Server: NS2.HOST.TEST
>>> Last update of whois database: 2026-03-04T05:06:07Z <<<
`

func format() ingest.Format { return whois.Format{Decode: source.ReadReply} }

func TestReply(t *testing.T) {
	const w = " [2026-02-01T00:00:00Z,2026-03-04T05:06:07Z]"
	ingesttest.States(t, format(), reply,
		"a-site.com registrant-email ops@a-site.com"+w,
		"a-site.com registrar Example Registrar, Inc."+w,
		"a-site.com created Example Registrar, Inc.|2026-01-02T03:04Z"+w,
		"a-site.com nameserver ns1.host.test"+w,
		"a-site.com nameserver ns2.host.test"+w,
		"a-site.com ns-set ns1.host.test|ns2.host.test"+w)
}

func TestOthers(t *testing.T) {
	got, s, err := ingesttest.Read(t, format(), `No match for "NOTHING-THERE.COM".`+"\n")
	if err != nil || len(got) != 0 || s.Skipped != 1 {
		t.Errorf("nothing registered: %q, %+v, %v", got, s, err)
	}
	got, _, err = ingesttest.Read(t, format(), "inetnum: 192.0.2.0 - 192.0.2.255\n\nroute: 192.0.2.0/24\norigin: AS64500\n")
	if want := "192.0.2.0/24 announced-by AS64500 [,2026-08-22T00:00:00Z]"; err != nil || strings.Join(got, "\n") != want {
		t.Errorf("a range: %q, %v", got, err)
	}
	if _, _, err := ingesttest.Read(t, format(), "a shopping list"); err == nil {
		t.Error("no reply at all is no error")
	}
}

// TestRepliesInOtherCharsets: nothing in a saved reply says which server gave it.
func TestRepliesInOtherCharsets(t *testing.T) {
	tests := map[string]struct {
		charset encoding.Encoding
		domain  string
		org     string
	}{
		"euc-jp":  {japanese.EUCJP, "A-SITE.JP", "例示商店株式会社"},
		"euc-kr":  {korean.EUCKR, "A-SITE.KR", "예시 상점"},
		"gb18030": {simplifiedchinese.GB18030, "A-SITE.CN", "示例商店有限公司"},
		"big5":    {traditionalchinese.Big5, "A-SITE.TW", "範例商店有限公司"},
		"latin-1": {charmap.ISO8859_1, "A-SITE.COM", "Jürgens Lädchen"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			saved, err := test.charset.NewEncoder().String("Domain Name: " + test.domain + "\nRegistrar: Example Registrar\nRegistrant Organization: " + test.org + "\n")
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := ingesttest.Read(t, format(), saved)
			if all := strings.Join(got, "\n"); err != nil || !strings.Contains(all, " registrant-org "+test.org+" ") {
				t.Errorf("want %s, got %s (%v)", test.org, all, err)
			}
		})
	}
}

func FuzzWhois(f *testing.F) {
	ingesttest.Fuzz(f, format, reply, "route: 192.0.2.0/24\norigin: AS64500\n")
}
