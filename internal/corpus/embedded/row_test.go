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
			var got wholeRow
			if err := got.read(want.append(nil, false)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.row, cmp.AllowUnexported(row{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPlainRowIsShort(t *testing.T) {
	var r row
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r.set(observation.Observation{Window: observation.Window{First: first, Last: first.Add(time.Hour)}, Count: 1}, 1)
	if got := len(r.append(nil, false)); got > 8 {
		t.Errorf("a row of one source, seen once, takes %d bytes", got)
	}
}

// origins are those of two sources without an import and of two imports with
// two sources each.
func origins() *sources {
	all := []origin{{"a", 0}, {"b", 0}, {"c", 1}, {"d", 1}, {"c", 2}, {"", 2}}
	s := &sources{}
	s.all.Store(&all)
	return s
}

func TestPartsStayApart(t *testing.T) {
	m := rowMerger{origins: origins()}
	var value []byte
	for _, r := range []row{
		{count: 5, sources: []uint32{5}, first: 50, hasFirst: true},
		{count: 1, sources: []uint32{1}, first: 20, hasFirst: true},
		{count: 2, sources: []uint32{3}, first: 10, hasFirst: true},
		{count: 3, sources: []uint32{4}, first: 30, hasFirst: true},
		{count: 7},
	} {
		next := r.append(nil, false)
		if value == nil {
			value = next
			continue
		}
		var err error
		if value, err = m.merge(value, next); err != nil {
			t.Fatal(err)
		}
	}
	var p parts
	if err := p.read(value, m.origins); err != nil {
		t.Fatal(err)
	}
	want := []row{
		{count: 8, sources: []uint32{1}, first: 20, hasFirst: true},
		{count: 5, sources: []uint32{3, 4}, first: 10, hasFirst: true},
		{count: 5, sources: []uint32{5}, first: 50, hasFirst: true},
	}
	if diff := cmp.Diff(want, p.rows, cmp.AllowUnexported(row{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var whole wholeRow
	if err := whole.read(value); err != nil || whole.count != 18 || whole.first != 10 {
		t.Errorf("as one: %+v, %v", whole.row, err)
	}
	names, err := m.origins.named(whole.sources)
	if diff := cmp.Diff([]string{"a", "c", "d"}, names); diff != "" || err != nil {
		t.Errorf("names, %v (-want +got):\n%s", err, diff)
	}
}

// FuzzRows reads values that no store of ours wrote, and merges those that can
// be read: in any order with the same result.
func FuzzRows(f *testing.F) {
	for _, r := range []row{
		{count: 1},
		{first: 1767225600, last: 1767229200, hasFirst: true, hasLast: true, count: 3, sources: []uint32{1, 2}, evidence: [][32]byte{{3}}},
		{last: 9, hasLast: true, count: 300, sources: []uint32{3, 4}},
	} {
		f.Add(r.append(nil, false), r.append(nil, false), r.append(nil, false))
		f.Add(append(r.append(nil, true), (&row{sources: []uint32{5, 6}}).append(nil, false)...), r.append(nil, false), []byte{0})
	}
	f.Add([]byte{0xff, 0xff}, []byte{}, []byte{flagEvidence, 200})
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		m := rowMerger{origins: origins()}
		merge := func(x, y []byte) []byte {
			merged, err := m.merge(bytes.Clone(x), y)
			if err != nil {
				t.Fatalf("merging %q and %q, which can be read: %v", x, y, err)
			}
			return merged
		}
		var p parts
		for _, value := range [][]byte{a, b, c} {
			if p.read(value, m.origins) != nil {
				t.Skip()
			}
		}
		left, right := merge(merge(a, b), c), merge(a, merge(c, b))
		if !bytes.Equal(left, right) {
			t.Fatalf("merging %q, %q and %q depends on the order: %q, %q", a, b, c, left, right)
		}
	})
}
