package pivot

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/memory"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// fakeLists suppress and count what a test says.
type fakeLists struct {
	suppressed map[string]string
	benign     map[string]string
	words      map[string]uint64
}

func (l fakeLists) Suppressed(_ observation.Relation, v observable.Value) (string, bool) {
	reason, ok := l.suppressed[v.Text()]
	return reason, ok
}

func (l fakeLists) Benign(v observable.Value) (string, bool) {
	reason, ok := l.benign[v.Text()]
	return reason, ok
}

func (fakeLists) BaseCount(observation.Relation, observable.Value) (n, of uint64, list string, ok bool) {
	return 0, 0, "", false
}

func (l fakeLists) NameCount(_ observation.Relation, word string) (uint64, string, bool) {
	n, ok := l.words[word]
	return n, "vocabulary", ok
}

var day0 = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func days(from, to int) observation.Window {
	return observation.Window{First: day0.AddDate(0, 0, from), Last: day0.AddDate(0, 0, to)}
}

func saw(subject string, relation observation.Relation, object string, w observation.Window) observation.Observation {
	return observation.Observation{
		Subject: value(relation.Subjects(), subject), Relation: relation, Object: value(relation.Objects(), object),
		Window: w, Count: 1, Source: "test",
	}
}

// value reads text as the first kind that takes it.
func value(kinds []observable.Kind, text string) observable.Value {
	for _, k := range kinds {
		if v, err := observable.New(k, text); err == nil {
			return v
		}
	}
	panic("no kind takes " + text)
}

func domain(text string) observable.Value { return observable.Must(observable.Domain, text) }

// look-alike names on one address, three strangers beside them, and a crowd on
// a shared host.
func smallWorld() []observation.Observation {
	var all []observation.Observation
	for i := range 12 {
		all = append(all, saw(fmt.Sprintf("postalia-%c.test", 'a'+i), observation.ResolvesTo, "192.0.2.10", days(i%3, 9)))
	}
	for _, stranger := range []string{"gardening.test", "oldtimers.test", "bakery.test"} {
		all = append(all, saw(stranger, observation.ResolvesTo, "192.0.2.10", days(1, 9)))
	}
	for i := range 700 {
		all = append(all, saw(fmt.Sprintf("site%d.test", i), observation.ResolvesTo, "192.0.2.99", days(0, 9)))
	}
	return append(all,
		saw("postalia-a.test", observation.ResolvesTo, "192.0.2.99", days(0, 1)),
		saw("postalia-a.test", observation.RegistrarOf, "Example Registrar", days(0, 9)),
		saw("postalia-a.test", observation.ResolvesTo, "192.0.2.53", days(0, 9)),
		saw("cdn-customer.test", observation.ResolvesTo, "192.0.2.53", days(0, 9)),
	)
}

var sharedKey = strings.Repeat("ab", 32)

func engine(t *testing.T, observations []observation.Observation) *Engine {
	t.Helper()
	store := memory.New()
	if err := store.Put(context.Background(), observations); err != nil {
		t.Fatal(err)
	}
	// The address is counted by a provider, so the counts are over the world.
	totals := []corpus.Total{
		{Relation: observation.ResolvesTo, Object: observable.Must(observable.IP, "192.0.2.10"), N: 15, Source: "pdns", AsOf: day0},
		{Relation: observation.Key, Object: observable.Must(observable.CertKey, sharedKey), N: 2, Source: "ct", AsOf: day0},
	}
	if err := store.PutTotals(context.Background(), totals); err != nil {
		t.Fatal(err)
	}
	return &Engine{
		Corpus: store, Model: score.Closed(), Clock: func() time.Time { return day0.AddDate(0, 1, 0) },
		Lists: fakeLists{suppressed: map[string]string{"192.0.2.53": "CDN front end"}},
	}
}

func investigate(t *testing.T, e *Engine, seed string) Result {
	t.Helper()
	result, err := e.Investigate(context.Background(), []observable.Value{domain(seed)})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (r Result) finding(t *testing.T, text string) Finding {
	t.Helper()
	for _, f := range r.Findings {
		if f.Value.Text() == text {
			return f
		}
	}
	t.Fatalf("%s is not among the findings", text)
	return Finding{}
}

func TestLookAlikesOnOneAddressAreHigh(t *testing.T) {
	result := investigate(t, engine(t, smallWorld()), "postalia-a.test")
	for i := 1; i < 12; i++ {
		f := result.finding(t, fmt.Sprintf("postalia-%c.test", 'a'+i))
		if f.Band != string(score.High) {
			t.Errorf("%s is %s (%.2f), want high\n%+v", f.Value, f.Band, f.P, f.Factors)
		}
	}
	stranger := result.finding(t, "bakery.test")
	if stranger.Band == string(score.High) || stranger.P > 0.5 {
		t.Errorf("a stranger on the address is %s (%.2f)", stranger.Band, stranger.P)
	}
}

func TestFactorsAddUpAndNothingIsSilentlyAbsent(t *testing.T) {
	result := investigate(t, engine(t, smallWorld()), "postalia-a.test")
	for _, f := range result.Findings {
		sum := 0.0
		for _, factor := range f.Factors {
			sum += factor.Bits
		}
		if math.Abs(sum-f.Bits) > 0.01 {
			t.Errorf("%s: factors add up to %.3f, bits are %.3f", f.Value, sum, f.Bits)
		}
		if len(f.Paths) == 0 || f.Paths[0][0] != "postalia-a.test" || f.Paths[0][len(f.Paths[0])-1] != f.Value.String() {
			t.Errorf("%s: paths %v do not lead from the seed to it", f.Value, f.Paths)
		}
	}
	reasons := map[string]string{}
	for _, p := range result.Points {
		if p.State == Rejected {
			reasons[p.Value.Text()] = p.Reason
		}
	}
	for text, want := range map[string]string{
		"192.0.2.99": "701 hold it", "192.0.2.53": "CDN front end", "Example Registrar": "alone says nothing",
	} {
		if !strings.Contains(reasons[text], want) {
			t.Errorf("rejected %s because %q, want %q", text, reasons[text], want)
		}
	}
	for _, f := range result.Findings {
		if f.Value.Text() == "cdn-customer.test" || f.Value.Text() == "site3.test" {
			t.Errorf("%s was reached over a pivot that was rejected", f.Value)
		}
	}
}

func TestGroupsCountLookAlikesOnce(t *testing.T) {
	e := engine(t, smallWorld())
	with := investigate(t, e, "postalia-a.test").finding(t, "bakery.test")
	e.Ungrouped = true
	without := investigate(t, e, "postalia-a.test").finding(t, "bakery.test")
	if with.Factors[1].Groups != 4 {
		t.Errorf("%d groups, want 4: the look-alikes and three strangers", with.Factors[1].Groups)
	}
	if with.Bits <= without.Bits {
		t.Errorf("counting groups gives %.2f bits, names %.2f: want more", with.Bits, without.Bits)
	}
}

func TestVerdictsOverrule(t *testing.T) {
	e := engine(t, smallWorld())
	e.Verdicts.RejectedFindings = map[observable.Value]string{domain("postalia-b.test"): "ours"}
	e.Verdicts.RejectedLinks = map[Link]string{{observable.Must(observable.IP, "192.0.2.10"), observation.ResolvesTo}: "shared office"}
	result := investigate(t, e, "postalia-a.test")
	for _, p := range result.Points {
		if p.Value.Text() == "192.0.2.10" && (p.State != Rejected || !strings.Contains(p.Reason, "shared office")) {
			t.Errorf("a rejected value is %s: %s", p.State, p.Reason)
		}
	}
	e.Verdicts.RejectedLinks = nil
	if f := investigate(t, e, "postalia-a.test").finding(t, "postalia-b.test"); f.P != score.MinP || f.Band != string(score.Coincidence) {
		t.Errorf("a rejected finding is %.3f %s", f.P, f.Band)
	}
}

func TestAsOfShowsWhatWasKnownThen(t *testing.T) {
	e := engine(t, smallWorld())
	e.AsOf = day0.Add(time.Hour)
	result := investigate(t, e, "postalia-a.test")
	for _, f := range result.Findings {
		if f.Value.Text() == "postalia-b.test" {
			t.Errorf("%s was first seen a day later", f.Value)
		}
	}
	result.finding(t, "postalia-d.test")
}

func TestIncidentWindowShowsAndDoesNotFollow(t *testing.T) {
	e := engine(t, smallWorld())
	e.Window = days(100, 200)
	for _, p := range investigate(t, e, "postalia-a.test").Points {
		if p.Value.Text() == "192.0.2.10" && (p.State != Rejected || !strings.Contains(p.Reason, "outside the incident window")) {
			t.Errorf("%s is %s: %s", p.Value, p.State, p.Reason)
		}
	}
}

func TestSecondHopCrossesABridge(t *testing.T) {
	world := smallWorld()
	for i, name := range []string{"postalia-c.test", "hidden-harbour.test"} {
		cert := strings.Repeat(fmt.Sprintf("%02x", i+1), 32)
		world = append(world,
			saw(cert, observation.Names, name, days(0, 9)),
			saw(cert, observation.Key, sharedKey, days(0, 9)))
	}
	e := engine(t, world)
	e.Depth = 1
	for _, f := range investigate(t, e, "postalia-a.test").Findings {
		if f.Value.Text() == "hidden-harbour.test" {
			t.Fatalf("one hop reaches %s", f.Value)
		}
	}
	e.Depth = 2
	f := investigate(t, e, "postalia-a.test").finding(t, "hidden-harbour.test")
	if f.P < 0.2 || f.P >= 0.9 || f.Hops != 2 {
		t.Errorf("over a bridge: P %.2f in %d hops, want a lead or medium in 2\n%+v", f.P, f.Hops, f.Factors)
	}
}

func TestSameFactsInAnyOrderGiveTheSameResult(t *testing.T) {
	world := smallWorld()
	first := investigate(t, engine(t, world), "postalia-a.test")
	for i, j := 0, len(world)-1; i < j; i, j = i+1, j-1 {
		world[i], world[j] = world[j], world[i]
	}
	again := investigate(t, engine(t, world), "postalia-a.test")
	if a, b := fmt.Sprintf("%+v", first), fmt.Sprintf("%+v", again); a != b {
		t.Errorf("order changes the result:\n%.400s\n%.400s", a, b)
	}
}

func TestCancelledRunKeepsWhatItFound(t *testing.T) {
	e := engine(t, smallWorld())
	ctx, cancel := context.WithCancel(context.Background())
	e.Progress = func(p Progress) {
		if p.Hop == 2 {
			cancel()
		}
	}
	result, err := e.Investigate(ctx, []observable.Value{domain("postalia-a.test")})
	if err == nil {
		t.Fatal("a cancelled run returns no error")
	}
	result.finding(t, "postalia-b.test")
}

func TestCoHostedAsksForTheSameTime(t *testing.T) {
	world := append(smallWorld(), saw("before.test", observation.ResolvesTo, "192.0.2.10", days(-400, -300)))
	e := engine(t, world)
	met := func(method string) map[string]bool {
		m, ok := MethodNamed(method)
		if !ok {
			t.Fatalf("no method %s", method)
		}
		result, err := e.Pivot(context.Background(), domain("postalia-a.test"), m)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, f := range result.Findings {
			found[f.Value.Text()] = true
		}
		return found
	}
	if now := met("co-hosted"); now["before.test"] || !now["bakery.test"] {
		t.Errorf("co-hosted meets %v", now)
	}
	if ever := met("pdns-history"); !ever["before.test"] || !ever["bakery.test"] {
		t.Errorf("pdns-history meets %v", ever)
	}
}

func TestEveryMethodHasARelationThatItsKindsCanHave(t *testing.T) {
	names := map[string]bool{}
	for _, m := range Catalogue() {
		if names[m.Name] || m.Doc == "" || len(m.From) == 0 || m.searches() == m.Relation.Valid() {
			t.Errorf("%+v is not a whole row, or a second one", m)
		}
		names[m.Name] = true
	}
}

func TestAddressAsSeedMeansItsMainTenant(t *testing.T) {
	e := engine(t, smallWorld())
	result, err := e.Investigate(context.Background(), []observable.Value{observable.Must(observable.IP, "192.0.2.10")})
	if err != nil {
		t.Fatal(err)
	}
	tenant, stranger := result.finding(t, "postalia-b.test"), result.finding(t, "bakery.test")
	if tenant.Band != string(score.Medium) || stranger.P >= 0.5 {
		t.Errorf("main tenant %s %.2f, stranger %s %.2f: want medium and below 0.5", tenant.Band, tenant.P, stranger.Band, stranger.P)
	}
	sum := 0.0
	for _, f := range tenant.Factors {
		sum += f.Bits
	}
	if math.Abs(sum-tenant.Bits) > 0.01 {
		t.Errorf("factors add up to %.3f, bits are %.3f: %+v", sum, tenant.Bits, tenant.Factors)
	}
}

func TestMailboxAsSeedMeansWhatItRegistered(t *testing.T) {
	var world []observation.Observation
	for i := range 6 {
		world = append(world, saw(fmt.Sprintf("own%d.test", i), observation.RegistrantEmail, "someone@mailbox.test", days(0, 9)))
	}
	e := engine(t, world)
	mailbox := observable.Must(observable.Email, "someone@mailbox.test")
	total := corpus.Total{Relation: observation.RegistrantEmail, Object: mailbox, N: 6, Source: "reverse whois", AsOf: day0}
	if err := e.Corpus.(*memory.Store).PutTotals(context.Background(), []corpus.Total{total}); err != nil {
		t.Fatal(err)
	}
	result, err := e.Investigate(context.Background(), []observable.Value{mailbox})
	if err != nil {
		t.Fatal(err)
	}
	if f := result.finding(t, "own3.test"); f.P < 0.85 || f.Band != string(score.Medium) {
		t.Errorf("a domain of the mailbox is %.2f %s, want medium above 0.85: %+v", f.P, f.Band, f.Factors)
	}
}
