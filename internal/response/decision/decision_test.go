package decision_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/response/decision"
	"clew/internal/response/policy"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func order(t *testing.T, verb decision.Verb) decision.Order {
	t.Helper()
	p, err := policy.Default()
	if err != nil {
		t.Fatal(err)
	}
	return decision.Order{Verb: verb, Actor: "ana", At: noon, Policy: p}
}

func target(state string) decision.Target {
	f := casefile.Finding{Kind: "ip", Value: "203.0.113.7", Band: "high", Confidence: 97}
	t := decision.Target{About: casefile.Value{Kind: "ip", Value: "203.0.113.7"}, Finding: f, Named: true}
	t.Action = casefile.Action{State: state, Kind: "block", Rule: "high-blockable", Reason: "high confidence"}
	if state != casefile.ActionNone {
		t.Recorded, t.Action.At = true, casefile.Time{Time: noon.Add(-time.Hour)}
	}
	return t
}

func decide(t *testing.T, o decision.Order, x decision.Target) decision.Outcome {
	t.Helper()
	out, err := decision.Decide(casefile.Case{Scope: "live", TLP: "AMBER"}, o, x)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhichStateLeadsWhere(t *testing.T) {
	states := []string{"none", "proposed", "approved", "applied", "expired", "revoked"}
	want := map[decision.Verb]string{ // by state, in that order: what it becomes, "-" for no change
		decision.Propose: "proposed - - - proposed proposed",
		decision.Approve: "approved approved - - - -",
		decision.Apply:   "- - applied - - -",
		decision.Expire:  "- - expired expired - -",
		decision.Revoke:  "- revoked revoked revoked - -",
	}
	for verb, line := range want {
		for i, becomes := range strings.Fields(line) {
			o := order(t, verb)
			if verb == decision.Revoke {
				o.Reason = "a customer lives there"
			}
			got := decide(t, o, target(states[i]))
			if becomes == "-" {
				if got.Change || got.Why == "" {
					t.Errorf("%s of %s: %+v, want no change and why", verb, states[i], got)
				}
				continue
			}
			if !got.Change || got.Action.State != becomes {
				t.Errorf("%s of %s: %+v, want %s", verb, states[i], got, becomes)
			}
		}
	}
}

func TestApprovalNamesWhoAndUntilWhen(t *testing.T) {
	got := decide(t, order(t, decision.Approve), target("proposed")).Action
	if got.Approver != "ana" || got.Expires.Day() != "2026-12-07" {
		t.Errorf("got %+v, want ana, for the 14 days of an address", got)
	}
	o := order(t, decision.Approve)
	o.Expires = &policy.Lifetime{Hours: 2}
	if got := decide(t, o, target("proposed")).Action; got.Expires.String() != "2026-11-23T14:00:00Z" {
		t.Errorf("--expires 2h: until %s", got.Expires)
	}
}

func TestDoneTwiceChangesNothing(t *testing.T) {
	for _, verb := range decision.Verbs() {
		o := order(t, verb)
		o.Reason = "because"
		start := map[decision.Verb]string{decision.Propose: "none", decision.Approve: "proposed", decision.Apply: "approved", decision.Expire: "applied", decision.Revoke: "applied"}[verb]
		first := decide(t, o, target(start))
		again := target(start)
		again.Action, again.Recorded = first.Action, true
		again.Action.At = casefile.Time{Time: noon}
		if verb == decision.Propose {
			again.Named = false
		}
		if got := decide(t, o, again); got.Change {
			t.Errorf("%s a second time: %+v, want no change", verb, got)
		}
	}
}

func TestWhatWouldHitBystandersIsWatched(t *testing.T) {
	x := target("none")
	x.Blast = &casefile.Blast{Bystanders: 41, Known: true, Examples: []string{}}
	got := decide(t, order(t, decision.Propose), x).Action
	if got.Kind != "monitor" || !strings.Contains(got.Reason, "41 unrelated sites") {
		t.Errorf("got %+v, want a watch and the figure", got)
	}
	o := order(t, decision.Approve)
	o.Kind = "block"
	if _, err := decision.Decide(casefile.Case{}, o, x); !errors.Is(err, decision.ErrOrder) {
		t.Errorf("a block in spite of the policy, without a reason: %v, want ErrOrder", err)
	}
	o.Reason = "they were told"
	if got := decide(t, o, x).Action; got.Kind != "block" || got.Blast == nil || got.Reason != "they were told" {
		t.Errorf("got %+v, want the block, its figures and its reason", got)
	}
}

func TestOnlyThePolicyApprovesWithoutAPerson(t *testing.T) {
	o := order(t, decision.Propose)
	if got := decide(t, o, target("none")).Action; got.State != "proposed" || got.Approver != "" {
		t.Errorf("the playbook approves by itself: %+v", got)
	}
	o.Policy.Rules[0].Approve = policy.ByPolicy
	if got := decide(t, o, target("none")).Action; got.State != "approved" || got.Approver != "policy:playbook" {
		t.Errorf("the policy says so: %+v, want approved by it", got)
	}
	x := target("none")
	x.Blast = &casefile.Blast{Bystanders: 41}
	if got := decide(t, o, x).Action; got.Kind == "block" {
		t.Errorf("the policy blocks bystanders by itself: %+v", got)
	}
}

func TestRejectedIsNeverActedOn(t *testing.T) {
	x := target("none")
	x.Finding.Verdict = "rejected"
	for _, verb := range []decision.Verb{decision.Propose, decision.Approve} {
		o := order(t, verb)
		o.Kind, o.Reason = "block", "in spite"
		if got := decide(t, o, x); got.Change {
			t.Errorf("%s of a rejected finding: %+v", verb, got)
		}
	}
}

// Approving takes two, where the team says so.
func TestFourEyes(t *testing.T) {
	by := func(who, kind string, recorded bool) decision.Target {
		x := target(casefile.ActionProposed)
		x.Action.By, x.Action.Kind, x.Recorded = who, kind, recorded
		if !recorded {
			x.Action.State = casefile.ActionNone
		}
		return x
	}
	for name, c := range map[string]struct {
		x        decision.Target
		kind     string
		own      bool
		approved bool
	}{
		"of_another":              {by("bea", "block", true), "", false, true},
		"own":                     {by("ana", "block", true), "", false, false},
		"own_where_one_may":       {by("ana", "block", true), "", true, true},
		"of_the_policy":           {by("", "block", false), "", false, true},
		"other_than_the_policy":   {by("", "block", false), "monitor", false, false},
		"other_than_was_proposed": {by("bea", "monitor", true), "block", false, false},
		"as_was_proposed":         {by("bea", "monitor", true), "monitor", false, true},
	} {
		o := order(t, decision.Approve)
		o.FourEyes, o.Kind, o.Reason = !c.own, c.kind, "agreed"
		if out := decide(t, o, c.x); out.Change != c.approved || out.Change != (out.Why == "") {
			t.Errorf("%s: %+v", name, out)
		}
	}
}
