package observable

import (
	"fmt"
	"net/netip"
	"strings"
)

// New returns the value of that kind, in canonical form.
func New(kind Kind, text string) (Value, error) {
	if !kind.Valid() {
		return Value{}, fmt.Errorf("%w: unknown kind", ErrNotIndicator)
	}
	canonical, err := folded(text)
	if err != nil {
		return Value{}, err
	}
	switch kind {
	case Domain:
		canonical = strings.TrimSuffix(strings.ToLower(canonical), ".")
	case IP:
		addr, err := netip.ParseAddr(canonical)
		if err != nil {
			return Value{}, fmt.Errorf("%w: %q is no IP address", ErrNotIndicator, text)
		}
		canonical = addr.Unmap().WithZone("").String()
	case Email, Cert, CertKey, File, Imphash, JARM, Serial:
		canonical = strings.ToLower(canonical)
	}
	if canonical == "" || len(canonical) > MaxLen {
		return Value{}, fmt.Errorf("%w: %s of %d bytes", ErrNotIndicator, kind, len(canonical))
	}
	return Value{kind, canonical}, nil
}
