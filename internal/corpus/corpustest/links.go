package corpustest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

func linksFromBothEnds(_ *testing.T, s *subject) {
	o := resolves("a.example", "192.0.2.1", day(1), day(2))
	o.Evidence = digest(1)
	s.put(o)
	s.want("Objects", []corpus.Link{linkOf(o)}, s.objects(o.Subject))
	s.want("Subjects", []corpus.Link{linkOf(o)}, s.subjects(o.Relation, o.Object, 0))
	s.want("Objects of the object", []corpus.Link{}, s.objects(o.Object))
	s.want("Subjects under another relation", []corpus.Link{}, s.subjects(observation.Names, o.Object, 0))
}

func sightingsMerge(_ *testing.T, s *subject) {
	early := resolves("a.example", "192.0.2.1", day(1), day(5))
	early.Count, early.Source, early.Evidence = 3, "one", digest(2)
	late := resolves("a.example", "192.0.2.1", day(4), day(9))
	late.Count, late.Source, late.Evidence = 4, "another", digest(1)
	s.put(late)
	s.put(early, early)
	want := linkOf(early)
	want.Last, want.Count = day(9), 10
	want.Sources, want.Evidence = []string{"another", "one"}, []string{digest(1), digest(2)}
	s.want("Objects", []corpus.Link{want}, s.objects(early.Subject))
	s.want("Subjects", []corpus.Link{want}, s.subjects(early.Relation, early.Object, 0))
}

func windowsKeepUnknown(t *testing.T, s *subject) {
	var none time.Time
	epoch := time.Unix(0, 0).UTC()
	for i, test := range []struct {
		name string
		in   []observation.Window
		want observation.Window
	}{
		{"unknown", []observation.Window{{}}, observation.Window{}},
		{"only_first", []observation.Window{{First: day(1)}}, observation.Window{First: day(1)}},
		{"only_last", []observation.Window{{Last: day(2)}}, observation.Window{Last: day(2)}},
		{"an_end_is_filled_in", []observation.Window{{First: day(1)}, {Last: day(2)}}, observation.Window{First: day(1), Last: day(2)}},
		{"unknown_changes_nothing", []observation.Window{{First: day(1), Last: day(2)}, {}}, observation.Window{First: day(1), Last: day(2)}},
		{"the_epoch_is_known", []observation.Window{{First: epoch, Last: epoch}}, observation.Window{First: epoch, Last: epoch}},
		{"the_epoch_is_before_today", []observation.Window{{First: day(1), Last: day(1)}, {First: epoch}}, observation.Window{First: epoch, Last: day(1)}},
		{"before_the_epoch", []observation.Window{{First: epoch.AddDate(-9, 0, 0), Last: epoch.Add(-time.Second)}}, observation.Window{First: epoch.AddDate(-9, 0, 0), Last: epoch.Add(-time.Second)}},
		{"ends_of_two_sources_may_cross", []observation.Window{{First: day(9)}, {Last: day(2)}}, observation.Window{First: day(9), Last: day(2)}},
		{
			"ends_of_the_calendar",
			[]observation.Window{{First: none.Add(time.Second), Last: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}},
			observation.Window{First: none.Add(time.Second), Last: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := fmt.Sprintf("name%d.example", i)
			for _, w := range test.in {
				s.put(resolves(name, "192.0.2.1", w.First, w.Last))
			}
			got := s.objects(domain(name))
			if len(got) != 1 || got[0].Window != test.want {
				t.Errorf("windows %v gave %+v, want %v", test.in, got, test.want)
			}
		})
	}
}

func timesToTheSecond(_ *testing.T, s *subject) {
	east := time.FixedZone("east", 9*3600)
	o := resolves("a.example", "192.0.2.1", day(1).Add(999*time.Millisecond).In(east), day(2).In(east))
	s.put(o)
	o.First, o.Last = day(1), day(2)
	s.want("Objects", []corpus.Link{linkOf(o)}, s.objects(o.Subject))
}

func evidenceCapped(_ *testing.T, s *subject) {
	o := resolves("a.example", "192.0.2.1", day(1), day(1))
	for _, n := range []int{9, 3, 12, 1, 7, 5, 11, 2, 10, 4, 8, 6} {
		o.Evidence = digest(n)
		s.put(o)
	}
	o.Evidence = "import:tweets.csv" // no digest of an answer
	s.put(o)
	var want []string
	for n := 1; n <= corpus.MaxEvidence; n++ {
		want = append(want, digest(n))
	}
	s.want("evidence", want, s.objects(o.Subject)[0].Evidence)
}

func digest(n int) string { return fmt.Sprintf("sha256:%064x", n) }

func manySources(_ *testing.T, s *subject) {
	o := resolves("a.example", "192.0.2.1", day(1), day(1))
	var want []string
	var loaded []observation.Observation
	for n := range 300 {
		o.Source = fmt.Sprintf("source-%03d", n*7%300)
		want = append(want, o.Source)
		if n%2 == 0 {
			loaded = append(loaded, o)
		} else if n%50 == 1 {
			s.put(o)
		} else {
			loaded = append(loaded, o)
		}
	}
	s.load(loaded...)
	slices.Sort(want)
	got := s.objects(o.Subject)
	s.want("sources", want, got[0].Sources)
	s.want("count", uint64(300), got[0].Count)

	alone := resolves("b.example", "192.0.2.1", day(1), day(1))
	alone.Source = "source-299"
	s.put(alone)
	s.want("one source among many", []corpus.Link{linkOf(alone)}, s.objects(alone.Subject))
}

func countsDoNotWrap(_ *testing.T, s *subject) {
	o := resolves("a.example", "192.0.2.1", day(1), day(1))
	o.Count = math.MaxUint64
	s.put(o, o)
	s.want("count", uint64(math.MaxUint64), s.objects(o.Subject)[0].Count)
	none := resolves("b.example", "192.0.2.1", day(1), day(1))
	none.Count = 0
	s.put(none)
	s.want("count of an observation without one", uint64(1), s.objects(none.Subject)[0].Count)
}

func canonicalOrder(_ *testing.T, s *subject) {
	names := []string{"example", "a.example", "x.a.example", "a-b.example", "b.example", "test", "ab.test"}
	addresses := []string{"9.0.0.1", "192.0.2.1", "192.0.2.10", "203.0.113.9", "2001:db8::9", "2001:db8::10"}
	for i := range names { // neither ascending nor descending
		s.put(resolves(names[(i*3+1)%len(names)], "192.0.2.1", day(1), day(1)))
	}
	for i := range addresses {
		s.put(resolves("a.example", addresses[(i*5+2)%len(addresses)], day(1), day(1)))
	}
	s.put(observation.Observation{Subject: domain("a.example"), Relation: observation.RegistrantEmail, Object: value(observable.Email, "x@a.example")})
	s.put(observation.Observation{Subject: domain("a.example"), Relation: observation.NamePrefix, Object: value(observable.Text, "a")})
	s.want("subjects", names, texts(s.subjects(observation.ResolvesTo, ip("192.0.2.1"), 0), subjectOf))
	s.want("objects", slices.Concat([]string{"x@a.example"}, addresses, []string{"a"}), texts(s.objects(domain("a.example")), objectOf))
}

func subjectOf(l corpus.Link) observable.Value { return l.Subject }
func objectOf(l corpus.Link) observable.Value  { return l.Object }

func texts(links []corpus.Link, side func(corpus.Link) observable.Value) []string {
	var all []string
	for _, l := range links {
		all = append(all, side(l).Text())
	}
	return all
}

func limitsAndMore(t *testing.T, s *subject) {
	for n := range 5 {
		s.put(resolves("a.example", fmt.Sprintf("192.0.2.%d", n), day(1), day(1)))
		s.put(resolves(fmt.Sprintf("n%d.a.example", n), "203.0.113.1", day(1), day(1)))
	}
	ctx := t.Context()
	for _, test := range []struct{ limit, n int }{{1, 1}, {4, 4}, {5, 5}, {6, 5}, {0, 5}, {-1, 5}} {
		want := []any{test.n, test.n < 5}
		links, more, err := s.store.Objects(ctx, domain("a.example"), test.limit)
		s.want(fmt.Sprintf("Objects limit %d: %v", test.limit, err), want, []any{len(links), more})
		links, more, err = s.store.Objects(ctx, domain("a.example"), test.limit, observation.ResolvesTo)
		s.want(fmt.Sprintf("Objects of a relation limit %d: %v", test.limit, err), want, []any{len(links), more})
		links, more, err = s.store.Subjects(ctx, observation.ResolvesTo, ip("203.0.113.1"), test.limit)
		s.want(fmt.Sprintf("Subjects limit %d: %v", test.limit, err), want, []any{len(links), more})
		names, more, err := s.store.Subdomains(ctx, domain("a.example"), test.limit)
		s.want(fmt.Sprintf("Subdomains limit %d: %v", test.limit, err), want, []any{len(names), more})
		addresses, more, err := s.store.InRange(ctx, prefix("192.0.2.0/24"), test.limit)
		s.want(fmt.Sprintf("InRange limit %d: %v", test.limit, err), want, []any{len(addresses), more})
	}
}

func relationFilter(_ *testing.T, s *subject) {
	name := domain("a.example")
	mail := observation.Observation{Subject: name, Relation: observation.RegistrantEmail, Object: value(observable.Email, "x@a.example"), Count: 1}
	server := observation.Observation{Subject: name, Relation: observation.Nameserver, Object: domain("ns.example"), Count: 1}
	exchanger := observation.Observation{Subject: name, Relation: observation.MX, Object: domain("ns.example"), Count: 1}
	s.put(exchanger, mail, server)
	s.want("all", []corpus.Link{linkOf(mail), linkOf(server), linkOf(exchanger)}, s.objects(name))
	s.want("one", []corpus.Link{linkOf(server)}, s.objects(name, observation.Nameserver))
	s.want("two, in the order of the vocabulary, each once",
		[]corpus.Link{linkOf(mail), linkOf(exchanger)},
		s.objects(name, observation.MX, observation.RegistrantEmail, observation.MX))
	s.want("none of that relation", []corpus.Link{}, s.objects(name, observation.TXT))
}

func hostileText(_ *testing.T, s *subject) {
	for _, text := range []string{
		`'; DROP TABLE links; --`, `<script>alert(1)</script>`, `=cmd|' /C calc'!A0`, `"`, `\`, `%00%01%ff`, ` `,
		"\u00ff\u00fe", "\ufffd", "\u202egnp.exe", "𝔞𝔟𝔠", ".", "..", "a..b", "|", strings.Repeat("x", observable.MaxLen),
	} {
		for _, relation := range []observation.Relation{observation.TXT, observation.Label} {
			o := observation.Observation{Subject: domain("a.example"), Relation: relation, Object: value(observable.Text, text), Count: 1}
			s.put(o)
			s.want(fmt.Sprintf("Subjects of %.20q", text), []corpus.Link{linkOf(o)}, s.subjects(relation, o.Object, 0))
		}
	}
	odd := observation.Observation{Subject: domain("..odd..."), Relation: observation.MX, Object: domain("."), Count: 1}
	s.put(odd)
	s.want("a name of empty labels", []corpus.Link{linkOf(odd)}, s.objects(odd.Subject))
	s.want("and from its object", []corpus.Link{linkOf(odd)}, s.subjects(odd.Relation, odd.Object, 0))
	if got := len(s.objects(domain("a.example"))); got != 32 {
		s.t.Errorf("%d hostile texts came back of 32", got)
	}
}

func prefixesApart(_ *testing.T, s *subject) {
	names := []string{"a.example", "aa.example", "a.a.example", "a.examples", "example", "a", "a-.example"}
	for i, name := range names {
		s.put(resolves(name, fmt.Sprintf("192.0.2.%d", i), day(1), day(1)))
	}
	for i, name := range names {
		s.want(name, []string{fmt.Sprintf("192.0.2.%d", i)}, texts(s.objects(domain(name)), objectOf))
	}
	for i, text := range []string{"a", "aa", "a a", "ab", "a\u0100"} {
		o := observation.Observation{Subject: domain(fmt.Sprintf("n%d.example", i)), Relation: observation.TXT, Object: value(observable.Text, text), Count: 1}
		s.put(o)
		s.want(text, []corpus.Link{linkOf(o)}, s.subjects(observation.TXT, o.Object, 0))
	}
}

func digestForms(_ *testing.T, s *subject) {
	var want []corpus.Link
	for _, text := range []string{
		strings.Repeat("00", 16), strings.Repeat("ff", 16), strings.Repeat("0a", 20), strings.Repeat("00", 32), strings.Repeat("ff", 64),
		"ABCDEF", "abc", "not a digest", strings.Repeat("ab", 300),
	} {
		o := observation.Observation{Subject: domain("a.example"), Relation: observation.BodyHash, Object: value(observable.BodyHash, text), Count: 1}
		s.put(o)
		want = append(want, linkOf(o))
		s.want("Subjects of "+text, []corpus.Link{linkOf(o)}, s.subjects(observation.BodyHash, o.Object, 0))
	}
	slices.SortFunc(want, func(a, b corpus.Link) int { return corpus.Compare(a.Object, b.Object) })
	s.want("Objects", want, s.objects(domain("a.example")))
}

func handedOut(_ *testing.T, s *subject) {
	o := resolves("a.example", "192.0.2.1", day(1), day(2))
	o.Evidence = digest(1)
	s.put(o)
	for range 2 {
		got := s.objects(o.Subject)
		s.want("Objects", []corpus.Link{linkOf(o)}, got)
		got[0].Sources[0], got[0].Evidence[0], got[0].Count = "spoilt", "spoilt", 9
	}
}
