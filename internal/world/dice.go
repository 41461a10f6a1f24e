package world

import "math/bits"

// A dice is an endless stream of pseudo-random numbers fixed by its key.
//
// It is SplitMix64 (Steele, Lea and Flood, 2014) and uses integers only, so
// neither a release of Go nor another processor's floating point changes a world.
type dice struct{ state uint64 }

// A topic keeps streams apart that would otherwise have the same key.
type topic uint64

const (
	ofOwner topic = iota + 1
	ofOperator
	ofHoster
	ofServer
	ofCast
	ofStranger
)

// roll returns the stream of the i-th thing of a topic.
func roll(seed uint64, t topic, i uint64) dice {
	d := dice{mixed(seed ^ mixed(uint64(t)))}
	d.state ^= mixed(d.state + i)
	return d
}

// mixed is SplitMix64's finaliser: a bijection that spreads every bit.
func mixed(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return mixed(d.state)
}

// below returns a number in [0, n), 0 when n is not positive.
func (d *dice) below(n int) int {
	if n <= 0 {
		return 0
	}
	hi, _ := bits.Mul64(d.next(), uint64(n))
	return int(hi)
}

// between returns a number in [lo, hi], lo when the range is empty.
func (d *dice) between(lo, hi int) int { return lo + d.below(hi-lo+1) }

// moment returns a second in [lo, hi], lo when the range is empty.
func (d *dice) moment(lo, hi int64) int64 { return lo + int64(d.below(int(hi-lo+1))) }

// often is true in permille of 1000 throws.
func (d *dice) often(permille int) bool { return d.below(1000) < permille }

// heavy returns a number in [0, n) with a heavy tail: each doubling of the rank
// (1, 2-3, 4-7, …) is equally likely. That is Zipf's law with exponent 1 in
// steps of an octave, hence a density of group sizes falling as size^-2.
//
// Names per address, domains per registrar and customers per name server are
// all reported with exponents near it. Integers keep it exact everywhere.
func (d *dice) heavy(n int) int {
	if n <= 1 {
		return 0
	}
	octaves := bits.Len(uint(n)) // the last one is usually cut short by n
	last := 1 << (octaves - 1)
	const unit = 1 << 16 // weight of a whole octave
	weights := (octaves-1)*unit + unit*(n-last+1)/last
	low := 1 << (d.below(weights) / unit)
	return low - 1 + d.below(min(low, n-low+1))
}

// tail returns a number in [0, n), each doubling of the rank half as likely as
// the one before: group sizes themselves that fall as size^-2.
func (d *dice) tail(n int) int {
	low := 1
	for low*2 <= n && d.often(500) {
		low *= 2
	}
	return low - 1 + d.below(min(low, n-low+1))
}

const hexDigits = "0123456789abcdef"

// hex returns n random hexadecimal digits, the first never 0.
func (d *dice) hex(n int) string {
	b := make([]byte, n)
	for i := 0; i < n; {
		for r, k := d.next(), 0; k < 16 && i < n; k, i = k+1, i+1 {
			b[i] = hexDigits[r&15]
			r >>= 4
		}
	}
	if n > 0 && b[0] == '0' {
		b[0] = hexDigits[1+d.below(15)]
	}
	return string(b)
}

// decimals returns n random decimal digits, the first never 0.
func (d *dice) decimals(n int) string { return d.letters("0123456789", n, '1') }

// letters returns n random bytes of alphabet; a leading '0' becomes first.
func (d *dice) letters(alphabet string, n int, first byte) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[d.below(len(alphabet))]
	}
	if n > 0 && b[0] == '0' {
		b[0] = first
	}
	return string(b)
}

// one picks a member of a list; every member is equally likely.
func one[T any](d *dice, list []T) T { return list[d.below(len(list))] }
