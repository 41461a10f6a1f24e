package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/yamlfile"
)

// ErrPolicy means that a policy file cannot be used; the message says where.
var ErrPolicy = errors.New("policy")

// maxRules bounds a file.
const maxRules = 1000

// Default returns the policy that ships with clew.
func Default() (Policy, error) { return Parse(DefaultText) }

// Read reads a policy file.
func Read(path string) (Policy, error) {
	text, err := yamlfile.Open(path)
	if err != nil {
		return Policy{}, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	p, err := Parse(text)
	if err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// Parse reads and checks the text of a policy.
func Parse(text []byte) (Policy, error) {
	var p Policy
	if err := yamlfile.Parse(text, &p); err != nil {
		return Policy{}, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	if err := p.check(); err != nil {
		return Policy{}, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	return p, nil
}

// names of policies and rules go into records and reasons.
var names = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$`)

func (p Policy) check() error {
	switch {
	case !names.MatchString(p.Name):
		return fmt.Errorf("name %q: use letters, digits, blanks and ._-", casefile.Printable(p.Name))
	case len(p.Rules) == 0 || len(p.Rules) > maxRules:
		return fmt.Errorf("%d rules: write at least one, at most %d", len(p.Rules), maxRules)
	}
	if _, set := p.Expiry["other"]; !set {
		return errors.New("expiry: say how long actions on `other` kinds stand")
	}
	for kind, life := range p.Expiry {
		if _, known := observable.KindNamed(kind); !known && kind != "other" {
			return fmt.Errorf("expiry: %q is no kind of indicator", casefile.Printable(kind))
		}
		if life == (Lifetime{}) {
			return fmt.Errorf("expiry: %s has no lifetime", kind)
		}
	}
	seen := map[string]bool{}
	for i, r := range p.Rules {
		if err := r.check(); err != nil {
			return fmt.Errorf("rule %d %s: %w", i+1, casefile.Printable(r.Name), err)
		}
		if seen[r.Name] {
			return fmt.Errorf("rule %d: there are two named %s", i+1, r.Name)
		}
		seen[r.Name] = true
	}
	return errors.Join(p.Decay.check(), p.Blast.check())
}

func (d Decay) check() error {
	if d.Model != "" && d.Model != "none" && d.Model != Polynomial {
		return fmt.Errorf("decay: %q is no model: use none or polynomial", casefile.Printable(d.Model))
	}
	if d.Model == Polynomial && (d.Speed <= 0 || d.Speed > 10 || d.Threshold < 0 || d.Threshold >= 100) {
		return fmt.Errorf("decay: threshold %g, speed %g: the threshold is 0 to 99, the speed above 0, to 10", d.Threshold, d.Speed)
	}
	return nil
}

func (l Limits) check() error {
	if l.Assets < 0 || l.Listed != "" && l.Listed != "monitor" && l.Listed != "ignore" {
		return errors.New("blast: assets is a number, listed is monitor or ignore")
	}
	return nil
}

func (r Rule) check() error {
	if !names.MatchString(r.Name) {
		return errors.New("give it a name of letters, digits, blanks and ._-")
	}
	var kinds []string
	for _, k := range observable.Kinds() {
		kinds = append(kinds, k.String())
	}
	for _, c := range []struct {
		name         string
		given, known []string
	}{
		{"band", r.Band, []string{"high", "medium", "low", "coincidence"}},
		{"kind", r.Kind, kinds},
		{"scope", r.Scope, []string{"live", "hunt"}},
		{"validation", r.Validation, []string{casefile.Hit, casefile.HitOutside, casefile.NoHit, casefile.NotChecked}},
		{"verdict", r.Verdict, []string{string(casefile.TypeAccepted), "none"}},
		{"do", []string{r.Do}, []string{DoBlock, DoMonitor, DoLead, DoNothing}},
		{"approve", []string{r.Approve}, []string{"", ByPerson, ByPolicy}},
	} {
		for _, given := range c.given {
			if !slices.Contains(c.known, given) {
				return fmt.Errorf("%s: %q is none of %s", c.name, casefile.Printable(given), strings.Join(c.known, ", "))
			}
		}
	}
	for _, t := range r.TLP {
		if parsed, err := marking.ParseTLP(t); err != nil || string(parsed) != t {
			return fmt.Errorf("tlp: %q is none of RED, AMBER+STRICT, AMBER, GREEN, CLEAR", casefile.Printable(t))
		}
	}
	if r.MinConfidence < 0 || r.MinConfidence > 100 {
		return fmt.Errorf("min_confidence: %d is no percentage", r.MinConfidence)
	}
	if strings.TrimSpace(r.Because) == "" {
		return errors.New("because: say why, the record quotes it")
	}
	return nil
}
