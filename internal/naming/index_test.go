package naming

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
	"clew/internal/observation"
)

// listed is a corpus of nothing but names.
type listed []string

func (l listed) EachDomain(_ context.Context, visit func(observable.Value) error) error {
	for _, name := range l {
		if err := visit(observable.Must(observable.Domain, name)); err != nil {
			return err
		}
	}
	return nil
}

var built = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func indexOf(t testing.TB, names ...string) *Index {
	t.Helper()
	dir := t.TempDir()
	if _, err := Build(t.Context(), dir, listed(names), "state", built, nil); err != nil {
		t.Fatal(err)
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func texts(names []Name) []string {
	out := []string{}
	for _, n := range names {
		out = append(out, n.String())
	}
	slices.Sort(out)
	return out
}

func TestIndexAnswers(t *testing.T) {
	x := indexOf(t,
		"jppost-tu.test", "www.jppost-tu.test", "a.b.jppost-bra.example", "jppost-bra.example", "jppost-tu.example", "my-jppost.test",
		"jppostal.test", "vault7.test", "vault18.example", "vault.test", "xn--pple-43d.test", "apple.test", "co.uk", "bakery.test")
	if x.Meta.Names != 11 {
		t.Errorf("%d names", x.Meta.Names)
	}
	type answer = func() ([]Name, bool, error)
	ctx := t.Context()
	for name, test := range map[string]struct {
		ask  answer
		want []string
	}{
		"label under any suffix": {func() ([]Name, bool, error) { return x.UnderAnySuffix(ctx, "jppost-tu", 9) }, []string{"jppost-tu.example", "jppost-tu.test"}},
		"prefix":                 {func() ([]Name, bool, error) { return x.StartingWith(ctx, "jppost", 9) }, []string{"jppost-bra.example", "jppost-tu.example", "jppost-tu.test", "jppostal.test"}},
		"token, first or not":    {func() ([]Name, bool, error) { return x.WithToken(ctx, "jppost", 9) }, []string{"jppost-bra.example", "jppost-tu.example", "jppost-tu.test", "my-jppost.test"}},
		"skeleton":               {func() ([]Name, bool, error) { return x.WithSkeleton(ctx, "vault#", 9) }, []string{"vault18.example", "vault7.test"}},
		"one edit":               {func() ([]Name, bool, error) { return x.Near(ctx, "vault8", 1, 9) }, []string{"vault.test", "vault18.example", "vault7.test"}},
		"guise":                  {func() ([]Name, bool, error) { return x.WithGuise(ctx, Guise("apple"), 9) }, []string{"xn--pple-43d.test"}},
		"nothing":                {func() ([]Name, bool, error) { return x.Near(ctx, "zzzzzzzz", 2, 9) }, []string{}},
	} {
		found, more, err := test.ask()
		if err != nil || more {
			t.Errorf("%s: more %v, %v", name, more, err)
		}
		if diff := cmp.Diff(test.want, texts(found)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if found, more, err := x.StartingWith(ctx, "jppost", 2); err != nil || !more || len(found) != 2 {
		t.Errorf("limit 2: %v %v %v", found, more, err)
	}
}

func TestIndexCounts(t *testing.T) {
	x := indexOf(t,
		"jppost-tu.test", "www.jppost-tu.test", "jppost-bra.example", "my-jppost.test", "jppost-jppost.test", "jppostal.test", "jppostbank.test",
		"post2-mail.test", "bank9-shop.test", "plainword.test", "otherword.test", "xn--pple-43d.test", "xn--pple-53d.test")
	for _, test := range []struct {
		of   observation.Relation
		text string
		want uint64
	}{
		{observation.Token, "jppost", 4},
		{observation.Token, "plainword", 0}, // one name alone: not in the index
		{observation.Token, "jppostal", 0},
		{observation.NamePrefix, "jppost", 5}, // jppostal and jppostbank, but my-jppost starts mypost
		{observation.Shape, "aaaa0-aaaa", 2},
		{observation.Shape, "aaaaaaaaa", 0}, // a length is no shape
	} {
		if got, err := x.Holders(test.of, test.text); err != nil || got != test.want {
			t.Errorf("%s %s: %d holders, want %d, %v", test.of, test.text, got, test.want, err)
		}
	}
	if _, err := x.Holders(observation.ResolvesTo, "jppost"); err == nil {
		t.Error("addresses of names are counted")
	}
	found, more, err := x.WithShape(t.Context(), "aaaa0-aaaa", 9)
	if diff := cmp.Diff([]string{"bank9-shop.test", "post2-mail.test"}, texts(found)); diff != "" || more || err != nil {
		t.Error(more, err, diff)
	}
}

// TestCountsAgreeWithTheParts compares the counts with those of a map.
func TestCountsAgreeWithTheParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var names []string
	want := map[observation.Relation]map[string]uint64{observation.Token: {}, observation.NamePrefix: {}, observation.Shape: {}}
	seen := map[string]bool{}
	for len(names) < 3000 {
		label := ""
		for range 1 + rng.IntN(3) {
			label += []string{"post", "bank", "-", "7", "42", "secure", "mail", "x"}[rng.IntN(8)]
		}
		label = strings.Trim(label, "-")
		domain := label + []string{".test", ".example", ".invalid"}[rng.IntN(3)]
		if label == "" || seen[domain] || strings.Contains(label, "--") {
			names = append(names, "again.test")
			continue
		}
		seen[domain] = true
		names = append(names, domain, "www."+domain)
		for _, token := range observable.Tokens(observable.Must(observable.Domain, domain)) {
			want[observation.Token][token]++
		}
		if prefix, ok := observable.NamePrefix(label); ok {
			want[observation.NamePrefix][prefix]++
		}
		if shape, ok := ShapeOf(label); ok {
			want[observation.Shape][shape]++
		}
	}
	x := indexOf(t, names...)
	for r, counts := range want {
		for text, n := range counts {
			if n == 1 {
				n = 0
			}
			if got, err := x.Holders(r, text); err != nil || got != n {
				t.Errorf("%s %s: %d, want %d, %v", r, text, got, n, err)
			}
		}
	}
}

func TestCommonShapesAreCountedAndNotListed(t *testing.T) {
	var names []string
	for i := range MostOfShape + 1 {
		names = append(names, fmt.Sprintf("name-%04d.test", i))
	}
	for i := range 10 {
		names = append(names, fmt.Sprintf("rare%d-0.test", i))
	}
	x := indexOf(t, names...)
	for shape, want := range map[string]struct {
		held   uint64
		listed int
	}{"aaaa-0000": {MostOfShape + 1, 0}, "aaaa0-0": {10, 10}} {
		held, err := x.Holders(observation.Shape, shape)
		found, more, listErr := x.WithShape(t.Context(), shape, 99)
		if held != want.held || len(found) != want.listed || more || err != nil || listErr != nil {
			t.Errorf("%s: %d holders, %d listed, %v %v %v", shape, held, len(found), more, err, listErr)
		}
	}
}

// TestCustomersOfASuffixAreNames holds the index to names that stand below one
// that is a name itself.
func TestCustomersOfASuffixAreNames(t *testing.T) {
	x := indexOf(t, "github.io", "one.github.io", "www.one.github.io", "two.github.io", "sub.other.test", "other.test")
	if x.Meta.Names != 4 {
		t.Errorf("%d names, want 4", x.Meta.Names)
	}
}

func TestNoIndexIsSaid(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNoIndex) {
		t.Error(err)
	}
}

func TestRebuiltIndexReplacesTheOld(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"one.test", "two.test"} {
		if _, err := Build(t.Context(), dir, listed{name}, fmt.Sprint(i), built.Add(time.Duration(i)), nil); err != nil {
			t.Fatal(err)
		}
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // read only
	for name, want := range map[string]bool{"one": false, "two": true} {
		if held, err := x.Holds(Name{name, "test"}); err != nil || held != want {
			t.Errorf("%s held %v, %v", name, held, err)
		}
	}
}

// distance is the textbook edit distance: the slow reference.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

func TestNearEqualsTheSlowReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	names := map[string]bool{}
	for len(names) < 4000 {
		var b strings.Builder
		for range 3 + rng.IntN(5) {
			b.WriteByte("abcde-1"[rng.IntN(7)])
		}
		names[strings.Trim(b.String(), "-")+[]string{".test", ".example"}[rng.IntN(2)]] = true
	}
	delete(names, ".test")
	delete(names, ".example")
	all := sortedKeys(names)
	x := indexOf(t, all...)
	for range 60 {
		query, _ := nameOf(all[rng.IntN(len(all))])
		for edits := range MaxEdits + 1 {
			found, _, err := x.Near(t.Context(), query.Label, edits, len(all))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{}
			for _, text := range all {
				if n, _ := nameOf(text); distance(n.Label, query.Label) <= edits {
					want = append(want, text)
				}
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, texts(found)); diff != "" {
				t.Fatalf("within %d of %s: %s", edits, query.Label, diff)
			}
		}
	}
}

func TestSorterSpillsAndMerges(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	s := newSorter(t.TempDir())
	s.limit = 1 << 10
	want := map[string]uint64{}
	for range 5000 {
		key := fmt.Sprintf("key-%d", rng.IntN(2000))
		want[key]++
		if err := s.add([]byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	var order []string
	got := map[string]uint64{}
	err := s.each(func(key []byte, times uint64) error {
		order = append(order, string(key))
		got[string(key)] = times
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sortedKeys(want), order); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(s.runs) < 10 {
		t.Errorf("only %d runs: nothing was merged", len(s.runs))
	}
}
