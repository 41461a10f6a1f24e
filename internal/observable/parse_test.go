package observable

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestParseReadsWhatAnalystsPaste(t *testing.T) {
	md5 := strings.Repeat("ab", 16)
	sha256 := strings.Repeat("ab", 32)
	tests := []struct {
		text string
		kind Kind
		want string
	}{
		{"hxxps://evil[.]example/a", URL, "https://evil.example/a"},
		{"hXXp://evil[.]example/a[.]php", URL, "http://evil.example/a.php"},
		{"h**p://evil.example", URL, "http://evil.example/"},
		{"hxxp[:]//evil[.]example", URL, "http://evil.example/"},
		{"http[:]//evil.example/x?y=z", URL, "http://evil.example/x?y=z"},
		{"hxxps[://]evil[.]example", URL, "https://evil.example/"},
		{"http(:)//evil(.)example/a", URL, "http://evil.example/a"},
		{`http:\\evil.example\a`, URL, "http://evil.example/a"},
		{`https:\/\/evil.example/a`, URL, "https://evil.example/a"},
		{"hxxp//evil.example/a", URL, "http://evil.example/a"},
		{"hxxps : // evil[.]example/a", URL, "https://evil.example/a"},
		{"fxp://evil[.]example/a", URL, "ftp://evil.example/a"},
		{"tcp[:]//192[.]0[.]2[.]1:4444", URL, "tcp://192.0.2.1:4444"},
		{"hxxp://192.0.2[.]1:8080/a.bin", URL, "http://192.0.2.1:8080/a.bin"},
		{"hxxp://[2001:db8::1]/a", URL, "http://[2001:db8::1]/a"},
		{"hxxp://evil[.]example[/]a", URL, "http://evil.example/a"},
		{"http://evil.example/a_(b)", URL, "http://evil.example/a_(b)"},
		{"(see http://evil.example/a).", 0, ""},
		{"<http://evil.example/a>", URL, "http://evil.example/a"},
		{`"http://evil.example/a",`, URL, "http://evil.example/a"},
		{"http://evil.example/a).", URL, "http://evil.example/a"},
		{"evil.example/a/b.php", URL, "http://evil.example/a/b.php"},
		{"evil[.]example:8080/a", URL, "http://evil.example:8080/a"},
		{"https:/evil.example/a", URL, "https://evil.example/a"},
		{"http//evil.example/a", URL, "http://evil.example/a"},
		{"ip:192.0.2[.]1:443", IP, "192.0.2.1"},
		{"url:evil[.]example", URL, "http://evil.example/"},
		{"192.0.2.1/a", URL, "http://192.0.2.1/a"},
		{"url:hxxp://evil[.]example/a.", URL, "http://evil.example/a."},

		{"evil[.]example", Domain, "evil.example"},
		{"evil(dot)example", Domain, "evil.example"},
		{"evil[dot]example", Domain, "evil.example"},
		{"evil [.] example", Domain, "evil.example"},
		{"evil{.}example", Domain, "evil.example"},
		{`evil\.example`, Domain, "evil.example"},
		{`evil\[.\]example`, Domain, "evil.example"},
		{"evil[.example", Domain, "evil.example"},
		{"evil.]example", Domain, "evil.example"},
		{"EVIL.Example.", Domain, "evil.example"},
		{"evil.example:8080", Domain, "evil.example"},
		{"evil.example/", Domain, "evil.example"},
		{"*.evil.example", Domain, "evil.example"},
		{"“evil.example”", Domain, "evil.example"},
		{"'evil.example',", Domain, "evil.example"},
		{"(evil.example)", Domain, "evil.example"},
		{"[evil.example]", Domain, "evil.example"},
		{"`evil.example`", Domain, "evil.example"},
		{"- evil.example", 0, ""},
		{"evil\u200b.example", Domain, "evil.example"},
		{"\u00a0evil.example\u00a0", Domain, "evil.example"},
		{"bücher.example", Domain, "xn--bcher-kva.example"},
		{"xn--bcher-kva.example", Domain, "xn--bcher-kva.example"},
		{"_dmarc.evil.example", Domain, "_dmarc.evil.example"},
		{"domain:evil.lan2", Domain, "evil.lan2"},
		{"Domain: evil[.]example", Domain, "evil.example"},

		{"192.0.2[.]1", IP, "192.0.2.1"},
		{"192[.]0[.]2[.]1", IP, "192.0.2.1"},
		{"192.0.2.1:443", IP, "192.0.2.1"},
		{"192.0.2.1.", IP, "192.0.2.1"},
		{"192,0", 0, ""},
		{"::ffff:192.0.2.1", IP, "192.0.2.1"},
		{"2001:db8::1", IP, "2001:db8::1"},
		{"2001[:]db8[:][:]1", IP, "2001:db8::1"},
		{"[2001:db8::1]", IP, "2001:db8::1"},
		{"[2001:db8::1]:443", IP, "2001:db8::1"},
		{"192.0.2.0/24", Prefix, "192.0.2.0/24"},
		{"192[.]0[.]2[.]7/24", Prefix, "192.0.2.0/24"},
		{"2001:db8::/32", Prefix, "2001:db8::/32"},
		{"AS64500", ASN, "AS64500"},
		{"asn 64500", ASN, "AS64500"},
		{"as64500", ASN, "AS64500"},
		{"ASN: 64500", ASN, "AS64500"},

		{"user[@]mail[.]example", Email, "user@mail.example"},
		{"user(at)mail(dot)example", Email, "user@mail.example"},
		{"user [at] mail [dot] example", Email, "user@mail.example"},
		{"mailto:User@mail.example?subject=x", Email, "user@mail.example"},
		{"<user@mail.example>", Email, "user@mail.example"},
		{"+15550100000", Phone, "+15550100000"},
		{"+1 (555) 010-0000", Phone, "+15550100000"},
		{"tel:+15550100000", Phone, "+15550100000"},

		{strings.ToUpper(md5), File, md5},
		{"sha256:" + sha256, File, sha256},
		{"MD5: " + md5, File, md5},
		{"imphash:" + md5, Imphash, md5},
		{"cert:" + sha256, Cert, sha256},
		{strings.Repeat("AB:", 31) + "AB", Cert, sha256},
		{strings.Repeat("AB:", 15) + "AB", SSHKey, strings.Repeat("ab:", 15) + "ab"},
		{"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", SSHKey, "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{"T13D1516H2_8daaf6152771_b186095e22b6", JA4, "t13d1516h2_8daaf6152771_b186095e22b6"},
		{"ja3:" + strings.Repeat("AB", 16), JA3, strings.Repeat("ab", 16)},
		{strings.Repeat("ab", 31), JARM, strings.Repeat("ab", 31)},
		{"T1" + strings.Repeat("AB", 35), TLSH, "T1" + strings.Repeat("AB", 35)},
		{strings.Repeat("ab", 35), TLSH, "T1" + strings.Repeat("AB", 35)},
		{"96:abcdefghijklm/+:abcdefgh", Ssdeep, "96:abcdefghijklm/+:abcdefgh"},
		{"serial: 00:AB:cd", Serial, "abcd"},
		{"T1583.001", Technique, "T1583.001"},
		{"t1583", Technique, "T1583"},
		{"UA-12345-1", Tracker, "UA-12345-1"},
		{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Wallet, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
		{"0x" + strings.Repeat("Ab", 20), Wallet, "0x" + strings.Repeat("ab", 20)},
		{"title:Sign in · hxxp", Title, "Sign in · hxxp"},
		{"title:a[.]b[:]c[[].]d", Title, "a.b:c[.]d"},
		{"text:v=spf1 include:evil.example", Text, "v=spf1 include:evil.example"},
		{"text:ip:192.0.2.1", Text, "ip:192.0.2.1"},
		{"filename:invoice.zip", Filename, "invoice.zip"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			v, err := Parse(test.text)
			if test.kind == 0 {
				if !errors.Is(err, ErrNotIndicator) {
					t.Fatalf("Parse(%q) = %s %q, %v; want ErrNotIndicator", test.text, v.Kind(), v.Text(), err)
				}
				return
			}
			if err != nil || v.Kind() != test.kind || v.Text() != test.want {
				t.Fatalf("Parse(%q) = %s %q, %v; want %s %q", test.text, v.Kind(), v.Text(), err, test.kind, test.want)
			}
			checkContract(t, v)
		})
	}
}

func TestParseErrorsSayWhatToDo(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "write a domain"},
		{"1.2.3", "version number"},
		{"v1.2.3.4", "version number"},
		{"10.0.19041.1", "version number"},
		{"192.0.2.01", "leading zero"},
		{"2026-01-02", "date"},
		{"12.05.2024", "date"},
		{"CVE-2026-1234", "text:CVE-2026-1234"},
		{"setup.exe", "filename:setup.exe"},
		{"host.corpnet", "domain:host.corpnet"},
		{"abcdef0123456789", "serial:abcdef01"},
		{"foo:bar", `"foo" is no known kind; kinds are asn, `},
		{"hello", "kind:value"},
		{"gopherx://evil.example", "no URL scheme"},
		{"a@b", "no dot"},
		{"ip:300.1.1.1", "no IP address"},
		{strings.Repeat("a", 5*MaxLen), "at most"},
	}
	for _, test := range tests {
		v, err := Parse(test.text)
		if !errors.Is(err, ErrNotIndicator) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Parse(%.40q) = %v, %v; want an error that says %q", test.text, v, err, test.want)
		}
	}
}

func TestStringNamesTheKindOnlyWhereNeeded(t *testing.T) {
	hash := strings.Repeat("ab", 20)
	tests := []struct {
		v      Value
		text   string
		fenced string
	}{
		{Must(Domain, "evil.example"), "evil.example", "evil[.]example"},
		{Must(Domain, "evil.nosuchtld"), "domain:evil.nosuchtld", "domain:evil[.]nosuchtld"},
		{Must(IP, "192.0.2.1"), "192.0.2.1", "192[.]0[.]2[.]1"},
		{Must(IP, "2001:db8::1"), "2001:db8::1", "2001[:]db8[:][:]1"},
		{Must(Prefix, "192.0.2.0/24"), "192.0.2.0/24", "192[.]0[.]2[.]0/24"},
		{Must(URL, "https://evil.example:8443/a.php?u=http://b.example"), "https://evil.example:8443/a.php?u=http://b.example", "hxxps://evil[.]example:8443/a[.]php?u=http[:]//b[.]example"},
		{Must(URL, "http://evil.example/a."), "url:http://evil.example/a.", "url:hxxp://evil[.]example/a."},
		{Must(URL, "ftp://[2001:db8::1]/"), "ftp://[2001:db8::1]/", "ftp[:]//[2001[:]db8[:][:]1]/"},
		{Must(Email, "a.b@mail.example"), "a.b@mail.example", "a[.]b[@]mail[.]example"},
		{Must(File, hash), hash, hash},
		{Must(Cert, hash), "cert:" + hash, "cert:" + hash},
		{Must(Technique, "T1583.001"), "T1583.001", "T1583.001"},
		{Must(Title, "Go to http://evil.example: now"), "title:Go to http://evil.example: now", "title:Go to http[:]//evil[.]example: now"},
		{Must(Title, "a[.]b"), "title:a[[].]b", "title:a[[].]b"},
		{Must(PDB, `C:\work\a.pdb`), `pdb:C:\work\a.pdb`, `pdb:C:\work\a[.]pdb`},
		{Must(Text, "evil.example"), "text:evil.example", "text:evil[.]example"},
		{Value{}, "", ""},
	}
	for _, test := range tests {
		if got := test.v.String(); got != test.text {
			t.Errorf("String of %s %q = %q, want %q", test.v.Kind(), test.v.Text(), got, test.text)
		}
		if got := test.v.Defang(); got != test.fenced {
			t.Errorf("Defang of %s %q = %q, want %q", test.v.Kind(), test.v.Text(), got, test.fenced)
		}
	}
}

func TestValueIsAKeyInJSON(t *testing.T) {
	in := map[Value][]Value{Must(Domain, "evil.example"): {Must(IP, "192.0.2.1"), Must(Title, "x"), {}}}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"evil.example":["192.0.2.1","title:x",""]}`; string(data) != want {
		t.Errorf("json = %s, want %s", data, want)
	}
	var out map[Value][]Value
	if err := json.Unmarshal(data, &out); err != nil || len(out[Must(Domain, "evil.example")]) != 3 {
		t.Errorf("read back %v, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`"setup.exe"`), new(Value)); !errors.Is(err, ErrNotIndicator) {
		t.Errorf("reading no indicator: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"hxxps://evil[.]example/a", "1.2.3[.]4", "user[@]mail[.]example", "[2001:db8::1]:443", "192.0.2.0/24", "AS64500",
		"title:[[].]", `http:\\evil\.example\[.\]`, "h**p[://]user:pw@evil(dot)example[/]a(.)b", "“(evil.example)”,", "12:30:45", "1.2.3.4.5",
		"mailto:a@b.example?x", "sha256:SHA256:", "hxxp//", "tel:+15550100000", "url:\u200bhttp://a/\u00ad",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrNotIndicator) || !v.IsZero() {
				t.Fatalf("Parse = %v, %v", v, err)
			}
			return
		}
		checkContract(t, v)
	})
}
