package tlsh

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"clew/internal/fuzzy/fuzzytest"
)

func startPeer(t testing.TB) *fuzzytest.Peer {
	return fuzzytest.Start(t, "g++", "testdata/peer.cc", "tlsh")
}

func hashOf(t testing.TB, data []byte) string {
	t.Helper()
	h := New()
	fuzzytest.WriteInPieces(t, h, data)
	sum, err := h.Sum()
	if err != nil {
		return "none"
	}
	return strings.TrimPrefix(sum, prefix)
}

// libMinSize is the smallest input Debian's version 3.4 hashes.
const libMinSize = 256

func TestHashIsLibtlshs(t *testing.T) {
	p := startPeer(t)
	random := rand.New(rand.NewPCG(1, 2))
	hashed := 0
	for _, size := range []int{256, 257, 300, 656, 657, 854, 855, 3199, 3200, 4096, 50_000, 1_000_000} {
		for _, data := range append(fuzzytest.Sorts(random, size), make([]byte, size)) {
			got, want := hashOf(t, data), p.Hash(t, data)
			if got != want {
				t.Errorf("%d bytes:\n got  %s\n want %s", len(data), got, want)
			}
			if got != "none" {
				hashed++
			}
		}
	}
	if hashed < 20 {
		t.Errorf("only %d inputs had a digest", hashed)
	}
}

func TestHashOfRealFilesIsLibtlshs(t *testing.T) {
	p := startPeer(t)
	fuzzytest.EachFile(t, libMinSize, 300, func(name string, data []byte) {
		if got, want := hashOf(t, data), p.Hash(t, data); got != want {
			t.Errorf("%s:\n got  %s\n want %s", name, got, want)
		}
	})
}

func TestTooLittleHasNoDigest(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"under_50_bytes": {make([]byte, minSize-1), ErrTooSmall},
		"one_value":      {make([]byte, 1000), ErrTooUniform},
	} {
		h := New()
		h.Write(c.data)
		if sum, err := h.Sum(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %q, %v, want %v", name, sum, err, c.want)
		}
	}
	h := New()
	h.length = 1 << 32
	if _, err := h.Sum(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("over 4 GiB: got %v, want ErrTooLarge", err)
	}
}

func someDigest(random *rand.Rand) Digest {
	return Digest{
		Header:   Header{uint8(random.Uint32()), uint8(random.UintN(16)), uint8(random.UintN(16))},
		Checksum: uint8(random.Uint32()),
		Low:      [2]uint64{random.Uint64(), random.Uint64()}, High: [2]uint64{random.Uint64(), random.Uint64()},
	}
}

func TestDistanceIsLibtlshs(t *testing.T) {
	p := startPeer(t)
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		a := someDigest(random)
		b := someDigest(random)
		if random.IntN(2) == 0 { // near: a few codes changed
			b = a
			b.Low[0] ^= 1 << random.UintN(64)
			b.High[1] ^= 1 << random.UintN(64)
			b.Length += uint8(random.UintN(3))
		}
		plain := strings.TrimPrefix(a.String(), prefix) + " " + strings.TrimPrefix(b.String(), prefix)
		if got, want := a.Distance(b), p.Ask(t, "distance "+plain+"\n"); strconv.Itoa(got) != want {
			t.Fatalf("%s: got %d, want %s", plain, got, want)
		}
		if back := b.Distance(a); back != a.Distance(b) {
			t.Fatalf("%s: %d one way, %d the other", plain, a.Distance(b), back)
		}
	}
}

func FuzzParse(f *testing.F) {
	random := rand.New(rand.NewPCG(5, 6))
	f.Add(someDigest(random).String(), someDigest(random).String()[2:])
	f.Add("T1", "t1"+strings.Repeat("0", 70))
	f.Fuzz(func(t *testing.T, one, other string) {
		a, err := Parse(one)
		if err != nil {
			return
		}
		if again, err := Parse(a.String()); err != nil || again != a {
			t.Fatalf("%q reads back as %s, %v", one, again, err)
		}
		b, err := Parse(other)
		if err != nil {
			return
		}
		if d := a.Distance(b); d != b.Distance(a) || d < a.Header.Distance(b.Header) || d == 0 != (a == b) {
			t.Fatalf("%s and %s are %d apart", a, b, d)
		}
	})
}

// FuzzHash holds the hasher to its own digest form, however the input is cut.
func FuzzHash(f *testing.F) {
	f.Add(bytes.Repeat([]byte("some bytes, and a few more"), 9), 3)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		whole, pieces := New(), New()
		whole.Write(data)
		cut = max(0, min(cut, len(data)))
		pieces.Write(data[:cut])
		pieces.Write(data[cut:])
		a, errA := whole.Sum()
		b, errB := pieces.Sum()
		if a != b || !errors.Is(errA, errB) {
			t.Fatalf("%s, %v whole, %s, %v in pieces", a, errA, b, errB)
		}
		if errA != nil {
			return
		}
		if d, err := Parse(a); err != nil || d.String() != a {
			t.Fatalf("%s reads back as %s, %v", a, d, err)
		}
	})
}

func BenchmarkHash(b *testing.B) { fuzzytest.BenchmarkHash(b, New) }
