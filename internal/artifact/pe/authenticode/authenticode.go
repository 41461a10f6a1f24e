// Package authenticode reads the signatures of Windows programs: who signed,
// when that was seen, whether the signature covers these bytes.
//
// Format: Microsoft, "Windows Authenticode Portable Executable Signature
// Format", 2008; nested signatures as SignTool /as appends them.
package authenticode

import (
	"crypto"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"clew/internal/artifact/cms"
	"clew/internal/artifact/view"
)

// Layout says where the bytes lie that a signature does not cover, as offsets
// in the file.
type Layout struct {
	Checksum         int64 // four bytes of the optional header
	Directory        int64 // eight bytes: the entry for signatures; 0 when the header ends before it
	Table, TableSize int64 // the signatures themselves
}

// A Signature is one signature over a program.
type Signature struct {
	cms.Verdict
	// FileDigest is the digest that the signature speaks of, and Matches
	// whether the file has it.
	FileDigest string `json:"file_digest"`
	Matches    bool   `json:"digest_matches"`
	// Valid says that Matches, that the signer's key made the signature, and
	// that every certificate up to the highest included was in force at Time,
	// or is now when no time stamp says more. Whether the root deserves trust
	// is another question.
	Valid bool `json:"valid"`
	// Nested counts how deep the signature lies in others: 0 for one of its own.
	Nested  int    `json:"nested"`
	Program string `json:"program,omitempty"` // what the signer calls it
	URL     string `json:"url,omitempty"`     // where the signer says more is to be read
}

// Bounds of hostile tables.
const (
	maxSignatures = 16
	maxNested     = 4
	maxTable      = 16 << 20
)

var (
	oidIndirect = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 1, 4}
	oidOpus     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 1, 12}
	oidNested   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 4, 1}
)

// reader collects the signatures of one file.
type reader struct {
	v        view.View
	layout   Layout
	at       time.Time
	digests  map[crypto.Hash][]byte
	all      []Signature
	problems []string
}

// Read returns the signatures of v, its authentihash (SHA-256, of unsigned
// files too), and what was wrong with the table.
func Read(v view.View, layout Layout, at time.Time) ([]Signature, string, []string) {
	r := reader{v: v, layout: layout, at: at, digests: map[crypto.Hash][]byte{}, all: []Signature{}}
	if layout.TableSize > 0 {
		r.table()
	}
	return r.all, hex.EncodeToString(r.digest(crypto.SHA256)), r.problems
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// table reads WIN_CERTIFICATE entries, each on a boundary of eight bytes.
func (r *reader) table() {
	const signedData = 2
	size := min(r.layout.TableSize, maxTable)
	entries, ok := r.v.Bytes(r.layout.Table, size)
	if !ok {
		r.problem("the table lies outside the file")
		entries = r.v.UpTo(r.layout.Table, size)
	}
	for len(entries) >= 8 && len(r.all) < maxSignatures {
		length := int64(binary.LittleEndian.Uint32(entries))
		if length < 8 || length > int64(len(entries)) {
			r.problem("an entry claims %d bytes, %d are there", length, len(entries))
			return
		}
		if kind := binary.LittleEndian.Uint16(entries[6:]); kind == signedData {
			r.message(entries[8:length], 0)
		} else {
			r.problem("an entry of type %d is not read", kind)
		}
		entries = entries[min((length+7)&^7, int64(len(entries))):]
	}
}

// message reads one PKCS #7 message and those nested in it.
func (r *reader) message(der []byte, depth int) {
	if depth > maxNested || len(r.all) >= maxSignatures {
		r.problem("more signatures than are read")
		return
	}
	signed, err := cms.Parse(der)
	if err != nil {
		r.problem("%v", err)
		return
	}
	if !signed.Type.Equal(oidIndirect) {
		r.problem("a signature is about something else than a program")
		return
	}
	if len(signed.Signers) == 0 {
		r.problem("a signature without a signer")
	}
	for i, info := range signed.Signers {
		r.all = append(r.all, r.judge(signed, i, info, depth))
		for _, nested := range info.Unsigned(oidNested) {
			r.message(nested, depth+1)
		}
	}
}

func (r *reader) judge(signed *cms.Signed, i int, info *cms.SignerInfo, depth int) Signature {
	s := Signature{Verdict: signed.Verify(i, signed.Content, cms.CodeSigning, r.at), Nested: depth}
	oid, claimed, ok := indirectDigest(signed.Whole)
	hash, _, known := cms.HashOf(oid)
	switch {
	case !ok:
		s.Problems = append(s.Problems, "no digest of the file in it")
	case !known:
		s.Problems = append(s.Problems, "the file's digest is of an unknown kind, "+oid.String())
	default:
		s.FileDigest = hex.EncodeToString(claimed)
		s.Matches = s.FileDigest == hex.EncodeToString(r.digest(hash))
		if !s.Matches {
			s.Problems = append(s.Problems, "the file was changed after it was signed")
		}
	}
	s.Program, s.URL = opus(info)
	s.Valid = s.Authentic && s.Matches && len(s.Problems) == 0
	return s
}

// indirectDigest reads the digest of SpcIndirectDataContent.
func indirectDigest(content []byte) (oid asn1.ObjectIdentifier, digest []byte, ok bool) {
	input := cryptobyte.String(content)
	var indirect, info, algorithm, sum cryptobyte.String
	ok = input.ReadASN1(&indirect, cbasn1.SEQUENCE) && indirect.SkipASN1(cbasn1.SEQUENCE) && indirect.ReadASN1(&info, cbasn1.SEQUENCE) &&
		info.ReadASN1(&algorithm, cbasn1.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&oid) && info.ReadASN1(&sum, cbasn1.OCTET_STRING)
	return oid, sum, ok
}

// digest hashes the file without its checksum, the entry for signatures and the
// signatures. A file whose length is no multiple of eight is filled up with
// zeros, as whoever signs it would do first.
func (r *reader) digest(hash crypto.Hash) []byte {
	if known, ok := r.digests[hash]; ok {
		return known
	}
	h := hash.New()
	end := r.v.Size()
	if r.layout.TableSize > 0 && r.layout.Table < end && r.layout.Table > 0 {
		end = r.layout.Table
	}
	at := int64(0)
	copyTo := func(to int64) {
		if to > at {
			_, _ = io.Copy(h, r.v.Section(at, min(to, end)-at).Reader()) // a view of what was just read
		}
	}
	copyTo(r.layout.Checksum)
	at = r.layout.Checksum + 4
	if r.layout.Directory > 0 {
		copyTo(r.layout.Directory)
		at = r.layout.Directory + 8
	}
	copyTo(end)
	if end == r.v.Size() {
		h.Write(make([]byte, (8-end%8)%8))
	} else if behind := r.layout.Table + r.layout.TableSize; behind < r.v.Size() {
		at, end = behind, r.v.Size()
		copyTo(end)
	}
	r.digests[hash] = h.Sum(nil)
	return r.digests[hash]
}

// opus reads what the signer calls the program: SpcSpOpusInfo.
func opus(info *cms.SignerInfo) (program, url string) {
	raw, ok := info.Attribute(oidOpus)
	if !ok {
		return "", ""
	}
	input := cryptobyte.String(raw)
	var seq, name, more cryptobyte.String
	var has bool
	tag := func(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }
	if !input.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadOptionalASN1(&name, &has, tag(0)) {
		return "", ""
	}
	if has {
		program = spcString(name, false)
	}
	if seq.ReadOptionalASN1(&more, &has, tag(1)) && has {
		url = spcString(more, true)
	}
	return program, url
}

// spcString reads the text within an SpcString, whose [0] is UTF-16, or within
// an SpcLink, whose [0] is ASCII.
func spcString(from cryptobyte.String, isLink bool) string {
	var text cryptobyte.String
	var tag cbasn1.Tag
	if !from.ReadAnyASN1(&text, &tag) || len(text) > 4096 {
		return ""
	}
	if isLink || tag != cbasn1.Tag(0).ContextSpecific() {
		return string(text)
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(text[2*i:])
	}
	return string(utf16.Decode(units))
}
