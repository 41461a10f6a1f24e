package policy

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"clew/internal/casefile"
)

// A Lifetime says how long an action stands: hours, or whole days and months of
// the calendar. The zero Lifetime is not set; Never is set and has no end.
type Lifetime struct {
	Hours, Days, Months int
	Never               bool
}

// The longest lifetime, in its unit: a century is no lifetime of a block.
const longest = 36_500

// ParseLifetime reads 12h, 14d, 8w, 6mo, 1y or never.
func ParseLifetime(text string) (Lifetime, error) {
	text = strings.TrimSpace(text)
	if text == "never" {
		return Lifetime{Never: true}, nil
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.Atoi(digits)
	if err == nil && n >= 1 && n <= longest {
		switch text[len(digits):] {
		case "h":
			return Lifetime{Hours: n}, nil
		case "d":
			return Lifetime{Days: n}, nil
		case "w":
			return Lifetime{Days: 7 * n}, nil
		case "mo":
			return Lifetime{Months: n}, nil
		case "y":
			return Lifetime{Months: 12 * n}, nil
		}
	}
	return Lifetime{}, fmt.Errorf("%q is no lifetime: write 12h, 14d, 8w, 6mo, 1y or never", casefile.Printable(text))
}

// UnmarshalYAML reads what ParseLifetime reads.
func (l *Lifetime) UnmarshalYAML(text []byte) error {
	parsed, err := ParseLifetime(strings.Trim(string(text), `"' `))
	*l = parsed
	return err
}

// String writes what ParseLifetime reads.
func (l Lifetime) String() string {
	switch {
	case l.Never:
		return "never"
	case l.Months > 0:
		return fmt.Sprintf("%dmo", l.Months)
	case l.Days > 0:
		return fmt.Sprintf("%dd", l.Days)
	}
	return fmt.Sprintf("%dh", l.Hours)
}

// From returns the end of a life that begins at a time, zero for never.
func (l Lifetime) From(at time.Time) time.Time {
	if l.Never {
		return time.Time{}
	}
	return at.UTC().AddDate(0, l.Months, l.Days).Add(time.Duration(l.Hours) * time.Hour)
}

// Decay shortens the life of what is less sure. The polynomial model is MISP's
// (Mokaddem et al., "Taxonomy driven indicator scoring in MISP threat
// intelligence platforms", 2019): a score falls as C·(1 − (t/life)^(1/speed)),
// so it reaches the threshold at life·(1 − threshold/C)^speed.
type Decay struct {
	Model     string  `yaml:"model"`     // none or polynomial
	Threshold float64 `yaml:"threshold"` // in percent of confidence
	Speed     float64 `yaml:"speed"`
}

// share returns which part of its life something of that confidence has.
func (d Decay) share(confidence int) float64 {
	if d.Model != Polynomial {
		return 1
	}
	left := 1 - d.Threshold/math.Max(float64(confidence), 1)
	return math.Pow(math.Max(left, 0), d.Speed)
}

// Polynomial is the model of decay that is one.
const Polynomial = "polynomial"

// Expires returns when an action of that rule about that kind ends, zero for
// never; to the second, UTC.
func (p Policy) Expires(kind string, rule Rule, confidence int, from time.Time) casefile.Time {
	life := rule.Expires
	if life == (Lifetime{}) {
		var set bool
		if life, set = p.Expiry[kind]; !set {
			life = p.Expiry["other"]
		}
	}
	if life.Never || from.IsZero() {
		return casefile.Time{}
	}
	whole := life.From(from).Sub(from)
	part := time.Duration(float64(whole) * p.Decay.share(confidence))
	return casefile.Time{Time: from.UTC().Add(part).Truncate(time.Second)}
}

// Renewed returns when an action that is approved at a time ends: by its rule,
// or by its kind where the rule is not the policy's.
func (p Policy) Renewed(kind, rule string, confidence int, from time.Time) casefile.Time {
	for _, r := range p.Rules {
		if r.Name == rule {
			return p.Expires(kind, r, confidence, from)
		}
	}
	return p.Expires(kind, Rule{}, confidence, from)
}
