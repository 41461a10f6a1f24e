package observable

import (
	"fmt"
	"strings"
)

// New returns the value of that kind in canonical form, or an error that wraps
// [ErrNotIndicator] and says what is wrong.
//
// It takes text as machines write it: a registry's upper case, a certificate's
// colons. Text as people paste it, defanged or quoted, goes through [Parse] or
// [ParseAs]. New(v.Kind(), v.Text()) is v for every value v.
func New(kind Kind, text string) (Value, error) {
	canonical, err := canonical(kind, text)
	switch {
	case err != nil:
		return Value{}, err
	case canonical == "":
		return Value{}, refuse("an empty %s", kind)
	case len(canonical) > MaxLen:
		return Value{}, refuse("a %s of %d bytes; at most %d are taken", kind, len(canonical), MaxLen)
	}
	return Value{kind, canonical}, nil
}

func canonical(kind Kind, text string) (string, error) {
	if !kind.Valid() {
		return "", refuse("%s is no known kind", kind)
	}
	// Four times the bound leaves room for colons, blanks and escapes, and no
	// room for anyone to make us chew on megabytes.
	if len(text) > 4*MaxLen {
		return "", refuse("a %s of %d bytes; at most %d are taken", kind, len(text), MaxLen)
	}
	if kind.freeText() {
		return canonicalText(kind, text)
	}
	text = strings.TrimSpace(text)
	switch kind {
	case Domain:
		return canonicalDomain(text)
	case IP:
		return canonicalIP(text)
	case Prefix:
		return canonicalPrefix(text)
	case ASN:
		return canonicalASN(text)
	case URL:
		return canonicalURL(text)
	case Email:
		return canonicalEmail(text)
	case Phone:
		return canonicalPhone(text)
	case Technique:
		return canonicalTechnique(text)
	case Wallet:
		return canonicalWallet(text)
	}
	return canonicalFingerprint(kind, text)
}

// freeText reports whether values of kind k are text without a grammar of
// their own. Such text is kept as it is, so only the marks that
// [Value.Defang] writes may be undone in it.
func (k Kind) freeText() bool {
	switch k {
	case Person, Org, Registrar, DN, Signer, Title, Tracker, Mutex, PDB, Filename, Malware, UserAgent, Text:
		return true
	}
	return false
}

// refuse builds an error that wraps [ErrNotIndicator].
func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrNotIndicator}, args...)...)
}
