package observation

import (
	"strings"
	"testing"
	"time"

	"clew/internal/observable"
)

func TestVocabularyIsWhole(t *testing.T) {
	names := map[string]Relation{}
	for _, r := range Relations() {
		if other, twice := names[r.String()]; twice {
			t.Errorf("%d and %d are both called %s", r, other, r)
		}
		names[r.String()] = r
		if r.Family() == "" || r.Doc() == "" || len(r.Subjects()) == 0 || len(r.Objects()) == 0 {
			t.Errorf("%s is not a whole row", r)
		}
		for _, k := range append(append([]observable.Kind{}, r.Subjects()...), r.Objects()...) {
			if !k.Valid() {
				t.Errorf("%s speaks of the unknown %s", r, k)
			}
		}
		if got, ok := RelationNamed(r.String()); !ok || got != r {
			t.Errorf("%s is not found by its name", r)
		}
	}
	if r := Relation(0); r.Valid() || r.Family() != "" || r.Doc() != "" || r.Subjects() != nil || r.Objects() != nil {
		t.Error("the zero relation is one")
	}
	if _, ok := RelationNamed("nonsense"); ok {
		t.Error("nonsense is a relation")
	}
	// Numbers are stored in corpora.
	for r, want := range map[Relation]string{RegistrantEmail: "registrant-email", ResolvesTo: "resolves-to", Names: "names", Cookie: "cookie"} {
		if r.String() != want {
			t.Errorf("relation %d is %s, want %s", r, r, want)
		}
	}
	if RegistrantEmail != 1 || ResolvesTo != 12 || Names != 19 || NSDomain != 54 {
		t.Error("relations were renumbered: stored corpora would read as something else")
	}
}

func at(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }

func TestCheck(t *testing.T) {
	name, other := observable.Must(observable.Domain, "a.example"), observable.Must(observable.Domain, "b.example")
	address := observable.Must(observable.IP, "192.0.2.1")
	good := Observation{Subject: name, Relation: ResolvesTo, Object: address, Window: Window{at(1), at(2)}}
	tests := map[string]struct {
		change func(*Observation)
		want   string
	}{
		"a_name_resolves_to_an_address": {func(*Observation) {}, ""},
		"an_unknown_time_is_allowed":    {func(o *Observation) { o.Window = Window{} }, ""},
		"one_known_end_is_allowed":      {func(o *Observation) { o.First = time.Time{} }, ""},
		"no_relation":                   {func(o *Observation) { o.Relation = 0 }, "unknown"},
		"an_address_does_not_resolve":   {func(o *Observation) { o.Subject = address }, "cannot start from a ip"},
		"names_do_not_resolve_to_names": {func(o *Observation) { o.Object = other }, "cannot lead to a domain"},
		"nothing_points_at_itself":      {func(o *Observation) { o.Relation, o.Object = Nameserver, name }, "to itself"},
		"time_runs_forward":             {func(o *Observation) { o.Window = Window{at(2), at(1)} }, "before it starts"},
	}
	for claim, test := range tests {
		t.Run(claim, func(t *testing.T) {
			o := good
			test.change(&o)
			err := o.Check()
			if (err == nil) != (test.want == "") || (err != nil && !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestUnionIsTheSmallestWindowThatCoversBoth(t *testing.T) {
	tests := map[string]struct{ a, b, want Window }{
		"the_wider_ends_win":        {Window{at(2), at(5)}, Window{at(1), at(3)}, Window{at(1), at(5)}},
		"unknown_adds_nothing":      {Window{at(2), at(5)}, Window{}, Window{at(2), at(5)}},
		"a_missing_end_is_filled":   {Window{First: at(2)}, Window{Last: at(3)}, Window{at(2), at(3)}},
		"two_unknowns_stay_unknown": {Window{}, Window{}, Window{}},
	}
	for claim, test := range tests {
		t.Run(claim, func(t *testing.T) {
			if got := test.a.Union(test.b); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if got := test.b.Union(test.a); got != test.want {
				t.Errorf("the other way round: got %v, want %v", got, test.want)
			}
		})
	}
}
