// Package ssdeep computes and compares context-triggered piecewise hashes as
// libfuzzy does, to the same characters and the same scores.
//
// Source: Kornblum, "Identifying almost identical files using context triggered
// piecewise hashing", Digital Investigation 3S (2006), and the behaviour of
// libfuzzy 2.14, against which the tests compare.
package ssdeep

import (
	"errors"
	"strconv"
)

const (
	minBlock   = 3  // smallest block size, bytes
	blockSizes = 31 // 3, 6, 12, … 3·2^30
	partLen    = 64 // characters of the first half, at most
	gramLen    = 7  // window of the rolling hash; also the run that two hashes must share

	// pieceInit is the start of a piece's FNV hash. Only six bits of a piece are
	// ever written, and they depend on no others, so no more are kept.
	pieceInit = 0x27

	// maxSize is the largest input that the largest block size can summarise.
	maxSize = minBlock << (blockSizes - 1) * partLen
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// ErrTooLarge means the input is beyond the 192 GiB that the largest block size
// can summarise; libfuzzy refuses it too.
var ErrTooLarge = errors.New("more than 192 GiB: ssdeep has no hash of that")

// A Hasher computes the ssdeep hash of what is written to it, in constant
// memory and one pass. Make it with [New].
//
// It follows every block size that may still turn out to be the right one: one
// more is taken up when the largest meets its first boundary, the smallest is
// dropped when so much came that it can no longer be chosen.
type Hasher struct {
	size       uint64
	start, end int // the block sizes followed: start <= i < end
	// border is the input size up to which the block size start may be chosen.
	border uint64
	blocks [blockSizes]block
	// whole and half are the six-bit hashes of the running pieces, a byte a block
	// size, eight to a word: they all take in the same byte at once.
	whole, half [4]uint64
	last        byte // running hash behind the largest block size, once followed
	followLast  bool
	roll        rolling
}

// block is what one block size has found so far.
type block struct {
	n        int // characters that are final
	part     [partLen]byte
	tail     byte // character of the piece that overflowed the first half, or 0
	halfTail byte // the same for the second half, cut at 32
}

// New returns a Hasher that has seen nothing.
func New() *Hasher {
	h := &Hasher{end: 1, border: minBlock * partLen}
	h.setPiece(&h.whole, 0, pieceInit)
	h.setPiece(&h.half, 0, pieceInit)
	return h
}

func (h *Hasher) setPiece(words *[4]uint64, i int, piece byte) {
	shift := uint(i%8) * 8
	words[i/8] = words[i/8]&^(0xff<<shift) | uint64(piece)<<shift
}

func pieceOf(words *[4]uint64, i int) byte { return byte(words[i/8] >> (uint(i%8) * 8)) }

// advance multiplies eight six-bit hashes by the FNV prime and folds c in. The
// prime is 19 in six bits; 16, 2 and 1 times six bits fit in a byte when the
// bits that fall out anyway are dropped before.
func advance(pieces, c uint64) uint64 {
	const low2, low5, low6 = 0x0303030303030303, 0x1f1f1f1f1f1f1f1f, 0x3f3f3f3f3f3f3f3f
	return (pieces + pieces&low5<<1 + pieces&low2<<4 ^ c) & low6
}

// Write takes in more of the input; it never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	h.size += uint64(len(p))
	first, last := h.start/8, (h.end-1)/8
	for _, c := range p {
		sum := h.roll.add(c) + 1
		spread := uint64(c) * 0x0101010101010101
		for w := first; w <= last; w++ {
			h.whole[w] = advance(h.whole[w], spread)
			h.half[w] = advance(h.half[w], spread)
		}
		if h.followLast {
			h.last = (h.last*19 ^ c) & 0x3f
		}
		// A piece of block size b ends where sum is a multiple of b. The largest
		// sum became 0 by the addition: it ends no piece.
		if sum == 0 || sum%(minBlock<<h.start) != 0 {
			continue
		}
		h.endPieces(sum / minBlock >> h.start)
		first, last = h.start/8, (h.end-1)/8
	}
	return len(p), nil
}

// endPieces ends the running piece of every block size that divides the sum;
// multiple is the sum in units of the smallest block size followed.
func (h *Hasher) endPieces(multiple uint32) {
	for i := h.start; i < h.end; i++ {
		h.endPiece(i)
		if multiple&1 != 0 {
			return
		}
		multiple >>= 1
	}
}

func (h *Hasher) endPiece(i int) {
	b := &h.blocks[i]
	if b.n == 0 {
		h.follow(i + 1)
	}
	whole, half := alphabet[pieceOf(&h.whole, i)], alphabet[pieceOf(&h.half, i)]
	b.halfTail = half
	if b.n == partLen-1 {
		// No room for another character: the rest of the input is one piece.
		b.tail = whole
		h.reduce()
		return
	}
	b.part[b.n] = whole
	b.n++
	h.setPiece(&h.whole, i, pieceInit)
	if b.n < partLen/2 {
		h.setPiece(&h.half, i, pieceInit)
		b.halfTail = 0
	}
}

// follow takes up block size i when the one before meets its first boundary:
// until then both have hashed the same bytes.
func (h *Hasher) follow(i int) {
	switch i {
	case blockSizes:
		if !h.followLast {
			h.followLast, h.last = true, pieceOf(&h.whole, i-1)
		}
	case h.end:
		h.setPiece(&h.whole, i, pieceOf(&h.whole, i-1))
		h.setPiece(&h.half, i, pieceOf(&h.half, i-1))
		h.end++
	}
}

// reduce drops the smallest block size when the input is past it and the next
// has characters enough.
func (h *Hasher) reduce() {
	if h.end-h.start < 2 || h.border >= h.size || h.blocks[h.start+1].n < partLen/2 {
		return
	}
	h.start++
	h.border *= 2
}

// Sum returns the hash of what was written so far: "blocksize:hash:hash". It
// may be called at any time. Nothing is too small: the hash of no bytes is
// "3::", and hashes of a few bytes are as short and mean as little.
func (h *Hasher) Sum() (string, error) {
	if h.size > maxSize {
		return "", ErrTooLarge
	}
	i := h.start
	for minBlock<<i*partLen < h.size {
		i++
	}
	i = min(i, h.end-1)
	for i > h.start && h.blocks[i].n < partLen/2 {
		i--
	}
	out := strconv.AppendUint(make([]byte, 0, 2*partLen), minBlock<<i, 10)
	out = h.appendWhole(append(out, ':'), i)
	out = h.appendHalf(append(out, ':'), i)
	return string(out), nil
}

// appendWhole writes the first half: the finished pieces and the running one.
// A window of zeros, as at the end of padded files, counts as nothing running.
func (h *Hasher) appendWhole(out []byte, i int) []byte {
	b := &h.blocks[i]
	out = append(out, b.part[:b.n]...)
	switch {
	case h.roll.sum() != 0:
		out = append(out, alphabet[pieceOf(&h.whole, i)])
	case b.tail != 0:
		out = append(out, b.tail)
	}
	return out
}

// appendHalf writes the second half, of twice the block size and half as long.
func (h *Hasher) appendHalf(out []byte, i int) []byte {
	running := h.roll.sum() != 0
	if i < h.end-1 {
		b := &h.blocks[i+1]
		out = append(out, b.part[:min(b.n, partLen/2-1)]...)
		switch {
		case running:
			out = append(out, alphabet[pieceOf(&h.half, i+1)])
		case b.halfTail != 0:
			out = append(out, b.halfTail)
		}
		return out
	}
	switch {
	case !running:
	case i == 0:
		out = append(out, alphabet[pieceOf(&h.whole, 0)])
	default:
		out = append(out, alphabet[h.last])
	}
	return out
}

// rolling is the hash of the last seven bytes that decides where pieces end.
type rolling struct {
	window     [gramLen]byte
	at         int
	h1, h2, h3 uint32
}

func (r *rolling) add(c byte) uint32 {
	r.h2 += gramLen*uint32(c) - r.h1
	r.h1 += uint32(c) - uint32(r.window[r.at])
	r.window[r.at] = c
	if r.at++; r.at == gramLen {
		r.at = 0
	}
	r.h3 = r.h3<<5 ^ uint32(c)
	return r.sum()
}

func (r *rolling) sum() uint32 { return r.h1 + r.h2 + r.h3 }
