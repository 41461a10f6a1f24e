package match

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// chunkSize keeps the bitmaps and what they were made of in the first two caches.
const chunkSize = 64 << 10

// batchSize is how many words are collected before the filter is asked about
// them: enough that the loads overlap, few enough to stay in the first cache.
const batchSize = 512

// A suspect is a word that the filter is to be asked about.
type suspect struct {
	key   uint64 // of its suffix
	dots  uint64 // before the suffix: the last byte of the word is on top
	start uint32 // of the maximal run, in the chunk
	size  uint8
	of    uint8 // length of the suffix; size when it is the whole
	kind  suspectKind
}

type suspectKind uint8

const (
	hostSuspect suspectKind = iota
	addressSuspect
	digestSuspect
)

// A scanner is the state of one Scan.
type scanner struct {
	bitmaps
	set      *Set
	block    []byte
	base     int // of the chunk in block
	size     int // of the chunk
	suspects [batchSize]suspect
	count    int
	waiting  candidates
	hits     []Hit
	folded   [maxName]byte
	octets   [maxDigest]byte
}

// Scan calls emit for every hit in block, in the order of the text. The ends of
// the block bound a word, so cut it at line breaks. A block of some megabytes is
// read 64 KiB at a time; a line longer than that in one piece.
func (s *Set) Scan(block []byte, emit func(Hit)) {
	c := s.pool.Get().(*scanner)
	c.set, c.block, c.hits = s, block, c.hits[:0]
	for at := 0; at < len(block); {
		size, before := cut(block[at:]), len(c.hits)
		c.scanChunk(at, size)
		sortHits(c.hits[before:])
		at += size
	}
	if !slices.IsSortedFunc(c.hits, order) { // a URL began before the chunk of its host
		sortHits(c.hits)
	}
	for _, hit := range c.hits {
		emit(hit)
	}
	c.block = nil
	s.pool.Put(c)
}

// cut returns the size of the next chunk of block, which ends at a line break
// where there is one, and never inside a word.
func cut(block []byte) int {
	if len(block) <= chunkSize {
		return len(block)
	}
	if line := bytes.LastIndexByte(block[:chunkSize], '\n'); line >= 0 {
		return line + 1
	}
	for i := chunkSize - 1; i > 0; i-- {
		if !is(block[i], hostByte) && block[i] != ':' {
			return i + 1
		}
	}
	for i := chunkSize; i < len(block); i++ {
		if !is(block[i], hostByte) && block[i] != ':' {
			return i + 1
		}
	}
	return len(block)
}

func (c *scanner) scanChunk(base, size int) {
	c.base, c.size = base, size
	c.classify(c.block[base : base+size])
	want := &c.set.want
	if want[name] || want[address] || want[network] || want[link] || want[mailbox] {
		c.walkDots()
	}
	if want[digest] {
		c.hexRuns(c.set.shortest, c.digestSuspect)
	}
	if c.set.colons {
		c.colonRuns(c.inColons)
	}
	c.ask()
	c.settle()
}

// walkDots visits every run of host bytes that has a dot in it.
func (c *scanner) walkDots() {
	host, dot := c.host, c.dot[:len(c.host)]
	chunk := c.block[c.base : c.base+c.size]
	for w := 0; w < c.words; w++ {
		for dots := dot[w]; dots != 0; {
			first := uint(bits.TrailingZeros64(dots)) & 63
			var end int
			if run := ^host[w] >> first; run != 0 {
				end = w<<6 + int(first) + bits.TrailingZeros64(run)
				dots &= ^uint64(0) << (uint(end) & 63)
				if end&63 == 0 {
					dots = 0
				}
			} else {
				end = after(host, (w+1)<<6)
				w = end >> 6
				dots = dot[w] & (^uint64(0) << (uint(end) & 63))
			}
			// The 64 bits that end with the run, the last one on top.
			at, low := end>>6, uint(end)&63
			hostBits, dotBits := host[at]<<((63-low)&63)<<1, dot[at]<<((63-low)&63)<<1
			if at > 0 {
				hostBits |= host[at-1] >> low
				dotBits |= dot[at-1] >> low
			}
			size := bits.LeadingZeros64(^hostBits)
			if size > 60 || end < 64 {
				c.inHost(c.base+before(host, end), c.base+end)
				continue
			}
			dotBits &= ^(^uint64(0) >> (uint(size) & 63))
			c.suspect(chunk, end, size, dotBits)
		}
	}
}

// suspect looks at the run chunk[end-size:end], of at most 60 bytes, whose dots
// are the top bits of dots, the last byte on top. Most runs in logs are numbers
// with one dot, and go no further.
func (c *scanner) suspect(chunk []byte, end, size int, dots uint64) {
	label := bits.LeadingZeros64(dots) // length of the last label
	others := dots << (uint(label) & 63) << 1
	last := chunk[end-1]
	if !is(last, wordByte) {
		c.inHost(c.base+end-size, c.base+end)
		return
	}
	tail := chunk[end-16 : end]
	low, high := binary.LittleEndian.Uint64(tail), binary.LittleEndian.Uint64(tail[8:])
	if is(last, digitByte) && is(chunk[end-label], digitByte) && allDigits(chunk, end, label, high) {
		if others == 0 || bits.OnesCount64(others) < 3-1 || label > 3 {
			return // a number; no name ends in one
		}
		if size > 15 || bits.OnesCount64(others) > 2 {
			c.inHost(c.base+end-size, c.base+end)
			return
		}
		if escaped(chunk, end-size) || c.set.want[network] || !is(chunk[end-size], digitByte) {
			c.inHost(c.base+end-size, c.base+end)
			return
		}
		c.put(suspect{mixTail(low, high, size), 0, uint32(end - size), uint8(size), uint8(size), addressSuspect})
		return
	}
	suffix := size
	if others != 0 {
		suffix = label + 1 + bits.LeadingZeros64(others)
		dots &^= 1<<63>>(uint(label)&63) | 1<<63>>(uint(suffix)&63)
	} else if escaped(chunk, end-size) || chunk[end-size] == '-' {
		c.inHost(c.base+end-size, c.base+end)
		return
	}
	c.put(suspect{mixTail(low, high, suffix), dots, uint32(end - size), uint8(size), uint8(suffix), hostSuspect})
}

// allDigits reports whether the last label, chunk[end-size:end], is a number.
// high holds its last eight bytes.
func allDigits(chunk []byte, end, size int, high uint64) bool {
	if size > 8 {
		for _, c := range chunk[end-size : end-8] {
			if !is(c, digitByte) {
				return false
			}
		}
		size = 8
	}
	// A digit is 0x30 to 0x39: high nibble 3, and adding 6 does not carry out of the low one.
	const highNibbles, threes, sixes = 0xf0f0f0f0f0f0f0f0, 0x3030303030303030, 0x0606060606060606
	m := ^uint64(0) << uint(64-8*size)
	high &= m // what stands before the label must not carry into it
	return ((high^threes)|((high+sixes)^threes))&highNibbles&m == 0
}

// escaped reports whether the run at start may begin inside an escape.
func escaped(chunk []byte, start int) bool {
	return start > 0 && (chunk[start-1] == '\\' || chunk[start-1] == '%')
}

func (c *scanner) put(s suspect) {
	c.suspects[c.count] = s
	c.count++
	if c.count == batchSize {
		c.ask()
	}
}

// ask asks the filter about the suspects collected, and looks closely at those
// it does not clear. Hosts come back with the next longer suffix.
func (c *scanner) ask() {
	suspects := c.suspects[:c.count]
	c.count = 0
	for len(suspects) > 0 {
		suspects = c.uncleared(suspects)
		kept := 0
		for i := range suspects {
			if c.examine(&suspects[i]) {
				suspects[kept] = suspects[i]
				kept++
			}
		}
		suspects = suspects[:kept]
	}
}

// uncleared keeps the suspects that the filter knows, in a loop of independent
// loads.
func (c *scanner) uncleared(suspects []suspect) []suspect {
	words, shift := c.set.words.words, c.set.words.shift&63
	kept := 0
	for i := range suspects {
		key := suspects[i].key
		m := mask(key)
		suspects[kept] = suspects[i]
		if words[key>>shift]&m == m {
			kept++
		}
	}
	return suspects[:kept]
}

// examine looks closely at a suspect that the filter knows. It reports whether
// the filter is to be asked again: the suspect then is its next longer suffix.
func (c *scanner) examine(s *suspect) bool {
	start := c.base + int(s.start)
	end := start + int(s.size)
	if s.kind == digestSuspect {
		if c.set.words.hasWhole(s.key) {
			c.propose(digest, start, end, start)
		}
		return false
	}
	if !c.alone(start, end) {
		c.inHost(start, end)
		return false
	}
	if c.set.words.hasWhole(s.key) {
		c.whole(s, start, end)
	}
	if s.of == s.size {
		return false
	}
	s.of = s.size
	if s.dots != 0 {
		s.of = uint8(bits.LeadingZeros64(s.dots))
		s.dots &^= 1 << 63 >> s.of
	}
	s.key = tailKey(c.block, end, int(s.of))
	return true
}

// alone reports whether the run of host bytes [start, end) is a token as it
// stands: no escape ends in it, no mark begins it, and no letter beyond ASCII
// continues it.
func (c *scanner) alone(start, end int) bool {
	if start > 0 {
		if before := c.block[start-1]; before >= utf8.RuneSelf || before == '\\' || before == '%' {
			return false
		}
	}
	first := c.block[start]
	return first != '.' && first != '-' && (end == len(c.block) || c.block[end] < utf8.RuneSelf)
}

// whole looks up the suffix of a host alone that the filter takes for a whole
// indicator, or for the host of one.
func (c *scanner) whole(s *suspect, start, end int) {
	want := &c.set.want
	how := name
	if s.kind == addressSuspect {
		how = address
	}
	if want[how] {
		c.propose(how, end-int(s.of), end, start)
	}
	if s.of == s.size && (want[link] || want[mailbox]) && c.set.hosts.has(c.set.hostKey(c.fold(start, end))) {
		c.around(start, end)
	}
}
