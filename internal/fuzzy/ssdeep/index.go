package ssdeep

import (
	"cmp"
	"math/bits"
	"slices"
)

// An Index finds the digests that score with one, exactly: a score above zero
// needs gramLen characters in a row in common, at one block size, so what no
// such gram leads to need not be looked at. The zero Index is empty and ready.
//
// What is added waits in a tail that is searched one by one. A tail becomes a
// sorted segment once searching it has cost about what sorting it will, so that
// one question to a million digests does not wait for an index of them, and many
// questions soon have one. Small segments are merged into larger ones: an
// addition costs some microseconds however much is there. Find may change the
// index too: nothing may go on beside it.
type Index struct {
	store    store
	segments []*segment // of falling size, together the first tail digests
	tail     uint32     // number of the first digest in no segment
	searched int        // digests of the tail that were searched since it was sorted last
	seen     []uint64   // a bit a digest, all zero between questions
}

const (
	// tailMin is the shortest tail that is worth sorting.
	tailMin = 2048
	// sortCost is what sorting a digest into a segment costs, in digests searched.
	// Measured: 3.3 µs against 0.02 to 0.15 µs, by how many have its block size.
	sortCost = 50
	// segmentMax bounds a segment, so that sorting it takes seconds at most and
	// places in it fit in 32 bits.
	segmentMax = 1 << 20
)

// A Hit is a digest found, and its score.
type Hit struct {
	ID    uint32
	Score int
}

// Add takes a digest up and returns its number: 0 for the first, one more for
// each after.
func (x *Index) Add(d *Digest) uint32 { return x.store.add(d) }

// Len returns how many digests were added.
func (x *Index) Len() int { return x.store.len() }

// Digest returns the digest of a number.
func (x *Index) Digest(id uint32) Digest { return x.store.digest(id) }

// Bytes returns the memory that the digests and their grams take.
func (x *Index) Bytes() int {
	total := x.store.bytes() + 8*cap(x.seen)
	for _, s := range x.segments {
		total += s.bytes()
	}
	return total
}

// Find returns the digests that score at least atLeast with q, and at least 1,
// best first and by number among equals.
func (x *Index) Find(q *Digest, atLeast int) []Hit {
	x.settle()
	s := newSearch(q, max(atLeast, 1), &x.store)
	if words := x.Len()/64 + 1; len(x.seen) < words {
		x.seen = make([]uint64, words+words/8)
	}
	var met []uint32
	for _, key := range appendGrams(nil, s.block, s.first.codes, s.second.codes) {
		for _, segment := range x.segments {
			met = segment.unseen(key, x.seen, met)
		}
	}
	for _, id := range met {
		x.seen[id/64] = 0
		s.weigh(id)
	}
	for id := x.tail; int(id) < x.Len(); id++ {
		s.weigh(id)
	}
	slices.SortFunc(s.hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) })
	return s.hits
}

// settle sorts the tail into segments when it is time to.
func (x *Index) settle() {
	waiting := x.Len() - int(x.tail)
	if waiting < tailMin || x.searched < sortCost*waiting {
		x.searched += waiting
		return
	}
	x.Sort()
}

// Sort makes segments of all that waits in the tail. Nobody has to call it: many
// questions do by themselves.
func (x *Index) Sort() {
	x.searched = 0
	for int(x.tail) < x.Len() {
		x.sort(min(x.tail+segmentMax, uint32(x.Len())))
	}
}

// sort makes a segment of the tail up to end, and of the segments before it that
// are not much larger.
func (x *Index) sort(end uint32) {
	first := x.tail
	for last := len(x.segments) - 1; last >= 0; last-- {
		before := x.segments[last]
		if before.n > 2*(end-first) || end-before.first > segmentMax {
			break
		}
		first = before.first
		x.segments = x.segments[:last]
	}
	x.segments = append(x.segments, newSegment(&x.store, first, end))
	x.tail = end
}

// search is one question under way.
type search struct {
	q       *Digest
	block   int // logarithm of the block size
	atLeast int
	store   *store
	first   half
	second  half
	hits    []Hit
}

func newSearch(q *Digest, atLeast int, from *store) *search {
	return &search{
		q: q, block: blockIndex(q.BlockSize), atLeast: atLeast, store: from,
		first: halfOf(q.First()), second: halfOf(q.Second()),
	}
}

// weigh scores one digest and keeps it when it scores enough.
func (s *search) weigh(id uint32) {
	block, first, second := s.store.parts(id)
	score, size := 0, s.q.BlockSize
	switch block - s.block {
	case 0:
		if s.first.same(first) && s.second.same(second) {
			score = 100
		} else {
			score = max(s.first.score(first, size), s.second.score(second, 2*size))
		}
	case 1:
		score = s.second.score(first, 2*size)
	case -1:
		score = s.first.score(second, size)
	}
	if score >= s.atLeast {
		s.hits = append(s.hits, Hit{id, score})
	}
}

// half is one half of the question, in the form in which many others are
// compared with it: for each character the places where it stands.
type half struct {
	codes []byte
	at    [64]uint64
}

func halfOf(part []byte) half {
	h := half{codes: make([]byte, len(part))}
	for i, c := range part {
		h.codes[i] = codeOf[c]
		h.at[h.codes[i]] |= 1 << i
	}
	return h
}

func (h *half) same(codes []byte) bool { return string(h.codes) == string(codes) }

// score is scoreParts with the question's side prepared.
func (h *half) score(codes []byte, blockSize uint64) int {
	if len(h.codes) < gramLen || len(codes) < gramLen || !h.sharesGram(codes) {
		return 0
	}
	row := ^uint64(0)
	for _, c := range codes {
		at := h.at[c&0x3f]
		match := row & at
		row = row + match | row&^at
	}
	common := bits.OnesCount64(^row & (1<<len(h.codes) - 1)) // a shift by 64 leaves all ones
	return scale(len(h.codes), len(codes), len(h.codes)+len(codes)-2*common, blockSize)
}

// sharesGram reports whether gramLen characters in a row are in both. A word has
// a bit for each place of the question where the last character matched, the
// last two did, the last four; four and, three before, four make seven.
func (h *half) sharesGram(codes []byte) bool {
	var one, two1, two2, four1, four2, four3 uint64 // of one, two, three characters before
	for _, c := range codes {
		now := h.at[c&0x3f]
		two := now & (one << 1)
		four := two & (two2 << 2)
		if four&(four3<<3) != 0 {
			return true
		}
		one, two1, two2, four1, four2, four3 = now, two, two1, four, four1, four2
	}
	return false
}

// blockIndex returns k of a block size 3·2^k.
func blockIndex(size uint64) int { return bits.TrailingZeros64(size / minBlock) }

// codeOf gives the six bits that a character stands for.
var codeOf = func() (codes [256]byte) {
	for i := range len(alphabet) {
		codes[alphabet[i]] = byte(i)
	}
	return codes
}()
