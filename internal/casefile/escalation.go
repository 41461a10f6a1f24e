package casefile

import (
	"fmt"
	"slices"
	"strings"
)

// An Escalation names the trigger that fired. It is the payload of escalated
// too, and is recorded once: ID is the same whenever the same trigger fires for
// the same evidence.
type Escalation struct {
	Trigger   string     `json:"trigger"`
	Because   string     `json:"because"`
	ID        string     `json:"id"`
	Severity  string     `json:"severity"`       // low, medium, high or critical
	Evidence  []string   `json:"evidence"`       // sentences
	Values    []Value    `json:"values"`         // the indicators it is about
	Assets    []string   `json:"assets"`         // machines of ours that are concerned
	Actions   []string   `json:"actions"`        // what to do first
	Left      string     `json:"left,omitempty"` // what is not in it, and why
	At        Time       `json:"at"`             // when it was recorded
	Delivered []Delivery `json:"delivered"`
}

// A Delivery says whom an escalation was handed to.
type Delivery struct {
	To    string `json:"to"`    // name of the recipient in the configuration
	State string `json:"state"` // sent, failed or withheld
	Said  string `json:"said"`  // what the recipient answered: an identifier, an error; or why it is not told
	At    Time   `json:"at"`
	Left  string `json:"left,omitempty"` // what of the escalation is not in the message, and why
}

// Sent is the state of a delivery that its recipient took.
const Sent = "sent"

// Withheld is the state of a delivery that must not be, or that its recipient
// does not want: by TLP, by severity.
const Withheld = "withheld"

// Delivered records that an escalation was handed over, or could not be.
type Delivered struct {
	ID    string `json:"id"` // of the escalation
	To    string `json:"to"`
	State string `json:"state"`
	Said  string `json:"said"`
	Left  string `json:"left,omitempty"`
}

func (p Escalation) describe() string {
	text := fmt.Sprintf("%s: %s", p.Trigger, p.Because)
	if len(p.Assets) > 0 {
		text += "; concerns " + strings.Join(p.Assets, ", ")
	}
	if p.Left != "" {
		text += "; left out: " + p.Left
	}
	return text
}

func (p Delivered) describe() string {
	text := strings.TrimSuffix(fmt.Sprintf("%s to %s: %s; %s", p.ID, p.To, p.State, p.Said), "; ")
	if p.Left != "" {
		text += "; left out: " + p.Left
	}
	return text
}

// escalate takes an escalation into the sum; the same one twice counts once.
func (r *Record) escalate(e Event) error {
	escalation, err := decoded[Escalation](e)
	if err != nil {
		return err
	}
	escalation.At, escalation.Delivered = timeOf(e.At()), nil
	if r.escalation(escalation.ID) == nil {
		r.escalations = append(r.escalations, *escalation)
	}
	return nil
}

func (r *Record) deliver(e Event) error {
	delivered, err := decoded[Delivered](e)
	if err != nil {
		return err
	}
	if escalation := r.escalation(delivered.ID); escalation != nil {
		escalation.Delivered = append(escalation.Delivered, Delivery{delivered.To, delivered.State, delivered.Said, timeOf(e.At()), delivered.Left})
	}
	return nil
}

func (r *Record) escalation(id string) *Escalation {
	i := slices.IndexFunc(r.escalations, func(e Escalation) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return &r.escalations[i]
}

// FilledEscalations returns escalations with empty arrays where a slice is nil.
func FilledEscalations(list []Escalation) []Escalation {
	filled := make([]Escalation, len(list))
	for i, e := range list {
		e.Evidence, e.Values, e.Assets = orEmpty(e.Evidence), orEmpty(e.Values), orEmpty(e.Assets)
		e.Actions, e.Delivered = orEmpty(e.Actions), orEmpty(e.Delivered)
		filled[i] = e
	}
	return filled
}
