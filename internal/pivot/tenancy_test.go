package pivot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
)

func address(text string) observable.Value { return observable.Must(observable.IP, text) }

func TestTenancyTellsOneCustomerFromMany(t *testing.T) {
	var all []observation.Observation
	for i := range 6 { // one customer: names of one domain, half of them later
		all = append(all, saw(fmt.Sprintf("host%d.postalia.test", i), observation.ResolvesTo, "192.0.2.10", days(i/3*20, i/3*20+9)))
	}
	for i := range 30 {
		name := fmt.Sprintf("shop%c%c.test", 'a'+i%26, 'a'+i/26)
		all = append(all,
			saw(name, observation.ResolvesTo, "192.0.2.20", days(0, 9)),
			saw(name, observation.NSSet, fmt.Sprintf("ns1.host%d.example|ns2.host%d.example", i%6, i%6), days(0, 9)))
	}
	e := engine(t, all)
	for text, want := range map[string]Tenancy{
		"192.0.2.10": {Names: 6, Domains: 1, Peak: 3, Verdict: Dedicated},
		"192.0.2.20": {Names: 30, Domains: 30, NSSets: 6, Peak: 30, Verdict: SharedUse},
	} {
		got, ok, err := e.Tenancy(context.Background(), address(text))
		got.Window = observation.Window{}
		if err != nil || !ok || got != want {
			t.Errorf("%s: %+v %v %v", text, got, ok, err)
		}
	}
	if _, ok, err := e.Tenancy(context.Background(), address("192.0.2.30")); ok || err != nil {
		t.Errorf("an address nobody lived on: %v %v", ok, err)
	}
	points, err := e.Points(context.Background(), domain("shopaa.test"))
	said := slices.ContainsFunc(points, func(p Point) bool {
		return strings.HasPrefix(p.Reason, "shared: 30 names of 30 registered domains")
	})
	if err != nil || !said {
		t.Errorf("points %+v, %v", points, err)
	}
}

func TestRouteIsTheLongestMatch(t *testing.T) {
	announced := func(block, asn string) observation.Observation {
		o := saw(block, observation.AnnouncedBy, asn, days(0, 9))
		if o.Subject.Kind() != observable.Prefix {
			t.Fatalf("%s is a %s", block, o.Subject.Kind())
		}
		return o
	}
	e := engine(t, []observation.Observation{
		announced("198.51.0.0/16", "AS64496"), announced("198.51.100.0/23", "AS64497"), announced("2001:db8::/32", "AS64498"),
	})
	for text, want := range map[string][2]string{
		"198.51.100.7": {"198.51.100.0/23", "AS64497"},
		"198.51.101.7": {"198.51.100.0/23", "AS64497"},
		"198.51.102.7": {"198.51.0.0/16", "AS64496"},
		"2001:db8::1":  {"2001:db8::/32", "AS64498"},
		"203.0.113.1":  {"", ""},
	} {
		described, err := e.Describe(context.Background(), address(text))
		if err != nil {
			t.Fatal(err)
		}
		var got [2]string
		var note string
		for _, d := range described {
			switch {
			case d.Relation == observation.AnnouncedBy:
				got[1] = d.Value.Text()
			case d.Relation == observation.InPrefix && d.Value.Text() == want[0]:
				got[0], note = d.Value.Text(), d.Suppressed
			}
		}
		if got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		if wide := want[0] == "198.51.0.0/16" || want[0] == "2001:db8::/32"; wide != strings.Contains(note, "provider's") {
			t.Errorf("%s is suppressed by %q", want[0], note)
		}
	}
}

// Issue: a word of a name or its skeleton, alone, must never be a high finding.
func TestNamesAloneAreNeverHigh(t *testing.T) {
	e := engine(t, append(smallWorld(), saw("postalia-z1.test", observation.ResolvesTo, "203.0.113.77", days(0, 9)),
		saw("postalia-z2.test", observation.ResolvesTo, "198.51.100.77", days(0, 9))))
	like := likeness()
	like.Value, like.Shared = domain("postalia-z2.test"), observable.Must(observable.Text, "postalia-z#")
	e.Searches = map[string]Search{"naming": twins{like}}
	result, err := e.Pivot(context.Background(), domain("postalia-z1.test"), naming(t))
	if err != nil {
		t.Fatal(err)
	}
	if f := result.finding(t, "postalia-z2.test"); f.Band == "high" || f.Band == "medium" {
		t.Errorf("word, prefix and skeleton alone make %s, P %.3f", f.Band, f.P)
	}
}

// A name is told where it lived, in whose network and beside whom.
func TestHostingOfAName(t *testing.T) {
	all := []observation.Observation{
		saw("198.51.100.0/23", observation.AnnouncedBy, "AS64497", days(0, 9)),
		saw("postalia.test", observation.ResolvesTo, "198.51.100.7", days(0, 9)),
		saw("postalia.test", observation.ResolvesTo, "203.0.113.9", days(20, 29)),
	}
	for i := range 30 {
		name := fmt.Sprintf("shop%c%c.test", 'a'+i%26, 'a'+i/26)
		all = append(all, saw(name, observation.ResolvesTo, "203.0.113.9", days(0, 9)))
	}
	hosts, beyond, err := engine(t, all).Hosting(context.Background(), domain("postalia.test"))
	if err != nil || beyond != 0 || len(hosts) != 2 {
		t.Fatalf("%+v, %d beyond, %v", hosts, beyond, err)
	}
	if h := hosts[0]; h.Address.Text() != "203.0.113.9" || h.Prefix.Text() != "" || h.Tenancy.Domains != 31 || h.Tenancy.Verdict != SharedUse {
		t.Errorf("the latest is %+v", h)
	}
	if h := hosts[1]; h.Prefix.Text() != "198.51.100.0/23" || len(h.ASNs) != 1 || h.ASNs[0].Text() != "AS64497" || h.Tenancy.Verdict != Dedicated {
		t.Errorf("the earlier is %+v", h)
	}
}
