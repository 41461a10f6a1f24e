package index

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"time"

	"clew/internal/telemetry/match"
)

// A File is a log, or the part of one, that a segment covers.
type File struct {
	Path     string    `json:"path"`
	Head     string    `json:"head"` // digest of its first HeadSize bytes as they lie on disk: who it is, whatever its name
	HeadSize int       `json:"headSize"`
	From     int64     `json:"from"` // covered, in bytes of the file as it lies on disk
	To       int64     `json:"to"`
	Bytes    int64     `json:"bytes"`             // of text covered, unpacked
	Seekable bool      `json:"seekable"`          // plain lines: a block can be read alone
	Missing  string    `json:"missing,omitempty"` // why the rest of it is not covered
	ModTime  time.Time `json:"modTime"`
	Size     int64     `json:"size"`             // on disk when it was read to its end; unfinished before
	Line     int64     `json:"line"`             // line ends up to To
	Header   string    `json:"header,omitempty"` // header lines in force at To
}

// A Block is a stretch of a file: the unit in which the index answers.
type Block struct {
	File   int   `json:"f"`
	Offset int64 `json:"o"` // in the unpacked text
	Size   int64 `json:"s"`
	Line   int64 `json:"l"` // number of its first line
	Header int   `json:"h"` // lines that explain it, index into the headers of the segment
}

// unfinished is the size of a file that was not read to its end.
const unfinished = -1

// contents say what a segment covers and which segments it stands for.
type contents struct {
	Files    []File   `json:"files"`
	Blocks   []Block  `json:"blocks"`
	Headers  []string `json:"headers"`
	Replaces []string `json:"replaces,omitempty"`
}

func (c *contents) bytes() (sum int64) {
	for _, f := range c.Files {
		sum += f.Bytes
	}
	return sum
}

// A segment file holds, in this order: postings, buckets, contents, footer.
//
// Postings are sorted by fingerprint and cut into buckets by its high bits, about
// bucketSize in each. An entry is the difference to the fingerprint before (in a
// bucket the first counts from the bucket's own bits), then the first block times
// two, plus one where more follow: then their number less one, and the
// differences. All are varints. The buckets are the offset of each, 32 bits.
const (
	magic      = "clewidx1"
	bucketSize = 64
	footerSize = 8*4 + 4 + 8
)

type footer struct {
	buckets, contents, size uint64 // offsets, and the number of fingerprints
	bits                    uint64 // high bits that choose a bucket
}

// A posting is a fingerprint in the high 48 bits and a block in the low 16.
type posting uint64

const maxBlocks = 1 << (64 - match.FingerprintBits)

func newPosting(f match.Fingerprint, block int) posting {
	return posting(uint64(f)<<16 | uint64(block))
}

func (p posting) fingerprint() match.Fingerprint { return match.Fingerprint(p >> 16) }
func (p posting) block() int                     { return int(p & 0xffff) }

// encode writes sorted postings, each once however often it comes. next returns false at the end.
func encode(w io.Writer, fingerprints int, next func() (posting, bool), c contents) error {
	bucketBits := max(0, bits.Len(uint(fingerprints/bucketSize)))
	e := encoder{bits: bucketBits, starts: make([]byte, 0, 4<<bucketBits)}
	out := &counting{w: w}
	p, ok := next()
	for ok {
		var blocks []int
		f := p.fingerprint()
		for ok && p.fingerprint() == f {
			if n := len(blocks); n == 0 || blocks[n-1] != p.block() {
				blocks = append(blocks, p.block())
			}
			p, ok = next()
		}
		e.entry(f, blocks)
		if len(e.buffer) > 1<<20 {
			if err := e.flush(out); err != nil {
				return err
			}
		}
	}
	e.openBuckets(1 << bucketBits)
	if err := e.flush(out); err != nil {
		return err
	}
	f := footer{buckets: uint64(out.n), size: uint64(e.count), bits: uint64(bucketBits)}
	if _, err := out.Write(e.starts); err != nil {
		return err
	}
	f.contents = uint64(out.n)
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := out.Write(text); err != nil {
		return err
	}
	_, err = out.Write(f.bytes(crc32.Update(crc32.ChecksumIEEE(e.starts), crc32.IEEETable, text)))
	return err
}

func (f footer) bytes(sum uint32) []byte {
	var b []byte
	for _, v := range []uint64{f.buckets, f.contents, f.size, f.bits} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return append(binary.LittleEndian.AppendUint32(b, sum), magic...)
}

type encoder struct {
	bits, count int
	starts      []byte // of buckets
	buffer      []byte
	written     uint64
	last        match.Fingerprint
}

// openBuckets begins buckets up to and without number.
func (e *encoder) openBuckets(number int) {
	for len(e.starts)/4 < number {
		e.last = match.Fingerprint(uint64(len(e.starts)/4) << (match.FingerprintBits - e.bits))
		e.starts = binary.LittleEndian.AppendUint32(e.starts, uint32(e.written+uint64(len(e.buffer))))
	}
}

func (e *encoder) entry(f match.Fingerprint, blocks []int) {
	e.openBuckets(int(f>>(match.FingerprintBits-e.bits)) + 1)
	e.buffer = binary.AppendUvarint(e.buffer, uint64(f-e.last))
	e.last = f
	e.count++
	if len(blocks) == 1 {
		e.buffer = binary.AppendUvarint(e.buffer, uint64(blocks[0])<<1)
		return
	}
	e.buffer = binary.AppendUvarint(e.buffer, uint64(blocks[0])<<1|1)
	e.buffer = binary.AppendUvarint(e.buffer, uint64(len(blocks)-1))
	for i, b := range blocks[1:] {
		e.buffer = binary.AppendUvarint(e.buffer, uint64(b-blocks[i]))
	}
}

func (e *encoder) flush(w io.Writer) error {
	_, err := w.Write(e.buffer)
	e.written += uint64(len(e.buffer))
	e.buffer = e.buffer[:0]
	return err
}

type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// A segment is an open segment file. It is safe for use by many goroutines.
type segment struct {
	contents
	name   string
	file   *os.File
	footer footer
	starts []byte
	size   int64
}

// errDamaged is a segment that is not as it was written; it is left out, and
// what it covered is indexed again.
var errDamaged = errors.New("damaged index segment")

func openSegment(path string) (s *segment, err error) {
	file, err := os.Open(path) //nolint:gosec // below the data directory
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	s = &segment{name: filepath.Base(path), file: file, size: info.Size()}
	end := make([]byte, footerSize)
	if s.size < footerSize {
		return nil, errDamaged
	}
	if _, err := file.ReadAt(end, s.size-footerSize); err != nil {
		return nil, err
	}
	f := &s.footer
	for i, v := range []*uint64{&f.buckets, &f.contents, &f.size, &f.bits} {
		*v = binary.LittleEndian.Uint64(end[8*i:])
	}
	limit := uint64(s.size - footerSize)
	if string(end[36:]) != magic || f.contents > limit || f.buckets > f.contents || f.bits > 40 || f.contents-f.buckets != 4<<f.bits {
		return nil, errDamaged
	}
	rest := make([]byte, limit-f.buckets)
	if _, err := file.ReadAt(rest, int64(f.buckets)); err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(rest) != binary.LittleEndian.Uint32(end[32:]) {
		return nil, errDamaged
	}
	s.starts = rest[:4<<f.bits]
	if err := json.Unmarshal(rest[4<<f.bits:], &s.contents); err != nil {
		return nil, errDamaged
	}
	for _, b := range s.Blocks {
		if b.File < 0 || b.File >= len(s.Files) || b.Header < 0 || b.Header >= len(s.Headers) {
			return nil, errDamaged
		}
	}
	return s, nil
}

// bucket returns where the entries of a bucket lie.
func (s *segment) bucket(number int) (from, to uint64) {
	from = uint64(binary.LittleEndian.Uint32(s.starts[4*number:]))
	to = s.footer.buckets
	if 4*number+4 < len(s.starts) {
		to = uint64(binary.LittleEndian.Uint32(s.starts[4*number+4:]))
	}
	return from, to
}

// blocks returns the blocks that hold a fingerprint. room is scratch space.
func (s *segment) blocks(f match.Fingerprint, room []byte) (found []int, scratch []byte, err error) {
	number := int(f >> (match.FingerprintBits - s.footer.bits))
	from, to := s.bucket(number)
	if from > to || to > s.footer.buckets {
		return nil, room, fmt.Errorf("%s: %w", s.name, errDamaged)
	}
	if uint64(cap(room)) < to-from {
		room = make([]byte, to-from)
	}
	room = room[:to-from]
	if _, err := s.file.ReadAt(room, int64(from)); err != nil {
		return nil, room, fmt.Errorf("%s: %w", s.name, err)
	}
	r := entryReader{data: room, last: match.Fingerprint(uint64(number) << (match.FingerprintBits - s.footer.bits))}
	for r.next(f) {
		if r.last == f {
			return r.blocks, room, r.err
		}
		if r.last > f {
			break
		}
	}
	return nil, room, r.err
}

// An entryReader decodes the entries of a bucket.
type entryReader struct {
	data   []byte
	last   match.Fingerprint
	blocks []int
	err    error
}

func (r *entryReader) uvarint() uint64 {
	if len(r.data) > 0 && r.data[0] < 0x80 {
		v := r.data[0]
		r.data = r.data[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.err, r.data = errDamaged, nil
		return 0
	}
	r.data = r.data[n:]
	return v
}

// next decodes one entry. Its blocks are kept only when it is of want.
func (r *entryReader) next(want match.Fingerprint) bool {
	return r.decode(func(f match.Fingerprint) bool { return f == want })
}

// nextAll decodes one entry and keeps its blocks.
func (r *entryReader) nextAll() bool {
	return r.decode(func(match.Fingerprint) bool { return true })
}

func (r *entryReader) decode(wanted func(match.Fingerprint) bool) bool {
	if len(r.data) == 0 {
		return false
	}
	r.last += match.Fingerprint(r.uvarint())
	first := r.uvarint()
	keep := wanted(r.last)
	r.blocks = r.blocks[:0]
	if keep {
		r.blocks = append(r.blocks, int(first>>1))
	}
	if first&1 == 1 {
		block := first >> 1
		for more := r.uvarint(); more > 0 && r.err == nil; more-- {
			block += r.uvarint()
			if keep {
				r.blocks = append(r.blocks, int(block))
			}
		}
	}
	return r.err == nil
}

// writeSegment writes a segment beside its place; [Store.commit] puts it there.
func writeSegment(path string, fingerprints int, next func() (posting, bool), c contents) error {
	tmp := path + partial
	file, err := os.Create(tmp) //nolint:gosec // below the data directory
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	err = encode(w, fingerprints, next, c)
	err = errors.Join(err, w.Flush(), file.Sync(), file.Close())
	if err != nil {
		return errors.Join(err, os.Remove(tmp)) //nolint:gosec // below the data directory
	}
	return nil
}

// partial ends the name of a segment that is being written.
const partial = ".partial"
