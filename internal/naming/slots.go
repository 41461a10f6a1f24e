package naming

import (
	"fmt"
	"regexp"
	"strings"
)

// slot is one part of a form: a fixed text, a choice, words, or a class of
// characters.
type slot struct{ words, regexp string }

func slotOf(kind byte, values []string, language *Language) slot {
	if kind != 'a' && kind != '0' {
		return slot{fmt.Sprintf("%q", string(kind)), regexp.QuoteMeta(string(kind))}
	}
	if s, ok := choiceSlot(values); ok {
		return s
	}
	if kind == '0' {
		return classSlot(values)
	}
	if s, ok := stemSlot(values); ok {
		return s
	}
	if s, ok := wordSlot(values, language); ok {
		return s
	}
	if s, ok := syllableSlot(values); ok {
		return s
	}
	return classSlot(values)
}

// A slot is a choice when its values come back: three names a value on average.
const (
	mostChoices  = 32
	backToChoice = 3
)

func choiceSlot(values []string) (slot, bool) {
	set := map[string]bool{}
	for _, v := range values {
		set[v] = true
	}
	choices := sortedKeys(set)
	if len(choices) == 1 && len(values) > 1 {
		return slot{fmt.Sprintf("%q", choices[0]), regexp.QuoteMeta(choices[0])}, true
	}
	if len(choices) > mostChoices || len(choices)*backToChoice > len(values) {
		return slot{}, false
	}
	return slot{"one of " + strings.Join(choices, ", "), "(?:" + strings.Join(choices, "|") + ")"}, true
}

// leastStem is how many letters all values of a slot share at its start for
// these to be the family's own.
const leastStem = 3

// stemSlot takes apart what all values start with.
func stemSlot(values []string) (slot, bool) {
	stem := values[0]
	for _, v := range values {
		for !strings.HasPrefix(v, stem) {
			stem = stem[:len(stem)-1]
		}
	}
	if len(stem) < leastStem || len(values) < MinNames {
		return slot{}, false
	}
	rests := make([]string, len(values))
	for i, v := range values {
		rests[i] = v[len(stem):]
	}
	rest := classSlot(rests)
	return slot{fmt.Sprintf("%q and %s", stem, rest.words), stem + rest.regexp}, true
}

// A slot is made of words when nearly all values are rows of known words, and
// the words come back.
const (
	wordShare  = 0.8
	mostWords  = 400
	wordReturn = 1.5
)

func wordSlot(values []string, language *Language) (slot, bool) {
	if language == nil || len(values) < 2*MinNames {
		return slot{}, false
	}
	set := map[string]bool{}
	used, whole, fewest, most := 0, 0, maxLabel, 0
	for _, v := range values {
		words, ok := language.Split(v)
		if !ok {
			continue
		}
		whole++
		used += len(words)
		fewest, most = min(fewest, len(words)), max(most, len(words))
		for _, w := range words {
			set[w] = true
		}
	}
	if float64(whole) < wordShare*float64(len(values)) || len(set) > mostWords || float64(used) < wordReturn*float64(len(set)) {
		return slot{}, false
	}
	words := sortedKeys(set)
	return slot{
		fmt.Sprintf("%s of %d words: %s", amount("words", fewest, most), len(words), shorten(words)),
		"(?:" + strings.Join(words, "|") + ")" + repeat(fewest, most),
	}, true
}

func shorten(words []string) string {
	const shown = 12
	if len(words) <= shown {
		return strings.Join(words, ", ")
	}
	return strings.Join(words[:shown], ", ") + " and others"
}

// syllableSlot finds values in which consonants and vowels take turns.
func syllableSlot(values []string) (slot, bool) {
	if len(values) < MinNames {
		return slot{}, false
	}
	shortest, longest := lengths(values)
	if shortest < 4 {
		return slot{}, false // two syllables and more; shorter ones take turns by chance
	}
	starts := [2]int{} // with a consonant, with a vowel
	for _, v := range values {
		for i := 1; i < len(v); i++ {
			if isVowel(v[i]) == isVowel(v[i-1]) {
				return slot{}, false
			}
		}
		if isVowel(v[0]) {
			starts[1]++
		} else {
			starts[0]++
		}
	}
	const consonant, vowel = "[b-df-hj-np-tv-xz]", "[aeiouy]"
	lead, follow := consonant, vowel
	front := ""
	switch {
	case starts[0] == 0:
		lead, follow = vowel, consonant
	case starts[1] > 0:
		front = vowel + "?"
	}
	pairs := repeat(max(shortest/2, 1), (longest+1)/2)
	return slot{
		fmt.Sprintf("%s in which consonants and vowels take turns", amount("letters", shortest, longest)),
		front + "(?:" + lead + follow + ")" + pairs + lead + "?",
	}, true
}

func isVowel(c byte) bool { return strings.IndexByte("aeiouy", c) >= 0 }

// classSlot describes values by their characters and lengths.
func classSlot(values []string) slot {
	shortest, longest := lengths(values)
	if longest == 0 {
		return slot{"nothing", ""}
	}
	if len(values) < 10 && shortest != longest {
		shortest, longest = max(shortest-1, 0), min(longest+1, maxLabel) // few names do not show the ends
	}
	class, said := alphabet(values)
	return slot{amount(said, shortest, longest), class + repeat(shortest, longest)}
}

func lengths(values []string) (shortest, longest int) {
	shortest = maxLabel
	for _, v := range values {
		shortest, longest = min(shortest, len(v)), max(longest, len(v))
	}
	return shortest, longest
}

// alphabet returns the class of the characters that values draw from. A letter
// counts as left out on purpose when seeing none of it would be a chance of less
// than one in a hundred, for all letters together.
func alphabet(values []string) (class, said string) {
	var seen [256]int
	total := 0
	for _, v := range values {
		for i := range len(v) {
			seen[v[i]]++
			total++
		}
	}
	var letters, digits []byte
	other := ""
	inLetters, inDigits := 0, 0
	for c := range 256 {
		switch b := byte(c); {
		case seen[c] == 0:
		case isLetter(b):
			letters = append(letters, b)
			inLetters += seen[c]
		case isDigit(b):
			digits = append(digits, b)
			inDigits += seen[c]
		default:
			other += string(rune(b))
		}
	}
	hex := len(letters) > 0 && len(digits) > 0 && letters[len(letters)-1] <= 'f' && inLetters >= 20
	switch {
	case hex:
		class, said = "a-f0-9", "hex digits"
	case len(letters) > 0 && len(digits) > 0:
		class, said = ranges(letters, 26, inLetters, "a-z")+ranges(digits, 10, inDigits, "0-9"), "letters and digits"
	case len(digits) > 0:
		class, said = ranges(digits, 10, inDigits, "0-9"), "digits"
	default:
		class = ranges(letters, 26, inLetters, "a-z")
		if said = "letters"; class != "a-z" {
			said = "letters from " + class
		}
	}
	if strings.Contains(other, "_") {
		class += "_"
	}
	if strings.Contains(other, "-") {
		class, said = class+"-", said+" and hyphens" // a hyphen stands last in a class
	}
	return "[" + class + "]", said
}

// ranges writes the characters seen, or all of their sort where too few were
// seen to tell that the others are left out.
func ranges(seen []byte, of, total int, all string) string {
	if len(seen) == of || total < of*8 { // (1 - 1/26)^(26·8) · 26 < 0.01
		return all
	}
	var b strings.Builder
	for i := 0; i < len(seen); {
		j := i
		for j+1 < len(seen) && seen[j+1] == seen[j]+1 {
			j++
		}
		b.WriteByte(seen[i])
		if j > i+1 {
			b.WriteByte('-')
		}
		if j > i {
			b.WriteByte(seen[j])
		}
		i = j + 1
	}
	return b.String()
}

func repeat(least, most int) string {
	switch {
	case least == 1 && most == 1:
		return ""
	case least == most:
		return fmt.Sprintf("{%d}", least)
	case least == 0 && most == 1:
		return "?"
	}
	return fmt.Sprintf("{%d,%d}", least, most)
}

// amount says how many of a noun in the plural.
func amount(nouns string, least, most int) string {
	switch {
	case least == 1 && most == 1:
		return "1 of " + nouns
	case least == most:
		return fmt.Sprintf("%d %s", most, nouns)
	}
	return fmt.Sprintf("%d to %d %s", least, most, nouns)
}
