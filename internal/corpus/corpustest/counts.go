package corpustest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// checkCount holds a count of holders to the contract: exact up to the limit;
// above it exact too, or marked as an estimate, within a tenth of the truth and
// never below the limit.
func checkCount(truth uint64, limit int, got corpus.Count) error {
	if got.Source != "" || !got.AsOf.IsZero() {
		return fmt.Errorf("the store's own count names a source: %+v", got)
	}
	if !got.Estimate {
		if got.N != truth {
			return fmt.Errorf("%d holders, counted %d", truth, got.N)
		}
		return nil
	}
	bound := uint64(corpus.ResultLimit(limit))
	off := max(got.N, truth) - min(got.N, truth)
	if truth <= bound || got.N < bound || off > truth/10+1 {
		return fmt.Errorf("%d holders, limit %d, estimated %d", truth, bound, got.N)
	}
	return nil
}

func (s *subject) wantHolders(truth uint64, v observable.Value, limit int) {
	s.t.Helper()
	if err := checkCount(truth, limit, s.holders(observation.ResolvesTo, v, limit)); err != nil {
		s.t.Errorf("Holders of %s: %v", v.Text(), err)
	}
}

func holdersDistinct(_ *testing.T, s *subject) {
	s.put(
		resolves("a.example", "192.0.2.1", day(1), day(1)),
		resolves("a.example", "192.0.2.1", day(5), day(6)),
		resolves("b.example", "192.0.2.1", day(1), day(1)),
		resolves("c.example", "192.0.2.2", day(1), day(1)),
	)
	s.put(observation.Observation{Subject: value(observable.Cert, strings.Repeat("a", 64)), Relation: observation.Names, Object: ip("192.0.2.1")})
	s.wantHolders(2, ip("192.0.2.1"), 0)
	s.wantHolders(1, ip("192.0.2.2"), 0)
	s.wantHolders(0, ip("192.0.2.3"), 0)
	s.want("holders under another relation", corpus.Count{N: 1}, s.holders(observation.Names, ip("192.0.2.1"), 0))
}

// many returns n names that resolve to one address, from number from on.
func many(from, n int, address string) []observation.Observation {
	all := make([]observation.Observation, n)
	for i := range all {
		all[i] = resolves(fmt.Sprintf("h%d.example", from+i), address, day(1), day(2))
	}
	return all
}

func holdersAboveLimit(_ *testing.T, s *subject) {
	s.load(many(0, 100, "192.0.2.1")...)
	for _, limit := range []int{1, 99, 100, 101, 0} {
		s.wantHolders(100, ip("192.0.2.1"), limit)
	}
	over := corpus.DefaultHolderLimit + 1000
	s.load(many(0, over, "192.0.2.2")...)
	for _, limit := range []int{10, 0, over - 1, over, over + 1} {
		s.wantHolders(uint64(over), ip("192.0.2.2"), limit)
	}
}

func holdersGrow(_ *testing.T, s *subject) {
	const limit = corpus.DefaultHolderLimit
	one, two := "192.0.2.1", "192.0.2.2"
	s.load(many(0, limit-10, one)...) // below the limit at first
	s.wantHolders(limit-10, ip(one), 0)
	s.load(many(limit-20, 500, one)...) // ten are known
	s.wantHolders(limit+480, ip(one), 0)
	s.put(many(0, 100, one)...) // all known
	s.wantHolders(limit+480, ip(one), 0)
	s.put(many(limit+400, 100, one)...) // eighty known
	s.wantHolders(limit+500, ip(one), 0)
	s.load(many(limit+490, 20, one)...) // ten known
	s.wantHolders(limit+510, ip(one), 0)

	s.put(many(0, 50, two)...)
	s.load(many(25, limit+100, two)...) // heavy at once, over rows that were there
	s.wantHolders(limit+125, ip(two), 0)
	if err := s.store.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.wantHolders(limit+510, ip(one), 0)
	s.wantHolders(limit+125, ip(two), 0)
}

func totalsNewestFirst(t *testing.T, s *subject) {
	total := func(source string, n uint64, asOf time.Time) corpus.Total {
		return corpus.Total{Relation: observation.ResolvesTo, Object: ip("192.0.2.1"), N: n, Source: source, AsOf: asOf}
	}
	other := total("b", 7, day(1))
	other.Relation = observation.Embeds
	ask := func(relation observation.Relation, want ...corpus.Total) {
		t.Helper()
		got, err := s.store.Totals(t.Context(), relation, ip("192.0.2.1"))
		s.want(fmt.Sprintf("Totals: %v", err), want, got)
	}
	put := func(totals ...corpus.Total) {
		t.Helper()
		if err := s.store.PutTotals(t.Context(), totals); err != nil {
			t.Fatal(err)
		}
	}
	ask(observation.ResolvesTo)
	put(total("b", 3, day(2)), total("a", 1, day(1)), total("c", 5, day(2)), total("d", 9, time.Time{}), other)
	ask(observation.ResolvesTo, total("b", 3, day(2)), total("c", 5, day(2)), total("a", 1, day(1)), total("d", 9, time.Time{}))
	ask(observation.Embeds, other)
	put(total("a", 2, day(3).Add(time.Millisecond))) // newer
	put(total("b", 4, day(1)))                       // older: ignored
	put(total("c", 6, day(2)))                       // of the same time: replaces
	put(total("d", 8, time.Time{}))
	ask(observation.ResolvesTo, total("a", 2, day(3)), total("b", 3, day(2)), total("c", 6, day(2)), total("d", 8, time.Time{}))
	put(total("e", 1, day(9)), total("e", 2, day(8))) // of two at once the newer stays
	put(total("f", 1, day(8)), total("f", 2, day(9)))
	ask(observation.ResolvesTo, total("e", 1, day(9)), total("f", 2, day(9)),
		total("a", 2, day(3)), total("b", 3, day(2)), total("c", 6, day(2)), total("d", 8, time.Time{}))
	s.want("totals are no links", []corpus.Link{}, s.subjects(observation.ResolvesTo, ip("192.0.2.1"), 0))
}

func totalsRefused(t *testing.T, s *subject) {
	good := corpus.Total{Relation: observation.ResolvesTo, Object: ip("192.0.2.1"), N: 1, Source: "a", AsOf: day(1)}
	for name, spoil := range map[string]func(*corpus.Total){
		"no_source":                   func(b *corpus.Total) { b.Source = "" },
		"no_relation":                 func(b *corpus.Total) { b.Relation = 0 },
		"relation_leads_elsewhere":    func(b *corpus.Total) { b.Relation = observation.MX },
		"source_with_a_zero_byte":     func(b *corpus.Total) { b.Source = "a\x00" },
		"date_beyond_the_calendar":    func(b *corpus.Total) { b.AsOf = time.Unix(1<<50, 0) },
		"source_name_longer_than_fit": func(b *corpus.Total) { b.Source = strings.Repeat("a", corpus.MaxSourceLen+1) },
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			spoil(&bad)
			if err := s.store.PutTotals(t.Context(), []corpus.Total{good, bad}); err == nil {
				t.Errorf("PutTotals(%+v) is no error", bad)
			}
		})
	}
	got, err := s.store.Totals(t.Context(), good.Relation, good.Object)
	s.want(fmt.Sprintf("nothing of a refused batch is kept: %v", err), []corpus.Total{}, got)
}

func subdomains(t *testing.T, s *subject) {
	s.put(
		resolves("www.a.example", "192.0.2.1", day(1), day(1)),
		resolves("www.a.example", "192.0.2.2", day(1), day(1)),
		resolves("x.www.a.example", "192.0.2.1", day(1), day(1)),
		resolves("a.example", "192.0.2.1", day(1), day(1)),
		resolves("a-b.example", "192.0.2.1", day(1), day(1)),
		resolves("ba.example", "192.0.2.1", day(1), day(1)),
		resolves("www.a.example.test", "192.0.2.1", day(1), day(1)),
		observation.Observation{Subject: domain("a.example"), Relation: observation.MX, Object: domain("mail.a.example")},
		observation.Observation{Subject: domain("c.example"), Relation: observation.MX, Object: domain("www.a.example")},
		observation.Observation{Subject: domain("c.example"), Relation: observation.TXT, Object: value(observable.Text, "t.a.example")},
	)
	for name, want := range map[string][]string{
		"a.example":       {"mail.a.example", "www.a.example", "x.www.a.example"},
		"www.a.example":   {"x.www.a.example"},
		"x.www.a.example": {},
		"test":            {"www.a.example.test"},
		"example":         {"a.example", "mail.a.example", "www.a.example", "x.www.a.example", "a-b.example", "ba.example", "c.example"},
		"unknown.example": {},
	} {
		names, _, err := s.store.Subdomains(t.Context(), domain(name), 0)
		var got []string
		for _, v := range names {
			got = append(got, v.Text())
		}
		s.want(fmt.Sprintf("Subdomains(%s): %v", name, err), want, got)
	}
	if lister, ok := s.store.(corpus.NameLister); ok {
		var listed []string
		err := lister.EachDomain(t.Context(), func(v observable.Value) error {
			listed = append(listed, v.Text())
			return nil
		})
		all, _, wholeErr := s.store.Subdomains(t.Context(), domain("example"), 0)
		var want []string
		for _, v := range all {
			want = append(want, v.Text())
		}
		want = append(want, "www.a.example.test")
		s.want(fmt.Sprintf("EachDomain: %v, %v", err, wholeErr), want, listed)
	}
	got, more, err := s.store.Subdomains(t.Context(), value(observable.Text, "a.example"), 0)
	s.want(fmt.Sprintf("of what is no domain: %v", err), []any{0, false}, []any{len(got), more})
}

func inRange(t *testing.T, s *subject) {
	for i, address := range []string{"192.0.2.0", "192.0.2.1", "192.0.2.127", "192.0.2.128", "192.0.2.255", "192.0.3.0", "2001:db8::", "2001:db8::ff", "2001:db8:1::", "c000:200::"} {
		s.put(resolves("a.example", address, day(1), day(1)))
		if i%2 == 0 { // the same address from the other side
			s.put(observation.Observation{Subject: ip(address), Relation: observation.PTR, Object: domain("a.example")})
		}
	}
	s.put(observation.Observation{Subject: ip("192.0.2.77"), Relation: observation.PTR, Object: domain("b.example")})
	for text, want := range map[string][]string{
		"192.0.2.0/24":    {"192.0.2.0", "192.0.2.1", "192.0.2.77", "192.0.2.127", "192.0.2.128", "192.0.2.255"},
		"192.0.2.1/24":    {"192.0.2.0", "192.0.2.1", "192.0.2.77", "192.0.2.127", "192.0.2.128", "192.0.2.255"},
		"192.0.2.0/25":    {"192.0.2.0", "192.0.2.1", "192.0.2.77", "192.0.2.127"},
		"192.0.2.128/25":  {"192.0.2.128", "192.0.2.255"},
		"192.0.2.255/32":  {"192.0.2.255"},
		"192.0.2.2/32":    {},
		"0.0.0.0/0":       {"192.0.2.0", "192.0.2.1", "192.0.2.77", "192.0.2.127", "192.0.2.128", "192.0.2.255", "192.0.3.0"},
		"2001:db8::/32":   {"2001:db8::", "2001:db8::ff", "2001:db8:1::"},
		"2001:db8::/121":  {"2001:db8::"},
		"2001:db8::/120":  {"2001:db8::", "2001:db8::ff"},
		"::/0":            {"2001:db8::", "2001:db8::ff", "2001:db8:1::", "c000:200::"},
		"203.0.113.0/24":  {},
		"2001:db8::/128":  {"2001:db8::"},
		"255.255.255.0/8": {},
	} {
		addresses, _, err := s.store.InRange(t.Context(), prefix(text), 0)
		var got []string
		for _, v := range addresses {
			got = append(got, v.Text())
		}
		s.want(fmt.Sprintf("InRange(%s): %v", text, err), want, got)
	}
	if _, _, err := s.store.InRange(t.Context(), netip.Prefix{}, 0); err == nil {
		t.Error("InRange of no range is no error")
	}
}

func populations(t *testing.T, s *subject) {
	want := func(relation observation.Relation, subjects, links uint64) {
		t.Helper()
		got, err := s.store.Population(t.Context(), relation)
		if got.Estimate && subjects > 1000 {
			t.Skip("the engine estimates populations of this size")
		}
		s.want(fmt.Sprintf("Population(%s): %v", relation, err), corpus.Population{Subjects: subjects, Links: links}, got)
	}
	want(observation.ResolvesTo, 0, 0)
	s.put(
		resolves("a.example", "192.0.2.1", day(1), day(1)),
		resolves("a.example", "192.0.2.1", day(5), day(6)),
		resolves("a.example", "192.0.2.2", day(1), day(1)),
		resolves("b.example", "192.0.2.1", day(1), day(1)),
		observation.Observation{Subject: domain("a.example"), Relation: observation.MX, Object: domain("b.example")},
	)
	want(observation.ResolvesTo, 2, 3)
	want(observation.MX, 1, 1)
	want(observation.TXT, 0, 0)
	s.put(resolves("a.example", "192.0.2.2", day(1), day(1)), resolves("b.example", "192.0.2.9", day(1), day(1)))
	want(observation.ResolvesTo, 2, 4)
	s.load(
		resolves("b.example", "192.0.2.9", day(1), day(1)),
		resolves("c.example", "192.0.2.9", day(1), day(1)),
		resolves("c.example", "192.0.2.9", day(3), day(3)),
		resolves("c.example", "192.0.2.8", day(3), day(3)),
	)
	want(observation.ResolvesTo, 3, 6)
	s.load(
		resolves("c.example", "192.0.2.8", day(3), day(3)),
		resolves("d.example", "192.0.2.8", day(3), day(3)),
		observation.Observation{Subject: domain("a.example"), Relation: observation.MX, Object: domain("c.example")},
	)
	want(observation.ResolvesTo, 4, 7)
	want(observation.MX, 1, 2)
	if err := s.store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(observation.ResolvesTo, 4, 7)
	want(observation.MX, 1, 2)
}
