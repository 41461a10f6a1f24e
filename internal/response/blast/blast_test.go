package blast_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/corpus/memory"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/response/blast"
)

var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func domain(text string) observable.Value { return observable.Must(observable.Domain, text) }
func ip(text string) observable.Value     { return observable.Must(observable.IP, text) }

func seen(subject observable.Value, r observation.Relation, object observable.Value, last time.Time) observation.Observation {
	return observation.Observation{
		Subject: subject, Relation: r, Object: object, Count: 1, Source: "pdns",
		Window: observation.Window{First: last.AddDate(0, 0, -30), Last: last},
	}
}

// town is an address with two names of the case, four of strangers in three
// sites, and one who moved out long ago; and a name server.
func town(t *testing.T) *memory.Store {
	t.Helper()
	s := memory.New()
	box, ns := ip("203.0.113.7"), domain("ns1.hoster.example")
	old := today.AddDate(-2, 0, 0)
	o := []observation.Observation{
		seen(domain("evil.example"), observation.ResolvesTo, box, today),
		seen(domain("login.evil.example"), observation.ResolvesTo, box, today),
		seen(domain("a.bakery.example"), observation.ResolvesTo, box, today),
		seen(domain("b.bakery.example"), observation.ResolvesTo, box, today),
		seen(domain("club.test"), observation.ResolvesTo, box, today.AddDate(0, -2, 0)),
		seen(domain("choir.test"), observation.ResolvesTo, ip("203.0.113.9"), today),
		seen(domain("gone.test"), observation.ResolvesTo, box, old),
	}
	for i := range 5 {
		o = append(o, seen(domain(fmt.Sprintf("customer%d.test", i)), observation.Nameserver, ns, today))
	}
	o = append(o, seen(domain("hoster.example"), observation.Nameserver, ns, today))
	if err := s.Put(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return s
}

func theCase() casefile.Document {
	return casefile.Document{
		Seeds: []casefile.Seed{{Kind: "domain", Value: "evil.example"}},
		Findings: []casefile.Finding{
			{Kind: "ip", Value: "203.0.113.7", Band: "high"},
			{Kind: "domain", Value: "club.test", Band: "low"},
		},
	}
}

func nobody(observable.Value) (string, bool) { return "", false }

func TestWhoWouldBeHit(t *testing.T) {
	m := blast.New(town(t), nobody, theCase(), today)
	for name, c := range map[string]struct {
		value observable.Value
		want  casefile.Blast
	}{
		"sites_of_strangers_count_once_and_those_who_left_do_not": {
			ip("203.0.113.7"),
			casefile.Blast{Bystanders: 2, Related: 1, Known: true, Examples: []string{"bakery.example", "club.test"}},
		},
		"a_range_holds_all_its_addresses": {
			observable.Must(observable.Prefix, "203.0.113.0/24"),
			casefile.Blast{Bystanders: 3, Related: 1, Known: true, Examples: []string{"bakery.example", "choir.test", "club.test"}},
		},
		"a_name_server_holds_its_customers_not_itself": {
			domain("ns1.hoster.example"),
			casefile.Blast{Bystanders: 5, Known: true, Examples: []string{"customer0.test", "customer1.test", "customer2.test", "customer3.test", "customer4.test"}},
		},
		"nobody_known_is_not_nobody": {ip("198.51.100.1"), casefile.Blast{Examples: []string{}}},
	} {
		got, err := m.Measure(t.Context(), c.value, casefile.Validation{})
		got.AsOf = casefile.Time{}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestOurOwnUseAndTheLists(t *testing.T) {
	listed := func(observable.Value) (string, bool) { return "a CDN", true }
	m := blast.New(town(t), listed, theCase(), today)
	use := casefile.Validation{State: casefile.HitOutside, Sightings: 40, Assets: []string{"a", "b", "c"}}
	got, err := m.Measure(t.Context(), ip("203.0.113.7"), use)
	if err != nil || got.Assets != 3 || got.Sightings != 40 || got.Listed != "a CDN" {
		t.Errorf("got %+v, %v", got, err)
	}
	use.State = casefile.Hit // inside the window it is the incident, not use
	if got, _ := m.Measure(t.Context(), ip("203.0.113.7"), use); got.Assets != 0 {
		t.Errorf("victims count as users: %+v", got)
	}
}

func TestAProvidersTotalCounts(t *testing.T) {
	s := town(t)
	total := corpus.Total{Relation: observation.ResolvesTo, Object: ip("203.0.113.7"), N: 180_000, Source: "dnsdb", AsOf: today}
	if err := s.PutTotals(t.Context(), []corpus.Total{total}); err != nil {
		t.Fatal(err)
	}
	got, err := blast.New(s, nobody, theCase(), today).Measure(t.Context(), ip("203.0.113.7"), casefile.Validation{})
	if err != nil || !got.AtLeast || got.Bystanders != 179_999 {
		t.Errorf("got %+v, %v, want 180,000 less the one of the case, and more", got, err)
	}
}
