package ssdeep

import "math/bits"

// A segment leads from grams to the digests that hold them, for a run of digests
// whose numbers follow one another.
//
// Grams are hashed into buckets of about bucketMean entries; a bucket is a
// rising list of digests, the gaps in Rice's code. What shares a bucket and not
// a gram is found out when it is scored.
type segment struct {
	first, n uint32
	buckets  uint64
	starts   []uint32 // bit in list where each bucket begins, and the end
	rice     uint     // bits of a gap written as they are
	list     []uint64
}

const (
	// bucketMean balances two costs: a longer list has smaller gaps, a shorter
	// one less to score in vain. At 16 an entry takes 2.2 bytes in a million digests.
	bucketMean = 16
	// passEntries bounds what is sorted at a time when a segment is made: 128 MB.
	// A pass reads every digest twice, so there should be few.
	passEntries = 32 << 20
)

func newSegment(from *store, first, end uint32) *segment {
	s := &segment{first: first, n: end - first}
	entries := 0
	for id := first; id < end; id++ {
		_, a, b := from.parts(id)
		entries += max(max(0, len(a)-gramLen+1)+max(0, len(b)-gramLen+1), 1)
	}
	s.buckets = uint64(entries/bucketMean + 1)
	s.starts = make([]uint32, 0, s.buckets+1)
	s.rice = uint(max(0, bits.Len32(s.n/bucketMean)-1))
	out := bitWriter{words: make([]uint64, 0, entries*(int(s.rice)+2)/64+1)}
	passes := uint64(entries/passEntries + 1)
	for pass := range passes {
		s.encode(from, &out, s.buckets*pass/passes, s.buckets*(pass+1)/passes)
	}
	s.starts = append(s.starts, uint32(out.n))
	s.list = append(out.words, 0) // so that a window over the last bits is inside
	return s
}

// encode appends the buckets low <= b < high: digests are counted into their
// buckets, then placed, which leaves each list in rising order.
func (s *segment) encode(from *store, out *bitWriter, low, high uint64) {
	ends := make([]uint32, high-low+1)
	var keys []uint64
	each := func(visit func(bucket uint64, place uint32)) {
		for place := range s.n {
			block, a, b := from.parts(s.first + place)
			keys = appendGrams(keys[:0], block, a, b)
			for _, key := range keys {
				if bucket := s.bucket(key); low <= bucket && bucket < high {
					visit(bucket-low, place)
				}
			}
		}
	}
	each(func(bucket uint64, _ uint32) { ends[bucket+1]++ })
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	places := make([]uint32, ends[len(ends)-1])
	each(func(bucket uint64, place uint32) {
		places[ends[bucket]] = place
		ends[bucket]++
	})
	start := uint32(0)
	for _, end := range ends[:len(ends)-1] {
		s.starts = append(s.starts, uint32(out.n))
		before := uint32(0)
		for _, place := range places[start:end] {
			out.rice(place-before, s.rice)
			before = place
		}
		start = end
	}
}

func (s *segment) bucket(key uint64) uint64 {
	high, _ := bits.Mul64(key, s.buckets)
	return high
}

// unseen appends the digests of the key's bucket that have no bit in seen yet,
// and sets it.
func (s *segment) unseen(key uint64, seen []uint64, met []uint32) []uint32 {
	bucket := s.bucket(key)
	at, end := uint(s.starts[bucket]), uint(s.starts[bucket+1])
	mask := uint64(1)<<s.rice - 1
	for id := s.first; at < end; {
		window := s.list[at/64]>>(at%64) | s.list[at/64+1]<<1<<(63-at%64)
		ones := uint(bits.TrailingZeros64(^window))
		id += uint32(ones)<<s.rice | uint32(window>>(ones+1)&mask)
		at += ones + 1 + s.rice
		if bit := uint64(1) << (id % 64); seen[id/64]&bit == 0 {
			seen[id/64] |= bit
			met = append(met, id)
		}
	}
	return met
}

func (s *segment) bytes() int { return 4*cap(s.starts) + 8*cap(s.list) }

// bitWriter appends bits, lowest first.
type bitWriter struct {
	words []uint64
	n     uint64
}

// rice writes v: its bits from width on as that many ones and a zero, then the
// lower ones as they are. The ones are few: segmentMax bounds a gap to
// bucketMean·4 times the unit.
func (w *bitWriter) rice(v uint32, width uint) {
	ones := uint(v >> width)
	w.write(1<<ones-1, ones+1)
	w.write(uint64(v)&(1<<width-1), width)
}

func (w *bitWriter) write(v uint64, n uint) {
	if n == 0 {
		return
	}
	at := uint(w.n % 64)
	if at == 0 {
		w.words = append(w.words, 0)
	}
	w.words[len(w.words)-1] |= v << at
	if at+n > 64 {
		w.words = append(w.words, v>>(64-at))
	}
	w.n += uint64(n)
}

// appendGrams appends a hash of each gram of a digest together with its block
// size; k is the logarithm of the first half's. A digest too short for grams
// scores with its equals alone, and is itself what leads to them.
func appendGrams(dst []uint64, k int, first, second []byte) []uint64 {
	if len(first) < gramLen && len(second) < gramLen {
		whole := uint64(len(first)<<8 | k)
		for _, half := range [][]byte{first, second} {
			for _, c := range half {
				whole = scatter(whole<<6 ^ whole>>58 ^ uint64(c))
			}
		}
		return append(dst, scatter(whole))
	}
	dst = appendHalfGrams(dst, k, first)
	return appendHalfGrams(dst, k+1, second)
}

func appendHalfGrams(dst []uint64, k int, codes []byte) []uint64 {
	const gramBits = 6 * gramLen
	var gram uint64
	for i, c := range codes {
		gram = (gram<<6 | uint64(c)) & (1<<gramBits - 1)
		if i >= gramLen-1 {
			dst = append(dst, scatter(gram|uint64(k)<<gramBits))
		}
	}
	return dst
}

// scatter spreads a number evenly over 64 bits: the finaliser of MurmurHash3.
func scatter(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
