package ssdeep

import (
	"bytes"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// maxRun is how many equal characters in a row count: longer runs come from
// padding and repetition, say little, and are cut before comparing.
const maxRun = 3

// A Digest is a parsed hash, runs already cut. First is of the block size
// itself, Second of twice the block size.
type Digest struct {
	BlockSize uint64 // 3·2^k
	firstLen  uint8
	secondLen uint8
	first     [partLen]byte
	second    [partLen]byte
}

// First returns the characters of the first half.
func (d *Digest) First() []byte { return d.first[:d.firstLen] }

// Second returns the characters of the second half, of twice the block size.
func (d *Digest) Second() []byte { return d.second[:d.secondLen] }

// Parse reads "blocksize:hash:hash", with or without the comma and file name
// that ssdeep prints behind it.
func Parse(text string) (Digest, error) {
	var d Digest
	hash, _, _ := strings.Cut(text, ",")
	size, halves, _ := strings.Cut(hash, ":")
	first, second, ok := strings.Cut(halves, ":")
	n, err := strconv.ParseUint(size, 10, 32)
	if !ok || err != nil || size[0] == '0' || n%minBlock != 0 || n/minBlock&(n/minBlock-1) != 0 {
		return d, fmt.Errorf("%.80q is no ssdeep hash: it has the form 3:hash:hash", text)
	}
	d.BlockSize = n
	if d.firstLen, ok = cutRuns(&d.first, first); ok {
		d.secondLen, ok = cutRuns(&d.second, second)
	}
	if !ok {
		return d, fmt.Errorf("%.80q is no ssdeep hash: a half has characters that none has, or over %d of them", text, partLen)
	}
	return d, nil
}

// cutRuns copies a half, runs over maxRun shortened to it.
func cutRuns(part *[partLen]byte, text string) (n uint8, ok bool) {
	run := 0
	for i := range len(text) {
		c := text[i]
		if !inAlphabet[c] {
			return 0, false
		}
		if run++; i == 0 || c != text[i-1] {
			run = 1
		}
		if run > maxRun {
			continue
		}
		if n == partLen {
			return 0, false
		}
		part[n] = c
		n++
	}
	return n, true
}

var inAlphabet = func() (in [256]bool) {
	for _, c := range []byte(alphabet) {
		in[c] = true
	}
	return in
}()

// String writes the digest, runs cut.
func (d *Digest) String() string {
	return strconv.FormatUint(d.BlockSize, 10) + ":" + string(d.First()) + ":" + string(d.Second())
}

// Score says how alike two inputs are, from 0 (unrelated, or of sizes that do
// not compare) to 100 (the same hash). It is fuzzy_compare's score.
func Score(a, b *Digest) int {
	switch {
	case a.BlockSize == b.BlockSize:
		if *a == *b {
			return 100
		}
		return max(scoreParts(a.First(), b.First(), a.BlockSize), scoreParts(a.Second(), b.Second(), 2*a.BlockSize))
	case 2*a.BlockSize == b.BlockSize:
		return scoreParts(b.First(), a.Second(), b.BlockSize)
	case a.BlockSize == 2*b.BlockSize:
		return scoreParts(a.First(), b.Second(), a.BlockSize)
	}
	return 0
}

// smallBlock is the block size below which a score is capped: so little input
// makes a character that a high score would exaggerate.
const smallBlock = (99 + gramLen) / gramLen * minBlock

// scoreParts scores two halves of one block size.
func scoreParts(a, b []byte, blockSize uint64) int {
	if !shareGram(a, b) {
		return 0
	}
	return scale(len(a), len(b), editDistance(a, b), blockSize)
}

// scale turns an edit distance into a score.
func scale(lenA, lenB, distance int, blockSize uint64) int {
	score := 100 - 100*(distance*partLen/(lenA+lenB))/partLen
	if blockSize < smallBlock {
		score = min(score, int(blockSize/minBlock)*min(lenA, lenB))
	}
	return score
}

// shareGram reports whether two halves have gramLen characters in a row in common.
func shareGram(a, b []byte) bool {
	for i := 0; i+gramLen <= len(a); i++ {
		if bytes.Contains(b, a[i:i+gramLen]) {
			return true
		}
	}
	return false
}

// editDistance counts insertions and deletions; a replacement is one of each.
// It follows from the longest common subsequence, whose length fits in one word
// of bits: Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.
func editDistance(a, b []byte) int {
	var at [256]uint64
	for i, c := range a {
		at[c] |= 1 << i
	}
	row := ^uint64(0)
	for _, c := range b {
		match := row & at[c]
		row = row + match | row&^at[c]
	}
	common := bits.OnesCount64(^row)
	if len(a) < 64 {
		common = bits.OnesCount64(^row & (1<<len(a) - 1))
	}
	return len(a) + len(b) - 2*common
}
