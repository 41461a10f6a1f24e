// Package decision says what becomes of actions when somebody proposes,
// approves, applies, expires or revokes them: which states lead to which, who
// approved, until when. It writes nothing; what it returns is appended to the
// record. Done twice, it changes nothing the second time.
package decision

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/response/policy"
)

// A Verb is what is done with an action.
type Verb string

// The verbs of clew act.
const (
	Propose Verb = "propose"
	Approve Verb = "approve"
	Apply   Verb = "apply"
	Expire  Verb = "expire"
	Revoke  Verb = "revoke"
)

// Verbs lists them in the order of an action's life.
func Verbs() []Verb { return []Verb{Propose, Approve, Apply, Expire, Revoke} }

// from says out of which states a verb leads.
var from = map[Verb][]string{
	Propose: {casefile.ActionNone, casefile.ActionProposed, casefile.ActionExpired, casefile.ActionRevoked},
	Approve: {casefile.ActionProposed, casefile.ActionNone},
	Apply:   {casefile.ActionApproved},
	Expire:  {casefile.ActionApproved, casefile.ActionApplied, casefile.ActionExpired},
	Revoke:  {casefile.ActionProposed, casefile.ActionApproved, casefile.ActionApplied},
}

// into says into which state it leads.
var into = map[Verb]string{
	Propose: casefile.ActionProposed, Approve: casefile.ActionApproved, Apply: casefile.ActionApplied,
	Expire: casefile.ActionExpired, Revoke: casefile.ActionRevoked,
}

// An Order is one verb on some targets.
type Order struct {
	Verb    Verb
	Actor   string
	At      time.Time
	Reason  string           // in the actor's words; "" keeps the reason that stands
	Kind    string           // block or monitor instead of what the policy says; "" keeps it
	Expires *policy.Lifetime // instead of the policy's; nil keeps it
	Policy  policy.Policy
	// FourEyes refuses to approve what the actor alone wants: their own proposal, or
	// another action than was proposed.
	FourEyes bool
}

// A Target is a value of the case, and its action as it stands.
type Target struct {
	About    casefile.Value
	Finding  casefile.Finding // of a seed: its kind, value and confidence alone
	Seed     bool
	Named    bool // the actor named it, rather than a whole band
	Recorded bool // the action is in the record
	Action   casefile.Action
	Blast    *casefile.Blast // measured now; nil when it was not
}

// An Outcome is what became of one target.
type Outcome struct {
	About  casefile.Value
	Action casefile.Action
	Change bool   // it is to be recorded
	Why    string // of no change
}

// ErrOrder means that an order makes no sense.
var ErrOrder = errors.New("order")

// Decide carries out an order on one target.
func Decide(c casefile.Case, o Order, t Target) (Outcome, error) {
	out := Outcome{About: t.About, Action: t.Action}
	if o.Kind != "" && o.Kind != casefile.Block && o.Kind != casefile.Monitor {
		return out, fmt.Errorf("%w: %q is no action: use block or monitor", ErrOrder, o.Kind)
	}
	if (o.Verb == Revoke || o.Kind != "") && strings.TrimSpace(o.Reason) == "" {
		return out, fmt.Errorf("%w: a reason is needed to revoke, or to do other than the policy says", ErrOrder)
	}
	switch state := t.Action.State; {
	case t.Finding.Verdict == string(casefile.TypeRejected) && o.Verb != Revoke && o.Verb != Expire:
		out.Why = "rejected by the analyst"
		return out, nil
	case state == into[o.Verb] && t.Recorded && o.Verb != Propose:
		out.Why = "is " + state + " already"
		return out, nil
	case o.Verb == Propose && !t.Named && (state == casefile.ActionExpired || state == casefile.ActionRevoked):
		out.Why = "is " + state + ": name it to propose it again"
		return out, nil
	case !slices.Contains(from[o.Verb], state) || (o.Verb == Expire && !t.Recorded):
		out.Why = fmt.Sprintf("is %s: %s needs it %s", state, o.Verb, strings.Join(from[o.Verb], " or "))
		return out, nil
	}
	if why := o.alone(t); why != "" {
		out.Why = why
		return out, nil
	}
	return o.carry(c, t), nil
}

// alone says why an approval would be of one person only; "" where it is not. What
// nobody proposed the policy does, and one person agrees with it.
func (o Order) alone(t Target) string {
	switch {
	case o.Verb != Approve || !o.FourEyes:
		return ""
	case t.Recorded && casefile.Person(t.Action.By) == casefile.Person(o.Actor):
		return "you proposed it: somebody else has to approve it"
	case o.Kind != "" && (!t.Recorded || o.Kind != t.Action.Kind):
		return "nobody proposed to " + o.Kind + " it: propose that, and somebody else has to approve it"
	}
	return ""
}

// carry makes the new action of a target in a state that allows it.
func (o Order) carry(c casefile.Case, t Target) Outcome {
	a := t.Action
	if o.Verb == Propose || (o.Verb == Approve && !t.Recorded) {
		a = o.proposal(c, t)
	}
	if o.Kind != "" {
		a.Kind = o.Kind
	}
	if a.Kind == "" {
		return Outcome{About: t.About, Action: t.Action, Why: "the policy does nothing with it: " + a.Reason + "; --action block or monitor does, with a reason"}
	}
	if o.Reason != "" {
		a.Reason = o.Reason
	}
	a.State = into[o.Verb]
	switch o.Verb {
	case Propose:
		if approver, automatic := o.Policy.Automatic(a.Rule); automatic && o.Kind == "" {
			a.State, a.Approver = casefile.ActionApproved, approver
		}
	case Approve:
		a.Approver = o.Actor
		a.Expires = o.Policy.Renewed(t.About.Kind, a.Rule, t.Finding.Confidence, o.At)
	case Apply, Expire, Revoke:
	}
	if o.Expires != nil && (o.Verb == Propose || o.Verb == Approve) {
		a.Expires = casefile.Time{Time: o.Expires.From(o.At)}
	}
	if t.Recorded && same(a, t.Action) {
		return Outcome{About: t.About, Action: t.Action, Why: "is " + a.State + " already"}
	}
	return Outcome{About: t.About, Action: a, Change: true}
}

// proposal is what the policy says now, within what a block may hit.
func (o Order) proposal(c casefile.Case, t Target) casefile.Action {
	a := o.Policy.Propose(c, t.Finding, o.At)
	if t.Seed {
		// The analyst vouches for a seed: a block of it is proposed, as of a high finding.
		f := t.Finding
		f.Band = "high"
		a = o.Policy.Propose(c, f, o.At)
		a.Reason = "a seed of the case: " + a.Reason
	}
	if t.Blast != nil {
		a = o.Policy.Bounded(a, *t.Blast)
	}
	return a
}

// same reports whether two actions decide the same; when they were decided, and
// a clock's difference of a proposal's end, are no decision.
func same(a, b casefile.Action) bool {
	return a.State == b.State && a.Kind == b.Kind && a.Reason == b.Reason && a.Rule == b.Rule && a.Approver == b.Approver &&
		(a.State == casefile.ActionProposed || a.Expires.Equal(b.Expires.Time))
}
