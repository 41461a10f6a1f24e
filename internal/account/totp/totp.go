// Package totp makes and checks the six digits that an authenticator app shows:
// HOTP (RFC 4226) over the time (RFC 6238), with the parameters that every app
// knows: HMAC-SHA-1, 6 digits, 30 seconds. The RFCs are forty lines; a library would
// bring more than it takes away.
package totp

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // HMAC-SHA-1, the only one that every app knows; nobody needs a collision here
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"time"
)

const (
	// KeyBytes are what RFC 4226, section 4 (R6) recommends: 160 bits.
	KeyBytes = 20
	// Digits of a code.
	Digits = 6
	// Period is how long a code is shown.
	Period = 30 * time.Second
	// drift is how many periods the clocks of phone and server may be apart, either
	// way (RFC 6238, 5.2: at most one).
	drift   = 1
	modulus = 1_000_000
)

// A Key is what app and server share.
type Key []byte

var alphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewKey draws a key.
func NewKey(random io.Reader) (Key, error) {
	k := make(Key, KeyBytes)
	if _, err := io.ReadFull(random, k); err != nil {
		return nil, fmt.Errorf("drawing a key: %w", err)
	}
	return k, nil
}

// ParseKey reads what [Key.String] wrote.
func ParseKey(text string) (Key, error) {
	k, err := alphabet.DecodeString(text)
	if err != nil || len(k) != KeyBytes {
		return nil, fmt.Errorf("no key of a second factor")
	}
	return k, nil
}

// String is the key as people type it into an app.
func (k Key) String() string { return alphabet.EncodeToString(k) }

// Step numbers the period of a time, from 1970 on (T of RFC 6238, 4.2).
func Step(at time.Time) int64 { return at.Unix() / int64(Period/time.Second) }

// Code is what an app shows in a period.
func (k Key) Code(step int64) string { return fmt.Sprintf("%0*d", Digits, k.number(step)) }

// number is HOTP of a counter, with the dynamic truncation of RFC 4226, 5.3.
func (k Key) number(counter int64) uint32 {
	mac := hmac.New(sha1.New, k)
	_ = binary.Write(mac, binary.BigEndian, counter) // a hash takes all that is written
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	return binary.BigEndian.Uint32(sum[offset:offset+4]) & 0x7fffffff % modulus
}

// Match returns the period whose code was given: that of now or one beside it, and
// later than after, so that no code counts twice. Each is compared whatever the others
// are: how long it takes tells nothing.
func (k Key) Match(code string, now time.Time, after int64) (step int64, right bool) {
	for s := Step(now) - drift; s <= Step(now)+drift; s++ {
		if same := subtle.ConstantTimeCompare([]byte(k.Code(s)), []byte(code)) == 1; same && s > after && !right {
			step, right = s, true
		}
	}
	return step, right
}

// URI is what the picture says to an app
// (https://github.com/google/google-authenticator/wiki/Key-Uri-Format).
func (k Key) URI(issuer, user string) string {
	q := url.Values{"secret": {k.String()}, "issuer": {issuer}}
	// Apps take + for a plus sign, and not for a space.
	at := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + user, RawQuery: q.Encode()}
	return at.String()
}
