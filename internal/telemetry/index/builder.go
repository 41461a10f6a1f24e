package index

import (
	"slices"

	"clew/internal/telemetry/match"
)

// BlockSize is how much text a block holds, in bytes, before it is closed.
const BlockSize = 4 << 20

// segmentBlocks bounds the blocks of one new segment: 1 GiB of text.
const segmentBlocks = 256

// A builder collects what a new segment will hold. It is owned by one goroutine.
type builder struct {
	contents
	postings  []posting
	sorted    []posting // room for sorting
	distinct  set
	harvester match.Harvester
	open      bool // the last block

	endsInHeader bool // the last text added was nothing but header lines
}

// add harvests text, which goes on where the last block ends or begins another.
func (b *builder) add(file int, offset, line int64, header string, text []byte) {
	if b.open {
		last := &b.Blocks[len(b.Blocks)-1]
		if last.File != file || last.Offset+last.Size != offset || last.Size >= BlockSize {
			b.close()
		}
	}
	if !b.open {
		b.Blocks = append(b.Blocks, Block{File: file, Offset: offset, Line: line, Header: b.header(header)})
		b.distinct.clear()
		b.open = true
	}
	b.harvest(text)
	last := &b.Blocks[len(b.Blocks)-1]
	last.Size += int64(len(text))
}

// header returns the number of a header among those of the segment.
func (b *builder) header(text string) int {
	i := slices.Index(b.Headers, text)
	if i < 0 {
		i = len(b.Headers)
		b.Headers = append(b.Headers, text)
	}
	return i
}

// harvest adds what is in text to the open block: a second reading of text that
// was added, with escapes undone.
func (b *builder) harvest(text []byte) { b.harvester.Harvest(text, b.distinct.add) }

// close ends the open block.
func (b *builder) close() {
	if !b.open {
		return
	}
	b.open = false
	block := len(b.Blocks) - 1
	if need := len(b.postings) + b.distinct.size + 1; need > cap(b.postings) {
		b.postings = append(make([]posting, 0, 2*need), b.postings...)
	}
	b.distinct.each(func(f match.Fingerprint) { b.postings = append(b.postings, newPosting(f, block)) })
}

func (b *builder) write(path string) error {
	b.close()
	b.sort()
	fingerprints := 0
	for i, p := range b.postings {
		if i == 0 || p.fingerprint() != b.postings[i-1].fingerprint() {
			fingerprints++
		}
	}
	at := 0
	return writeSegment(path, fingerprints, func() (posting, bool) {
		if at == len(b.postings) {
			return 0, false
		}
		at++
		return b.postings[at-1], true
	}, b.contents)
}

// digitBits is how much of a posting one pass of the sort looks at.
const digitBits = 12

// sort sorts the postings by fingerprint, least digits first: a pass keeps the
// order of equal digits, and postings come by block.
func (b *builder) sort() {
	if cap(b.sorted) < len(b.postings) {
		b.sorted = make([]posting, 0, cap(b.postings))
	}
	from, to := b.postings, b.sorted[:len(b.postings)]
	for shift := 64 - match.FingerprintBits; shift < 64; shift += digitBits {
		var starts [1 << digitBits]int
		for _, p := range from {
			starts[p>>shift&(1<<digitBits-1)]++
		}
		at := 0
		for i, n := range starts {
			starts[i], at = at, at+n
		}
		for _, p := range from {
			digit := p >> shift & (1<<digitBits - 1)
			to[starts[digit]] = p
			starts[digit]++
		}
		from, to = to, from
	}
	b.postings, b.sorted = from, to
}

// next returns a builder for the next segment, in the room of this one.
func (b *builder) next() builder {
	return builder{postings: b.postings[:0], sorted: b.sorted[:0], distinct: b.distinct}
}

// A set holds fingerprints, each once, in a table of open addresses. 0 is free,
// so the fingerprint 0 is kept apart.
type set struct {
	slots []match.Fingerprint
	size  int
	zero  bool
}

func (s *set) clear() {
	if s.slots == nil {
		s.slots = make([]match.Fingerprint, 1<<15)
	}
	clear(s.slots)
	s.size, s.zero = 0, false
}

func (s *set) add(f match.Fingerprint) {
	if f == 0 {
		s.zero = true
		return
	}
	mask := uint64(len(s.slots) - 1)
	for at := uint64(f); ; at++ {
		switch slot := &s.slots[at&mask]; *slot {
		case f:
			return
		case 0:
			*slot = f
			if s.size++; s.size > len(s.slots)/2 {
				s.grow()
			}
			return
		}
	}
}

func (s *set) grow() {
	old := s.slots
	s.slots, s.size = make([]match.Fingerprint, 2*len(old)), 0
	for _, f := range old {
		if f != 0 {
			s.add(f)
		}
	}
}

func (s *set) each(visit func(match.Fingerprint)) {
	if s.zero {
		visit(0)
	}
	for _, f := range s.slots {
		if f != 0 {
			visit(f)
		}
	}
}
