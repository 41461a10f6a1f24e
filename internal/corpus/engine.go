package corpus

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"clew/internal/observation"
)

// This file holds what every engine must agree on with every other: the limit
// of a question, the form in which facts are kept, and how two of them merge.
// The order of results is in order.go.

// MaxSourceLen bounds the name of a source, in bytes.
const MaxSourceLen = 255

// digestPrefix starts the Evidence of an observation drawn from a raw answer.
const digestPrefix = "sha256:"

// ResultLimit returns the number of results a question asks for: limit itself,
// or DefaultHolderLimit where none was given.
func ResultLimit(limit int) int {
	if limit <= 0 {
		return DefaultHolderLimit
	}
	return limit
}

// Normal returns o in the form in which engines keep it: times in UTC without
// fractions of a second, a count of at least 1, and Evidence only where it is
// the digest of a raw answer. It refuses what no engine may keep.
func Normal(o observation.Observation) (observation.Observation, error) {
	if err := o.Check(); err != nil {
		return o, err
	}
	if err := checkSource(o.Source); err != nil {
		return o, err
	}
	var err error
	if o.First, err = second(o.First); err != nil {
		return o, err
	}
	if o.Last, err = second(o.Last); err != nil {
		return o, err
	}
	o.Count = max(o.Count, 1)
	if _, ok := Digest(o.Evidence); !ok {
		o.Evidence = ""
	}
	return o, nil
}

// NormalTotal is [Normal] for a provider's total.
func NormalTotal(t Total) (Total, error) {
	switch {
	case !t.Relation.Valid():
		return t, fmt.Errorf("total of an unknown %s", t.Relation)
	case !slices.Contains(t.Relation.Objects(), t.Object.Kind()):
		return t, fmt.Errorf("total of %s to a %s: it cannot lead there", t.Relation, t.Object.Kind())
	case t.Source == "":
		return t, fmt.Errorf("total of %s to %s without a source", t.Relation, t.Object.Text())
	}
	if err := checkSource(t.Source); err != nil {
		return t, err
	}
	var err error
	t.AsOf, err = second(t.AsOf)
	return t, err
}

// Digest returns the 32 bytes of evidence written as "sha256:" and 64 lower-case
// hex digits; ok is false for every other text.
func Digest(evidence string) (digest [32]byte, ok bool) {
	text, ok := strings.CutPrefix(evidence, digestPrefix)
	if !ok || len(text) != hex.EncodedLen(len(digest)) || text != strings.ToLower(text) {
		return digest, false
	}
	_, err := hex.Decode(digest[:], []byte(text))
	return digest, err == nil
}

// DigestText is the inverse of [Digest].
func DigestText(digest [32]byte) string { return digestPrefix + hex.EncodeToString(digest[:]) }

// AddCounts adds without wrapping around.
func AddCounts(a, b uint64) uint64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxUint64
}

func checkSource(name string) error {
	switch {
	case len(name) > MaxSourceLen:
		return fmt.Errorf("source name of %d bytes, at most %d are kept", len(name), MaxSourceLen)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }):
		return fmt.Errorf("source name %q is not plain text", name)
	}
	return nil
}

// second cuts t to the second. Years that no calendar text of ours can write
// are refused; they come from broken or hostile feeds.
func second(t time.Time) (time.Time, error) {
	if t.IsZero() {
		return time.Time{}, nil
	}
	t = time.Unix(t.Unix(), 0).UTC()
	if year := t.Year(); year < 1 || year > 9999 {
		return t, fmt.Errorf("time in the year %d", year)
	}
	return t, nil
}
