package corpus_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"

	"github.com/google/go-cmp/cmp"
)

// stored makes values without asking for their grammar, as a store does.
func stored(t *testing.T, kind observable.Kind, texts ...string) []observable.Value {
	t.Helper()
	var values []observable.Value
	for _, text := range texts {
		v, err := observable.Stored(kind, text)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

func TestCompareOrder(t *testing.T) {
	sha1, sha256 := strings.Repeat("a", 40), strings.Repeat("0", 64)
	want := slices.Concat(
		stored(t, observable.Domain, "example", "a.example", "x.a.example", "a-b.example", "b.example", "test", "ab.test"),
		stored(t, observable.IP, "9.0.0.1", "192.0.2.1", "192.0.2.10", "203.0.113.9", "2001:db8::9", "2001:db8::10"),
		stored(t, observable.Email, "a@b.example", "b@a.example"),
		stored(t, observable.File, strings.Repeat("f", 32), sha1, sha256, strings.Repeat("f", 64), "ABC", "abc", "no digest"),
		stored(t, observable.Text, "aaaa", "b"),
	)
	got := slices.Clone(want)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		rng.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		slices.SortFunc(got, corpus.Compare)
		if diff := cmp.Diff(texts(want), texts(got)); diff != "" {
			t.Fatalf("order (-want +got):\n%s", diff)
		}
	}
}

func texts(values []observable.Value) []string {
	var all []string
	for _, v := range values {
		all = append(all, v.Kind().String()+" "+v.Text())
	}
	return all
}

func TestBelow(t *testing.T) {
	for name, test := range map[string]struct {
		name, domain string
		want         bool
	}{
		"a_host_is_below_its_domain":         {"a.example.test", "example.test", true},
		"a_host_is_below_its_top_level":      {"a.example.test", "test", true},
		"a_domain_is_not_below_itself":       {"example.test", "example.test", false},
		"a_longer_label_is_another_domain":   {"anexample.test", "example.test", false},
		"a_parent_is_not_below_its_child":    {"test", "example.test", false},
		"the_same_label_elsewhere_is_not_it": {"example.test.example", "example.test", false},
	} {
		t.Run(name, func(t *testing.T) {
			v := stored(t, observable.Domain, test.name, test.domain)
			if got := corpus.Below(v[0], v[1]); got != test.want {
				t.Errorf("Below(%s, %s) = %v", test.name, test.domain, got)
			}
		})
	}
}

func TestCompareTotalsPutsTheNewestFirst(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	totals := []corpus.Total{{Source: "b", AsOf: day(1)}, {Source: "c"}, {Source: "a", AsOf: day(1)}, {Source: "z", AsOf: day(2)}}
	slices.SortFunc(totals, corpus.CompareTotals)
	var got []string
	for _, total := range totals {
		got = append(got, total.Source)
	}
	if diff := cmp.Diff([]string{"z", "a", "b", "c"}, got); diff != "" {
		t.Error(diff)
	}
}
