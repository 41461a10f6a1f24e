package tlsh

import (
	"cmp"
	"math/bits"
	"slices"
	"unsafe"
)

// An Index finds the digests within a distance of one, exactly. Digests with
// one header lie together, and a header that is too far away by itself spares
// the look at all that have it. The zero Index is empty and ready.
//
// Finding may go on in several goroutines at once, adding may not.
type Index struct {
	cells map[Header][]entry
	n     int
}

// entry is a digest without its header, and its number.
type entry struct {
	low, high [2]uint64
	id        uint32
	checksum  byte
}

// A Hit is a digest found, by the number it was added under.
type Hit struct {
	ID       uint32
	Distance int
	Digest   Digest
}

// Add takes a digest up and returns its number: 0 for the first, one more for
// each after.
func (x *Index) Add(d Digest) uint32 {
	if x.cells == nil {
		x.cells = map[Header][]entry{}
	}
	id := uint32(x.n)
	x.cells[d.Header] = append(x.cells[d.Header], entry{d.Low, d.High, id, d.Checksum})
	x.n++
	return id
}

// Len returns how many digests were added.
func (x *Index) Len() int { return x.n }

// Bytes returns the memory that the digests take.
func (x *Index) Bytes() int {
	const perCell = 64 // key, slice and the share of the map's own
	total := 0
	for _, cell := range x.cells {
		total += cap(cell)*int(unsafe.Sizeof(entry{})) + perCell
	}
	return total
}

// Find returns the digests at a distance of at most within, nearest first and
// by number among equals.
func (x *Index) Find(q Digest, within int) []Hit {
	var hits []Hit
	x.near(q.Header, within, func(h Header, cell []entry, header int) {
		for i := range cell {
			e := &cell[i]
			far := header
			if e.checksum != q.Checksum {
				far++
			}
			far += half(q.Low[0], q.High[0], e.low[0], e.high[0])
			if far > within {
				continue
			}
			if far += half(q.Low[1], q.High[1], e.low[1], e.high[1]); far <= within {
				hits = append(hits, Hit{e.id, far, Digest{h, e.checksum, e.low, e.high}})
			}
		}
	})
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID, b.ID)) })
	return hits
}

// near visits the cells whose header alone is within reach.
func (x *Index) near(h Header, within int, visit func(h Header, cell []entry, header int)) {
	if len(x.cells) < 2048 { // fewer than the headers in reach
		for k, cell := range x.cells {
			if far := h.Distance(k); far <= within {
				visit(k, cell, far)
			}
		}
		return
	}
	for length := range 256 {
		k := Header{Length: uint8(length), Q1: h.Q1, Q2: h.Q2}
		if h.Distance(k) > within {
			continue
		}
		for q1 := range uint8(16) {
			if k.Q1, k.Q2 = q1, h.Q2; h.Distance(k) > within {
				continue
			}
			for k.Q2 = range uint8(16) {
				if far := h.Distance(k); far <= within {
					if cell, ok := x.cells[k]; ok {
						visit(k, cell, far)
					}
				}
			}
		}
	}
}

// half sums 0, 1, 2 or 6 for the 64 codes of one half that are 0, 1, 2 or 3 apart.
//
// With low and high the exclusive or of the codes' bits: codes are an odd number
// apart when low is set, and then 3 apart only when high is set too and, in the
// code that has the high bit, the low bit is set as well; they are 2 apart when
// only high is set.
func half(lowA, highA, lowB, highB uint64) int {
	low, high := lowA^lowB, highA^highB
	far := low & high & (highA&lowA | highB&lowB)
	return bits.OnesCount64(low) + 2*bits.OnesCount64(high&^low) + 5*bits.OnesCount64(far)
}
