package corpus_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

func sample(t *testing.T) observation.Observation {
	t.Helper()
	return observation.Observation{
		Subject:  stored(t, observable.Domain, "a.example")[0],
		Relation: observation.ResolvesTo,
		Object:   stored(t, observable.IP, "192.0.2.1")[0],
		Source:   "test",
	}
}

func TestNormal(t *testing.T) {
	o := sample(t)
	o.First = time.Date(2026, 3, 1, 2, 0, 0, 999, time.FixedZone("east", 7200))
	o.Evidence = "import:rows.jsonl"
	got, err := corpus.Normal(o)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC); got.First != want {
		t.Errorf("First = %v, want %v", got.First, want)
	}
	if !got.Last.IsZero() || got.Count != 1 || got.Evidence != "" {
		t.Errorf("Normal(%+v) = %+v", o, got)
	}
}

func TestNormalRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*observation.Observation){
		"a_relation_that_cannot_start_there": func(o *observation.Observation) { o.Relation = observation.Names },
		"a_long_source_name":                 func(o *observation.Observation) { o.Source = strings.Repeat("s", corpus.MaxSourceLen+1) },
		"a_source_name_with_a_zero_byte":     func(o *observation.Observation) { o.Source = "a\x00b" },
		"a_source_name_in_broken_utf8":       func(o *observation.Observation) { o.Source = "a\xff" },
		"a_first_beyond_the_calendar":        func(o *observation.Observation) { o.First = time.Unix(math.MaxInt64/2, 0) },
		"a_last_before_the_calendar":         func(o *observation.Observation) { o.Last = time.Unix(-1<<40, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			o := sample(t)
			if _, err := corpus.Normal(o); err != nil {
				t.Fatalf("before it was spoilt: %v", err)
			}
			spoil(&o)
			if _, err := corpus.Normal(o); err == nil {
				t.Errorf("Normal(%+v) is no error", o)
			}
		})
	}
}

func TestDigest(t *testing.T) {
	good := "sha256:" + strings.Repeat("0a", 32)
	digest, ok := corpus.Digest(good)
	if !ok || corpus.DigestText(digest) != good {
		t.Errorf("Digest(%q) = %x, %v", good, digest, ok)
	}
	for _, bad := range []string{"", "sha256:", strings.ToUpper(good), good + "00", good[:70], "sha256:" + strings.Repeat("g", 64), good[7:]} {
		if _, ok := corpus.Digest(bad); ok {
			t.Errorf("Digest(%q) is ok", bad)
		}
	}
}

func TestAddCountsDoesNotWrap(t *testing.T) {
	if got := corpus.AddCounts(math.MaxUint64-1, 2); got != math.MaxUint64 {
		t.Errorf("got %d", got)
	}
	if got := corpus.AddCounts(2, 3); got != 5 {
		t.Errorf("got %d", got)
	}
}
