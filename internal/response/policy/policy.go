// Package policy turns findings into proposed actions by a file that the team
// can read and change: what is blocked, watched or only listed, how long an
// action stands, and what a block may hit at most. It decides nothing on its
// own: whatever it proposes waits for a person, unless the file says otherwise.
package policy

import (
	"slices"
	"time"

	_ "embed" // the defaults

	"clew/internal/casefile"
)

// DefaultText is the policy that ships with clew, as a file.
//
//go:embed default.yaml
var DefaultText []byte

// A Policy is a policy file.
type Policy struct {
	Name   string              `yaml:"name"`
	Rules  []Rule              `yaml:"rules"`
	Expiry map[string]Lifetime `yaml:"expiry"` // by kind, and "other"
	Decay  Decay               `yaml:"decay"`
	Blast  Limits              `yaml:"blast"`
}

// A Rule says what is done with the findings that its conditions hold for. An
// empty condition holds always.
type Rule struct {
	Name          string   `yaml:"name"`
	Band          []string `yaml:"band"`
	Kind          []string `yaml:"kind"`
	Scope         []string `yaml:"scope"`
	TLP           []string `yaml:"tlp"`
	Validation    []string `yaml:"validation"`
	Verdict       []string `yaml:"verdict"` // accepted, none
	MinConfidence int      `yaml:"min_confidence"`
	Do            string   `yaml:"do"`
	Approve       string   `yaml:"approve"` // person or policy; "" means person
	Expires       Lifetime `yaml:"expires"` // zero means by kind
	Because       string   `yaml:"because"`
}

// What a rule may do.
const (
	DoBlock   = "block"
	DoMonitor = "monitor"
	DoLead    = "lead"
	DoNothing = "nothing"
)

// Who may approve.
const (
	ByPerson = "person"
	ByPolicy = "policy"
)

// Limits bound what a block may hit beside its target.
type Limits struct {
	Bystanders uint64 `yaml:"bystanders"` // unrelated sites
	Assets     int    `yaml:"assets"`     // machines of ours that used it outside the incident
	Listed     string `yaml:"listed"`     // monitor or ignore
}

// Propose says what the policy does with one finding of a case. The lifetime of
// the action counts from at. The result depends on nothing else, so that the
// same case at the same time gets the same proposal.
func (p Policy) Propose(c casefile.Case, f casefile.Finding, at time.Time) casefile.Action {
	none := func(rule, reason string) casefile.Action {
		return casefile.Action{State: casefile.ActionNone, Rule: rule, Reason: reason}
	}
	switch {
	case f.Verdict == string(casefile.TypeRejected):
		return none("", "rejected by the analyst")
	case f.Suppressed != "":
		return none("", "suppressed: "+f.Suppressed)
	}
	i := slices.IndexFunc(p.Rules, func(r Rule) bool { return r.holds(c, f) })
	if i < 0 {
		return none("", "no rule of the policy speaks of it")
	}
	rule := p.Rules[i]
	if rule.Do == DoLead || rule.Do == DoNothing {
		return none(rule.Name, rule.Because)
	}
	return casefile.Action{
		State: casefile.ActionProposed, Kind: rule.Do, Rule: rule.Name, Reason: rule.Because,
		Expires: p.Expires(f.Kind, rule, f.Confidence, at),
	}
}

// Automatic reports whether the policy itself approves what a rule proposes, and
// in which name.
func (p Policy) Automatic(rule string) (approver string, automatic bool) {
	i := slices.IndexFunc(p.Rules, func(r Rule) bool { return r.Name == rule })
	return "policy:" + p.Name, i >= 0 && p.Rules[i].Approve == ByPolicy
}

func (r Rule) holds(c casefile.Case, f casefile.Finding) bool {
	verdict := f.Verdict
	if verdict == "" {
		verdict = "none"
	}
	return among(r.Band, f.Band) && among(r.Kind, f.Kind) && among(r.Scope, c.Scope) && among(r.TLP, c.TLP) &&
		among(r.Validation, f.Validation.State) && among(r.Verdict, verdict) && f.Confidence >= r.MinConfidence
}

func among(list []string, text string) bool { return len(list) == 0 || slices.Contains(list, text) }

// Apply lays the policy over a document: findings about which nothing is
// recorded get the proposal as of the last change of the record, and what was
// approved or applied and has run out by now is shown as expired.
func (p Policy) Apply(d *casefile.Document, now time.Time) {
	for i := range d.Findings {
		f := &d.Findings[i]
		if !f.Action.Recorded() {
			f.Action = p.Propose(d.Case, *f, d.Case.Changed.Time)
		}
		f.Action = Lapsed(f.Action, now)
	}
	for i, s := range d.Seeds {
		if s.Action != nil {
			lapsed := Lapsed(*s.Action, now)
			d.Seeds[i].Action = &lapsed
		}
	}
}

// Lapsed returns an action as it stands at a time: an approved or applied one
// whose time is up is expired, whether or not somebody recorded that.
func Lapsed(a casefile.Action, now time.Time) casefile.Action {
	stands := a.State == casefile.ActionApproved || a.State == casefile.ActionApplied
	if stands && !a.Expires.IsZero() && !a.Expires.After(now) {
		a.State = casefile.ActionExpired
	}
	return a
}
