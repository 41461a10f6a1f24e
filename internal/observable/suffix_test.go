package observable

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesAreCutAtThePublicSuffix(t *testing.T) {
	tests := []struct {
		claim       string
		v           Value
		suffix      string
		registrable string
		tokens      []string
	}{
		{"simple", Must(Domain, "www.jppost-tu.top"), "top", "jppost-tu.top", []string{"jppost"}},
		{"itself", Must(Domain, "evil.example"), "example", "evil.example", []string{"evil"}},
		{"two_labels", Must(Domain, "a.b.secure2login.co.uk"), "co.uk", "secure2login.co.uk", []string{"secure", "login"}},
		{"private_part", Must(Domain, "a.evilsite.github.io"), "github.io", "evilsite.github.io", []string{"evilsite"}},
		{"private_suffix_itself_belongs_to_its_owner", Must(Domain, "github.io"), "github.io", "github.io", []string{"github"}},
		{"private_suffix_below_another_name", Must(Domain, "s3.amazonaws.com"), "s3.amazonaws.com", "amazonaws.com", []string{"amazonaws"}},
		{"icann_suffix", Must(Domain, "co.uk"), "co.uk", "", nil},
		{"wildcard_rule", Must(Domain, "a.evil.gov.ck"), "gov.ck", "evil.gov.ck", []string{"evil"}},
		{"exception_rule", Must(Domain, "www.ck"), "ck", "www.ck", nil},
		{"unknown_top_level", Must(Domain, "a.evil.nosuch"), "nosuch", "evil.nosuch", []string{"evil"}},
		{"underscore", Must(Domain, "_dmarc.evil.example"), "example", "evil.example", []string{"evil"}},
		{"token_once", Must(Domain, "bank-bank.example"), "example", "bank-bank.example", []string{"bank"}},
		{"short_parts_are_no_tokens", Must(Domain, "abc-12d.example"), "example", "abc-12d.example", nil},
		{"punycode_reads_as_letters", Must(Domain, "bücher-1.example"), "example", "xn--bcher-1-n2a.example", []string{"bücher"}},
		{"url", Must(URL, "http://u@a.evil.example:81/x"), "example", "evil.example", []string{"evil"}},
		{"email", Must(Email, "x@mail.evil.example"), "example", "evil.example", []string{"evil"}},
		{"address", Must(IP, "192.0.2.1"), "", "", nil},
		{"url_on_address", Must(URL, "http://192.0.2.1/"), "", "", nil},
		{"other_kind", Must(Title, "evil.example"), "", "", nil},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			suffix, ok := PublicSuffix(test.v)
			if suffix != test.suffix || ok != (test.suffix != "") {
				t.Errorf("PublicSuffix(%s) = %q, %v; want %q", test.v, suffix, ok, test.suffix)
			}
			domain, ok := RegistrableDomain(test.v)
			if domain.Text() != test.registrable || ok != (test.registrable != "") {
				t.Errorf("RegistrableDomain(%s) = %q, %v; want %q", test.v, domain.Text(), ok, test.registrable)
			}
			if ok {
				checkContract(t, domain)
			}
			label, _, _ := strings.Cut(test.registrable, ".")
			if got, ok := Label(test.v); got != label || ok != (label != "") {
				t.Errorf("Label(%s) = %q, %v; want %q", test.v, got, ok, label)
			}
			if diff := cmp.Diff(test.tokens, Tokens(test.v)); diff != "" {
				t.Errorf("Tokens(%s) (-want +got):\n%s", test.v, diff)
			}
		})
	}
}

func TestHost(t *testing.T) {
	tests := []struct {
		v, host Value
	}{
		{Must(Domain, "evil.example"), Must(Domain, "evil.example")},
		{Must(IP, "192.0.2.1"), Must(IP, "192.0.2.1")},
		{Must(URL, "http://a:b@evil.example:81/@x"), Must(Domain, "evil.example")},
		{Must(URL, "http://[2001:db8::1]:81/"), Must(IP, "2001:db8::1")},
		{Must(URL, "http://192.0.2.1"), Must(IP, "192.0.2.1")},
		{Must(URL, "http://localhost/"), Value{}},
		{Must(Email, "a@mail.example"), Must(Domain, "mail.example")},
		{Must(Email, "a@[2001:db8::1]"), Must(IP, "2001:db8::1")},
		{Must(ASN, "AS64500"), Value{}},
		{Value{}, Value{}},
	}
	for _, test := range tests {
		host, ok := Host(test.v)
		if ok != !test.host.IsZero() || ok && host != test.host {
			t.Errorf("Host(%s) = %v, %v; want %v", test.v, host, ok, test.host)
		}
	}
}

func TestSTIXTypeFollowsTheAddressFamily(t *testing.T) {
	for want, v := range map[string]Value{
		"ipv4-addr":   Must(IP, "192.0.2.1"),
		"ipv6-addr":   Must(IP, "2001:db8::1"),
		"domain-name": Must(Domain, "evil.example"),
		"":            {},
	} {
		if got := v.STIX(); got != want {
			t.Errorf("STIX of %v = %q, want %q", v, got, want)
		}
	}
	if got := Must(Prefix, "2001:db8::/32").STIX(); got != "ipv6-addr" {
		t.Errorf("STIX of an IPv6 range = %q", got)
	}
}
