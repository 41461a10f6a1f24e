package naming

import (
	"slices"
	"strings"
)

// A Trick is one usual way to make a name that passes for another.
type Trick string

// The tricks of typo squatting as the literature lists them (Agten et al., NDSS
// 2015; Nikiforakis et al., WWW 2013 on bitsquatting; Kintis et al., CCS 2017 on
// combo words).
const (
	Omission      Trick = "a letter left out"
	Repetition    Trick = "a letter twice"
	Transposition Trick = "two letters swapped"
	AdjacentKey   Trick = "a neighbouring key"
	ExtraKey      Trick = "a neighbouring key besides"
	VowelSwap     Trick = "another vowel"
	Homoglyph     Trick = "letters that look alike"
	Hyphenation   Trick = "a hyphen more or less"
	Bitsquatting  Trick = "one bit flipped"
	OtherSuffix   Trick = "the same label under another suffix"
	ComboWord     Trick = "a word added"
	SuffixInLabel Trick = "its suffix drawn into the label"
)

// A Variant is a label made from another by one trick.
type Variant struct {
	Label string
	Trick Trick
}

// keyboard gives the neighbours of each key on QWERTY, and on QWERTZ and AZERTY
// where they differ.
var keyboard = map[byte]string{
	'q': "12wasa", 'w': "23qeasd", 'e': "34wrsd", 'r': "45etdf", 't': "56ryfgz", 'y': "67tughxs", 'u': "78yihjz",
	'i': "89uojk", 'o': "90ipkl", 'p': "0ol", 'a': "qwszx", 's': "weadzxy", 'd': "ersfxc", 'f': "rtdgcv", 'g': "tyfhvbz",
	'h': "yugjbnz", 'j': "uihknm", 'k': "iojlm", 'l': "opk", 'z': "asxtu", 'x': "zsdcy", 'c': "xdfv", 'v': "cfgb",
	'b': "vghn", 'n': "bhjm", 'm': "njk",
	'1': "2q", '2': "13qw", '3': "24we", '4': "35er", '5': "46rt", '6': "57ty", '7': "68yu", '8': "79ui", '9': "80io", '0': "9op",
}

// lookalikes are the ASCII strings that pass for others in common typefaces;
// what other scripts offer comes from the guise of internationalised names.
var lookalikes = [][2]string{
	{"rn", "m"},
	{"nn", "m"},
	{"vv", "w"},
	{"cl", "d"},
	{"ci", "a"},
	{"0", "o"},
	{"1", "l"},
	{"1", "i"},
	{"l", "i"},
	{"5", "s"},
	{"3", "e"},
	{"4", "a"},
	{"8", "b"},
	{"6", "b"},
	{"9", "g"},
	{"q", "g"},
	{"2", "z"},
	{"7", "t"},
	{"u", "v"},
	{"ii", "u"},
}

const vowels = "aeiou"

// Squats lists the labels that one trick makes of a label, without the label
// itself, each once under its first trick, in a fixed order. Words are those to
// combine it with.
func Squats(label string, words []string) []Variant {
	s := squatter{label: label, seen: map[string]bool{label: true}}
	s.shorter()
	s.longer()
	s.replaced()
	s.combined(words)
	return s.out
}

type squatter struct {
	label string
	seen  map[string]bool
	out   []Variant
}

// maxLabel is the most bytes a label may have (RFC 1035).
const maxLabel = 63

func (s *squatter) add(label string, by Trick) {
	if label == "" || len(label) > maxLabel || s.seen[label] || label[0] == '-' || label[len(label)-1] == '-' {
		return
	}
	s.seen[label] = true
	s.out = append(s.out, Variant{label, by})
}

func (s *squatter) shorter() {
	for i := range len(s.label) {
		head, tail := s.label[:i], s.label[i+1:]
		by := Omission
		if s.label[i] == '-' {
			by = Hyphenation
		}
		s.add(head+tail, by)
		if tail != "" {
			s.add(head+tail[:1]+s.label[i:i+1]+tail[1:], Transposition)
		}
	}
}

func (s *squatter) longer() {
	for i := range len(s.label) {
		head, c, tail := s.label[:i], s.label[i:i+1], s.label[i+1:]
		s.add(head+c+c+tail, Repetition)
		if i > 0 && c != "-" && s.label[i-1] != '-' {
			s.add(head+"-"+c+tail, Hyphenation)
		}
		for _, key := range []byte(keyboard[s.label[i]]) {
			s.add(head+string(key)+c+tail, ExtraKey)
			s.add(head+c+string(key)+tail, ExtraKey)
		}
	}
}

func (s *squatter) replaced() {
	for i := range len(s.label) {
		head, c, tail := s.label[:i], s.label[i], s.label[i+1:]
		if strings.IndexByte(vowels, c) >= 0 {
			for _, v := range []byte(vowels) {
				s.add(head+string(v)+tail, VowelSwap)
			}
		}
	}
	for _, pair := range lookalikes {
		for _, side := range [][2]string{pair, {pair[1], pair[0]}} {
			for i := 0; i+len(side[0]) <= len(s.label); i++ {
				if strings.HasPrefix(s.label[i:], side[0]) {
					s.add(s.label[:i]+side[1]+s.label[i+len(side[0]):], Homoglyph)
				}
			}
		}
	}
	for i := range len(s.label) {
		head, c, tail := s.label[:i], s.label[i], s.label[i+1:]
		for _, key := range []byte(keyboard[c]) {
			s.add(head+string(key)+tail, AdjacentKey)
		}
		for bit := range 7 {
			if flipped := c ^ 1<<bit; isLetter(flipped) || isDigit(flipped) || flipped == '-' {
				s.add(head+string(rune(flipped))+tail, Bitsquatting)
			}
		}
	}
}

func (s *squatter) combined(words []string) {
	for _, word := range slices.Sorted(slices.Values(words)) {
		for _, label := range []string{word + s.label, word + "-" + s.label, s.label + word, s.label + "-" + word} {
			s.add(label, ComboWord)
		}
	}
}

// ComboWords are the words that phishers add to a name. Origin: judgement, from
// reports of combo squatting.
func ComboWords() []string {
	return strings.Fields(`account accounts admin alert alerts app apps auth bank billing blog care center chat claim
client cloud confirm connect customer data delivery desk device direct docs download email express file files free get
gift global group help home id info invoice live login logon mail manage me member mobile my net news notice now office
official online order page panel pay payment portal post pro promo recovery refund register reset rewards safe sale
secure security server service services shop sign signin site sso staff status store support system team tech track
tracking update updates upgrade user validate verification verify vip vpn wallet web webmail wp www`)
}

// DrawnIn returns the labels that draw a name's suffix into the label: paypalcom
// and paypal-com for paypal.com.
func DrawnIn(n Name) []Variant {
	flat := strings.ReplaceAll(n.Suffix, ".", "")
	return []Variant{{n.Label + flat, SuffixInLabel}, {n.Label + "-" + strings.ReplaceAll(n.Suffix, ".", "-"), SuffixInLabel}}
}
