package ssdeep

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"clew/internal/fuzzy/fuzzytest"
)

func startPeer(t testing.TB) *fuzzytest.Peer {
	return fuzzytest.Start(t, "gcc", "testdata/peer.c", "fuzzy")
}

func hashOf(t testing.TB, data []byte) string {
	t.Helper()
	h := New()
	fuzzytest.WriteInPieces(t, h, data)
	sum, err := h.Sum()
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// inputs are of many sizes and sorts: random, text, padded, periodic, sparse.
func inputs() [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	all := [][]byte{nil}
	for _, size := range []int{1, 6, 7, 8, 50, 191, 192, 193, 1000, 4095, 4097, 12288, 12289, 50_000, 300_000, 2_000_000} {
		sparse := make([]byte, size)
		for i := 0; i < size; i += 997 {
			sparse[i] = byte(random.Uint32())
		}
		all = append(append(all, fuzzytest.Sorts(random, size)...), sparse, bytes.Repeat([]byte{0xff}, size))
	}
	return all
}

func TestHashIsLibfuzzys(t *testing.T) {
	p := startPeer(t)
	for i, data := range inputs() {
		if got, want := hashOf(t, data), p.Hash(t, data); got != want {
			t.Errorf("input %d of %d bytes:\n got  %s\n want %s", i, len(data), got, want)
		}
	}
}

func TestHashOfRealFilesIsLibfuzzys(t *testing.T) {
	p := startPeer(t)
	fuzzytest.EachFile(t, 0, 300, func(name string, data []byte) {
		if got, want := hashOf(t, data), p.Hash(t, data); got != want {
			t.Errorf("%s:\n got  %s\n want %s", name, got, want)
		}
	})
}

func TestHashMayBeAskedOnTheWay(t *testing.T) {
	p := startPeer(t)
	data := fuzzytest.Noise(rand.New(rand.NewPCG(9, 9)), 20_000)
	h := New()
	for i := 0; i < len(data); i += 777 {
		got, err := h.Sum()
		if err != nil {
			t.Fatal(err)
		}
		if want := p.Hash(t, data[:i]); got != want {
			t.Fatalf("after %d bytes:\n got  %s\n want %s", i, got, want)
		}
		h.Write(data[i:min(i+777, len(data))])
	}
}

func TestTooLargeIsRefused(t *testing.T) {
	h := New()
	h.size = maxSize + 1
	if _, err := h.Sum(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

func BenchmarkHash(b *testing.B) { fuzzytest.BenchmarkHash(b, New) }
