package pe

import (
	"crypto/md5" //nolint:gosec // what others publish section hashes as
	"encoding/hex"
	"slices"
	"strings"

	"clew/internal/artifact/view"
)

// A Section is one part of the program as it is loaded.
type Section struct {
	Name    string  `json:"name"`
	Address uint32  `json:"address"`
	Virtual uint32  `json:"virtual_size"`
	Raw     uint32  `json:"raw_size"`
	Entropy float64 `json:"entropy"` // bits a byte, 0 to 8, of the bytes in the file
	MD5     string  `json:"md5"`     // of the same; "" when there are none
	Flags   string  `json:"flags"`   // r, w, x
}

func sortByAddress(order []int, sections []section) {
	slices.SortStableFunc(order, func(a, b int) int {
		return int(int64(sections[a].address) - int64(sections[b].address))
	})
}

// weighBudget bounds how many bytes of sections are hashed over one file: all
// sections may claim the same bytes.
const weighBudget = 512 << 20

func (f *file) describeSections() []Section {
	all := make([]Section, 0, len(f.sections))
	budget := int64(weighBudget)
	for _, s := range f.sections {
		described := Section{Name: strings.ToValidUTF8(s.name, "\ufffd"), Address: s.address, Virtual: s.virtual, Raw: s.raw, Flags: s.rights()}
		part := f.Section(s.rawStart, s.rawLimit-s.rawStart)
		if s.raw == 0 {
			part = view.View{}
		}
		switch {
		case part.Size() > budget:
			f.problem("sections claim more bytes than are weighed; entropy and digest of the rest are missing")
		case part.Size() > 0:
			budget -= part.Size()
			described.Entropy, described.MD5 = part.Entropy(), md5Of(part)
		}
		all = append(all, described)
	}
	return all
}

func (s section) rights() string {
	var b strings.Builder
	for _, right := range []struct {
		bit  uint32
		name byte
	}{{0x40000000, 'r'}, {0x80000000, 'w'}, {0x20000000, 'x'}} {
		if s.flags&right.bit != 0 {
			b.WriteByte(right.name)
		}
	}
	return b.String()
}

// md5Of returns the MD5 of what v holds.
func md5Of(v view.View) string {
	digest := md5.New() //nolint:gosec // see above
	v.Each(func(part []byte) { digest.Write(part) })
	return hex.EncodeToString(digest.Sum(nil))
}
