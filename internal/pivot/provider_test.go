package pivot

import (
	"fmt"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
)

// poolWorld is a DNS provider that deals each customer two of forty name
// servers, six thousand customers in all, and one account of sixty domains that
// all have the same two.
func poolWorld() []observation.Observation {
	host := func(i int) string { return fmt.Sprintf("ns%02d.pool.test", i%40) }
	var all []observation.Observation
	on := func(name string, a, b int) {
		all = append(all,
			saw(name, observation.Nameserver, host(a), days(0, 9)),
			saw(name, observation.Nameserver, host(b), days(0, 9)),
			saw(name, observation.NSSet, host(a)+"|"+host(b), days(0, 9)))
	}
	for i := range 1500 {
		on(unlike(i), i, (i/40)%39+i+1)
	}
	for i := range 300 {
		on(unlike(2000+i), 3, 7)
	}
	return all
}

// unlike spells a number as a name that shares no word, beginning or shape with
// that of another number.
func unlike(i int) string {
	var letters strings.Builder
	for range 5 {
		letters.WriteByte(byte('a' + (i*7+3)%26))
		i = i/2 + 31*i%977
	}
	return letters.String() + strings.Repeat("x", i%9) + ".test"
}

func TestAccountOfAProviderIsToldFromItsPool(t *testing.T) {
	e := engine(t, poolWorld())
	e.MaxHolders = 5000
	result := investigate(t, e, unlike(2000))
	f := result.finding(t, unlike(2001))
	if f.P < 0.6 {
		t.Errorf("two of 300 domains on one pair of servers that chance gives to a handful are at %.3f, want one customer's", f.P)
	}
	var set, host Factor
	for _, factor := range f.Factors {
		switch factor.Relation {
		case "ns-set":
			set = factor
		case "nameserver":
			host = factor
		}
	}
	if !strings.Contains(set.Note, "by chance: one customer's") {
		t.Errorf("the set's note is %q, want why it counts", set.Note)
	}
	if host.Holders < 600 {
		t.Errorf("one name server of the pool counts %d holders, want the provider's customers", host.Holders)
	}
	if strings.Contains(f.Band, "high") {
		t.Errorf("one fact of one family is in the band %s", f.Band)
	}
}

func TestStrangersOfAPoolStayStrangers(t *testing.T) {
	e := engine(t, poolWorld())
	e.MaxHolders = 5000
	result := investigate(t, e, unlike(5))
	for _, f := range result.Findings {
		if f.Value.Kind() == observable.Domain && f.P > 0.5 {
			t.Errorf("%s shares a dealt name server and is at %.3f", f.Value.Text(), f.P)
		}
	}
}

func TestNameThatStartsWithAnothersLabel(t *testing.T) {
	all := []observation.Observation{
		saw("brightowl.test", observation.ResolvesTo, "192.0.2.10", days(0, 9)),
		saw("brightowlcdn.test", observation.ResolvesTo, "192.0.2.10", days(0, 9)),
		saw("stranger.test", observation.ResolvesTo, "192.0.2.10", days(0, 9)),
	}
	result := investigate(t, engine(t, all), "brightowl.test")
	with, without := result.finding(t, "brightowlcdn.test"), result.finding(t, "stranger.test")
	if with.P <= without.P {
		t.Errorf("the name that goes on from the seed's label has %.3f, a stranger %.3f", with.P, without.P)
	}
	for _, factor := range with.Factors {
		if factor.Value.Text() == "brightowl" && strings.Contains(factor.Note, "starts with the whole label") {
			return
		}
	}
	t.Errorf("no line says that the name starts with the seed's label: %+v", with.Factors)
}
