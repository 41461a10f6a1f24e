// Package yara writes rules for YARA 4: files by digest, by what they share with
// files of the case, and by the names they hold.
package yara

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
	"clew/internal/observation"
)

// Format is the rule file.
func Format() export.Format {
	return export.Format{
		Name: "yara", Title: "YARA", Use: export.Watch, File: "clew.yar", Patterns: true,
		Kinds: []observable.Kind{observable.File, observable.Domain, observable.URL}, Fits: fits,
		Doc:   "a rule an indicator: digests, embedded names; and a rule for each shared imphash, Rich header, signer, mutex, PDB path, user agent, with its false-match estimate",
		Proof: "compiled, and matched with assembled and built PE files: YARA 4.2",
		Write: write,
	}
}

// minText is the shortest text worth searching for in whole files: shorter ones
// turn up by chance. Judgement.
const minText = 8

var digests = map[int]string{export.MD5: "md5", export.SHA1: "sha1", export.SHA256: "sha256"}

func fits(e export.Entry) string {
	switch {
	case e.Value.Kind() != observable.File && len(e.Value.Text()) < minText:
		return "too short to search files for"
	case e.Value.Kind() == observable.File && digests[len(e.Value.Text())] == "":
		return "YARA has no such digest"
	}
	return ""
}

func write(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "//", "yara", s)
	l.Line(`import "hash"`)
	l.Line(`import "pe"`)
	for _, e := range s.Entries {
		if e.Value.Kind() == observable.File {
			name := digests[len(e.Value.Text())]
			rule{
				name: name + "_" + e.Value.Text()[:min(32, len(e.Value.Text()))], meta: metaOf(e),
				condition: fmt.Sprintf(`hash.%s(0, filesize) == "%s"`, name, e.Value.Text()),
			}.write(l)
			continue
		}
		rule{name: named(e.Value), meta: metaOf(e), strings: texts(e.Value.Text(), " nocase fullword"), condition: "any of them"}.write(l)
	}
	for _, p := range s.Patterns {
		if r, ok := ruleOf(p); ok {
			r.write(l)
		}
	}
	return l.Close()
}

// rule is one rule; its parts are escaped already.
type rule struct {
	name      string
	meta      [][2]string
	strings   []string
	condition string
}

func (r rule) write(l *export.Lines) {
	l.Line()
	l.Line("rule clew_", r.name, " {")
	l.Line("  meta:")
	for _, m := range r.meta {
		l.Line("    ", m[0], " = ", quoted(m[1]))
	}
	if len(r.strings) > 0 {
		l.Line("  strings:")
		for i, text := range r.strings {
			l.Line(fmt.Sprintf("    $s%d = ", i), text)
		}
	}
	l.Line("  condition:")
	l.Line("    ", r.condition)
	l.Line("}")
}

func metaOf(e export.Entry) [][2]string { return [][2]string{{"trace", e.Trace()}} }

// named makes an identifier of a value, which may be any text.
func named(v observable.Value) string {
	sum := sha256.Sum256([]byte(v.String()))
	return v.Kind().String() + "_" + hex.EncodeToString(sum[:8])
}

// ruleOf writes a rule for a shared attribute, where YARA can see it.
func ruleOf(p export.Pattern) (rule, bool) {
	r := rule{name: named(p.Value), meta: [][2]string{
		{"trace", "case=" + strings.Join(p.Cases, ",") + " shared=" + p.Relation.String() + fmt.Sprintf(" members=%d", len(p.Members))},
		{"false_matches", export.Comment(p.Estimate())},
	}}
	switch p.Relation {
	case observation.Imphash:
		r.condition = `pe.imphash() == "` + p.Value.Text() + `"`
	case observation.Rich:
		r.condition = `hash.md5(pe.rich_signature.clear_data) == "` + p.Value.Text() + `"`
	case observation.SignedBy:
		test := signer(p.Value.Text())
		if test == "" {
			return r, false
		}
		r.condition = "for any i in (0 .. pe.number_of_signatures - 1) : ( pe.signatures[i]." + test + " )"
	case observation.Mutex, observation.PDB, observation.UserAgent, observation.Registry:
		if len(p.Value.Text()) < minText {
			return r, false
		}
		r.strings, r.condition = texts(p.Value.Text(), ""), "any of them"
	default:
		return r, false
	}
	return r, true
}

// signer tests one signature: its thumbprint, or the common name within its
// subject, which YARA writes as OpenSSL does: /C=GB/O=Example/CN=Example.
func signer(text string) string {
	if len(text) == export.SHA1 && strings.Trim(text, "0123456789abcdef") == "" {
		return `thumbprint == "` + text + `"`
	}
	name := text
	if _, rest, ok := strings.Cut(text, "CN="); ok {
		name, _, _ = strings.Cut(rest, ", ")
	}
	if len(name) < 4 || strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r > '~' || r == '\\' || r == '/' }) >= 0 {
		return "" // written with escapes there, in more than one way
	}
	return "subject contains " + quoted("/CN="+name)
}

// texts are the forms in which a program holds a text: bytes, and UTF-16. What
// is not ASCII is written as hexadecimal, since YARA widens ASCII only.
func texts(text, modifiers string) []string {
	ascii := true
	for _, r := range text {
		ascii = ascii && r < 0x80
	}
	if ascii {
		return []string{quoted(text) + " ascii wide" + modifiers}
	}
	return []string{hexed([]byte(text)), hexed(utf16(text))}
}

func utf16(text string) []byte {
	var out []byte
	for _, r := range text {
		if r > 0xffff {
			r -= 0x10000
			high, low := 0xd800+r>>10, 0xdc00+r&0x3ff
			out = append(out, byte(high), byte(high>>8), byte(low), byte(low>>8))
			continue
		}
		out = append(out, byte(r), byte(r>>8))
	}
	return out
}

func hexed(b []byte) string { return "{ " + strings.ToUpper(hex.EncodeToString(b)) + " }" }

// quoted writes a text string: the quote and the backslash mean something in
// it, and what is not printable ASCII is an escape.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
