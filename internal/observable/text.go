package observable

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// canonicalText folds text of a kind without a grammar. Case is kept: a
// registrar, a mutex and a PDB path are evidence as they are spelled. Only
// three kinds are touched further, because sources disagree on their spelling:
// a signer named by thumbprint, a distinguished name, a tracker of known form.
func canonicalText(kind Kind, text string) (string, error) {
	text, err := folded(text)
	if err != nil {
		return "", err
	}
	switch kind {
	case Signer:
		if digest, err := hexDigest(text, sha1Size, sha256Size); err == nil {
			return digest, nil
		}
	case DN:
		return canonicalDN(text), nil
	case Tracker:
		return canonicalTracker(text), nil
	}
	return text, nil
}

// folded composes text (NFC), trims it and folds each run of white space and
// control characters to one blank.
func folded(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", refuse("text is not valid UTF-8")
	}
	words := strings.FieldsFunc(norm.NFC.String(text), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	})
	return strings.Join(words, " "), nil
}

// canonicalDN writes a distinguished name as "C=US, O=Example, CN=name": types
// in upper case, one blank after each comma, none around the equals sign, the
// order of the source. OpenSSL's slash form becomes the same. Text that is no
// list of attributes is left alone.
func canonicalDN(text string) string {
	if slashed, ok := strings.CutPrefix(text, "/"); ok {
		if attributes := attributesOf(slashed, '/'); attributes != nil {
			text = strings.Join(attributes, ", ")
		}
	}
	if attributes := attributesOf(text, ','); attributes != nil {
		return strings.Join(attributes, ", ")
	}
	return text
}

// attributesOf returns the type=value pairs of a distinguished name, nil when
// text does not begin with one.
func attributesOf(text string, separator byte) []string {
	var attributes []string
	for _, part := range splitUnquoted(text, separator) {
		name, value, found := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		switch last := len(attributes) - 1; {
		case found && isAttributeType(name):
			attributes = append(attributes, strings.ToUpper(name)+"="+strings.TrimSpace(value))
		case last < 0:
			return nil
		default: // a separator inside a value that its source did not quote
			attributes[last] = strings.TrimSpace(attributes[last] + string(separator) + part)
		}
	}
	return attributes
}

// splitUnquoted splits text at separators that are neither quoted nor escaped.
func splitUnquoted(text string, separator byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// isAttributeType reports whether name is a keyword such as CN or an OID.
func isAttributeType(name string) bool {
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool {
		return !isASCIIAlnum(r) && r != '.' && r != '-'
	})
}

func isASCIIAlnum(r rune) bool {
	return isASCIILetter(r) || '0' <= r && r <= '9'
}

func isASCIILetter(r rune) bool {
	return 'a' <= r|0x20 && r|0x20 <= 'z' && r < utf8.RuneSelf
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

func isHex(text string) bool {
	for i := range len(text) {
		c, lower := text[i], text[i]|0x20
		if (c < '0' || c > '9') && (lower < 'a' || lower > 'f') {
			return false
		}
	}
	return text != ""
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
