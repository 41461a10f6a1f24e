// Package match finds indicators in raw text, as logs hold it, with the meaning
// an analyst gives to them and not as substrings.
//
//   - A domain matches its own name and every name below it: evil.example is in
//     www.evil.example and never in notevil.example or evil.example.net.
//   - An address matches every spelling of itself that stands alone: 192.0.2.7 is
//     not in 192.0.2.71 or 192.0.2.7.4, and 2001:DB8:0::1 is 2001:db8::1. Octets with
//     leading zeros are no address. A range matches every address in it.
//   - A URL matches where scheme, host, port and everything behind them are the
//     same; where the log writes no scheme, the rest decides and the hit is not exact.
//   - An e-mail address matches as a whole, in any case.
//   - A hash, a fingerprint of a certificate, JA3, JARM matches as a whole word of
//     hexadecimal digits in any case; a fingerprint also with colons.
//
// Words are found behind the escapes that logs use (\n, \t, \x09, \u0009, %2F): in
// `\nevil.example` both nevil.example and evil.example are seen, since nobody can
// say which was meant. Names are found as they stand on the wire, in punycode.
package match

import (
	"errors"
	"slices"
	"time"

	"clew/internal/observable"
)

// An Indicator is a value to look for. First and Last bound the time in which it
// was bad; the matcher hands them through and does not judge.
type Indicator struct {
	Value       observable.Value
	First, Last time.Time // zero: not known
	Label       string
}

// A Hit says that an indicator is in the text.
type Hit struct {
	Start, End int  // of what was seen, in bytes of the block: for a domain the whole name around it
	Indicator  int  // index into the indicators that the set was made of
	Exact      bool // the very value: no subdomain, no member of a range, no URL without scheme
}

// A Refusal is an indicator that is not looked for, and why.
type Refusal struct {
	Indicator int
	Reason    string
}

// A Report tells what a set looks for.
type Report struct {
	Accepted int
	Refused  []Refusal // in the order of the indicators
}

// sortHits puts hits into the order in which they are handed out.
func sortHits(hits []Hit) { slices.SortFunc(hits, order) }

func order(a, b Hit) int {
	if a.Start != b.Start {
		return a.Start - b.Start
	}
	if a.End != b.End {
		return a.End - b.End
	}
	return a.Indicator - b.Indicator
}

// ErrNone means that no indicator is left to look for.
var ErrNone = errors.New("no indicator that can be looked for in logs")
