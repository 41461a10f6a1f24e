package observable

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// minTokenLetters is how many letters a part of a name needs to be a token:
// shorter ones are everywhere.
const minTokenLetters = 4

// Host returns the domain or address of a URL or an e-mail address, and a
// domain or an address itself. ok is false for other kinds and for a URL whose
// host is a single label.
func Host(v Value) (host Value, ok bool) {
	text := ""
	switch v.kind {
	case Domain, IP:
		return v, true
	case URL:
		_, rest, _ := strings.Cut(v.text, "://")
		authority, _ := splitAuthority(rest)
		text, _ = splitPort(authority[strings.LastIndexByte(authority, '@')+1:])
	case Email:
		text = v.text[strings.LastIndexByte(v.text, '@')+1:]
	default:
		return Value{}, false
	}
	// The text is canonical, so it needs no second check.
	text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if addr, err := canonicalIP(text); err == nil {
		return Value{IP, addr}, true
	}
	return Value{Domain, text}, strings.Contains(text, ".")
}

// PublicSuffix returns the suffix under which the domain of v was registered,
// by the ICANN and the private part of the public suffix list: "co.uk", but
// also "github.io", since every name there has an owner of its own. Under a
// top-level domain that the list does not know it is the last label.
func PublicSuffix(v Value) (suffix string, ok bool) {
	host, ok := Host(v)
	if !ok || host.kind != Domain {
		return "", false
	}
	suffix, _ = publicsuffix.PublicSuffix(host.text)
	return suffix, true
}

// RegistrableDomain returns the domain that was registered for the host of a
// domain, URL or e-mail address: evil.co.uk for a.b.evil.co.uk, evil.github.io
// for a.evil.github.io. It uses both parts of the public suffix list, see
// [PublicSuffix]; for a private suffix itself, such as github.io, it is the
// domain its owner registered. ok is false for addresses and for ICANN suffixes.
func RegistrableDomain(v Value) (domain Value, ok bool) {
	host, ok := Host(v)
	if !ok || host.kind != Domain {
		return Value{}, false
	}
	suffix, _ := publicsuffix.PublicSuffix(host.text)
	if suffix == host.text {
		suffix = icannSuffix(host.text)
	}
	if suffix == host.text {
		return Value{}, false
	}
	owned := host.text[:len(host.text)-len(suffix)-1]
	return Value{Domain, owned[strings.LastIndexByte(owned, '.')+1:] + "." + suffix}, true
}

// icannSuffix returns the suffix of name by the ICANN part alone. A private
// rule hides the ICANN rule above it, so parents are asked in turn.
func icannSuffix(name string) string {
	for parent := name; ; {
		suffix, icann := publicsuffix.PublicSuffix(parent)
		if icann || !strings.Contains(parent, ".") {
			return suffix
		}
		_, parent, _ = strings.Cut(parent, ".")
	}
}

// Label returns the registrable label without its public suffix: "evil" for
// a.evil.co.uk. Punycode stays punycode.
func Label(v Value) (label string, ok bool) {
	domain, ok := RegistrableDomain(v)
	if !ok {
		return "", false
	}
	label, _, _ = strings.Cut(domain.text, ".")
	return label, true
}

// Tokens returns the parts of the registrable label with at least four letters,
// cut at everything that is no letter: "jppost" for jppost-tu.top, "secure" and
// "login" for secure2login.example. Punycode is read as the letters it stands
// for. Tokens come in the order of the name, each once; whether one is a word
// or a brand is for a dictionary to say.
func Tokens(v Value) []string {
	label, ok := Label(v)
	if !ok {
		return nil
	}
	if readable, err := idna.Punycode.ToUnicode(label); err == nil {
		label = readable
	}
	var tokens []string
	seen := make(map[string]bool)
	for _, part := range strings.FieldsFunc(label, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		if utf8.RuneCountInString(part) >= minTokenLetters && !seen[part] {
			seen[part] = true
			tokens = append(tokens, part)
		}
	}
	return tokens
}

// namePrefixLetters is how many letters a [NamePrefix] has.
const namePrefixLetters = 6

// NamePrefix returns the first six ASCII letters of a label, digits and hyphens
// left out; ok is false where there are no more than those.
func NamePrefix(label string) (prefix string, ok bool) {
	letters := make([]byte, 0, namePrefixLetters)
	for i := range len(label) {
		if label[i] < 'a' || label[i] > 'z' {
			continue
		}
		if len(letters) == namePrefixLetters {
			return string(letters), true
		}
		letters = append(letters, label[i])
	}
	return "", false
}

// HasICANNSuffix reports whether the domain v ends in a top-level domain that
// exists, by the ICANN part of the public suffix list.
func HasICANNSuffix(v Value) bool {
	return v.kind == Domain && isDelegated(lastLabel(v.text))
}

// HasKnownSuffix reports whether the domain v ends in a top-level domain that
// exists, one that is reserved ([Special]), or one of the alternative roots that
// malware uses, such as bit.
func HasKnownSuffix(v Value) bool {
	return v.kind == Domain && hasKnownSuffix(v.text)
}

func hasKnownSuffix(name string) bool {
	last := lastLabel(name)
	if _, reserved := specialNames[last]; reserved || isDelegated(last) {
		return true
	}
	switch last {
	case "bit", "bazar", "coin", "emc", "lib", "i2p", "eth":
		return true
	}
	return false
}

func isDelegated(topLevel string) bool {
	// Some top-level domains have rules only for names below them.
	_, icann := publicsuffix.PublicSuffix("a." + topLevel)
	return icann
}

func lastLabel(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
