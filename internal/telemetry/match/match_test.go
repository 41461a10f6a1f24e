package match

import (
	"strings"
	"testing"

	"clew/internal/observable"

	"github.com/google/go-cmp/cmp"
)

// found is a hit as a table writes it: the text seen, the indicator, = for exact
// and < for part of it.
func found(t *testing.T, text string, values ...observable.Value) []string {
	t.Helper()
	indicators := make([]Indicator, len(values))
	for i, v := range values {
		indicators[i].Value = v
	}
	set, report, err := New(indicators)
	if err != nil || len(report.Refused) > 0 {
		t.Fatalf("New: %v, refused %v", err, report.Refused)
	}
	var hits []string
	set.Scan([]byte(text), func(h Hit) {
		mark := " < "
		if h.Exact {
			mark = " = "
		}
		hits = append(hits, text[h.Start:h.End]+mark+values[h.Indicator].Text())
	})
	return hits
}

func TestTextHoldsIndicators(t *testing.T) {
	evil := observable.Must(observable.Domain, "evil.example")
	addr := observable.Must(observable.IP, "192.0.2.7")
	addr6 := observable.Must(observable.IP, "2001:db8::1")
	link := observable.Must(observable.URL, "http://evil.example/gate.php?id=1")
	root := observable.Must(observable.URL, "https://evil.example/")
	mail := observable.Must(observable.Email, "boss@evil.example")
	md5 := observable.Must(observable.File, "0123456789abcdef0123456789abcdef")
	ja3 := observable.Must(observable.JA3, "0123456789abcdef0123456789abcdef")
	cert := observable.Must(observable.Cert, "00112233445566778899aabbccddeeff00112233")
	serial := observable.Must(observable.Serial, "3a5b6c7d8e9f0011223344")
	for name, test := range map[string]struct {
		value observable.Value
		text  string
		want  []string
	}{
		"domain_alone":                   {evil, "evil.example", []string{"evil.example = evil.example"}},
		"ja3":                            {ja3, `"ja3":{"hash":"0123456789ABCDEF0123456789abcdef"}`, []string{"0123456789ABCDEF0123456789abcdef = 0123456789abcdef0123456789abcdef"}},
		"domain_in_any_case":             {evil, "x EVIL.Example.\n", []string{"EVIL.Example = evil.example"}},
		"subdomain":                      {evil, "a\tb.evil.example\t1", []string{"b.evil.example < evil.example"}},
		"wildcard_is_the_name":           {evil, "DNS:*.evil.example,", []string{"evil.example = evil.example"}},
		"not_another_name":               {evil, "notevil.example evil.example.net evil-example evil.examples", nil},
		"not_a_label_that_ends_so":       {evil, "not-evil.example _evil.example", nil},
		"behind_escapes":                 {evil, `"\nevil.example" a%2Fevil.example \x09evil.example`, []string{"evil.example = evil.example", "evil.example = evil.example", "evil.example = evil.example"}},
		"escaped_slashes":                {evil, `http:\/\/evil.example\/x`, []string{"evil.example = evil.example"}},
		"not_the_tail_of_a_unicode_name": {evil, "üevil.example evil.exampleü", nil},
		"next_to_unicode_punctuation":    {evil, "“evil.example”", []string{"evil.example = evil.example"}},
		"next_to_bad_unicode":            {evil, "\xffevil.example\xc3", []string{"evil.example = evil.example"}},
		"empty_labels":                   {evil, "a..evil.example..", []string{"a..evil.example < evil.example"}},
		"address":                        {addr, "src=192.0.2.7:443 dst=192.0.2.71", []string{"192.0.2.7 = 192.0.2.7"}},
		"address_at_the_end":             {addr, "from 192.0.2.7.", []string{"192.0.2.7 = 192.0.2.7"}},
		"not_part_of_an_address":         {addr, "1192.0.2.7 192.0.2.7.4 v192.0.2.7 192.0.02.7 192.0.2.7.in-addr.arpa 192.0.2.7a", nil},
		"address_in_ipv6":                {addr, "::ffff:192.0.2.7 ::ffff:c000:207", []string{"192.0.2.7 = 192.0.2.7", "::ffff:c000:207 = 192.0.2.7"}},
		"range":                          {observable.Must(observable.Prefix, "192.0.2.0/29"), "192.0.2.7 192.0.2.8", []string{"192.0.2.7 < 192.0.2.0/29"}},
		"range_of_ipv6":                  {observable.Must(observable.Prefix, "2001:db8::/32"), "[2001:db8:5::9]:53 2001:db9::", []string{"2001:db8:5::9 < 2001:db8::/32"}},
		"ipv6_in_every_spelling":         {addr6, "2001:DB8::1 2001:0db8:0:0:0:0:0:1 src:2001:db8::1: x", []string{"2001:DB8::1 = 2001:db8::1", "2001:0db8:0:0:0:0:0:1 = 2001:db8::1", "2001:db8::1 = 2001:db8::1"}},
		"ipv6_alone":                     {addr6, "2001:db8::1f 12001:db8::1 2001:db8::1:2 2001:db8::1g std::2001", nil},
		"url":                            {link, "GET http://EVIL.example:80/gate.php?id=1 HTTP", []string{"http://EVIL.example:80/gate.php?id=1 = http://evil.example/gate.php?id=1"}},
		"url_escaped_in_json":            {link, `"http:\/\/evil.example\/gate.php?id\u003d1"`, []string{`http:\/\/evil.example\/gate.php?id\u003d1 = http://evil.example/gate.php?id=1`}},
		"url_without_scheme":             {link, "evil.example/gate.php?id=1,200", []string{"evil.example/gate.php?id=1 < http://evil.example/gate.php?id=1"}},
		"url_in_prose":                   {link, "(see http://evil.example/gate.php?id=1).", []string{"http://evil.example/gate.php?id=1 = http://evil.example/gate.php?id=1"}},
		"url_no_other":                   {link, "https://evil.example/gate.php?id=1 http://evil.example/gate.php?id=12 http://a.evil.example/gate.php?id=1 http://evil.example:8080/gate.php?id=1 http://evil.example/Gate.php?id=1", nil},
		"url_of_the_root":                {root, "https://evil.example https://evil.example/ evil.example https://evil.example/a", []string{"https://evil.example = https://evil.example/", "https://evil.example/ = https://evil.example/"}},
		"url_with_credentials":           {observable.Must(observable.URL, "ftp://u:p@evil.example/f"), "x ftp://u:p@evil.example/f", []string{"ftp://u:p@evil.example/f = ftp://u:p@evil.example/f"}},
		"url_at_an_address":              {observable.Must(observable.URL, "http://[2001:db8::1]:81/x"), "http://[2001:db8:0::1]:81/x http://[2001:db8::1]/x", []string{"http://[2001:db8:0::1]:81/x = http://[2001:db8::1]:81/x"}},
		"mailbox":                        {mail, "<Boss@Evil.example> boss%40evil.example big.boss@evil.example boss@a.evil.example", []string{"Boss@Evil.example = boss@evil.example", "boss%40evil.example = boss@evil.example"}},
		"hash":                           {md5, "MD5=0123456789ABCDEF0123456789abcdef, x0123456789abcdef0123456789abcdef 0123456789abcdef0123456789abcdef0", []string{"0123456789ABCDEF0123456789abcdef = 0123456789abcdef0123456789abcdef"}},
		"hash_behind_escapes":            {md5, `\b0123456789abcdef0123456789abcdef %3d0123456789abcdef0123456789abcdef`, []string{"0123456789abcdef0123456789abcdef = 0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef = 0123456789abcdef0123456789abcdef"}},
		"fingerprint_with_colons":        {cert, "sha1:00:11:22:33:44:55:66:77:88:99:AA:bb:cc:dd:ee:ff:00:11:22:33", []string{"00:11:22:33:44:55:66:77:88:99:AA:bb:cc:dd:ee:ff:00:11:22:33 = " + cert.Text()}},
		"serial_with_zeros":              {serial, "03A5B6C7D8E9F0011223344", []string{"03A5B6C7D8E9F0011223344 = 3a5b6c7d8e9f0011223344"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, found(t, test.text, test.value)); diff != "" {
				t.Errorf("%q in %q (-want +got):\n%s", test.value.Text(), test.text, diff)
			}
		})
	}
}

func TestNewRefusesWhatWouldMatchAnythingOrNothing(t *testing.T) {
	noncanonical, err := observable.Stored(observable.IP, "192.0.2.007")
	if err != nil {
		t.Fatal(err)
	}
	values := map[observable.Value]string{
		noncanonical: "not in its canonical form",
		observable.Must(observable.Domain, "co.uk"):           "public suffix",
		observable.Must(observable.Domain, "github.io"):       "public suffix",
		observable.Must(observable.URL, "http://localhost/x"): "no dot",
		observable.Must(observable.Email, "a@[192.0.2.1]"):    "bare address",
		observable.Must(observable.Favicon, "-12345"):         "no hexadecimal word",
		observable.Must(observable.Malware, "Emotet"):         "not looked for",
		observable.Must(observable.Serial, "01"):              "stands out",
	}
	for v, reason := range values {
		_, report, err := New([]Indicator{{Value: v}})
		if err == nil || len(report.Refused) != 1 || !strings.Contains(report.Refused[0].Reason, reason) {
			t.Errorf("%s: refused %v, error %v; want %q", v, report.Refused, err, reason)
		}
	}
}
