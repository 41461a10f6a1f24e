package world

import "strings"

// maxNames is how many benign names there are. One name is 24 bits: three words
// of 8 bits, or four syllables of 6.
const maxNames = 1 << 24

const (
	consonants = "bdfgklmnprstvzhj"
	vowels     = "aeio"
)

// scattered maps the 24-bit numbers one to one, so that the names of
// consecutive sites have nothing in common.
func scattered(i uint64) uint64 {
	const mask = maxNames - 1
	i = (i*0x9e3779 + 0x5bd1e9) & mask // odd factor: one to one
	i ^= i >> 13
	i = (i * 0xb55a4f) & mask
	return i ^ i>>11
}

// syllables writes the lowest 6*n bits of code as n syllables of two letters.
// Different codes give different texts of one length.
func syllables(code uint64, n int) string {
	b := make([]byte, 0, 2*n)
	for i := n - 1; i >= 0; i-- {
		s := code >> (6 * i) & 63
		b = append(b, consonants[s>>2], vowels[s&3])
	}
	return string(b)
}

// stem returns the brand of benign owner or site i: eight letters, unique.
func stem(i uint64) string { return syllables(scattered(i), 4) }

// siteLabel returns the label of benign site i. Every style spells all 24 bits
// of the scattered number, and no style can be read as another, so labels are
// unique without anybody remembering them.
func siteLabel(i uint64, d *dice) string {
	code := scattered(i)
	a, b, c := words[code>>16&255], words[code>>8&255], words[code&255]
	switch roll := d.below(100); {
	case roll < 25:
		return syllables(code, 4)
	case roll < 45:
		return one(d, words[:]) + syllables(code, 4)
	case roll < 60:
		return syllables(code, 4) + "-" + one(d, words[:])
	case roll < 80:
		return a + "-" + b + "-" + c
	default:
		return a + syllables(code>>4, 2) + endings[code&15]
	}
}

// zone puts a label under one of the two reserved top-level domains that look
// like any other to the public-suffix rules (RFC 2606), six in ten under the first.
func zone(label string) string {
	h := uint64(len(label))
	for i := range len(label) {
		h = mixed(h ^ uint64(label[i]))
	}
	if h%10 < 6 {
		return label + ".example"
	}
	return label + ".test"
}

// twin returns the same label under the other top-level domain.
func twin(domain string) string {
	if label, ok := strings.CutSuffix(domain, ".example"); ok {
		return label + ".test"
	}
	return strings.TrimSuffix(domain, ".test") + ".example"
}

// A person is a made-up human being, unique by number.
type person struct{ name, email, phone string }

// somebody returns person i. The telephone number lies under +999, a country
// code ITU-T E.164 keeps unassigned; the mailbox at one of the mail providers.
func somebody(i uint64, d *dice) person {
	given, family := one(d, givenNames[:]), stem(i)
	return person{
		name:  given + " " + strings.ToUpper(family[:1]) + family[1:],
		email: strings.ToLower(given[:1]) + "." + family + d.decimals(2) + "@" + mailboxes[d.heavy(len(mailboxes))],
		phone: "+999" + d.decimals(9),
	}
}
