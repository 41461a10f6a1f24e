package observable

import (
	"strings"
	"testing"
)

func TestStored(t *testing.T) {
	for name, test := range map[string]struct {
		kind Kind
		text string
		ok   bool
	}{
		"canonical_text_comes_back":       {Domain, "login.example", true},
		"text_beyond_ascii_comes_back":    {Person, "Ēriks Bērziņš", true},
		"no_kind_is_refused":              {0, "login.example", false},
		"a_kind_of_the_future_is_refused": {200, "login.example", false},
		"empty_text_is_refused":           {Text, "", false},
		"longest_text_comes_back":         {Text, strings.Repeat("a", MaxLen), true},
		"longer_text_is_refused":          {Text, strings.Repeat("a", MaxLen+1), false},
		"zero_byte_is_refused":            {Text, "a\x00b", false},
		"newline_is_refused":              {Text, "a\nb", false},
		"delete_is_refused":               {Text, "a\x7fb", false},
		"c1_control_is_refused":           {Text, "a\u0085b", false},
		"broken_utf8_is_refused":          {Text, "a\xffb", false},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := Stored(test.kind, test.text)
			if ok := err == nil; ok != test.ok {
				t.Fatalf("Stored(%v, %.40q) = %v, %v; want ok %v", test.kind, test.text, v, err, test.ok)
			}
			if test.ok && (v.Kind() != test.kind || v.Text() != test.text) {
				t.Errorf("Stored(%v, %.40q) = %v %q", test.kind, test.text, v.Kind(), v.Text())
			}
		})
	}
}
