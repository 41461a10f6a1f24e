package macho

import (
	"crypto"
	_ "crypto/sha1" //nolint:gosec // old code directories
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"clew/internal/artifact/cms"
	"clew/internal/artifact/view"
)

// Magic numbers and slots of a signature, all big endian.
const (
	superBlob      = 0xfade0cc0
	codeDirectory  = 0xfade0c02
	cmsBlob        = 0xfade0b01
	slotDirectory  = 0
	slotSignature  = 0x10000
	maxBlobs       = 64
	flagAdHoc      = 2
	cdHashLength   = 20
	maxPages       = 1 << 20
	versionHasTeam = 0x20200
)

// readSignature reads the SuperBlob at offset.
func (i *Info) readSignature(v view.View, offset, size int64, at time.Time) {
	blob := v.UpTo(offset, min(size, maxSignature))
	if len(blob) < 12 || binary.BigEndian.Uint32(blob) != superBlob {
		i.Problems = append(i.Problems, "the code signature is broken")
		return
	}
	parts := map[uint32][]byte{}
	for n := range int(min(binary.BigEndian.Uint32(blob[8:]), maxBlobs)) {
		at := 12 + 8*n
		if at+8 > len(blob) {
			break
		}
		slot, start := binary.BigEndian.Uint32(blob[at:]), uint64(binary.BigEndian.Uint32(blob[at+4:]))
		if part, ok := subBlob(blob, start); ok {
			if _, seen := parts[slot]; !seen {
				parts[slot] = part
			}
		}
	}
	directory := parts[slotDirectory]
	if len(directory) < 44 || binary.BigEndian.Uint32(directory) != codeDirectory {
		i.Problems = append(i.Problems, "the code signature has no code directory")
		return
	}
	i.Signed = readDirectory(directory)
	i.Signed.Matches = pagesMatch(v, directory)
	i.Signed.judge(parts[slotSignature], directory, at)
}

func subBlob(blob []byte, start uint64) ([]byte, bool) {
	if start+8 > uint64(len(blob)) {
		return nil, false
	}
	length := uint64(binary.BigEndian.Uint32(blob[start+4:]))
	if length < 8 || start+length > uint64(len(blob)) {
		return nil, false
	}
	return blob[start : start+length], true
}

func readDirectory(d []byte) *Signature {
	s := &Signature{AdHoc: binary.BigEndian.Uint32(d[12:])&flagAdHoc != 0}
	s.Identifier = textAt(d, binary.BigEndian.Uint32(d[20:]))
	if binary.BigEndian.Uint32(d[8:]) >= versionHasTeam && len(d) >= 52 {
		if team := binary.BigEndian.Uint32(d[48:]); team != 0 {
			s.Team = textAt(d, team)
		}
	}
	if hash, ok := directoryHash(d); ok {
		h := hash.New()
		h.Write(d)
		s.CDHash = hex.EncodeToString(h.Sum(nil)[:cdHashLength])
	}
	s.Chain, s.Problems = []*cms.Certificate{}, []string{}
	return s
}

// directoryHash is the hash function that a code directory lists digests of.
func directoryHash(d []byte) (crypto.Hash, bool) {
	switch d[37] {
	case 1:
		return crypto.SHA1, true
	case 2, 3:
		return crypto.SHA256, true
	case 4:
		return crypto.SHA384, true
	}
	return 0, false
}

func textAt(d []byte, offset uint32) string {
	if uint64(offset) >= uint64(len(d)) {
		return ""
	}
	text, _, _ := strings.Cut(string(d[offset:min(len(d), int(offset)+256)]), "\x00")
	return strings.ToValidUTF8(text, "\ufffd")
}

// pagesMatch reports whether every page of the file has the digest that the
// code directory lists.
func pagesMatch(v view.View, d []byte) bool {
	hash, ok := directoryHash(d)
	listed := int64(binary.BigEndian.Uint32(d[16:]))
	slots, limit := int64(binary.BigEndian.Uint32(d[28:])), int64(binary.BigEndian.Uint32(d[32:]))
	size, page := int64(d[36]), int64(1)<<min(d[39], 30)
	if d[39] == 0 {
		page = max(limit, 1) // one digest over everything
	}
	if !ok || size == 0 || size > int64(hash.Size()) || slots > maxPages || limit > v.Size() || listed+slots*size > int64(len(d)) || slots != (limit+page-1)/page {
		return false
	}
	for n := range slots {
		h := hash.New()
		v.Section(n*page, min(page, limit-n*page)).Each(func(part []byte) { h.Write(part) })
		if !slices.Equal(h.Sum(nil)[:size], d[listed+n*size:listed+(n+1)*size]) {
			return false
		}
	}
	return true
}

// judge weighs the message that signs the code directory.
func (s *Signature) judge(blob, directory []byte, at time.Time) {
	if len(blob) <= 8 || binary.BigEndian.Uint32(blob) != cmsBlob {
		s.AdHoc = true
		s.Problems = append(s.Problems, "signed by nobody (ad hoc)")
		return
	}
	message, err := cms.Parse(blob[8:])
	if err != nil || len(message.Signers) == 0 {
		s.Problems = append(s.Problems, "the signature cannot be read")
		return
	}
	s.Verdict = message.Verify(0, directory, cms.CodeSigning, at)
	if !s.Matches {
		s.Problems = append(s.Problems, "the file was changed after it was signed")
	}
	s.Valid = s.Authentic && s.Matches && len(s.Problems) == 0
}
