package embedded

import (
	"bytes"
	"math"
	"testing"
	"time"

	"clew/internal/observation"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRowsComeBack(t *testing.T) {
	for name, want := range map[string]row{
		"nothing_known":                  {count: 1},
		"first_only":                     {first: 1767225600, hasFirst: true, count: 1},
		"last_only":                      {last: 1767225600, hasLast: true, count: 2},
		"the_epoch":                      {hasFirst: true, hasLast: true, count: 1},
		"before_the_epoch":               {first: -5, last: -4, hasFirst: true, hasLast: true, count: 1},
		"last_before_first":              {first: 10, last: 5, hasFirst: true, hasLast: true, count: 1},
		"the_whole_calendar":             {first: -62135596799, last: 253402300799, hasFirst: true, hasLast: true, count: 1},
		"a_count_of_zero":                {count: 0},
		"the_largest_count":              {count: math.MaxUint64},
		"a_source":                       {count: 1, sources: []uint32{7}},
		"more_sources_than_bits_in_bits": {count: 1, sources: []uint32{1, 2, 3, 64, 65, 1000, math.MaxUint32}},
		"evidence":                       {count: 1, evidence: [][32]byte{{1}, {2}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got row
			if err := got.read(want.append(nil)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPlainRowIsShort(t *testing.T) {
	var r row
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r.set(observation.Observation{Window: observation.Window{First: first, Last: first.Add(time.Hour)}, Count: 1}, 1)
	if got := len(r.append(nil)); got > 8 {
		t.Errorf("a row of one source, seen once, takes %d bytes", got)
	}
}

// FuzzRows reads rows that no store of ours wrote, and merges those that can be
// read: in any order with the same result.
func FuzzRows(f *testing.F) {
	for _, r := range []row{
		{count: 1},
		{first: 1767225600, last: 1767229200, hasFirst: true, hasLast: true, count: 3, sources: []uint32{1, 5}, evidence: [][32]byte{{3}}},
		{last: 9, hasLast: true, count: 300, sources: []uint32{2, 3, 4, 9}},
	} {
		f.Add(r.append(nil), r.append(nil), r.append(nil))
	}
	f.Add([]byte{0xff, 0xff}, []byte{}, []byte{flagEvidence, 200})
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		var m rowMerger
		merge := func(x, y []byte) []byte {
			merged, err := m.merge(bytes.Clone(x), y)
			if err != nil {
				t.Skip()
			}
			return merged
		}
		var r row
		if r.read(a) != nil || r.read(b) != nil || r.read(c) != nil {
			t.Skip()
		}
		left, right := merge(merge(a, b), c), merge(a, merge(c, b))
		if !bytes.Equal(left, right) {
			t.Fatalf("merging %q, %q and %q depends on the order: %q, %q", a, b, c, left, right)
		}
	})
}
