package naming

import (
	"math"
)

// features are what Generated looks at, in the order of its weights.
const features = 8

// featuresOf measures a label; each is of the order of one.
func (l *Language) featuresOf(label string) [features]float64 {
	bits := l.Bits(label)
	digits, hyphens := 0, 0
	for i := range len(label) {
		switch {
		case isDigit(label[i]):
			digits++
		case !isLetter(label[i]):
			hyphens++
		}
	}
	length := float64(len(label))
	return [features]float64{
		1,
		bits - 4,                              // how strange the letters are
		math.Max(bits-4, 0) * length / 10,     // strange all along
		l.Covered(label) - 0.5,                // made of words
		length/10 - 1,                         // long
		math.Max(length-16, 0) / 10,           // longer than people type
		float64(digits) / math.Max(length, 1), // numbers
		Entropy(label) - 3,
	}
}

// generatedWeights are a logistic regression on the first half of the labelled
// families and of the benign names (alphabetically every other one), fitted by
// TestGeneratedFit; docs/benchmarks.md has what comes of it on the other half.
var generatedWeights = [features]float64{-2.68, -0.18, 1.34, -1.03, -1.48, 4.42, 2.44, 1.82}

// Generated returns how much a label looks made by an algorithm rather than
// chosen by people, as log2 odds: 0 is undecided. Labels put together from words
// look chosen whoever put them together; there a learned [Pattern] helps.
func (l *Language) Generated(label string) float64 {
	sum := 0.0
	for i, f := range l.featuresOf(label) {
		sum += generatedWeights[i] * f
	}
	return sum / math.Ln2
}

// Entropy returns the bits a character that the letters of a label hold by their
// own frequencies.
func Entropy(label string) float64 {
	var n [256]float64
	for i := range len(label) {
		n[label[i]]++
	}
	bits := 0.0
	for _, c := range n {
		if c > 0 {
			p := c / float64(len(label))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
