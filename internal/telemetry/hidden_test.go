package telemetry

import (
	"bytes"
	"testing"
)

func TestReveal(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"json_dot":           {`evil\u002eexample`, "evil.example"},
		"json_slash":         {`http:\/\/evil.example\/a`, "http://evil.example/a"},
		"json_in_json":       {`{\"url\":\"http:\\\/\\\/evil.example\"}`, `{"url":"http://evil.example"}`},
		"xml_number":         {`evil&#46;example`, "evil.example"},
		"xml_hex":            {`evil&#x2E;example`, "evil.example"},
		"xml_ampersand":      {`http://evil.example/?a=1&amp;b=2`, "http://evil.example/?a=1&b=2"},
		"percent":            {`http%3A%2F%2Fevil%2Eexample`, "http://evil.example"},
		"percent_twice":      {`http%253A%252F%252Fevil.example`, "http://evil.example"},
		"xml_in_json":        {`evil\u0026#46;example`, "evil.example"},
		"zeek_escape":        {`evil\x2eexample`, "evil.example"},
		"windows_path_stays": {`C:\\users\\x`, `C:\users\x`},
		"windows_dns":        {`A (3)www(4)evil(7)example(0)`, "A www.evil.example"},
		"windows_dns_broken": {`(3)www(40)evil(0)`, "(3)www(40)evil(0)"},
		"dangling":           {`a\`, `a\`},
	} {
		t.Run(name, func(t *testing.T) {
			got := []byte(c.text)
			reveal(got, func(plain []byte) {
				if bytes.Equal(plain, []byte(c.want)) {
					got = plain
				}
			})
			if string(got) != c.want {
				t.Errorf("%q becomes %q, want %q", c.text, got, c.want)
			}
		})
	}
}

func FuzzReveal(f *testing.F) {
	f.Add([]byte(`a\u002e%2e&#46;\\\/`))
	f.Fuzz(func(t *testing.T, text []byte) {
		hides(text, true)
		reveal(text, func(plain []byte) {
			if len(plain) > 3*len(text)+8 {
				t.Fatalf("%d bytes become %d", len(text), len(plain))
			}
		})
	})
}
