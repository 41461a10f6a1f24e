package world

// namer makes the names of one operator. No two operators share a name: the
// affix, token or prefix is the operator's own, and its number k the name's.
type namer struct {
	naming Naming
	brand  string
	affix  string
	token  string
	prefix string
	phase  int
}

func newNamer(index, brandCount int, d *dice) namer {
	n := namer{phase: d.below(1024)}
	switch kind := d.below(1000); {
	case kind < 350:
		n.naming = BrandWord
	case kind < 600:
		n.naming = RareToken
	case kind < 750:
		n.naming = Generated
	default:
		n.naming = PrefixDigits
	}
	n.brand = brands[index%brandCount]
	n.affix = affixes[index/brandCount%len(affixes)]
	if round := index / brandCount / len(affixes); round > 0 {
		n.affix += decimal(uint64(round))
	}
	n.token = syllables(uint64(index)*0x9e375+0x2a71f&(1<<18-1), 3) // an odd factor: one to one
	n.prefix = quiet[index%32] + quiet[index/32%32] + consonants[index/1024%16:][:1]
	return n
}

// label returns the k-th label, k below 1024.
func (n *namer) label(k int, d *dice) string {
	a, b := lures[(k+n.phase)%32], lures[(k*7+k/32+n.phase*3)%32]
	switch n.naming {
	case BrandWord:
		if a == b {
			return n.brand + n.affix + "-" + a
		}
		return n.brand + n.affix + "-" + a + b
	case RareToken:
		if k < 32 {
			return n.token + "-" + a
		}
		return n.token + "-" + a + decimal(uint64(k/32))
	case Generated:
		return d.letters("abcdefghijklmnopqrstuvwxyz", d.between(11, 17), 'x')
	}
	return n.prefix + decimal(uint64((k*617+n.phase*31)%9000+1000))
}
