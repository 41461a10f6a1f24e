package telemetry

import (
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation/record"
	"clew/internal/telemetry/format"
)

// A certificate's names, serial and fingerprint are written by each log in a form
// of its own: attributes in another order, escaped, pairs of digits with colons.
// Their probes are compared by value, in the fields that hold such a thing; a
// line is taken apart only where it holds the longest word of the value.

// fieldsOf are parts of the names that logs give the fields of a kind of value.
var fieldsOf = map[observable.Kind][]string{
	observable.DN:     {"subject", "issuer"},
	observable.Serial: {"serial"},
	observable.Cert:   {"fingerprint", "cert", "sha1", "sha256", "thumbprint"},
}

// ByValue reports whether a kind of value is probed for by value.
func ByValue(k observable.Kind) bool { return fieldsOf[k] != nil }

// needles are what a line has at least one of, lower case, where a field of it
// may hold the value.
func needles(v observable.Value) []string {
	switch text := strings.ToLower(v.Text()); v.Kind() {
	case observable.DN:
		longest := ""
		for _, word := range strings.FieldsFunc(text, notOfName) {
			if len(word) > len(longest) {
				longest = word
			}
		}
		return []string{longest}
	case observable.Serial, observable.Cert:
		return []string{text, colons(text)}
	}
	return nil
}

// colons writes digits in pairs: 4abcd is 04:ab:cd.
func colons(digits string) string {
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	var b strings.Builder
	for i := 0; i < len(digits); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(digits[i : i+2])
	}
	return b.String()
}

// holds reports whether a field of the record is the value of the probe. What
// stands between commas is a field of its own in some logs: those of one name
// that follow each other are one text again.
func (p Probe) holds(rec *format.Record) bool {
	for i := 0; i < len(rec.Fields); {
		name, text := rec.Fields[i].Name, rec.Fields[i].Value
		for i++; i < len(rec.Fields) && rec.Fields[i].Name == name; i++ {
			text += "," + rec.Fields[i].Value
		}
		if p.in(strings.ToLower(name)) && p.is(text) {
			return true
		}
	}
	return false
}

// in reports whether a field of that name may hold the value.
func (p Probe) in(name string) bool {
	return strings.Contains(name, p.Field) &&
		slices.ContainsFunc(fieldsOf[p.Value.Kind()], func(part string) bool { return strings.Contains(name, part) })
}

// is compares what a field holds, one value or several, with that of the probe.
func (p Probe) is(text string) bool {
	if p.Value.Kind() == observable.DN {
		return strings.EqualFold(record.DN(strings.ReplaceAll(text, `\\`, `\`)), p.Value.Text()) // Zeek escapes the escape of a comma
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '[' || r == ']' || r == '"' }) {
		if v, err := observable.New(p.Value.Kind(), part); err == nil && v == p.Value {
			return true
		}
	}
	return false
}
