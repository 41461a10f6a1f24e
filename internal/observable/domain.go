package observable

import (
	"strings"

	"golang.org/x/net/idna"
)

// Limits of RFC 1035, for names written without the final dot.
const (
	maxNameLen  = 253
	maxLabelLen = 63
)

// idnaProfile turns what people write into the name that is looked up: UTS #46
// mapping without the transitional German sharp s. It is lenient about ASCII,
// because names on the wire hold underscores and odd hyphens.
var idnaProfile = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.StrictDomainName(false),
	idna.CheckHyphens(false),
)

// canonicalDomain writes a host name in lower case and punycode, without the
// final dot, a wildcard's leading "*." or a suffix list's leading dot. A single
// label is refused: it means something only inside one network.
func canonicalDomain(text string) (string, error) {
	name := strings.TrimPrefix(strings.TrimPrefix(text, "*"), ".")
	name, err := canonicalHostName(name)
	if err != nil {
		return "", err
	}
	if !strings.Contains(name, ".") {
		return "", refuse("%.80q has no dot, so it is no full domain name", text)
	}
	return name, nil
}

// canonicalHostName is canonicalDomain for hosts of URLs, where one label is enough.
func canonicalHostName(text string) (string, error) {
	// Punycode takes time with the square of the length.
	if len(text) > 8*maxNameLen {
		return "", refuse("a domain name of %d bytes; DNS allows %d", len(text), maxNameLen)
	}
	name := strings.ToLower(text)
	if !isASCII(name) {
		ascii, err := idnaProfile.ToASCII(text)
		if err != nil {
			return "", refuse("%.80q is no domain name: %v", text, err)
		}
		name = strings.ToLower(ascii)
	}
	name = strings.TrimSuffix(name, ".")
	if len(name) > maxNameLen {
		return "", refuse("a domain name of %d bytes; DNS allows %d", len(name), maxNameLen)
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if err := checkLabel(label); err != nil {
			return "", refuse("%.80q is no domain name: %v", text, err)
		}
		last = label
	}
	switch {
	case isNumber(last):
		return "", refuse("%.80q is no domain name: no top-level domain is a number", text)
	case strings.ContainsAny(last, "_") || last[0] == '-' || last[len(last)-1] == '-':
		return "", refuse("%.80q is no domain name: %q is no top-level domain", text, last)
	}
	return name, nil
}

type labelError string

func (e labelError) Error() string { return string(e) }

func checkLabel(label string) error {
	switch {
	case label == "":
		return labelError("a label is empty")
	case len(label) > maxLabelLen:
		return labelError("a label is longer than 63 bytes")
	}
	for i := range len(label) {
		if c := rune(label[i]); !isASCIIAlnum(c) && c != '-' && c != '_' {
			return labelError("a label holds a character other than letters, digits, hyphen and underscore")
		}
	}
	return nil
}

// isNumber reports whether resolvers and browsers would read label as part of
// an IPv4 address: decimal, octal or 0x and hexadecimal.
func isNumber(label string) bool {
	hex, found := strings.CutPrefix(label, "0x")
	return isDigits(label) || found && (hex == "" || isHex(hex))
}
