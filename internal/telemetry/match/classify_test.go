package match

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The kernel of this machine and the one in Go give the same bitmaps, for every
// byte and for chunks of every length.
func TestKernelsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for size := range 300 {
		chunk := make([]byte, size)
		for i := range chunk {
			chunk[i] = byte(rng.Uint32())
			if i < 256 && size > 256 {
				chunk[i] = byte(i)
			}
		}
		var got, want bitmaps
		got.classify(chunk)
		want.resize(size)
		padded := make([]byte, want.words*64)
		copy(padded, chunk)
		classifyGo(padded, want.words, &want)
		for name, pair := range map[string][2][]uint64{
			"host": {got.host, want.host}, "dot": {got.dot, want.dot}, "hex": {got.hex, want.hex}, "colon": {got.colon, want.colon},
		} {
			if !slices.Equal(pair[0], pair[1]) {
				t.Fatalf("%d bytes, %s:\n got %x\nwant %x", size, name, pair[0], pair[1])
			}
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	chunk := make([]byte, 64<<10)
	for i := range chunk {
		chunk[i] = "evil.example\t192.0.2.1\t5:"[i%25]
	}
	for name, kernel := range map[string]func([]byte, int, *bitmaps){"kernel": classifyWords, "go": classifyGo} {
		b.Run(name, func(b *testing.B) {
			var m bitmaps
			m.resize(len(chunk))
			b.SetBytes(int64(len(chunk)))
			for b.Loop() {
				kernel(chunk, len(chunk)/64, &m)
			}
		})
	}
}
