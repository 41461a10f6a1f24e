package ssdeep

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// slowFind is Find without an index.
func slowFind(all []Digest, q *Digest, atLeast int) []Hit {
	var hits []Hit
	for i := range all {
		if score := Score(&all[i], q); score >= max(atLeast, 1) {
			hits = append(hits, Hit{uint32(i), score})
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Score, a.Score) })
	return hits
}

// relatives makes up digests of which many are alike, some over few characters
// so that lists are long and chance grams common.
func relatives(random *rand.Rand, n int) []Digest {
	all := make([]Digest, 0, n)
	var ancestor string
	for len(all) < n {
		if ancestor == "" || random.IntN(20) == 0 {
			ancestor = someDigest(random)
		}
		d, err := Parse(varied(random, ancestor))
		if err != nil {
			continue // a variation may be too long
		}
		all = append(all, d)
	}
	return all
}

func TestIndexFindsWhatScores(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	all := relatives(random, 9000)
	var x Index
	found := 0
	for i := range all {
		if id := x.Add(&all[i]); id != uint32(i) {
			t.Fatalf("digest %d has number %d", i, id)
		}
		// Asked at all stages: tail only, one segment, merged ones.
		if i%500 != 499 {
			continue
		}
		if random.IntN(2) == 0 {
			x.sort(uint32(x.Len()))
		}
		for range 10 {
			q := all[random.IntN(i)]
			if random.IntN(3) == 0 {
				q = relatives(random, 1)[0]
			}
			atLeast := random.IntN(101)
			got, want := x.Find(&q, atLeast), slowFind(all[:i+1], &q, atLeast)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Fatalf("%s at least %d among %d (-want +got):\n%s", q.String(), atLeast, i+1, diff)
			}
			found += len(got)
		}
	}
	if found < 1000 {
		t.Errorf("only %d hits: the test compares too little", found)
	}
	for i := range all {
		if d := x.Digest(uint32(i)); d != all[i] {
			t.Fatalf("digest %d comes back as %s, was %s", i, d.String(), all[i].String())
		}
	}
}

func TestIndexOfManyAtOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	all := relatives(random, 60_000)
	var x Index
	for i := range all {
		x.Add(&all[i])
	}
	for range sortCost + 20 { // searched one by one, and sorted
		q := all[random.IntN(len(all))]
		if diff := gocmp.Diff(slowFind(all, &q, 1), x.Find(&q, 1)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", q.String(), diff)
		}
	}
}

func TestEmptyIndex(t *testing.T) {
	var x Index
	q := relatives(rand.New(rand.NewPCG(1, 1)), 1)[0]
	if hits := x.Find(&q, 1); len(hits) != 0 {
		t.Errorf("found %v in nothing", hits)
	}
}
