package match

import (
	"net/netip"
	"strings"

	"clew/internal/observable"
)

// class says how an indicator is found in text.
type class uint8

const (
	refused class = iota
	name          // a domain and what is below it
	address
	network
	link // a URL
	mailbox
	digest // a word of hexadecimal digits
)

// Bounds on hexadecimal words: shorter ones are found in every log by chance.
const (
	minDigest = 32 // MD5, JA3
	minSerial = 16 // of a certificate
	maxDigest = 128
)

// admit says how v is found, or why it is not looked for.
func admit(v observable.Value) (how class, reason string) {
	switch v.Kind() {
	case observable.Domain:
		return admitDomain(v)
	case observable.IP:
		addr, err := netip.ParseAddr(v.Text())
		var room [64]byte
		if err != nil || addr.Zone() != "" || string(addr.Unmap().AppendTo(room[:0])) != v.Text() {
			return refused, "the address is not in its canonical form, so no log would hold it"
		}
		return address, ""
	case observable.Prefix:
		prefix, err := netip.ParsePrefix(v.Text())
		if err != nil || prefix.Masked().String() != v.Text() {
			return refused, "the address range is not in its canonical form"
		}
		return network, ""
	case observable.URL:
		if _, ok := observable.Host(v); !ok {
			return refused, "the host of the URL has no dot: it means something else in every network"
		}
		return link, ""
	case observable.Email:
		if strings.HasSuffix(v.Text(), "]") {
			return refused, "the mailbox is at a bare address; look for the address"
		}
		return mailbox, ""
	case observable.File, observable.Cert, observable.CertKey, observable.Imphash, observable.RichHash,
		observable.JARM, observable.JA3, observable.JA3S, observable.Favicon, observable.BodyHash, observable.Text, observable.SSHKey, observable.Serial:
		return admitDigest(v)
	}
	return refused, "a " + v.Kind().String() + " is not looked for in raw text"
}

// admitDomain refuses names under which strangers register: they would match
// half the world.
func admitDomain(v observable.Value) (class, string) {
	text := v.Text()
	if suffix, ok := observable.PublicSuffix(v); ok && suffix == text {
		return refused, "it is a public suffix: everybody registers names below it"
	}
	if !strings.Contains(text, ".") || !isHostText(text) {
		return refused, "the name is not in its canonical form, so no log would hold it"
	}
	return name, ""
}

func admitDigest(v observable.Value) (class, string) {
	least := minDigest
	if v.Kind() == observable.Serial {
		least = minSerial
	}
	text := digestText(v)
	if len(text) < least || len(text) > maxDigest || !isHexText(text) {
		return refused, "it is no hexadecimal word of a length that stands out in a log"
	}
	return digest, ""
}

// digestText returns the digits of a digest as a log writes them, lower case.
// MD5 fingerprints of SSH keys carry colons in canonical form.
func digestText(v observable.Value) string {
	if v.Kind() == observable.SSHKey {
		return strings.ReplaceAll(v.Text(), ":", "")
	}
	return strings.ToLower(v.Text())
}

// serial numbers alone are looked for with other zeros in front than they have.
const serial = observable.Serial

// classOf returns the class that admitted values of a kind have.
func classOf(kind observable.Kind) class {
	switch kind {
	case observable.Domain:
		return name
	case observable.IP:
		return address
	case observable.Prefix:
		return network
	case observable.URL:
		return link
	case observable.Email:
		return mailbox
	}
	return digest
}

// scheme returns what stands before the host of a URL.
func scheme(url string) string {
	before, _, _ := strings.Cut(url, "://")
	return before
}

// rest returns a URL without its scheme.
func rest(url string) string {
	_, after, _ := strings.Cut(url, "://")
	return after
}

// isHostText reports whether text consists of host bytes in lower case.
func isHostText(text string) bool {
	for i := range len(text) {
		if !is(text[i], hostByte) || lower(text[i]) != text[i] {
			return false
		}
	}
	return true
}

func isHexText(text string) bool {
	for i := range len(text) {
		if !is(text[i], hexByte) {
			return false
		}
	}
	return true
}
