package score

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"clew/internal/observation"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: got %.4f, want %.4f", what, got, want)
	}
}

func at(days int) observation.Window {
	when := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days)
	return observation.Window{First: when, Last: when}
}

// email, name, address and registrar are the lines of the worked example in
// docs/guide/confidence.md.
func email() Match {
	return Match{Relation: observation.RegistrantEmail, Holders: 6, Population: NameWorld, A: at(0), B: at(0)}
}

func person() Match {
	return Match{Relation: observation.RegistrantName, Holders: 9, Population: NameWorld, A: at(0), B: at(0)}
}

func address(days int) Match {
	return Match{Relation: observation.ResolvesTo, Holders: 41, Population: NameWorld, A: at(0), B: at(days)}
}

func registrar() Match {
	return Match{Relation: observation.RegistrarOf, Holders: 54_000_000, Population: NameWorld, A: at(0), B: at(0)}
}

func TestWorkedExample(t *testing.T) {
	sum := Closed().Weigh(NameWorld, []Match{registrar(), address(35), person(), email()})
	near(t, "prior", sum.Prior, -21.78, 0.005)
	want := []struct {
		relation observation.Relation
		bits     float64
	}{
		{observation.RegistrantEmail, 25.10},
		{observation.RegistrantName, 2.00},
		{observation.ResolvesTo, 20.15},
		{observation.RegistrarOf, 0},
	}
	matches := []observation.Relation{observation.RegistrarOf, observation.ResolvesTo, observation.RegistrantName, observation.RegistrantEmail}
	for i, w := range want {
		if got := matches[sum.Lines[i].Match]; got != w.relation {
			t.Fatalf("line %d is %s, want %s", i, got, w.relation)
		}
		near(t, w.relation.String(), sum.Lines[i].Bits, w.bits, 0.006)
	}
	near(t, "name before the cap", sum.Lines[1].Raw, 24.10, 0.005)
	near(t, "address before time", mustBits(address(0)), 20.35, 0.005)
	near(t, "chance of one holder after 35 days", sum.Lines[2].SameHolder, 0.87, 0.005)
	near(t, "total", sum.Total, 25.47, 0.006)
	near(t, "p", sum.P, 0.99, 0)
	if band := BandOf(sum.P, sum, nil); band != High {
		t.Errorf("band %s, want high", band)
	}
}

func mustBits(m Match) float64 { bits, _ := Closed().Bits(m, 0); return bits }

func TestFewerFactsOfTheWorkedExample(t *testing.T) {
	cdn := address(0)
	cdn.Holders = 180_000
	tests := map[string]struct {
		matches []Match
		bits, p float64
		band    Band
	}{
		"email_alone_is_a_lead":                  {[]Match{email()}, 3.32, 0.44, Low},
		"one_family_is_medium":                   {[]Match{email(), person()}, 5.32, 0.68, Medium},
		"shared_address_alone_is_a_coincidence":  {[]Match{address(35)}, -1.63, 0.06, Coincidence},
		"cdn_and_registrar_say_next_to_nothing":  {[]Match{cdn, registrar()}, -19.62, 0.001, Coincidence},
		"nothing_shared_is_the_prior":            {nil, -21.78, 0.001, Coincidence},
		"suppressed_address_leaves_email_alone":  {[]Match{email(), suppressed(address(0))}, 3.32, 0.44, Low},
		"uncounted_address_leaves_email_alone":   {[]Match{email(), uncounted(address(0))}, 3.32, 0.44, Low},
		"address_of_the_previous_owner_is_blank": {[]Match{email(), beforeBirth(address(35))}, 3.32, 0.44, Low},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sum := Closed().Weigh(NameWorld, test.matches)
			near(t, "bits", sum.Total, test.bits, 0.02)
			near(t, "p", sum.P, test.p, 0.005)
			if got := BandOf(sum.P, sum, nil); got != test.band {
				t.Errorf("band %s, want %s", got, test.band)
			}
		})
	}
}

func suppressed(m Match) Match { m.Suppressed = "CDN"; return m }
func uncounted(m Match) Match  { m.Holders = 0; return m }

func beforeBirth(m Match) Match {
	m.SinceB = m.B.Last.Add(time.Hour)
	return m
}

func TestHopsOfTheWorkedExample(t *testing.T) {
	bridge := Bridge{SeedP: 0.9, CandidateP: 0.8}
	bridges := func(n int) []Bridge {
		out := make([]Bridge, n)
		for i := range out {
			out[i] = bridge
			out[i].CandidateCause = string(rune('a' + i))
			out[i].SeedCause = "seed's"
		}
		return out
	}
	m := Closed()
	for n, want := range map[int]float64{0: 0.12, 1: 0.44, 2: 0.64, 3: 0.77} {
		near(t, "combined", m.Combine(0.12, bridges(n)), want, 0.005)
	}
	same := []Bridge{{SeedP: 0.9, CandidateP: 0.8, SeedCause: "x", CandidateCause: "y"}, {SeedP: 0.9, CandidateP: 0.5, SeedCause: "y", CandidateCause: "x"}}
	near(t, "two bridges of one cause are one", m.Combine(0.12, same), m.Combine(0.12, same[:1]), 1e-12)
	round := []Bridge{{SeedP: 0.9, CandidateP: 0.9, SeedCause: "x", CandidateCause: "x"}}
	near(t, "one value on both sides is no bridge", m.Combine(0.12, round), 0.12, 1e-12)
	weak := []Bridge{{SeedP: 0.19, CandidateP: 0.99, SeedCause: "", CandidateCause: ""}}
	near(t, "a weak intermediate carries nothing", m.Combine(0.12, weak), 0.12, 1e-12)
}

func TestHighNeedsTwoIndependentReasons(t *testing.T) {
	m := Closed()
	one := m.Weigh(NameWorld, []Match{address(0), address(0), address(0)})
	if got := BandOf(0.95, one, nil); got != Medium {
		t.Errorf("one family at 0.95 is %s, want medium", got)
	}
	two := []Bridge{{SeedP: 0.9, CandidateP: 0.9, SeedCause: "s", CandidateCause: "a"}, {SeedP: 0.9, CandidateP: 0.9, SeedCause: "s", CandidateCause: "b"}}
	if got := BandOf(0.95, one, two); got != High {
		t.Errorf("two independent bridges at 0.95 are %s, want high", got)
	}
	if got := BandOf(0.95, one, []Bridge{{SeedP: 0.9, CandidateP: 0.9, SeedCause: "s", CandidateCause: "a"}, {SeedP: 0.9, CandidateP: 0.9, SeedCause: "s", CandidateCause: "a"}}); got != Medium {
		t.Errorf("one bridge twice at 0.95 is %s, want medium", got)
	}
	servers := slices.Clone(two)
	for i := range servers {
		servers[i].Reason = observation.Host
	}
	if got := BandOf(0.95, one, servers); got != Medium {
		t.Errorf("two bridges over servers anybody may point at are %s at 0.95, want medium", got)
	}
}

func TestGap(t *testing.T) {
	open := observation.Window{First: at(5).First}
	tests := map[string]struct {
		a, b  observation.Window
		days  float64
		known bool
	}{
		"overlap_has_no_gap":              {observation.Window{First: at(0).First, Last: at(9).First}, at(4), 0, true},
		"touching_days_have_no_gap":       {at(3), at(3), 0, true},
		"later_is_counted_from_the_end":   {observation.Window{First: at(0).First, Last: at(9).First}, at(19), 10, true},
		"order_does_not_matter":           {at(19), observation.Window{First: at(0).First, Last: at(9).First}, 10, true},
		"one_known_end_is_an_instant":     {open, at(6), 1, true},
		"no_window_is_not_a_gap_of_zero":  {observation.Window{}, at(6), 0, false},
		"neither_window_is_not_known":     {observation.Window{}, observation.Window{}, 0, false},
		"unknown_other_side_is_not_known": {at(6), observation.Window{}, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			gap, known := Gap(test.a, test.b)
			if known != test.known || gap.Hours() != test.days*24 {
				t.Errorf("got %v %v, want %v days %v", gap, known, test.days, test.known)
			}
		})
	}
}

// randomMatch draws a match of any type and rarity.
func randomMatch(r *rand.Rand) Match {
	all := observation.Relations()
	m := Match{
		Relation:   all[r.IntN(len(all))],
		Holders:    2 + uint64(math.Exp(r.Float64()*14)),
		Population: 5000 + uint64(math.Exp(r.Float64()*19)),
		A:          at(r.IntN(500)), B: at(r.IntN(500)),
	}
	if r.IntN(3) == 0 {
		m.SizeA, m.SizeB, m.MeanSize = r.IntN(50), r.IntN(50), 1+r.Float64()*5
	}
	if r.IntN(4) == 0 {
		m.B = observation.Window{}
	}
	return m
}

func TestPropertiesOfTheModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	m := Closed()
	for range 20_000 {
		matches := make([]Match, r.IntN(8))
		for i := range matches {
			matches[i] = randomMatch(r)
		}
		sum := m.Weigh(NameWorld, matches)

		total := sum.Prior
		for _, line := range sum.Lines {
			total += line.Bits
			if line.Bits < 0 || line.Bits > line.Raw+1e-9 {
				t.Fatalf("line of %v: %.3f bits of %.3f", matches[line.Match], line.Bits, line.Raw)
			}
		}
		if math.Abs(total-sum.Total) > 1e-9 {
			t.Fatalf("lines add up to %.4f, total is %.4f", total, sum.Total)
		}
		if sum.P < MinP || sum.P > MaxP {
			t.Fatalf("p %v leaves its bounds", sum.P)
		}

		shuffled := append([]Match(nil), matches...)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := m.Weigh(NameWorld, shuffled); math.Abs(again.Total-sum.Total) > 1e-9 {
			t.Fatalf("order of evidence changes the total: %.6f and %.6f", sum.Total, again.Total)
		}
		if len(matches) == 0 {
			continue
		}
		i := r.IntN(len(matches))
		// More holders never raise confidence.
		common := append([]Match(nil), matches...)
		common[i].Holders *= 2
		if got := m.Weigh(NameWorld, common); got.Total > sum.Total+1e-9 {
			t.Fatalf("twice the holders of %v raise %.4f to %.4f", matches[i], sum.Total, got.Total)
		}
		// A wider gap never raises it.
		if matches[i].B.Known() && matches[i].A.Known() {
			late := append([]Match(nil), matches...)
			late[i].A, late[i].B = at(0), at(700)
			soon := append([]Match(nil), matches...)
			soon[i].A, soon[i].B = at(0), at(0)
			if a, b := m.Weigh(NameWorld, late), m.Weigh(NameWorld, soon); a.Total > b.Total+1e-9 {
				t.Fatalf("a gap of 700 days raises %.4f to %.4f", b.Total, a.Total)
			}
		}
		// Suppression never raises it, and one more match never lowers it.
		without := append([]Match(nil), matches...)
		without[i].Suppressed = "list"
		if got := m.Weigh(NameWorld, without); got.Total > sum.Total+1e-9 {
			t.Fatalf("suppressing %v raises %.4f to %.4f", matches[i], sum.Total, got.Total)
		}
		if got := m.Weigh(NameWorld, append(shuffled, randomMatch(r))); got.Total < sum.Total-1e-9 {
			t.Fatalf("one more fact lowers %.4f to %.4f", sum.Total, got.Total)
		}
	}
}

func TestCombineNeverFallsBelowDirectEvidence(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	m := Closed()
	for range 5000 {
		direct := MinP + r.Float64()*(MaxP-MinP)
		bridges := make([]Bridge, r.IntN(6))
		for i := range bridges {
			bridges[i] = Bridge{SeedP: r.Float64(), CandidateP: r.Float64(), SeedCause: string(rune('a' + r.IntN(4))), CandidateCause: string(rune('a' + r.IntN(4)))}
		}
		p := m.Combine(direct, bridges)
		if p < direct || p > MaxP {
			t.Fatalf("direct %.3f with %v gives %.3f", direct, bridges, p)
		}
		if more := m.Combine(direct, append(bridges, Bridge{SeedP: 0.9, CandidateP: 0.9, SeedCause: "old", CandidateCause: "new"})); more < p {
			t.Fatalf("another bridge lowers %.4f to %.4f", p, more)
		}
	}
}

func TestFamilyCountsAFactOnce(t *testing.T) {
	one := Closed().Weigh(NameWorld, []Match{email()})
	many := Closed().Weigh(NameWorld, []Match{email(), email(), email(), person(), person()})
	near(t, "gain of four correlated facts", many.Total-one.Total, familyCap, 1e-9)
}

func TestEveryFamilyHasAWeight(t *testing.T) {
	with := map[observation.Family]bool{}
	for _, r := range observation.Relations() {
		if _, ok := WeightOf(r); ok {
			with[r.Family()] = true
		}
	}
	for _, r := range observation.Relations() {
		if !with[r.Family()] && r.Family() != observation.Context {
			t.Errorf("family %s never scores", r.Family())
		}
	}
	for _, silent := range []observation.Relation{observation.RegistrarOf, observation.IssuedBy, observation.AnnouncedBy, observation.MalwareFamily, observation.Reputation} {
		if _, ok := WeightOf(silent); ok {
			t.Errorf("%s scores, and must not", silent)
		}
	}
}

// BenchmarkPair weighs pairs of ten shared values each, whatever the model: one
// operation is one pair, and is to take 5 µs at most on one core.
func BenchmarkPair(b *testing.B) {
	const sharedValues, pairs = 10, 1000
	r := rand.New(rand.NewPCG(5, 6))
	matches := make([][]Match, pairs)
	for i := range matches {
		for range sharedValues {
			matches[i] = append(matches[i], randomMatch(r))
		}
	}
	for _, model := range []Model{Fitted(), Closed()} {
		b.Run(model.Version, func(b *testing.B) {
			b.ReportAllocs()
			pair := 0
			for b.Loop() {
				model.Weigh(NameWorld, matches[pair%pairs])
				pair++
			}
		})
	}
}

func TestPageAndServerAreOneReason(t *testing.T) {
	copied := []Match{
		{Relation: observation.ResolvesTo, Holders: 3, Population: NameWorld, A: at(0), B: at(0)},
		{Relation: observation.Tracker, Holders: 3, Population: NameWorld, A: at(0), B: at(0)},
		{Relation: observation.Title, Holders: 3, Population: NameWorld, A: at(0), B: at(0)},
	}
	sum := Closed().Weigh(NameWorld, copied)
	if got := BandOf(sum.P, sum, nil); sum.P < 0.9 || got != Medium {
		t.Errorf("a bystander's server with its page and tracker is %s at %.2f, want medium", got, sum.P)
	}
	sum = Closed().Weigh(NameWorld, append(copied, email()))
	if got := BandOf(sum.P, sum, nil); got != High {
		t.Errorf("with the registrant's mailbox beside it it is %s, want high", got)
	}
}

func TestGuestIsNoReason(t *testing.T) {
	window := func(from, to int) observation.Window {
		return observation.Window{First: at(from).First, Last: at(to).First}
	}
	for name, test := range map[string]struct {
		a, b           observation.Window
		sinceA, sinceB int // days; 0 for nobody said
		want           bool
	}{
		"came late and left early":      {a: window(400, 420), b: window(0, 800), want: true},
		"stayed longer":                 {a: window(400, 900), b: window(0, 800)},
		"came in the same quarter":      {a: window(80, 100), b: window(0, 800)},
		"nobody knows when it had come": {a: observation.Window{Last: at(420).First}, b: window(0, 800)},
		"as early, but years younger":   {a: window(80, 100), b: window(80, 800), sinceA: 70, sinceB: -2000, want: true},
		"younger, and was there first":  {a: window(80, 100), b: window(81, 800), sinceA: 70, sinceB: -2000},
		"younger, and stayed longer":    {a: window(80, 900), b: window(0, 800), sinceA: 70, sinceB: -2000},
		"younger by a quarter":          {a: window(80, 100), b: window(0, 800), sinceA: 70, sinceB: -20},
		"younger than nobody knows":     {a: window(80, 100), b: window(0, 800), sinceA: 70},
	} {
		m := Match{A: test.a, B: test.b}
		if test.sinceA != 0 {
			m.SinceA = at(test.sinceA).First
		}
		if test.sinceB != 0 {
			m.SinceB = at(test.sinceB).First
		}
		if got := m.IsGuest(); got != test.want {
			t.Errorf("%s: guest is %v, want %v", name, got, test.want)
		}
	}
	guest := []Match{email(), {Relation: observation.ResolvesTo, Holders: 2, Population: NameWorld, A: at(0), B: at(0), Guest: true}}
	sum := Closed().Weigh(NameWorld, guest)
	if got := BandOf(0.95, sum, nil); got != Medium {
		t.Errorf("a mailbox and a server that the seed was pointed at are %s, want medium", got)
	}
}

func TestCommodityTellsNothingBeyondItsFamilies(t *testing.T) {
	m := Match{Relation: observation.Imphash, Holders: 4, Population: 1_000_000_000, A: at(0), B: at(0), MalwareFamilies: 4}
	if sum := Fitted().Weigh(1_000_000_000, []Match{m}); sum.P > 0.25+1e-9 {
		t.Errorf("an import hash of four families is at %.3f, want a quarter at most", sum.P)
	}
}
