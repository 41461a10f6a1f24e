package naming

import (
	"math"
	"strings"
)

// A Language is a model of the labels that people choose: letters follow one
// another as in words, and words stand alone, in a row, with a hyphen or a
// number. It is made of a word list, so it costs nothing to ship.
type Language struct {
	next  [symbols][symbols][symbols]float64 // probability of the third after the first two
	words map[string]bool
	long  int // letters of the longest word
}

// The symbols of a label. edge is before its first and after its last character.
const (
	edge    = 0
	hyphen  = 37
	symbols = 38
)

func symbolOf(c byte) int {
	switch {
	case isLetter(c):
		return 1 + int(c-'a')
	case isDigit(c):
		return 27 + int(c-'0')
	}
	return hyphen // underscores and the like are as rare as hyphens are common
}

// What follows a word that could end. Origin: judgement, from reading lists of
// registered names; the figures in docs/benchmarks.md hold the result to account.
const (
	labelEnds   = 0.55
	wordFollows = 0.33
	hyphenComes = 0.07
	digitComes  = 0.05
	// After a digit.
	digitEnds    = 0.45
	digitAgain   = 0.40
	letterReturn = 0.13
	// smoothing is the weight of the shorter context, in observations.
	smoothing = 1.5
	floor     = 1e-4
)

// NewLanguage makes the model of words, each with how many names hold it.
func NewLanguage(each func(visit func(word string, count uint64))) *Language {
	l := &Language{words: map[string]bool{}}
	var three [symbols][symbols][symbols]float64
	each(func(word string, count uint64) {
		if len(word) < 2 || strings.ContainsFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }) {
			return
		}
		l.words[word] = true
		l.long = max(l.long, len(word))
		weight := math.Log2(2 + float64(count)/1000)
		a, b := edge, edge
		for i := range len(word) {
			c := symbolOf(word[i])
			three[a][b][c] += weight
			a, b = b, c
		}
		three[a][b][edge] += weight
	})
	l.smooth(&three)
	return l
}

// smooth turns counts into probabilities: each context leans on the shorter one,
// that on single letters, those on a floor.
func (l *Language) smooth(three *[symbols][symbols][symbols]float64) {
	var one [symbols]float64
	var two [symbols][symbols]float64
	total := 0.0
	for a := range symbols {
		for b := range symbols {
			for c, n := range three[a][b] {
				two[b][c] += n
				one[c] += n
				total += n
			}
		}
	}
	if total == 0 {
		total = 1
	}
	for c := range one {
		one[c] = (one[c] + floor*total) / (total * (1 + floor*symbols))
	}
	var bigram [symbols][symbols]float64
	for b := range symbols {
		bigram[b] = lean(two[b], one)
	}
	start := lean(three[edge][edge], one)
	start[edge] = 0
	normalise(&start)
	for a := range symbols {
		for b := range symbols {
			l.next[a][b] = compose(lean(three[a][b], bigram[b]), start, b)
		}
	}
}

// lean mixes counts with a shorter context's probabilities.
func lean(counts, shorter [symbols]float64) (p [symbols]float64) {
	n := 0.0
	for _, c := range counts {
		n += c
	}
	for i := range p {
		p[i] = (counts[i] + smoothing*shorter[i]) / (n + smoothing)
	}
	return p
}

// compose lets labels go on after a word: p gives what follows within words,
// start how words begin, b what stood last.
func compose(p, start [symbols]float64, b int) [symbols]float64 {
	isNumber := b >= symbolOf('0') && b <= symbolOf('9')
	var out [symbols]float64
	switch {
	case isNumber:
		out[edge] = digitEnds
		addDigits(&out, digitAgain)
		addAll(&out, start, letterReturn)
		out[hyphen] += 1 - digitEnds - digitAgain - letterReturn
	case b == hyphen:
		addAll(&out, start, 1-digitComes*2)
		addDigits(&out, digitComes*2)
	case b == edge:
		addAll(&out, start, 1-digitComes)
		addDigits(&out, digitComes)
	default:
		out = p
		ends := p[edge]
		out[edge] = ends * labelEnds
		addAll(&out, start, ends*wordFollows)
		out[hyphen] += ends * hyphenComes
		addDigits(&out, ends*digitComes)
	}
	for i := range out {
		out[i] += floor / symbols // nothing is impossible: a label may end in a hyphen
	}
	normalise(&out)
	return out
}

func addAll(out *[symbols]float64, p [symbols]float64, share float64) {
	for i := range p {
		out[i] += share * p[i]
	}
}

func addDigits(out *[symbols]float64, share float64) {
	for d := symbolOf('0'); d <= symbolOf('9'); d++ {
		out[d] += share / 10
	}
}

func normalise(p *[symbols]float64) {
	total := 0.0
	for _, x := range p {
		total += x
	}
	for i := range p {
		p[i] /= total
	}
}

// Bits returns how surprising a label is, in bits a character, its end counted
// as one. Words and names made of them take about 3, random letters 5 and more.
func (l *Language) Bits(label string) float64 {
	bits := 0.0
	a, b := edge, edge
	for i := range len(label) {
		c := symbolOf(label[i])
		bits -= math.Log2(l.next[a][b][c])
		a, b = b, c
	}
	return (bits - math.Log2(l.next[a][b][edge])) / float64(len(label)+1)
}

// Covered returns the share of a label's letters that known words of at least
// minWord letters cover at best, words not overlapping.
func (l *Language) Covered(label string) float64 {
	letters := 0
	best := make([]int, len(label)+1)
	for end := 1; end <= len(label); end++ {
		best[end] = best[end-1]
		if isLetter(label[end-1]) {
			letters++
		}
		for n := minWord; n <= min(end, l.long); n++ {
			if l.words[label[end-n:end]] {
				best[end] = max(best[end], best[end-n]+n)
			}
		}
	}
	if letters == 0 {
		return 0
	}
	return float64(best[len(label)]) / float64(letters)
}

// minWord is the shortest word that counts: shorter ones are in everything.
const minWord = 3

// Split cuts letters into known words, as few as possible; ok is false where
// they are not all words.
func (l *Language) Split(letters string) (words []string, ok bool) {
	const never = math.MaxInt32
	fewest := make([]int, len(letters)+1)
	last := make([]int, len(letters)+1)
	for end := 1; end <= len(letters); end++ {
		fewest[end] = never
		for n := minWord; n <= min(end, l.long); n++ {
			if before := fewest[end-n]; before < fewest[end]-1 && l.words[letters[end-n:end]] {
				fewest[end], last[end] = before+1, n
			}
		}
	}
	if len(letters) == 0 || fewest[len(letters)] == never {
		return nil, false
	}
	for end := len(letters); end > 0; end -= last[end] {
		words = append([]string{letters[end-last[end] : end]}, words...)
	}
	return words, true
}
