package ssdeep

// store keeps digests close together: a head of three bytes (logarithm of the
// block size, lengths of the halves) and a byte for each character, its six bits.
type store struct {
	pages [][]byte
	at    []uint32 // page and place of each digest
}

const (
	headLen  = 3
	pageBits = 18 // 256 KiB a page; 32 bits address 4 GiB, 40 million digests
	pageSize = 1 << pageBits
)

func (s *store) add(d *Digest) uint32 {
	need := headLen + int(d.firstLen) + int(d.secondLen)
	last := len(s.pages) - 1
	if last < 0 || len(s.pages[last])+need > pageSize {
		s.pages = append(s.pages, make([]byte, 0, pageSize))
		last++
	}
	page := s.pages[last]
	s.at = append(s.at, uint32(last<<pageBits|len(page)))
	page = append(page, byte(blockIndex(d.BlockSize)), d.firstLen, d.secondLen)
	for _, part := range [][]byte{d.First(), d.Second()} {
		for _, c := range part {
			page = append(page, codeOf[c])
		}
	}
	s.pages[last] = page
	return uint32(len(s.at) - 1)
}

func (s *store) len() int { return len(s.at) }

func (s *store) bytes() int { return len(s.pages)*pageSize + 4*cap(s.at) }

// parts returns the logarithm of a digest's block size and the six-bit codes of
// its halves, which belong to the store.
func (s *store) parts(id uint32) (block int, first, second []byte) {
	at := s.at[id]
	record := s.pages[at>>pageBits][at&(pageSize-1):]
	a, b := headLen+int(record[1]), headLen+int(record[1])+int(record[2])
	return int(record[0]), record[headLen:a], record[a:b]
}

func (s *store) digest(id uint32) Digest {
	block, first, second := s.parts(id)
	d := Digest{BlockSize: minBlock << block, firstLen: uint8(len(first)), secondLen: uint8(len(second))}
	for i, c := range first {
		d.first[i] = alphabet[c]
	}
	for i, c := range second {
		d.second[i] = alphabet[c]
	}
	return d
}
