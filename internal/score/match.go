// Package score turns shared values into a calibrated probability that two
// indicators have one operator, and shows the sum line by line. It is pure: no
// clock, no store, no input but its arguments.
//
// The model is Fellegi-Sunter record linkage with term-frequency adjustment;
// docs/guide/confidence.md explains it to analysts.
package score

import (
	"math"
	"time"

	"clew/internal/observation"
)

// NameWorld is the population that names are drawn from, whatever a store
// holds: registered domains in the world, about 360 million (2025).
const NameWorld = 360_000_000

// NameFloor is the fewest holders a name token is taken to have when no
// vocabulary knows it: what a word looks like that nobody has counted.
const NameFloor = 1000

// commonFrom is the number of holders past which a value looks like a service
// rather than a habit; each doubling beyond costs kappa bits more.
const (
	commonFrom = 10
	kappa      = 0.5
)

// unknownTime is the chance that a value still had the same holder when a
// window is missing.
const unknownTime = 0.5

// A Match is one value that two indicators A and B share, with everything
// needed to weigh it. The caller keeps what belongs to it (value, source,
// evidence) under the match's index.
type Match struct {
	Relation observation.Relation
	// Holders is how many indicators hold the value, A and B included, and
	// Population how many have this type of value at all, counted in the same
	// place. Either 0: nobody counted, and the match is worth 0 bits.
	Holders, Population uint64
	// Groups counts holders that belong together once; 0 when not grouped.
	Groups uint64
	// SizeA and SizeB say how many values of this type A and B hold, MeanSize
	// the population's mean. Zeroes switch the correction for set size off.
	SizeA, SizeB int
	MeanSize     float64
	// A and B are the windows in which each held the value.
	A, B observation.Window
	// SinceA and SinceB say when A and B began to exist (registration, issue).
	// A window that ends before belongs to somebody else. Zero: not known.
	SinceA, SinceB time.Time
	// Directed means A points at B itself: its name server lies under B.
	Directed bool
	// Type names the model's curve where it is not that of the relation, and
	// Family the evidence family where it is not the relation's. Both "" as a rule.
	Type   string
	Family observation.Family
	// Dealt is how many others would hold the value if the pool it comes from had
	// dealt it out by chance: the mean load of a DNS provider's name servers. 0:
	// no pool, or nobody counted. Where many more hold it, one customer does, and
	// the share of the rest is the chance of a coincidence.
	Dealt float64
	// Guest means A came to a value that B had held long before and still held
	// when A left. Anybody can point a name at somebody else's server: such a
	// match counts in the sum, and is no reason for the high band.
	Guest bool
	// MalwareFamilies is how many malware families hold the value, as far as
	// anybody named them: a packer's import table is in dozens. 0: not counted.
	MalwareFamilies int
	// Worth, when positive, replaces the rarity formula: similarity digests
	// earn fixed bits by distance.
	Worth float64
	// Suppressed is why the value means nothing; "" when it may count.
	Suppressed string
}

// bits returns the weight of one shared value before families are formed, and
// the chance that the value had the same holder at both times.
func (m Match) bits(model Model) (bits, sameHolder float64) {
	weight, ok := weights[m.Relation]
	if !ok || m.Suppressed != "" {
		return 0, 1
	}
	bits = m.Worth
	if bits == 0 {
		bits = m.weight(model)
	}
	sameHolder = m.sameHolder(weight.HalfLife)
	return fade(bits, sameHolder), sameHolder
}

// weight is the closed form, corrected by the model's curve.
func (m Match) weight(model Model) float64 {
	others, bits, counted := m.Rarity()
	if !counted {
		return 0
	}
	if curve, fitted := model.Curves[m.CurveName()]; fitted {
		bits += curve.At(others)
	}
	return math.Max(bits, 0)
}

// Rarity returns log2 of how many others hold the value, as often as the sizes
// of both sets make a match by chance, and the bits of the closed form of
// confidence.md section 1, which may be negative. Nobody counted: false.
func (m Match) Rarity() (others, bits float64, counted bool) {
	weight, scores := weights[m.Relation]
	holders := float64(m.Holders)
	if m.Groups > 0 {
		holders = math.Max(2, float64(m.Groups))
	}
	if !scores || holders == 0 || m.Population == 0 {
		return 0, 0, false
	}
	chance := weight.M
	if m.Directed {
		chance = DirectedM
	}
	others = math.Log2(math.Max(holders-1, 1))
	if m.MeanSize > 0 {
		others += log2Positive(float64(m.SizeA) * float64(m.SizeB) / (m.MeanSize * m.MeanSize))
	}
	return others, math.Log2(chance) - others + math.Log2(float64(m.Population)) - kappa*log2Positive(holders/commonFrom), true
}

// commodityFrom is how many malware families make a value a tool on sale.
const commodityFrom = 3

// commodity returns the most a value can say about who runs a file once it is
// in several malware families: to hold it is to be of this one in one case of
// so many. 1 where that bounds nothing.
func (m Match) commodity() float64 {
	if m.MalwareFamilies < commodityFrom {
		return 1
	}
	return 1 / float64(m.MalwareFamilies)
}

// Commodity reports whether the value is in so many malware families that it
// says little about who runs a file.
func (m Match) Commodity() bool { return m.commodity() < 1 }

// CurveName is how models name the curve of m.
func (m Match) CurveName() string {
	name := m.Type
	if name == "" {
		name = m.Relation.String()
	}
	if m.Directed {
		name += directedSuffix
	}
	return name
}

// directedSuffix marks the curve of links that point at the candidate itself.
const directedSuffix = " directed"

// family is what m counts in.
func (m Match) family() observation.Family {
	if m.Family != "" {
		return m.Family
	}
	return m.Relation.Family()
}

// poolExcess is how many times as many holders as a pool deals out by chance
// make one customer likely. Less is the spread of chance itself.
const poolExcess = 2

// Excess reports whether far more hold the value than its pool deals out by chance.
func (m Match) Excess() bool { return m.account() > 0 }

// account returns the chance that two holders are one customer of the pool
// their value comes from, or 0 where the pool explains the holders.
func (m Match) account() float64 {
	others := float64(m.Holders) - 1
	if m.Dealt <= 0 || m.Suppressed != "" || others <= poolExcess*m.Dealt {
		return 0
	}
	return 1 - m.Dealt/others
}

// sameHolder is s of confidence.md section 2.
func (m Match) sameHolder(halfLife time.Duration) float64 {
	if endsBefore(m.A, m.SinceA) || endsBefore(m.B, m.SinceB) {
		return 0
	}
	if halfLife == 0 {
		return 1
	}
	gap, known := Gap(m.A, m.B)
	if !known {
		return unknownTime
	}
	return math.Exp2(-gap.Hours() / halfLife.Hours())
}

// residence is how long before a guest the host must have been there.
const residence = 180 * day

// IsGuest reports whether A, the seed, came to a value long after B and left
// before it, or is itself so much younger than B and neither came first nor
// stayed longer: see [Match.Guest]. When B was seen there first is only when
// somebody began to look, so its registration speaks where that is too late.
// Unknown times prove nothing.
func (m Match) IsGuest() bool {
	a, b := m.A, m.B
	if a.First.IsZero() || a.Last.IsZero() || b.First.IsZero() || b.Last.IsZero() || a.Last.After(b.Last) {
		return false
	}
	younger := !m.SinceA.IsZero() && !m.SinceB.IsZero() && m.SinceA.Sub(m.SinceB) >= residence && !a.First.Before(b.First)
	return younger || a.First.Sub(b.First) >= residence
}

func endsBefore(w observation.Window, since time.Time) bool {
	return !since.IsZero() && !w.Last.IsZero() && w.Last.Before(since)
}

// Gap returns the time between two windows, 0 when they overlap. It is not
// known when either window has no end at all; a window with one known end
// counts as that instant.
func Gap(a, b observation.Window) (gap time.Duration, known bool) {
	if !a.Known() || !b.Known() {
		return 0, false
	}
	a, b = closed(a), closed(b)
	switch {
	case a.Last.Before(b.First):
		return b.First.Sub(a.Last), true
	case b.Last.Before(a.First):
		return a.First.Sub(b.Last), true
	}
	return 0, true
}

// closed fills a missing end from the other.
func closed(w observation.Window) observation.Window {
	if w.First.IsZero() {
		w.First = w.Last
	}
	if w.Last.IsZero() {
		w.Last = w.First
	}
	return w
}

// fade weighs a match that holds with chance s and means nothing otherwise:
// log2(s·2^bits + 1 - s).
func fade(bits, s float64) float64 {
	if s >= 1 || bits <= 0 {
		return bits
	}
	return math.Log2(s*math.Exp2(bits) + 1 - s)
}

func log2Positive(x float64) float64 {
	if x <= 1 {
		return 0
	}
	return math.Log2(x)
}
