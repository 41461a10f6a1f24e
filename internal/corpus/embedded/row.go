package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"clew/internal/corpus"
	"clew/internal/observation"
)

// row is what the store keeps of a link beside its key: what one import said, or
// all that belongs to none. A link that several spoke of has a row of each, one
// behind the other (parts.go).
//
// Encoded it is one byte of flags and then, where the flags say so: First as a
// zigzag varint of seconds since rowEpoch; the distance to Last (Last itself,
// like First, where First is unknown); Count where it is not 1; the numbers of
// the sources, ascending, each as distance to the one before; the digests,
// after a byte with their number.
type row struct {
	first, last       int64 // seconds since 1970, valid where known
	hasFirst, hasLast bool
	count             uint64
	sources           []uint32   // ascending
	evidence          [][32]byte // ascending, at most corpus.MaxEvidence
}

// rowEpoch is 2024-01-01, so that First takes four bytes from 2019 to 2028.
const rowEpoch = 1704067200

const (
	flagFirst    = 1 << iota // First is known
	flagLast                 // Last is known
	flagBackward             // Last is before First: two sources knew one end each
	flagCount                // Count is not 1
	flagEvidence             // there are digests
)

// Above the flags stands the number of sources, in two bits; manySources means
// that the number follows.
const (
	sourcesShift = 5
	manySources  = 3
	flagMore     = 1 << 7 // the row of another import follows
)

// errRow marks what no store of ours writes.
var errRow = errors.New("malformed row")

// set makes r the row of one normal observation; source is the number of its source, 0 for none.
func (r *row) set(o observation.Observation, source uint32) {
	r.hasFirst, r.hasLast = !o.First.IsZero(), !o.Last.IsZero()
	r.first, r.last = 0, 0
	if r.hasFirst {
		r.first = o.First.Unix()
	}
	if r.hasLast {
		r.last = o.Last.Unix()
	}
	r.count = o.Count
	r.sources, r.evidence = r.sources[:0], r.evidence[:0]
	if source != 0 {
		r.sources = append(r.sources, source)
	}
	if digest, ok := corpus.Digest(o.Evidence); ok {
		r.evidence = append(r.evidence, digest)
	}
}

// window returns the window of the row, in UTC.
func (r *row) window() observation.Window {
	var w observation.Window
	if r.hasFirst {
		w.First = time.Unix(r.first, 0).UTC()
	}
	if r.hasLast {
		w.Last = time.Unix(r.last, 0).UTC()
	}
	return w
}

// merge adds what s knows. The order of merges does not matter.
func (r *row) merge(s *row) {
	if s.hasFirst && (!r.hasFirst || s.first < r.first) {
		r.first, r.hasFirst = s.first, true
	}
	if s.hasLast && (!r.hasLast || s.last > r.last) {
		r.last, r.hasLast = s.last, true
	}
	r.count = corpus.AddCounts(r.count, s.count)
	for _, source := range s.sources {
		if at, found := slices.BinarySearch(r.sources, source); !found {
			r.sources = slices.Insert(r.sources, at, source)
		}
	}
	for _, digest := range s.evidence {
		at, found := slices.BinarySearchFunc(r.evidence, digest, compareDigests)
		if !found {
			r.evidence = slices.Insert(r.evidence, at, digest)
		}
	}
	r.evidence = r.evidence[:min(len(r.evidence), corpus.MaxEvidence)]
}

func (r *row) clone() row {
	c := *r
	c.sources, c.evidence = slices.Clone(r.sources), slices.Clone(r.evidence)
	return c
}

func compareDigests(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) }

// append writes the row behind dst; more says that another one will follow.
func (r *row) append(dst []byte, more bool) []byte {
	at := len(dst)
	dst = append(dst, 0)
	var flags byte
	if more {
		flags |= flagMore
	}
	if r.hasFirst {
		flags |= flagFirst
		dst = binary.AppendVarint(dst, r.first-rowEpoch)
	}
	switch {
	case r.hasLast && !r.hasFirst:
		flags |= flagLast
		dst = binary.AppendVarint(dst, r.last-rowEpoch)
	case r.hasLast && r.last < r.first:
		flags |= flagLast | flagBackward
		dst = binary.AppendUvarint(dst, uint64(r.first-r.last))
	case r.hasLast:
		flags |= flagLast
		dst = binary.AppendUvarint(dst, uint64(r.last-r.first))
	}
	if r.count != 1 {
		flags |= flagCount
		dst = binary.AppendUvarint(dst, r.count)
	}
	flags |= byte(min(len(r.sources), manySources)) << sourcesShift
	if len(r.sources) >= manySources {
		dst = binary.AppendUvarint(dst, uint64(len(r.sources)))
	}
	before := uint32(0)
	for _, source := range r.sources {
		dst = binary.AppendUvarint(dst, uint64(source-before))
		before = source
	}
	if len(r.evidence) > 0 {
		flags |= flagEvidence
		dst = append(dst, byte(len(r.evidence)))
		for _, digest := range r.evidence {
			dst = append(dst, digest[:]...)
		}
	}
	dst[at] = flags
	return dst
}

// decode reads one row, reusing the lists of r, and reports whether another one
// follows. What is malformed leaves d bad.
func (r *row) decode(d *decoder) (more bool) {
	flags := d.byte()
	r.hasFirst, r.hasLast = flags&flagFirst != 0, flags&flagLast != 0
	r.first, r.last = 0, 0
	if r.hasFirst {
		r.first = d.varint() + rowEpoch
	}
	switch {
	case r.hasLast && !r.hasFirst:
		r.last = d.varint() + rowEpoch
	case r.hasLast && flags&flagBackward != 0:
		r.last = r.first - int64(d.uvarint())
	case r.hasLast:
		r.last = r.first + int64(d.uvarint())
	}
	r.count = 1
	if flags&flagCount != 0 {
		r.count = d.uvarint()
	}
	r.readSources(d, uint64(flags>>sourcesShift&manySources))
	r.evidence = r.evidence[:0]
	if flags&flagEvidence != 0 {
		r.readEvidence(d)
	}
	return flags&flagMore != 0 && !d.bad
}

func (r *row) readEvidence(d *decoder) {
	n := d.byte()
	if n > corpus.MaxEvidence {
		d.bad = true
		return
	}
	for i := range int(n) {
		r.evidence = append(r.evidence, [32]byte(d.take(32)))
		if i > 0 && compareDigests(r.evidence[i-1], r.evidence[i]) >= 0 {
			d.bad = true
			return
		}
	}
}

func (r *row) readSources(d *decoder, n uint64) {
	if n == manySources {
		n = d.uvarint()
	}
	r.sources = r.sources[:0]
	source := uint64(0)
	for ; n > 0 && !d.bad; n-- {
		distance := d.uvarint()
		source += distance
		if distance == 0 || distance > math.MaxUint32 || source > math.MaxUint32 {
			d.bad = true
			return
		}
		r.sources = append(r.sources, uint32(source))
	}
}

// decoder takes an encoding apart. After a failure it is bad and gives zeros.
type decoder struct {
	data []byte
	bad  bool
}

func (d *decoder) byte() byte {
	if len(d.data) == 0 {
		d.bad = true
		return 0
	}
	c := d.data[0]
	d.data = d.data[1:]
	return c
}

func (d *decoder) uvarint() uint64 {
	if len(d.data) > 0 && d.data[0] < 0x80 { // most are short
		x := uint64(d.data[0])
		d.data = d.data[1:]
		return x
	}
	x, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.data = d.data[n:]
	return x
}

func (d *decoder) varint() int64 {
	x, n := binary.Varint(d.data)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.data = d.data[n:]
	return x
}

// take returns n bytes, zeros after a failure.
func (d *decoder) take(n int) []byte {
	if len(d.data) < n {
		d.bad, d.data = true, nil
		return make([]byte, n)
	}
	taken := d.data[:n]
	d.data = d.data[n:]
	return taken
}
