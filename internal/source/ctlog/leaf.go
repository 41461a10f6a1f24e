package ctlog

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"clew/internal/observation/record"
	"clew/internal/source"
)

const (
	tileWidth = 256 // entries of a full tile
	batchSize = 256 // entries asked for at once; a log may send fewer
)

// Entry types, RFC 6962 section 3.1.
const (
	x509Entry    = 0
	precertEntry = 1
)

// leaf is an entry as the log keeps it. bad means that its bytes cannot be
// followed, which in a list leaves the other entries readable.
type leaf struct {
	logged  time.Time
	precert bool
	der     []byte // the certificate, or the precertificate as it was submitted
	tbs     []byte // of a precertificate: what was signed
	bad     bool
}

func (l leaf) certificate() (record.Certificate, bool) {
	if l.bad {
		return record.Certificate{}, false
	}
	if c, ok := record.ParseDER(l.der); ok || !l.precert {
		return c, ok
	}
	return record.ParseTBS(l.tbs)
}

// decodeTreeHead reads the reply to get-sth.
func decodeTreeHead(body []byte) (uint64, error) {
	var head struct {
		Size *uint64 `json:"tree_size"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return 0, fmt.Errorf("%w: %w", source.ErrBadReply, err)
	}
	if head.Size == nil {
		return 0, fmt.Errorf("%w: no %q in it", source.ErrBadReply, "tree_size")
	}
	return *head.Size, nil
}

// decodeCheckpoint reads the second line of a checkpoint
// (https://c2sp.org/tlog-checkpoint): the size, in decimal.
func decodeCheckpoint(body []byte) (uint64, error) {
	lines := strings.SplitN(string(body), "\n", 4)
	if len(lines) < 4 || lines[0] == "" {
		return 0, fmt.Errorf("%w: no checkpoint", source.ErrBadReply)
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%w: no checkpoint", source.ErrBadReply)
	}
	return size, nil
}

// tilePath names the tile that holds entries from index*256: in groups of three
// digits, with the width of a tile that is not full yet.
func tilePath(index, width uint64) string {
	path := fmt.Sprintf("%03d", index%1000)
	for index /= 1000; index > 0; index /= 1000 {
		path = fmt.Sprintf("x%03d/%s", index%1000, path)
	}
	path = "tile/data/" + path
	if width < tileWidth {
		path += fmt.Sprintf(".p/%d", width)
	}
	return path
}

// decodeEntries reads the reply to get-entries.
func decodeEntries(reply source.Reply) ([]leaf, error) {
	var answer struct {
		Entries source.Rows[struct {
			Leaf  string `json:"leaf_input"`
			Extra string `json:"extra_data"`
		}] `json:"entries"`
	}
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return nil, err
	}
	if err := answer.Entries.Require("entries"); err != nil {
		return nil, err
	}
	if answer.Entries.Odd > 0 { // which one is odd decides what number the others have
		return nil, fmt.Errorf("%w: %d entries are none", source.ErrBadReply, answer.Entries.Odd)
	}
	leaves := make([]leaf, 0, len(answer.Entries.Items))
	for _, e := range answer.Entries.Items {
		input, errInput := base64.StdEncoding.DecodeString(e.Leaf)
		extra, errExtra := base64.StdEncoding.DecodeString(e.Extra)
		l, err := decodeLeaf(input, extra)
		l.bad = errors.Join(errInput, errExtra, err) != nil
		leaves = append(leaves, l)
	}
	return leaves, nil
}

// decodeLeaf reads a MerkleTreeLeaf and what comes beside it, RFC 6962 sections
// 3.4 and 4.6.
func decodeLeaf(input, extra []byte) (leaf, error) {
	r := reader{rest: input}
	if version, kind := r.number(1), r.number(1); version != 0 || kind != 0 {
		return leaf{}, errors.New("no leaf of version 1")
	}
	l := r.timestamped()
	if l.precert {
		beside := reader{rest: extra}
		l.der = beside.opaque(3)
		r.broken = r.broken || beside.broken
	}
	return l, r.err()
}

// decodeTile reads a tile of entries. Where one cannot be followed, neither can
// those after it.
func decodeTile(body []byte) ([]leaf, error) {
	r := reader{rest: body}
	var leaves []leaf
	for len(r.rest) > 0 && len(leaves) < tileWidth {
		l := r.timestamped()
		if l.precert {
			l.der = r.opaque(3)
		}
		r.opaque(2) // fingerprints of the chain
		if err := r.err(); err != nil {
			return nil, fmt.Errorf("%w: entry %d of the tile: %w", source.ErrBadReply, len(leaves), err)
		}
		leaves = append(leaves, l)
	}
	return leaves, nil
}

// reader takes bytes off a TLS structure, RFC 8446 section 3. After the first
// thing that is not there it is broken and gives zeros.
type reader struct {
	rest   []byte
	broken bool
}

func (r *reader) err() error {
	if r.broken {
		return errors.New("cut off")
	}
	return nil
}

func (r *reader) take(n uint64) []byte {
	if r.broken || n > uint64(len(r.rest)) {
		r.broken = true
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

// number reads an unsigned number of n bytes, at most 8.
func (r *reader) number(n int) uint64 {
	var buffer [8]byte
	copy(buffer[8-n:], r.take(uint64(n)))
	return binary.BigEndian.Uint64(buffer[:])
}

// opaque reads bytes with their length before them, in n bytes.
func (r *reader) opaque(n int) []byte { return r.take(r.number(n)) }

// timestamped reads a TimestampedEntry.
func (r *reader) timestamped() (l leaf) {
	l.logged = record.UnixMilli(int64(r.number(8) & (1<<63 - 1)))
	switch r.number(2) {
	case x509Entry:
		l.der = r.opaque(3)
	case precertEntry:
		l.precert = true
		r.take(32) // hash of the issuer's key
		l.tbs = r.opaque(3)
	default:
		r.broken = true
	}
	r.opaque(2) // extensions
	return l
}
