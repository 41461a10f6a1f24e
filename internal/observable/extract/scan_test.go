package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
)

// found runs Extract on text of a type and returns "kind value" for each sighting.
func found(t *testing.T, typ Type, text string) []string {
	t.Helper()
	result, err := Extract(strings.NewReader(text), Options{Type: typ})
	if err != nil {
		t.Fatalf("Extract(%q): %v", text, err)
	}
	var values []string
	for _, f := range result.Found {
		values = append(values, f.Value.Kind().String()+" "+f.Value.Text())
	}
	return values
}

func TestFindsWhatReportsHold(t *testing.T) {
	md5, sha1, sha256 := strings.Repeat("ab", 16), strings.Repeat("ab", 20), strings.Repeat("ab", 32)
	tests := []struct {
		claim string
		text  string
		want  string // separated by |
	}{
		{"defanged_domain", "It calls c2[.]evil[.]example every hour.", "domain c2.evil.example"},
		{"other_marks", "evil(dot)example, evil{.}example; evil[dot]example", "domain evil.example|domain evil.example|domain evil.example"},
		{"half_mark", "evil[.example and evil.]example", "domain evil.example|domain evil.example"},
		{"blanks_around_marks", "evil [.] example", "domain evil.example"},
		{"markdown_escapes", `evil\.example and evil\[.\]example`, "domain evil.example|domain evil.example"},
		{"bare_domain_in_prose", "resolves to login.evil-site.com, says the log", "domain login.evil-site.com"},
		{"end_of_sentence", "The name was evil-site.com.", "domain evil-site.com"},
		{"quotes_and_brackets", `("evil-site.com") <evil-site.net> [evil-site.org] “evil-site.info”`, "domain evil-site.com|domain evil-site.net|domain evil-site.org|domain evil-site.info"},
		{"separators", "evil-site.com;evil-site.net,evil-site.org|evil-site.info/evil[.]example", "domain evil-site.com|domain evil-site.net|domain evil-site.org|domain evil-site.info|domain evil.example"},
		{"slash_between_defanged", "a[.]example/b[.]example", "domain a.example|domain b.example"},
		{"key_and_value", "domain=evil-site.com host:evil-site.net", "domain evil-site.com|domain evil-site.net"},
		{"with_port", "evil-site.com:8080 and 198.51.100.7:443", "domain evil-site.com|ip 198.51.100.7"},
		{"idn", "bücher-shop.com и домен.рф", "domain xn--bcher-shop-9db.com|domain xn--d1acufc.xn--p1ai"},
		{"latin_among_han", "域名evil-site.com连接到198.51.100.7。", "domain evil-site.com|ip 198.51.100.7"},
		{"zero_width_space", "evil-\u200bsite.com", "domain evil-site.com"},
		{"onion", "http at expyuzz4wqqyqhjn.onion", "domain expyuzz4wqqyqhjn.onion"},
		{"upper_case_list", "EVIL-SITE.COM", "domain evil-site.com"},

		{"url", "GET http://evil-site.com/a/b.php?x=1#y HTTP/1.1", "url http://evil-site.com/a/b.php?x=1#y"},
		{"defanged_url", "hxxps[:]//evil[.]example/a[.]php", "url https://evil.example/a.php"},
		{"url_at_end_of_sentence", "See hxxp://evil[.]example/a.", "url http://evil.example/a"},
		{"url_in_brackets", "(hxxp://evil[.]example/a_(b)) and [x](hxxp://evil[.]example/c)", "url http://evil.example/a_(b)|url http://evil.example/c"},
		{"url_in_quotes", `downloads "http://evil-site.com/a b", then`, "url http://evil-site.com/a"},
		{"urls_joined_by_commas", "http://evil-site.com/a,http://evil-site.com/b", "url http://evil-site.com/a|url http://evil-site.com/b"},
		{"comma_in_url", "http://evil-site.com/a,b", "url http://evil-site.com/a,b"},
		{"url_with_ipv6", "hxxp://[2001:db8::1]:8080/a", "url http://[2001:db8::1]:8080/a"},
		{"url_in_url_is_one", "http://evil-site.com/?u=http://other-site.com/", "url http://evil-site.com/?u=http://other-site.com/"},
		{"url_without_scheme", "evil-site.com/gate.php and 198.51.100[.]7/a", "url http://evil-site.com/gate.php|url http://198.51.100.7/a"},
		{"other_scheme", "tcp://198.51.100.7:4444", "url tcp://198.51.100.7:4444"},
		{"cut_url", "hxxp://evil[.]example/abc...", "url http://evil.example/abc"},
		{"file_suffix_in_a_url", "http://evil-site.zip/a.py", "url http://evil-site.zip/a.py"},

		{"ip", "from 198.51.100.7, 203.0.113.9 and 192.0.2[.]1", "ip 198.51.100.7|ip 203.0.113.9|ip 192.0.2.1"},
		{"range", "198.51.100.0/24 and 2001:db8::/32", "prefix 198.51.100.0/24|prefix 2001:db8::/32"},
		{"ipv6", "to [2001:db8::1]:443 or 2001[:]db8[:][:]2, fe80::1", "ip 2001:db8::1|ip 2001:db8::2|ip fe80::1"},
		{"asn", "AS64500, ASN 64501 and AS 64502", "asn AS64500|asn AS64501|asn AS64502"},
		{"email", "From: Bob <Bob@evil-site.com>, user[@]mail[.]example, a(at)evil[.]example", "email bob@evil-site.com|email user@mail.example|email a@evil.example"},
		{"phone", "call +1 555 010 0000 or +49 (0)30 1234567", "phone +15550100000|phone +49301234567"},

		{"hashes", md5 + " " + sha1 + "\n" + sha256, "file " + md5 + "|file " + sha1 + "|file " + sha256},
		{"hash_as_file_name", "VirusShare_" + md5 + ".exe", "file " + md5},
		{"imphash_by_its_key", "Imphash: " + md5, "imphash " + md5},
		{"ja3_by_its_key", "JA3: " + md5 + ", JA3S hash " + md5, "ja3 " + md5 + "|ja3s " + md5},
		{"serial_by_its_key", "Serial number:\t00" + md5[:30], "serial " + md5[:30]},
		{"thumbprint_by_its_key", "Thumbprint: " + sha1, "cert " + sha1},
		{"certificates_by_their_heading", "certificates:\n  - " + sha1 + "\n  - " + strings.ToUpper(sha1), "cert " + sha1 + "|cert " + sha1},
		{"fingerprint_with_colons", strings.Repeat("AB:", 19) + "AB", "cert " + sha1},
		{"jarm", strings.Repeat("ab", 31), "jarm " + strings.Repeat("ab", 31)},
		{"tlsh", "T1" + strings.Repeat("AB", 35), "tlsh T1" + strings.Repeat("AB", 35)},
		{"ssdeep", "ssdeep 96:abcdefghijklm/+:abcdefgh", "ssdeep 96:abcdefghijklm/+:abcdefgh"},
		{"sshkey", "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA (ED25519)", "sshkey SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{"technique", "uses T1583.001 and T1059", "technique T1583.001|technique T1059"},
		{"wallet", "pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
		{"tracker", "ga('create', 'UA-12345678-1') GTM-ABC123", "tracker UA-12345678-1|tracker GTM-ABC123"},

		{"file_like_domain_defanged", "evil[.]zip", "domain evil.zip"},
		{"file_like_domain_after_its_word", "the domain evil-site.pl was", "domain evil-site.pl"},
		{"file_like_domain_in_a_list", "evil-site.com\n- evil-site.pl\n", "domain evil-site.com|domain evil-site.pl"},
		{"file_like_domain_under_a_second_level", "evil-site.com.pl", "domain evil-site.com.pl"},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			got := strings.Join(found(t, Text, test.text), "|")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("in %q (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestInventsNothing(t *testing.T) {
	tests := []struct{ claim, text string }{
		{"abbreviations", "e.g. this, i.e. that, a.k.a. him, U.S. law, 5 p.m. etc.and so on, Fig.1.In"},
		{"sentences_without_blanks", "It ended.In the end.It was over.So be it.No more.At last"},
		{"versions", "version 1.2.3.4, v1.2.3.4, Chrome/91.0.4.124, 10.0.19041.1, build 6.1.7.1, FileVersion: 4.3.2.1, 1.2.3"},
		{"netmasks", "255.255.255.0 and 0.0.0.0"},
		{"dates_and_times", "2026-01-02, 12.05.2024, 02.05.22, 12:30:45, 2026-01-02T12:30:45.123Z"},
		{"numbers", "3.14, 1,000.00, 1.000,00, 99.9%, 12.5"},
		{"file_names", "invoice.zip, setup.exe, main.go, README.md, script.py, run.sh, lib.rs, a.pl, b.so, report.pdf, x.mov, index.php, main.tf, id_rsa.pub"},
		{"file_list", "invoice.zip\nREADME.md\nscript.py\n"},
		{"file_after_its_word", "File name: review.team and filename=statement.one"},
		{"paths", `/usr/lib/evil.com, C:\Users\a\evil.net, ./conf/site.org, %TEMP%\x.info`},
		{"code", "os.path, foo.bar(), user.name, this.id = 1, System.Net.Http, my_module.net, console.log, Math.pi, socket.connect()"},
		{"members", "self.host, window.open, document.domain, event.click, data.map"},
		{"packages", "com.example.app, org.apache.commons.net, net.bytebuddy.agent, br.com.example.app, com.smart"},
		{"bundles", "Safari.app and Microsoft.Win"},
		{"products", "ASP.NET, ADO.NET, VB.NET, command.com, chcp.com 65001"},
		{"suffixes", "com.br and co.uk"},
		{"unknown_top_level", "host.corpnet, foo.nosuch, README.txt"},
		{"handles", "@evil.com and $evil.com"},
		{"hex_colons", "aa:bb:cc:dd:ee:ff, a::b, std::string, dead::beef, 12:34"},
		{"long_numbers", strings.Repeat("12", 16) + " 4111111111111111"},
		{"other_hashes", "vhash: " + strings.Repeat("ab", 16) + ", commit " + strings.Repeat("ab", 20) + ", authentihash " + strings.Repeat("ab", 32)},
		{"uuid", "550e8400-e29b-41d4-a716-446655440000"},
		{"as_words", "AS400, AS2, as 12 of them, AS"},
		{"models", "T1000, T-800, T12, T15830"},
		{"mail_like", "git@github.com:foo/bar.git, image@2x.png, lodash@4.17.21, a@b"},
		{"message_names", "Message-ID: <20260102.ABC@mail.evil-site.com>"},
		{"placeholders", "http://localhost/a, http://server:8080/, http://[host]/, http://..., https://<name>/"},
		{"defanged_file_name", "setup[.]exe"},
		{"phone_like", "+1, +0200, 1+1=2, +20 °C, UTC+01:00"},
		{"base58_without_checksum", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			if got := found(t, Text, test.text); got != nil {
				t.Errorf("in %q found %q", test.text, got)
			}
		})
	}
}

func TestRawSaysWhatStoodThere(t *testing.T) {
	text := "first line\n  see hxxps://evil[.]example/a, and evil-site.com:81\n"
	result, err := Extract(strings.NewReader(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Found{
		{Value: observable.Must(observable.URL, "https://evil.example/a"), Offset: 17, Line: 2, Column: 7, Raw: "hxxps://evil[.]example/a", Defanged: true},
		{Value: observable.Must(observable.Domain, "evil-site.com"), Offset: 47, Line: 2, Column: 37, Raw: "evil-site.com"},
	}
	if diff := cmp.Diff(want, result.Found, cmp.Comparer(func(a, b observable.Value) bool { return a == b })); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	for _, f := range result.Found {
		if got := text[f.Offset : f.Offset+len(f.Raw)]; got != f.Raw {
			t.Errorf("at offset %d stands %q, Raw is %q", f.Offset, got, f.Raw)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, text := range []string{
		"hxxps[:]//evil[.]example/a evil (dot) example 192.0.2[.]1:443/x", "user[@]mail[.]example +1 555 010 0000 AS64500",
		"http://[2001:db8::1]/[.] 2001:db8::/32 a.b.c.d.e/f/g(h)[i]{j}", "域名evil.com连接 \xff\xfe evil.\u200bcom", "96:abcdefgh:abcdef imphash: f34d5f2d4577ed6d9ceec516c1f5a744",
	} {
		f.Add(text, uint8(0))
	}
	f.Fuzz(func(t *testing.T, text string, m uint8) {
		last := 0
		for _, h := range scan(text, mode(m%3)) {
			if h.start < last || h.end <= h.start || h.end > len(text) {
				t.Fatalf("hit %v at %d to %d after %d in %q", h.value, h.start, h.end, last, text)
			}
			last = h.end
			if h.value.IsZero() {
				t.Fatalf("no value at %d in %q", h.start, text)
			}
		}
	})
}
