package extract

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
)

// lines describes each sighting as "line:column raw → value", for PDF "page n".
func lines(t *testing.T, input string, o Options) []string {
	t.Helper()
	result, err := Extract(strings.NewReader(input), o)
	if err != nil {
		t.Fatalf("Extract: %v", err)
	}
	var got []string
	for _, f := range result.Found {
		place := fmt.Sprintf("%d:%d", f.Line, f.Column)
		if f.Page > 0 {
			place = fmt.Sprintf("page %d", f.Page)
		}
		if f.Hidden {
			place += " hidden"
		}
		got = append(got, fmt.Sprintf("%s %s → %s %s", place, f.Raw, f.Value.Kind(), f.Value.Text()))
	}
	return got
}

func TestEachTypeIsRead(t *testing.T) {
	tests := []struct {
		claim string
		typ   Type
		input string
		want  []string
	}{
		{
			"page_text_and_targets", HTML,
			"<!DOCTYPE html><html><head><title>Report</title>\n<style>a{color:red}</style><script>var u='http://cdn-site.com/x.js'; foo.name();</script></head>\n" +
				"<body><p>Calls evil<b>[.]</b>example&#46;</p>\n<p>and hxxp://a&#91;.]example/?x=1&amp;y=2</p>\n" +
				"<a class=\"x.com\" href=\"https://link-site.com/a\">here</a><img src='//img-site.com/b.png'><!-- c[.]example -->\n" +
				"<table><tr><td>imphash</td><td>" + strings.Repeat("ab", 16) + "</td></tr></table><p>one-site.com<br>two-site.com</p>",
			[]string{
				"2:43 hidden http://cdn-site.com/x.js → url http://cdn-site.com/x.js",
				"3:16 evil[.]example → domain evil.example",
				"4:8 hxxp://a[.]example/?x=1&y=2 → url http://a.example/?x=1&y=2",
				"5:24 hidden https://link-site.com/a → url https://link-site.com/a",
				"5:67 hidden https://img-site.com/b.png → url https://img-site.com/b.png",
				"5:94 hidden c[.]example → domain c.example",
				"6:32 " + strings.Repeat("ab", 16) + " → imphash " + strings.Repeat("ab", 16),
				"6:85 one-site.com → domain one-site.com",
				"6:101 two-site.com → domain two-site.com",
			},
		},
		{
			"json_escapes", JSON, "{\"url\": \"http:\\/\\/evil-site.com\\/a\\u0026b\",\n \"d\": \"x\\nevil[.]example\", \"domain\": \"evil-site.pl\"}",
			[]string{
				`1:10 http://evil-site.com/a&b → url http://evil-site.com/a&b`,
				"2:11 evil[.]example → domain evil.example",
				"2:39 evil-site.pl → domain evil-site.pl",
			},
		},
		{
			"markdown", Markdown, "# Report\n\n- [evil-site.com](hxxp://evil[.]example/a\\_b) and **other-site.com**\n\n| IP |\n|---|\n| 198.51.100[.]7 |\n`x[.]example`\n",
			[]string{
				"3:4 evil-site.com → domain evil-site.com",
				"3:19 hxxp://evil[.]example/a_b → url http://evil.example/a_b",
				"3:53 other-site.com → domain other-site.com",
				"7:3 198.51.100[.]7 → ip 198.51.100.7",
				"8:2 x[.]example → domain x.example",
			},
		},
		{
			"table", CSV, "url,tag,date\nhttp://evil-site.com/a,mal,2026-01-02\nhttp://evil-site.com/b,mal,2026-01-02\nevil-site.pl,domain,2026-01-02\n",
			[]string{
				"2:1 http://evil-site.com/a → url http://evil-site.com/a",
				"3:1 http://evil-site.com/b → url http://evil-site.com/b",
				"4:1 evil-site.pl → domain evil-site.pl",
			},
		},
		{
			"text", Text, "\ufeffevil[.]example\r\n198.51.100.7\r\n",
			[]string{"1:4 evil[.]example → domain evil.example", "2:1 198.51.100.7 → ip 198.51.100.7"},
		},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(t, test.input, Options{Type: test.typ})); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			if result, _ := Extract(strings.NewReader(test.input), Options{}); result.Type != test.typ {
				t.Errorf("detected %q, want %q", result.Type, test.typ)
			}
		})
	}
}

const message = "Return-Path: <bounce@evil-site.com>\r\n" +
	"Received: from mail.evil-site.com ([198.51.100.7]) by mx.test\r\n" +
	"Message-ID: <1234.abc@id.evil-site.com>\r\n" +
	"X-Mailer: Foxmail 7.2.9.156\r\n" +
	"Subject: =?utf-8?B?aHh4cDovL2V2aWxbLl1leGFtcGxlL3M=?=\r\n" +
	"From: a@mail.example\r\n" +
	"Content-Type: multipart/mixed; boundary=\"b1\"\r\n" +
	"\r\n" +
	"preamble http://not-read.com/\r\n" +
	"--b1\r\n" +
	"Content-Type: multipart/alternative; boundary=b2\r\n\r\n" +
	"--b2\r\n" +
	"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"go to http://evil-site.com/lo=\r\nng?a=3Db now\r\n" +
	"--b2\r\n" +
	"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n" +
	"--b2--\r\n" +
	"--b1\r\n" +
	"Content-Type: application/zip; name=\"invoice.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBA==\r\n" +
	"--b1\r\n" +
	"Content-Type: message/rfc822\r\n\r\n" +
	"From: inner@evil-site.com\r\n\r\nbody with inner[.]example\r\n" +
	"--b1--\r\n"

func TestMessageIsReadPartByPart(t *testing.T) {
	page := base64.StdEncoding.EncodeToString([]byte(`<p>click</p><a href="http://evil-site.com/html">x</a>`))
	input := fmt.Sprintf(message, page[:40]+"\r\n"+page[40:])
	want := []string{
		"1:15 bounce@evil-site.com → email bounce@evil-site.com",
		"2:16 mail.evil-site.com → domain mail.evil-site.com",
		"2:37 198.51.100.7 → ip 198.51.100.7",
		"5:1 hxxp://evil[.]example/s → url http://evil.example/s",
		"6:7 a@mail.example → email a@mail.example",
		"17:7 http://evil-site.com/long?a=b → url http://evil-site.com/long?a=b",
		"23:29 hidden http://evil-site.com/html → url http://evil-site.com/html",
		"34:7 inner@evil-site.com → email inner@evil-site.com",
		"36:11 inner[.]example → domain inner.example",
	}
	if diff := cmp.Diff(want, lines(t, input, Options{})); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	result, err := Extract(strings.NewReader(input), Options{})
	if err != nil || result.Type != Email {
		t.Errorf("type %q, %v; want email", result.Type, err)
	}
	if diff := cmp.Diff([]string{`attachment "invoice.zip" of type application/zip was not read`}, result.Unread); diff != "" {
		t.Errorf("unread (-want +got):\n%s", diff)
	}
}

func TestUTF16IsRead(t *testing.T) {
	text := "é evil[.]example 𝄞 http://evil-site.com/a\n198.51.100.7 and some more words to look at, for the sample"
	units := utf16.Encode([]rune(text))
	little, big := []byte{0xff, 0xfe}, []byte{0xfe, 0xff}
	for _, u := range units {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	want := []string{"evil[.]example at 6", "http://evil-site.com/a at 42", "198.51.100.7 at 88"}
	for name, data := range map[string][]byte{"little": little, "big": big, "little_without_mark": little[2:], "big_without_mark": big[2:]} {
		result, err := Extract(bytes.NewReader(data), Options{})
		if err != nil {
			t.Fatal(err)
		}
		marked := 2 * strings.Count(name, "without")
		var got []string
		for _, f := range result.Found {
			got = append(got, fmt.Sprintf("%s at %d", f.Raw, f.Offset+marked/2*2))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestBoundsAreToldNotHidden(t *testing.T) {
	text := strings.Repeat("evil[.]example\n", 100)
	result, err := Extract(strings.NewReader(text), Options{MaxBytes: 150})
	if err != nil || !result.Cut || result.Bytes != 150 || len(result.Found) != 10 {
		t.Errorf("cut %v after %d bytes with %d found, %v; want 10 found in the first 150 bytes", result.Cut, result.Bytes, len(result.Found), err)
	}
	result, err = Extract(strings.NewReader(text), Options{Distinct: true, MaxBytes: len(text)})
	if err != nil || result.Cut || len(result.Found) != 1 || result.Found[0].Line != 1 {
		t.Errorf("distinct: %d found, cut %v, %v; want the first only", len(result.Found), result.Cut, err)
	}
	if _, err := Extract(strings.NewReader(text), Options{MaxBytes: -1}); err == nil {
		t.Error("a negative bound was taken")
	}
	if _, err := Extract(strings.NewReader(text), Options{Type: "doc"}); err == nil || !strings.Contains(err.Error(), `"pdf"`) {
		t.Errorf("an unknown type gave %v; want an error that lists the types", err)
	}
	if _, err := Extract(iotest.ErrReader(io.ErrUnexpectedEOF), Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a failing reader gave %v", err)
	}
}

func TestUnreadableFormsSayWhatToDo(t *testing.T) {
	for magic, advice := range map[string]string{"PK\x03\x04": "unpack", "\xd0\xcf\x11\xe0": "save it as PDF", "\x1f\x8b\x08": "unpack", "MZ\x90": "clew file"} {
		_, err := Extract(strings.NewReader(magic+"rest"), Options{})
		if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), advice) {
			t.Errorf("%q gave %v; want advice to %q", magic, err, advice)
		}
	}
}

func TestNestingEnds(t *testing.T) {
	var deep strings.Builder
	for i := range 50 {
		fmt.Fprintf(&deep, "From: a@b%d.example\r\nTo: x\r\nSubject: y\r\nDate: z\r\nContent-Type: message/rfc822\r\n\r\n", i)
	}
	result, err := Extract(strings.NewReader(deep.String()), Options{Type: Email})
	if err != nil || len(result.Unread) == 0 || len(result.Found) < 5 || len(result.Found) > 20 {
		t.Errorf("%d found, unread %q, %v; want the outer ones and a note", len(result.Found), result.Unread, err)
	}
}

// Scanning looks back and ahead; each unit below once took time with the square
// of the text, or could have. Eight times the text may take eight times as long,
// and some more on a busy machine, but not 64 times.
func TestHostileTextTakesLinearTime(t *testing.T) {
	units := map[Type][]string{
		Text: {
			"a.com/", "a[.]com/", "http://a.com/", "http://a..b/", "a@", "a@b.com ", "a+", "a.", "1.2.3.4 ", "(", "[", "[.]", "[. ", "a[.]", "1:", "ab:",
			"x.pl\n", "x.pl ", strings.Repeat("ab", 16) + "\n", "+1 ", "http://[", "http://a.com/(", "\\[", "é", "域a", "\u200b", "_", "-", "3:aaaaaaaa:", "user.name ",
		},
		CSV:      {"x.pl,", "user.name,", "http://a.com/,"},
		HTML:     {"<a b=", "<p>", "&amp", "<!--", "<a href=a.com/"},
		Email:    {"=\n", "--\n", "a: b\n", " a\n"},
		JSON:     {"{\"", "\\u0041", "\\"},
		Markdown: {"\\[", "\\_"},
		PDF:      {"1 0 obj", "1 0 obj(", "1 0 obj<<", "trailer<<", "stream", "1 0 obj<<>>stream "},
	}
	const size = 2 << 10
	for typ, list := range units {
		for _, unit := range list {
			for attempt := 1; ; attempt++ { // tests share the machine: the best of three counts
				small, large := timeToExtract(t, typ, unit, size), timeToExtract(t, typ, unit, 8*size)
				if large < 50*time.Millisecond || large < 30*small {
					break
				}
				if attempt == 3 {
					t.Errorf("%q as %s: %d bytes took %v, eight times as many %v", unit, typ, size, small, large)
					break
				}
			}
		}
	}
}

func timeToExtract(t *testing.T, typ Type, unit string, size int) time.Duration {
	t.Helper()
	start := time.Now()
	if _, err := Extract(strings.NewReader(strings.Repeat(unit, size/len(unit))), Options{Type: typ}); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

func FuzzExtract(f *testing.F) {
	f.Add(uint8(0), []byte("hxxps[:]//evil[.]example/a 192.0.2[.]1"))
	f.Add(uint8(2), []byte(`{"a":"http:\/\/evil.example\/\u0041\ud834"}`))
	f.Add(uint8(3), []byte("# a\n[x](http://a.example/b\\_c)"))
	f.Add(uint8(4), []byte("<p>a&#46;b<a href='//x.example/&amp;'>\x00<script>x</script><!--"))
	f.Add(uint8(5), fmt.Appendf(nil, message, "PHA+aHR0cDovL2EuZXhhbXBsZTwvcD4="))
	f.Add(uint8(6), samplePDF("hxxp://evil[.]example/a"))
	f.Add(uint8(0), []byte("\xff\xfee\x00v\x00i\x00l\x00"))
	f.Fuzz(func(t *testing.T, typ uint8, data []byte) {
		result, err := Extract(bytes.NewReader(data), Options{Type: Types()[int(typ)%len(Types())]})
		if err != nil {
			return
		}
		last := 0
		for _, found := range result.Found {
			if found.Offset < last && result.Type != PDF || found.Offset > len(data) || found.Value.IsZero() || found.Raw == "" {
				t.Fatalf("found %+v after offset %d in %d bytes", found, last, len(data))
			}
			last = found.Offset
			if again, err := observable.New(found.Value.Kind(), found.Value.Text()); err != nil || again != found.Value {
				t.Fatalf("%v is not canonical: %v, %v", found.Value, again, err)
			}
		}
	})
}
