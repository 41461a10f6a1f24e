package jar

import (
	"bytes"
	"crypto"
	_ "crypto/sha256" // digests of the schemes
	_ "crypto/sha512" // as above
	"encoding/binary"
	"io"
	"slices"

	"clew/internal/artifact/cms"
	"clew/internal/artifact/view"
)

// Identifiers of the schemes in a signing block.
const (
	schemeV2  = 0x7109871a
	schemeV3  = 0xf05368c0
	schemeV31 = 0x1b93ad61
)

const (
	blockMagic = "APK Sig Block 42"
	maxBlock   = 16 << 20
)

// layout is where the parts of an APK lie.
type layout struct {
	block, directory, end int64 // offsets of signing block, directory and its end record
}

// readBlock finds the block before the directory and reads its schemes.
func (i *Info) readBlock(v view.View) {
	l, pairs, ok := findBlock(v)
	if !ok {
		return
	}
	for rest := pairs; len(rest) >= 12; {
		length := binary.LittleEndian.Uint64(rest)
		if length < 4 || length > uint64(len(rest)-8) {
			i.problem("the signing block is broken")
			return
		}
		id, value := binary.LittleEndian.Uint32(rest[8:]), rest[12:8+length]
		rest = rest[8+length:]
		switch id {
		case schemeV2:
			i.readScheme(v, l, "apk-v2", value)
		case schemeV3:
			i.readScheme(v, l, "apk-v3", value)
		case schemeV31:
			i.readScheme(v, l, "apk-v3.1", value)
		}
	}
}

func findBlock(v view.View) (layout, []byte, bool) {
	const record, comment = 22, 1 << 16
	start := max(0, v.Size()-record-comment)
	tail := v.UpTo(start, record+comment)
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || at+record > len(tail) {
		return layout{}, nil, false
	}
	l := layout{end: start + int64(at), directory: int64(binary.LittleEndian.Uint32(tail[at+16:]))}
	foot, ok := v.Bytes(l.directory-24, 24)
	if !ok || string(foot[8:]) != blockMagic {
		return layout{}, nil, false
	}
	size := binary.LittleEndian.Uint64(foot)
	if size < 24 || size > maxBlock || int64(size)+8 > l.directory {
		return layout{}, nil, false
	}
	l.block = l.directory - int64(size) - 8
	pairs, ok := v.Bytes(l.block+8, int64(size)-24)
	return l, pairs, ok
}

// cut takes a part with its length before it, little endian.
func cut(b []byte) (part, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// readScheme reads the signers of one scheme.
func (i *Info) readScheme(v view.View, l layout, name string, value []byte) {
	signers, _, ok := cut(value)
	const most = 10
	for n := 0; ok && len(signers) > 0 && n < most; n++ {
		var signer []byte
		if signer, signers, ok = cut(signers); !ok {
			break
		}
		s, read := readSigner(v, l, signer, name != "apk-v2")
		if !read {
			ok = false
			break
		}
		s.Scheme = name
		i.Signatures = append(i.Signatures, s)
	}
	if !ok {
		i.problem("the " + name + " signatures are broken")
	}
}

// readSigner judges one signer: some signature over the signed data must be
// made by the key of the first certificate, and some digest in it must be that
// of the file.
func readSigner(v view.View, l layout, signer []byte, hasVersions bool) (Signature, bool) {
	s := Signature{}
	s.Chain, s.Problems = []*cms.Certificate{}, []string{}
	data, rest, ok := cut(signer)
	if hasVersions && len(rest) >= 8 {
		rest = rest[8:] // the Android versions it is for
	}
	signatures, _, okSignatures := cut(rest)
	digests, after, okDigests := cut(data)
	certificates, _, okCertificates := cut(after)
	if !ok || !okSignatures || !okDigests || !okCertificates {
		return s, false
	}
	const most = 10
	for len(certificates) > 0 && len(s.Chain) < most {
		var der []byte
		if der, certificates, ok = cut(certificates); !ok {
			return s, false
		}
		if c, ok := cms.ParseCertificate(der); ok {
			s.Chain = append(s.Chain, c)
		}
	}
	if len(s.Chain) == 0 {
		return s, false
	}
	s.Signer = s.Chain[0]
	s.Authentic = anySigned(s.Signer, data, signatures)
	s.Matches, s.Digest = anyDigest(v, l, digests)
	if !s.Authentic {
		s.Problems = append(s.Problems, "the signature was not made by the signer's key")
	}
	if !s.Matches {
		s.Problems = append(s.Problems, "the file was changed after it was signed")
	}
	s.Valid = len(s.Problems) == 0 // dates do not matter to Android
	return s, true
}

// algorithms are the signature algorithms of the schemes, with the digest that
// each takes of the file. The ones over a hash tree (verity) are left out:
// whoever uses them signs by another too.
var algorithms = map[uint32]struct {
	hash crypto.Hash
	pss  bool
	name string
}{
	0x0101: {crypto.SHA256, true, "sha256"}, 0x0102: {crypto.SHA512, true, "sha512"},
	0x0103: {crypto.SHA256, false, "sha256"}, 0x0104: {crypto.SHA512, false, "sha512"},
	0x0201: {crypto.SHA256, false, "sha256"}, 0x0202: {crypto.SHA512, false, "sha512"},
	0x0301: {crypto.SHA256, false, "sha256"},
}

func anySigned(by *cms.Certificate, data, signatures []byte) bool {
	for len(signatures) > 0 {
		entry, rest, ok := cut(signatures)
		if !ok || len(entry) < 4 {
			return false
		}
		signatures = rest
		signature, _, ok := cut(entry[4:])
		if a, known := algorithms[binary.LittleEndian.Uint32(entry)]; ok && known && by.Signed(data, signature, a.hash, a.pss) {
			return true
		}
	}
	return false
}

func anyDigest(v view.View, l layout, digests []byte) (matches bool, name string) {
	for len(digests) > 0 {
		entry, rest, ok := cut(digests)
		if !ok || len(entry) < 4 {
			return false, name
		}
		digests = rest
		want, _, ok := cut(entry[4:])
		a, known := algorithms[binary.LittleEndian.Uint32(entry)]
		if !ok || !known {
			continue
		}
		if name = a.name; slices.Equal(want, contentDigest(v, l, a.hash)) {
			return true, name
		}
	}
	return false, name
}

// contentDigest hashes the file without its signing block: pieces of one
// megabyte, each with 0xa5 and its length before it, then the list of their
// digests. The end record counts as if the directory followed the entries.
func contentDigest(v view.View, l layout, hash crypto.Hash) []byte {
	record, ok := v.Bytes(l.end, v.Size()-l.end)
	if !ok || len(record) < 22 || l.end < l.directory {
		return nil
	}
	record = slices.Clone(record)
	binary.LittleEndian.PutUint32(record[16:], uint32(l.block))
	var list []byte
	count := uint32(0)
	for _, part := range []view.View{
		v.Section(0, l.block), v.Section(l.directory, l.end-l.directory), view.New(bytes.NewReader(record), int64(len(record))),
	} {
		const piece = 1 << 20
		for at := int64(0); at < part.Size(); at += piece {
			chunk := part.Section(at, piece)
			h := hash.New()
			h.Write(binary.LittleEndian.AppendUint32([]byte{0xa5}, uint32(chunk.Size())))
			if _, err := io.Copy(h, chunk.Reader()); err != nil {
				return nil
			}
			list = h.Sum(list)
			count++
		}
	}
	h := hash.New()
	h.Write(binary.LittleEndian.AppendUint32([]byte{0x5a}, count))
	h.Write(list)
	return h.Sum(nil)
}
