package score

// Similarity digests are worth fixed bits by how alike they are, whatever their
// holders. Source: docs/guide/confidence.md, measured on labelled samples.
const (
	nearBits = 6 // all but the same file
	likeBits = 4 // of one making, by far more often than by chance

	nearTLSH   = 10
	nearSsdeep = 90
)

// TLSHReach is the largest TLSH distance that means anything.
const TLSHReach = 100

// SsdeepBits returns what an ssdeep score, 0 to 100, is worth.
func SsdeepBits(score int) float64 {
	switch {
	case score >= nearSsdeep:
		return nearBits
	case score >= 1:
		return likeBits
	}
	return 0
}

// TLSHBits returns what a TLSH distance is worth.
func TLSHBits(distance int) float64 {
	switch {
	case distance <= nearTLSH:
		return nearBits
	case distance <= TLSHReach:
		return likeBits
	}
	return 0
}
