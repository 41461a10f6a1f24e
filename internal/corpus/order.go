package corpus

import (
	"strings"

	"clew/internal/observable"
)

// MaxDigestLen bounds the hex digits of a value that is ordered as a digest: a SHA-512.
const MaxDigestLen = 128

// Compare is the canonical order of results, the same in every engine: by kind,
// then
//   - domains label by label from the right, so a name is followed by the names below it,
//   - IPv4 addresses before IPv6 addresses, each by number,
//   - digests (see [IsDigest]) by length, then by value, and before the rest of their kind,
//   - everything else by the bytes of its text.
func Compare(v, w observable.Value) int {
	if v.Kind() != w.Kind() {
		return int(v.Kind()) - int(w.Kind())
	}
	switch v.Kind() {
	case observable.Domain:
		return compareFromRight(v.Text(), w.Text())
	case observable.IP:
		return compareAddresses(v, w)
	}
	return compareDigests(v, w)
}

// IsDigest reports whether v is of a kind that digests identify, and its text is
// one: an even number of lower-case hex digits, at most MaxDigestLen.
func IsDigest(v observable.Value) bool {
	switch v.Kind() {
	case observable.Cert, observable.CertKey, observable.File, observable.Imphash,
		observable.RichHash, observable.JARM, observable.BodyHash, observable.JA3, observable.JA3S:
	default:
		return false
	}
	text := v.Text()
	if len(text) == 0 || len(text)%2 != 0 || len(text) > MaxDigestLen {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// compareAddresses puts what is no address, which no grammar lets in, last.
func compareAddresses(v, w observable.Value) int {
	a, isV := v.Addr()
	b, isW := w.Addr()
	switch {
	case isV && isW:
		return a.Compare(b)
	case isV:
		return -1
	case isW:
		return 1
	}
	return strings.Compare(v.Text(), w.Text())
}

func compareDigests(v, w observable.Value) int {
	isV, isW := IsDigest(v), IsDigest(w)
	switch {
	case isV && isW && len(v.Text()) != len(w.Text()):
		return len(v.Text()) - len(w.Text())
	case isV && !isW:
		return -1
	case isW && !isV:
		return 1
	}
	return strings.Compare(v.Text(), w.Text())
}

func compareFromRight(a, b string) int {
	for {
		restA, labelA, moreA := cutLast(a)
		restB, labelB, moreB := cutLast(b)
		if c := strings.Compare(labelA, labelB); c != 0 {
			return c
		}
		switch {
		case !moreA && !moreB:
			return 0
		case !moreA:
			return -1
		case !moreB:
			return 1
		}
		a, b = restA, restB
	}
}

// cutLast cuts the rightmost label off; more is false when it was the only one.
func cutLast(name string) (rest, label string, more bool) {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i], name[i+1:], true
	}
	return "", name, false
}

// CompareTotals orders totals: newest first, then by source.
func CompareTotals(a, b Total) int {
	if c := b.AsOf.Compare(a.AsOf); c != 0 {
		return c
	}
	return strings.Compare(a.Source, b.Source)
}

// Below reports whether v is a name below domain: below example.test are
// a.example.test and b.a.example.test, not example.test nor anexample.test.
func Below(v, domain observable.Value) bool {
	if v.Kind() != observable.Domain || domain.Kind() != observable.Domain {
		return false
	}
	rest, ok := strings.CutSuffix(v.Text(), domain.Text())
	return ok && strings.HasSuffix(rest, ".")
}
