package observable

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNewWritesCanonicalForm(t *testing.T) {
	tests := []struct {
		claim string
		kind  Kind
		text  string
		want  string
	}{
		{"lower_case", Domain, "Evil.EXAMPLE", "evil.example"},
		{"trailing_dot", Domain, "evil.example.", "evil.example"},
		{"wildcard_is_its_parent", Domain, "*.evil.example", "evil.example"},
		{"leading_dot_is_its_parent", Domain, ".evil.example", "evil.example"},
		{"idn_is_punycode", Domain, "Bücher.example", "xn--bcher-kva.example"},
		{"punycode_stays", Domain, "XN--BCHER-KVA.example", "xn--bcher-kva.example"},
		{"ideographic_full_stop", Domain, "evil。example", "evil.example"},
		{"full_width_letters", Domain, "ｅｖｉｌ.example", "evil.example"},
		{"sharp_s_is_kept", Domain, "straße.example", "xn--strae-oqa.example"},
		{"emoji", Domain, "i❤.example", "xn--i-7iq.example"},
		{"underscore", Domain, "_dmarc.evil.example", "_dmarc.evil.example"},
		{"odd_hyphens", Domain, "-a--b-.evil.example", "-a--b-.evil.example"},
		{"broken_punycode_is_still_a_name", Domain, "xn--0.example", "xn--0.example"},

		{"ipv4", IP, "192.0.2.1", "192.0.2.1"},
		{"ipv6_shortest", IP, "2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"ipv4_in_ipv6", IP, "::ffff:192.0.2.1", "192.0.2.1"},
		{"ipv4_in_ipv6_hex", IP, "::FFFF:c000:201", "192.0.2.1"},
		{"zone_dropped", IP, "fe80::1%eth0", "fe80::1"},
		{"prefix_masked", Prefix, "192.0.2.77/24", "192.0.2.0/24"},
		{"prefix_v6", Prefix, "2001:DB8::1/32", "2001:db8::/32"},
		{"prefix_mapped", Prefix, "::ffff:192.0.2.7/120", "192.0.2.0/24"},
		{"asn", ASN, "as64500", "AS64500"},
		{"asn_word", ASN, "asn 64500", "AS64500"},
		{"asn_number", ASN, "64500", "AS64500"},
		{"asn_dotted", ASN, "AS1.10", "AS65546"},
		{"asn_leading_zero", ASN, "AS064500", "AS64500"},

		{"url_empty_path", URL, "HTTP://Evil.Example", "http://evil.example/"},
		{"url_default_port", URL, "https://evil.example:443/a", "https://evil.example/a"},
		{"url_other_port", URL, "https://evil.example:08443/a", "https://evil.example:8443/a"},
		{"url_empty_port", URL, "http://evil.example:/a", "http://evil.example/a"},
		{"url_query_without_path", URL, "http://evil.example?x=1", "http://evil.example/?x=1"},
		{"url_fragment_kept", URL, "http://evil.example/#victim@mail.example", "http://evil.example/#victim@mail.example"},
		{"url_dot_segments_kept", URL, "http://evil.example/a/../b", "http://evil.example/a/../b"},
		{"url_idn", URL, "http://bücher.example/ü b", "http://xn--bcher-kva.example/%C3%BC%20b"},
		{"url_brackets_encoded", URL, "http://evil.example/a[.]{b}", "http://evil.example/a%5B.%5D%7Bb%7D"},
		{"url_ipv6", URL, "http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"},
		{"url_mapped_ipv4", URL, "http://[::ffff:192.0.2.1]/", "http://192.0.2.1/"},
		{"url_decimal_address", URL, "http://3221225985/x", "http://192.0.2.1/x"},
		{"url_octal_address", URL, "http://0300.0.02.01/x", "http://192.0.2.1/x"},
		{"url_hex_address", URL, "http://0xC0.0x00.0x0201/x", "http://192.0.2.1/x"},
		{"url_single_label", URL, "http://intranet/x", "http://intranet/x"},
		{"url_backslashes_as_browsers", URL, `http:\\evil.example\@good.example`, "http://evil.example/@good.example"},
		{"url_userinfo", URL, "http://good.example@evil.example/", "http://good.example@evil.example/"},
		{"url_password", URL, "ftp://user:p:w@evil.example/", "ftp://user:p%3Aw@evil.example/"},
		{"url_escaped_host", URL, "http://%65vil.example/", "http://evil.example/"},
		{"url_tcp", URL, "tcp://192.0.2.1:4444", "tcp://192.0.2.1:4444"},

		{"email_lower", Email, "John.Doe@Mail.Example", "john.doe@mail.example"},
		{"email_tag", Email, "a+b@mail.example", "a+b@mail.example"},
		{"email_idn", Email, "info@bücher.example", "info@xn--bcher-kva.example"},
		{"email_address_literal", Email, "a@[IPv6:2001:DB8::1]", "a@[2001:db8::1]"},
		{"phone_whois", Phone, "+1.5550100000", "+15550100000"},
		{"phone_written", Phone, "+49 (0)30 / 1234-567", "+49301234567"},
		{"phone_extension", Phone, "+1 555 0100 000 ext. 12", "+15550100000"},
		{"phone_00", Phone, "0049 30 1234567", "+49301234567"},

		{"md5", File, strings.Repeat("AB", 16), strings.Repeat("ab", 16)},
		{"sha512", File, strings.Repeat("AB", 64), strings.Repeat("ab", 64)},
		{"cert_colons", Cert, strings.Repeat("AB:", 19) + "AB", strings.Repeat("ab", 20)},
		{"cert_blanks", Cert, strings.Repeat("AB ", 31) + "AB", strings.Repeat("ab", 32)},
		{"serial_colons", Serial, "00:03:AB:cd", "3abcd"},
		{"serial_zero", Serial, "00", "0"},
		{"serial_0x", Serial, "0x0A", "a"},
		{"tlsh_without_version", TLSH, strings.Repeat("a1", 35), "T1" + strings.Repeat("A1", 35)},
		{"tlsh_with_version", TLSH, "t1" + strings.Repeat("a1", 35), "T1" + strings.Repeat("A1", 35)},
		{"ssdeep_file_name_dropped", Ssdeep, `96:abcDEF/+:xyz,"a.exe"`, "96:abcDEF/+:xyz"},
		{"sshkey_sha256", SSHKey, "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{"sshkey_md5", SSHKey, "MD5:" + strings.Repeat("AB:", 15) + "AB", strings.Repeat("ab:", 15) + "ab"},
		{"favicon_signed", Favicon, "-1234567890", "-1234567890"},
		{"favicon_unsigned_is_the_same_hash", Favicon, "3060399406", "-1234567890"},
		{"bodyhash", BodyHash, strings.Repeat("AB", 32), strings.Repeat("ab", 32)},
		{"technique", Technique, "t1583.001", "T1583.001"},
		{"wallet_ethereum", Wallet, "0x" + strings.Repeat("Ab", 20), "0x" + strings.Repeat("ab", 20)},
		{"wallet_bitcoin_genesis", Wallet, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
		{"wallet_segwit_bip173", Wallet, "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
		{"wallet_taproot_bip350", Wallet, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"},
		{"tracker", Tracker, "ua-12345-1", "UA-12345-1"},
		{"tracker_adsense", Tracker, "ca-pub-1234567890123456", "pub-1234567890123456"},
		{"tracker_other", Tracker, "1234567890", "1234567890"},

		{"text_folded", Text, "  a \t\n b\x00c ", "a b c"},
		{"text_case_kept", Mutex, `Global\AbC`, `Global\AbC`},
		{"text_composed", Person, "Mu\u0308ller", "Müller"},
		{"dn_spacing", DN, "c=US,O=Example Inc , CN = evil.example", "C=US, O=Example Inc, CN=evil.example"},
		{"dn_openssl", DN, "/C=US/O=Example/CN=evil.example", "C=US, O=Example, CN=evil.example"},
		{"dn_quoted_comma", DN, `O="Example, Inc",CN=a`, `O="Example, Inc", CN=a`},
		{"dn_bare_comma", DN, `O=Example, Inc.,CN=a`, `O=Example, Inc., CN=a`},
		{"signer_thumbprint", Signer, strings.Repeat("AB ", 19) + "AB", strings.Repeat("ab", 20)},
		{"signer_subject", Signer, "Example  Software GmbH", "Example Software GmbH"},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			v, err := New(test.kind, test.text)
			if err != nil || v.Text() != test.want {
				t.Fatalf("New(%s, %q) = %q, %v; want %q", test.kind, test.text, v.Text(), err, test.want)
			}
			checkContract(t, v)
		})
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		claim string
		kind  Kind
		text  string
	}{
		{"no_kind", 0, "x"},
		{"unknown_kind", 255, "x"},
		{"empty", Text, " \t\x00 "},
		{"not_utf8", Text, "a\xff"},
		{"too_long", Text, strings.Repeat("a", MaxLen+1)},
		{"far_too_long", Domain, strings.Repeat("a.", 1<<20)},
		{"single_label", Domain, "localhost"},
		{"number_as_top_level", Domain, "evil.123"},
		{"hex_number_as_top_level", Domain, "evil.0x1f"},
		{"address_as_domain", Domain, "192.0.2.1"},
		{"empty_label", Domain, "evil..example"},
		{"two_trailing_dots", Domain, "evil.example.."},
		{"long_label", Domain, strings.Repeat("a", 64) + ".example"},
		{"long_name", Domain, strings.Repeat("abcdefg.", 32) + "example"},
		{"blank_in_name", Domain, "evil .example"},
		{"slash_in_name", Domain, "evil.example/a"},
		{"nul_in_name", Domain, "evil\x00.example"},
		{"underscore_as_top_level", Domain, "evil._tcp"},
		{"leading_zero_octet", IP, "192.0.02.1"},
		{"three_octets", IP, "192.0.2"},
		{"octet_above_255", IP, "192.0.2.256"},
		{"prefix_without_length", Prefix, "192.0.2.1"},
		{"prefix_too_long", Prefix, "192.0.2.1/33"},
		{"asn_too_big", ASN, "AS4294967296"},
		{"asn_word_only", ASN, "ASN"},
		{"url_without_scheme", URL, "evil.example/a"},
		{"url_without_host", URL, "http:///"},
		{"url_bad_host", URL, "http://evil example/"},
		{"url_script", URL, "javascript://evil.example/%0aalert(1)"},
		{"url_bad_port", URL, "http://evil.example:99999/"},
		{"email_two_parts", Email, "a@b@"},
		{"email_blank", Email, "a b@mail.example"},
		{"email_quoted", Email, `"a"@mail.example`},
		{"phone_without_country", Phone, "555 0100"},
		{"hash_length", File, strings.Repeat("a", 33)},
		{"hash_letters", File, strings.Repeat("g", 32)},
		{"certkey_length", CertKey, strings.Repeat("a", 32)},
		{"serial_letters", Serial, "xyz"},
		{"ssdeep_block_size", Ssdeep, "5:abc:def"},
		{"jarm_length", JARM, strings.Repeat("a", 64)},
		{"ja3_length", JA3, strings.Repeat("a", 40)},
		{"ja4_of_something_else", JA4, "t13d1516h2_8daaf6152771_b186095e22b6_0"},
		{"ja4_version", JA4, "t19d1516h2_8daaf6152771_b186095e22b6"},
		{"sshkey_short", SSHKey, "SHA256:AAAA"},
		{"favicon_big", Favicon, "99999999999"},
		{"technique_short", Technique, "T15"},
		{"wallet_base58_checksum", Wallet, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"},
		{"wallet_bech32_checksum", Wallet, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			v, err := New(test.kind, test.text)
			if !errors.Is(err, ErrNotIndicator) {
				t.Fatalf("New(%s, %.80q) = %q, %v; want ErrNotIndicator", test.kind, test.text, v.Text(), err)
			}
			if !v.IsZero() {
				t.Errorf("an error came with the value %v", v)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
		})
	}
}

// liveLink matches what mail clients and viewers turn into a link: a scheme
// before //, a dot or an @ inside a word.
var liveLink = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]+://|mailto:[^\s]|[^\s][.@][\pL\p{Nd}]`)

// checkContract checks what stores and everything that prints rely on.
func checkContract(t *testing.T, v Value) {
	t.Helper()
	text := v.Text()
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || len(text) > MaxLen || text == "" {
		t.Errorf("canonical text %q breaks the contract", text)
	}
	if again, err := New(v.Kind(), text); err != nil || again != v {
		t.Errorf("New(%s, %q) = %q, %v; want the value itself", v.Kind(), text, again.Text(), err)
	}
	if read, err := Parse(v.String()); err != nil || read != v {
		t.Errorf("Parse(String() = %q) = %s %q, %v; want %s %q", v.String(), read.Kind(), read.Text(), err, v.Kind(), text)
	}
	harmless := strings.NewReplacer("hxxp://", "", "hxxps://", "").Replace(strings.TrimPrefix(v.Defang(), v.Kind().String()+":"))
	if link := liveLink.FindString(harmless); link != "" && v.Kind() != Technique {
		t.Errorf("Defang() = %q holds the live link %q", v.Defang(), link)
	}
	if read, err := Parse(v.Defang()); err != nil || read != v {
		t.Errorf("Parse(Defang() = %q) = %s %q, %v; want %s %q", v.Defang(), read.Kind(), read.Text(), err, v.Kind(), text)
	}
}

func FuzzNew(f *testing.F) {
	for _, kind := range Kinds() {
		for _, text := range []string{"evil.example", "192.0.2.1", "HTTP://a[.]example/[[].](.)?x=\\", "a@b.example", "O=x,=,", "title:x[.]y", "[[]", "1:2", strings.Repeat("ab", 20), "\x18", "/", ".TP://"} {
			f.Add(uint8(kind), text)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, text string) {
		v, err := New(Kind(kind%uint8(len(kinds))), text)
		if err != nil {
			if !errors.Is(err, ErrNotIndicator) || !v.IsZero() {
				t.Fatalf("New = %v, %v", v, err)
			}
			return
		}
		checkContract(t, v)
	})
}
