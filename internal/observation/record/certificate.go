package record

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// Certificate is an X.509 certificate as far as a provider describes it.
type Certificate struct {
	SHA256, SHA1 string // fingerprints, hexadecimal, "" when not given
	Subject      string // distinguished name, see [DN]
	Issuer       string
	Serial       string   // hexadecimal; see [DecimalSerial]
	Own          string   // how only this provider calls it, "crt.sh:123"; the last resort to know it by
	Key          string   // SHA-256 of the subject public key info, hexadecimal
	Names        []string // subject alternative names and common name; wildcards are understood
	NotBefore    time.Time
	NotAfter     time.Time
	Seen         time.Time // when the provider said so; caps the validity, zero when not known
}

// Value returns what the certificate is known by: its SHA-256 fingerprint, else
// its SHA-1, else a stand-in, the SHA-256 of "issuer|serial" or of the
// provider's own name for it, since some providers give no fingerprint
// (docs/decisions/0005-certificates-without-fingerprint.md).
func (c Certificate) Value() (observable.Value, bool) {
	for _, digest := range []string{c.SHA256, c.SHA1} {
		if v, err := observable.New(observable.Cert, digest); err == nil {
			return v, true
		}
	}
	standIn := c.Own
	if serial, err := observable.New(observable.Serial, c.Serial); err == nil && DN(c.Issuer) != "" {
		standIn = DN(c.Issuer) + "|" + serial.Text()
	}
	if standIn == "" {
		return observable.Value{}, false
	}
	sum := sha256.Sum256([]byte(standIn))
	v, err := observable.New(observable.Cert, hex.EncodeToString(sum[:]))
	return v, err == nil
}

// Observations returns the facts of the certificate, nil when it cannot be
// identified. They hold for as long as it is valid, or was when it was seen.
func (c Certificate) Observations() []observation.Observation {
	cert, ok := c.Value()
	if !ok {
		return nil
	}
	window := observation.Window{First: c.NotBefore, Last: c.NotAfter}
	if !c.Seen.IsZero() && c.Seen.Before(window.Last) {
		window.Last = c.Seen.UTC().Truncate(time.Second)
	}
	f := Facts{Window: ordered(window)}
	for _, name := range c.Names {
		name = strings.TrimPrefix(strings.TrimSpace(name), "*.")
		kind := observable.Domain
		if AddressType(name) != "" {
			kind = observable.IP
		}
		f.Add(cert, observation.Names, kind, name)
	}
	f.Add(cert, observation.SubjectDN, observable.DN, DN(c.Subject))
	f.Add(cert, observation.IssuedBy, observable.DN, DN(c.Issuer))
	f.Add(cert, observation.Serial, observable.Serial, c.Serial)
	f.Add(cert, observation.Key, observable.CertKey, c.Key)
	return f.All
}

// dnOrder is the order in which DN writes attributes; others follow by name.
var dnOrder = []string{"C", "ST", "L", "O", "OU", "CN"}

// DN puts a distinguished name into one order and spelling, "C=…, ST=…, L=…,
// O=…, OU=…, CN=…", so that the name reads the same whoever reported it.
func DN(text string) string {
	type attribute struct{ name, value string }
	var attributes []attribute
	for _, part := range strings.Split(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToUpper(strings.TrimSpace(name))
		switch {
		case ok && isAttribute(name):
			attributes = append(attributes, attribute{name, strings.TrimSpace(value)})
		case len(attributes) > 0: // a comma inside the last value, escaped or not
			last := &attributes[len(attributes)-1]
			last.value = strings.TrimSuffix(last.value, `\`) + "," + part
		}
	}
	slices.SortStableFunc(attributes, func(a, b attribute) int {
		if c := dnRank(a.name) - dnRank(b.name); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	parts := make([]string, 0, len(attributes))
	for _, a := range attributes {
		if value := strings.Trim(a.value, ` "`); value != "" {
			parts = append(parts, a.name+"="+value)
		}
	}
	return strings.Join(parts, ", ")
}

// DNOf is [DN] for a name given attribute by attribute.
func DNOf[T ~string](attributes map[string]T) string {
	parts := make([]string, 0, len(attributes))
	for name, value := range attributes {
		parts = append(parts, name+"="+string(value))
	}
	slices.Sort(parts)
	return DN(strings.Join(parts, ","))
}

func dnRank(name string) int {
	if i := slices.Index(dnOrder, name); i >= 0 {
		return i
	}
	return len(dnOrder)
}

// isAttribute reports whether name can be the left side of an attribute: letters,
// digits and dots, as in CN, DC, emailAddress or 2.5.4.15.
func isAttribute(name string) bool {
	if name == "" {
		return false
	}
	for _, r := range name {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' {
			return false
		}
	}
	return true
}

// DecimalSerial returns a serial number given in decimal as hexadecimal, "" when
// it is no number of at most 50 digits (RFC 5280: 20 octets).
func DecimalSerial(decimal string) string {
	if len(decimal) > 50 {
		return ""
	}
	n, ok := new(big.Int).SetString(decimal, 10)
	if !ok || n.Sign() <= 0 {
		return ""
	}
	return n.Text(16)
}
