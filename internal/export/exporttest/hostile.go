package exporttest

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/observable"
)

// Hostile are texts that try to leave the field they stand in.
var Hostile = []string{
	`";`, `");drop; (`, `\`, `\"`, `\\";}`, "a\nb 0.0.0.0", "a\r\nb", "'; --", `*`, `*.example`, `*.*`, `%`, `%n%s%00`, `%{IP}`, `../../etc/passwd`,
	"\u202egnp.exe", "\u2066x\u2069", "\u200b", "a\u2028b", "=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(1)", "\tx", "#comment", "; comment", "// x", "*/ alert", "--", "<!--", "]]>",
	"<script>alert(1)</script>", "&amp;", "${jndi:ldap://x.example/a}", "$(id)", "`id`", "|2e|", "{{7*7}}", "}", "{", "[x", "(", ")", ".*", "a|b", "^$", "\x1b[31m", "\xff\xfe", "\x00",
	"' OR 1=1", `"""`, "'''", "!include /etc/passwd", "&a *a", "- x: y", "key: value", "| getmetadata", "/i", "$HOME", "\u00e9\u4e2d\U0001F600",
	strings.Repeat("a", 63) + "." + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "." + strings.Repeat("d", 53) + ".example",
	strings.Repeat("A", 4000),
}

// With is the worked case with text in every place that outside text can reach.
func With(text string) casefile.Document {
	d := Worked()
	d.Notes = append(d.Notes, casefile.Note{At: day(11, 24), Actor: text, Text: text})
	d.Seeds[0].Source = text
	var extra []casefile.Finding
	for i := range d.Findings {
		f := &d.Findings[i]
		f.Action.Reason, f.Reason = text, text
		for j := range f.Factors {
			f.Factors[j].CountOf, f.Factors[j].Note, f.Factors[j].Sources = text, text, []string{text}
		}
	}
	for _, k := range observable.Kinds() {
		for _, form := range []string{text, text + ".example", "http://h.example/" + text, "https://u:" + text + "@h.example/?q=" + text, "CN=" + text, "CN=x, O=" + text} {
			v, err := observable.New(k, form)
			if err != nil {
				// What a damaged or forged document may hold: exporters must not carry it.
				extra = append(extra, approved(k.String(), form, casefile.Time{}))
				continue
			}
			f := approved(k.String(), v.Text(), casefile.Time{})
			f.Action.Reason = text
			extra = append(extra, f)
		}
	}
	carrier := approved("file", strings.Repeat("ab", 32), casefile.Time{})
	for relation, kind := range map[string]string{
		"mutex": "mutex", "pdb": "pdb", "filename": "filename", "user-agent": "useragent", "subject-dn": "dn", "issued-by": "dn",
		"registry": "text", "signed-by": "signer", "title": "title", "banner": "text", "technique": "technique", "token": "text",
	} {
		k, _ := observable.KindNamed(kind)
		for _, form := range []string{text, "CN=" + text} {
			if v, err := observable.New(k, form); err == nil {
				carrier.Factors = append(carrier.Factors, shared(relation, kind, v.Text(), 3))
				carrier.Paths = append(carrier.Paths, []string{"cdn-update.example", relation + ":" + v.Text(), carrier.Value})
			}
		}
	}
	d.Findings = append(append(d.Findings, extra...), carrier)
	return d
}

// Check reads what a format wrote as its consumer would, and complains.
type Check func(t testing.TB, files map[string][]byte, s export.Set)

// Hold puts every hostile text into every field, and checks what all formats
// promise and what check knows of this one.
func Hold(t *testing.T, f export.Format, check Check) {
	t.Helper()
	for _, text := range Hostile {
		hold(t, f, text, check)
	}
}

// Fuzz does the same with texts that the fuzzer makes.
func Fuzz(f *testing.F, format export.Format, check Check) {
	for _, text := range Hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { hold(t, format, text, check) })
}

// FuzzAll is Fuzz of several formats, each with the check of its name.
func FuzzAll(f *testing.F, formats []export.Format, checks map[string]Check) {
	for _, text := range Hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range formats {
			hold(t, format, text, checks[format.Name])
		}
	})
}

func hold(t *testing.T, f export.Format, text string, check Check) {
	t.Helper()
	r := Rules()
	r.Producer, r.Notes = text, true
	if f.Use == export.Block {
		r.Seeds = true
	}
	s := Set(t, f, r, With(text))
	files := Write(t, f, s)
	for name, content := range files {
		promises(t, name, content, text)
	}
	if check != nil {
		check(t, files, s)
	}
	if t.Failed() {
		t.Fatalf("hostile text %q", text)
	}
}

// Lines checks that every line of every file is, from its beginning to its end,
// one of the forms, which are regular expressions. A comment is one by itself.
func Lines(comment string, forms ...string) Check {
	forms = append(forms, regexp.QuoteMeta(comment)+` [A-Za-z0-9 .,:=+_()@/?-]*`)
	whole := regexp.MustCompile(`^(?:` + strings.Join(forms, "|") + `)$`)
	return func(t testing.TB, files map[string][]byte, _ export.Set) {
		t.Helper()
		for name, content := range files {
			for line := range strings.Lines(string(content)) {
				if !whole.MatchString(strings.TrimSuffix(line, "\n")) {
					t.Errorf("%s: a line that is none of its forms: %q", name, line)
				}
			}
		}
	}
}

// promises of every format: UTF-8, lines of one kind, nothing that steers a
// terminal or turns text around.
func promises(t *testing.T, name string, content []byte, text string) {
	t.Helper()
	if !utf8.Valid(content) {
		t.Errorf("%s: not UTF-8 for %q", name, text)
	}
	for _, r := range string(content) {
		if r == '\n' || r == '\t' {
			continue
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			t.Errorf("%s: holds %U for %q", name, r, text)
			return
		}
	}
}
