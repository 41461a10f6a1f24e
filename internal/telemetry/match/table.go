package match

import (
	"hash/maphash"
	"math/bits"
)

// A table finds indicators by the hash of their text. It keeps 8 bytes a slot
// and no text: who asks compares with the indicator itself.
type table struct {
	seed  maphash.Seed
	slots []uint64 // high half: hash; low half: indicator + 1; 0 is free
	mask  uint64
}

func newTable(entries int) table {
	size := 1 << bits.Len(uint(entries+entries/4))
	return table{maphash.MakeSeed(), make([]uint64, max(size, 8)), uint64(max(size, 8) - 1)}
}

// Texts of different classes are kept apart by a salt.
func (t *table) hash(how class, text []byte) uint64 {
	return maphash.Bytes(t.seed, text) ^ uint64(how)*mixC
}

func (t *table) add(how class, text string, indicator int) {
	hash := maphash.String(t.seed, text) ^ uint64(how)*mixC
	at := hash & t.mask
	for t.slots[at] != 0 {
		at = (at + 1) & t.mask
	}
	t.slots[at] = hash&^(1<<32-1) | uint64(indicator+1)
}

// next returns the next indicator whose hash may be the same, and where to go
// on. It begins with at = hash; indicator is -1 when there is none.
func (t *table) next(hash, at uint64) (indicator int, after uint64) {
	for ; ; at++ {
		slot := t.slots[at&t.mask]
		if slot == 0 {
			return -1, at
		}
		if slot>>32 == hash>>32 {
			return int(slot&(1<<32-1)) - 1, at + 1
		}
	}
}
