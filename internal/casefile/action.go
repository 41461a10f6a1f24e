package casefile

import "fmt"

// The states of an action. Only a person, or a policy that says so by name,
// approves; only what was approved is applied.
const (
	ActionNone     = "none"
	ActionProposed = "proposed"
	ActionApproved = "approved"
	ActionApplied  = "applied" // it is in the tool that acts
	ActionExpired  = "expired"
	ActionRevoked  = "revoked"
)

// The kinds of actions.
const (
	Block   = "block"
	Monitor = "monitor"
)

// An Action is what is proposed, or was decided, about a value. The fields below
// Reason are left out while empty, so that findings recorded before there were
// any keep their bytes.
type Action struct {
	State    string `json:"state"` // none, proposed, approved, applied, expired, revoked
	Kind     string `json:"kind"`  // block, monitor or ""
	Expires  Time   `json:"expires"`
	Reason   string `json:"reason"`
	Rule     string `json:"rule,omitempty"`     // of the policy
	Approver string `json:"approver,omitempty"` // a person, or "policy:" and its name
	By       string `json:"by,omitempty"`       // who recorded the state; "" when nobody did
	At       Time   `json:"at,omitzero"`        // when
	Blast    *Blast `json:"blast,omitempty"`    // nil until it was measured
}

// Recorded reports whether the action is part of the record, not only what a
// policy would propose.
func (a Action) Recorded() bool { return !a.At.IsZero() }

// A Blast says whom else a block of a value would hit.
type Blast struct {
	// Bystanders counts the sites (registrable domains) on the value that are no
	// members of the case. It is a lower bound where AtLeast is set.
	Bystanders uint64   `json:"bystanders"`
	AtLeast    bool     `json:"at_least"`
	Related    uint64   `json:"related"`  // sites on the value that are members of the case
	Examples   []string `json:"examples"` // a few of the bystanders
	// Known is false where nothing in the corpus says who is on the value: then
	// Bystanders is 0 and means nothing.
	Known bool `json:"known"`
	// Sightings and Assets count our own use of the value outside the incident.
	Sightings int    `json:"sightings"`
	Assets    int    `json:"assets"`
	Listed    string `json:"listed"` // the reference list that names the value, "" for none
	AsOf      Time   `json:"as_of"`  // when it was measured
}

// Acted is what was decided or done about a value.
type Acted struct {
	About  Value  `json:"about"`
	Action Action `json:"action"`
}

func (p Acted) describe() string {
	text := fmt.Sprintf("%s %s: %s", p.Action.Kind, defanged(p.About), p.Action.State)
	if p.Action.Approver != "" {
		text += ", approved by " + p.Action.Approver
	}
	if !p.Action.Expires.IsZero() {
		text += ", until " + p.Action.Expires.String()
	}
	return text + "; " + p.Action.Reason
}

// act takes a decision into the sum. Who and when are the event's, whatever the
// payload says.
func (r *Record) act(e Event) error {
	acted, err := decoded[Acted](e)
	if err != nil {
		return err
	}
	acted.Action.By, acted.Action.At = e.Actor, timeOf(e.At())
	r.acted = append(r.acted, *acted)
	return nil
}
