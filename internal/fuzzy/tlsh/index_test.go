package tlsh

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// slowFind is Find without an index.
func slowFind(all []Digest, q Digest, within int) []Hit {
	var hits []Hit
	for i, d := range all {
		if far := d.Distance(q); far <= within {
			hits = append(hits, Hit{uint32(i), far, d})
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(a.Distance, b.Distance) })
	return hits
}

// relatives makes up digests of which many are alike.
func relatives(random *rand.Rand, n int) []Digest {
	all := make([]Digest, n)
	ancestor := someDigest(random)
	for i := range all {
		if random.IntN(20) == 0 {
			ancestor = someDigest(random)
		}
		d := ancestor
		for range random.IntN(40) {
			d.Low[random.IntN(2)] ^= 1 << random.UintN(64)
			d.High[random.IntN(2)] ^= 1 << random.UintN(64)
		}
		d.Length += uint8(random.UintN(4))
		d.Q1 = (d.Q1 + uint8(random.UintN(3))) & 0xf
		d.Q2 = (d.Q2 - uint8(random.UintN(3))) & 0xf
		all[i] = d
	}
	return all
}

func TestIndexFindsWhatIsNear(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	all := relatives(random, 30_000)
	var x Index
	found := 0
	for i, d := range all {
		if id := x.Add(d); id != uint32(i) {
			t.Fatalf("digest %d has number %d", i, id)
		}
		if i%1000 != 999 {
			continue
		}
		for range 10 {
			q := all[random.IntN(i)]
			if random.IntN(3) == 0 {
				q = someDigest(random)
			}
			within := random.IntN(200)
			got, want := x.Find(q, within), slowFind(all[:i+1], q, within)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Fatalf("%s within %d among %d (-want +got):\n%s", q, within, i+1, diff)
			}
			found += len(got)
		}
	}
	if found < 1000 {
		t.Errorf("only %d hits: the test compares too little", found)
	}
}
