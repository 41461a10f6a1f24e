package ctlog

import (
	"clew/internal/observation"
)

// ReadEntry reads one entry as get-entries gives it, RFC 6962 section 4.6. ok is
// false for what holds no certificate.
func ReadEntry(input, extra []byte) (facts []observation.Observation, ok bool) {
	l, err := decodeLeaf(input, extra)
	if err != nil {
		return nil, false
	}
	c, ok := l.certificate()
	c.Seen = l.logged
	return Entry{Logged: l.logged, Precert: l.precert, Certificate: c}.Observations(), ok
}
