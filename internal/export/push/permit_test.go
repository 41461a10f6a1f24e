package push

import (
	"errors"
	"testing"

	"clew/internal/casefile"
	"clew/internal/export/exporttest"
	"clew/internal/marking"
	"clew/internal/observable"
)

func TestPermit(t *testing.T) {
	for claim, test := range map[string]struct {
		permit Permit
		pap    string
		may    bool
	}{
		"a_case_for_the_world":            {Permit{}, "CLEAR", true},
		"a_case_that_may_be_looked_up":    {Permit{}, "AMBER", false},
		"a_case_the_target_may_see":       {Permit{}, "GREEN", false},
		"set_free_for_this_push":          {Permit{PAP: marking.Clear}, "AMBER", true},
		"held_back_for_this_push":         {Permit{PAP: marking.Green}, "CLEAR", false},
		"a_server_of_the_teams_own":       {Permit{Own: true}, "RED", true},
		"a_case_without_a_marking":        {Permit{}, "", false},
		"own_whatever_the_marking_says":   {Permit{Own: true, PAP: marking.Red}, "RED", true},
		"a_marking_that_nobody_knows":     {Permit{}, "PINK", false},
		"set_free_though_nobody_knows_it": {Permit{PAP: marking.Clear}, "PINK", true},
	} {
		err := test.permit.May(casefile.Case{ID: "case", PAP: test.pap})
		if (err == nil) != test.may {
			t.Errorf("%s: %v", claim, err)
		}
		if _, known := marking.ParsePAP(test.pap); known == nil && !test.may && !errors.Is(err, ErrPAP) {
			t.Errorf("%s: %v is not ErrPAP", claim, err)
		}
	}
}

func TestTheLedgerNamesTheMarkingThatCounted(t *testing.T) {
	c := casefile.Case{PAP: "AMBER"}
	if got := (Permit{}).Level(c); got != "AMBER" {
		t.Errorf("of the case: %s", got)
	}
	if got := (Permit{PAP: marking.Clear}).Level(c); got != "CLEAR" {
		t.Errorf("of the push: %s", got)
	}
}

// What a push tells is at least what stands in the file it sends: entries, and
// what they were linked by.
func TestToldHoldsEntriesAndLinks(t *testing.T) {
	target, _ := Named("misp")
	set := exporttest.Set(t, target.Format, exporttest.Rules())
	told := map[observable.Value]int{}
	for _, v := range Told(set) {
		told[v]++
	}
	for _, e := range set.Entries {
		if told[e.Value] != 1 {
			t.Errorf("%s is told %d times", e.Value, told[e.Value])
		}
	}
	link := observable.Must(observable.Email, "ops@mail.example")
	if told[link] != 1 || len(told) <= len(set.Entries) {
		t.Errorf("%d values told of %d entries, the registrant %d times", len(told), len(set.Entries), told[link])
	}
}
