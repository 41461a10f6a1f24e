package escalation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/casefile"
)

// What a rule is put to.
const (
	aboutFinding = "finding"
	aboutSeed    = "seed"
)

// patience bounds one expression on one value: a rule is written by the team,
// but what it runs on is anybody's text.
const patience = 200 * time.Millisecond

// maxAssets bounds the machines that one escalation names.
const maxAssets = 50

// A subject is one finding or seed with what rules see of it.
type subject struct {
	about      string
	value      casefile.Value
	validation *casefile.Validation
	band       string
	targets    []string
	further    []string // machines that no earlier escalation of the rule named; nil the first time
	input      map[string]any
}

// Due returns the escalations of a case that were not recorded before, in the
// order of the rules. Each holds the values for which its trigger fired anew. A
// rule that cannot be evaluated is an error that names it.
func (r Rules) Due(ctx context.Context, d casefile.Document, o Organisation) ([]casefile.Escalation, error) {
	subjects, err := subjectsOf(d, o)
	if err != nil {
		return nil, err
	}
	about, err := plain(d.Case)
	if err != nil {
		return nil, err
	}
	var due []casefile.Escalation
	for _, rule := range r.list {
		told := toldBefore(rule, d)
		done := map[casefile.Value]bool{} // in this escalation
		var fired []subject
		for _, s := range subjects {
			if done[s.value] || !slices.Contains(rule.About, s.about) {
				continue
			}
			if machines, before := told[s.value]; before {
				if s.further = rule.further(s, machines); len(s.further) == 0 {
					continue
				}
			}
			yes, err := rule.fires(ctx, s.input, about)
			if err != nil {
				return due, fmt.Errorf("%w: %s on %s: %w", ErrRules, rule.Name, casefile.Prose(s.value.Value), err)
			}
			if yes {
				fired = append(fired, s)
				done[s.value] = true
			}
		}
		if len(fired) > 0 {
			due = append(due, rule.escalation(d, fired))
		}
	}
	return due, nil
}

// toldBefore returns, for each value that the trigger fired for before, the
// machines that were named then.
func toldBefore(r rule, d casefile.Document) map[casefile.Value][]string {
	told := map[casefile.Value][]string{}
	for _, e := range d.Escalations {
		if e.Trigger != r.Name {
			continue
		}
		for _, v := range e.Values {
			told[v] = append(told[v], e.Assets...)
		}
	}
	return told
}

// further returns the machines of a subject that are news to who was told. Where
// as many were named as one escalation holds, more of them are none.
func (r rule) further(s subject, named []string) (machines []string) {
	if r.Again != againMachines || s.validation == nil || len(named) >= maxAssets {
		return nil
	}
	for _, asset := range s.validation.Assets {
		if !slices.Contains(named, asset) {
			machines = append(machines, asset)
		}
	}
	return machines
}

// fires reports whether the first result of the expression is true.
func (r rule) fires(ctx context.Context, input, about map[string]any) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	result, ok := r.code.RunWithContext(ctx, input, about).Next()
	if !ok {
		return false, nil
	}
	if err, failed := result.(error); failed {
		return false, err
	}
	return result == true, nil
}

func (r rule) escalation(d casefile.Document, fired []subject) casefile.Escalation {
	e := casefile.Escalation{
		Trigger: r.Name, Severity: r.Severity, Actions: r.First,
		Because: fmt.Sprintf("%s %s", count(len(fired)), r.Because),
	}
	news := 0
	machinesLeft := map[string]bool{}
	for _, s := range fired {
		e.Values = append(e.Values, s.value)
		e.Evidence = append(e.Evidence, s.evidence())
		machines := s.further
		if machines != nil {
			news++
		} else if s.validation != nil {
			machines = s.validation.Assets
		}
		for _, asset := range machines {
			switch {
			case slices.Contains(e.Assets, asset):
			case len(e.Assets) < maxAssets:
				e.Assets = append(e.Assets, asset)
			default:
				machinesLeft[asset] = true
			}
		}
	}
	if news > 0 {
		e.Because += fmt.Sprintf("; %d of them told before, and now on further machines", news)
	}
	if n := len(machinesLeft); n > 0 {
		e.Left = fmt.Sprintf("%d more machines: it names %d at most; the sightings of the case have them", n, maxAssets)
	}
	e.ID = identifier(d.Case.ID, e, news > 0)
	return e
}

func count(n int) string {
	if n == 1 {
		return "1 indicator:"
	}
	return fmt.Sprintf("%d indicators:", n)
}

// identifier is the same for the same trigger on the same values of a case, so
// that who is told twice can tell. Further machines make another.
func identifier(id string, e casefile.Escalation, machines bool) string {
	h := sha256.New()
	fmt.Fprintf(h, "clew-escalation-1 %d:%s %d:%s", len(id), id, len(e.Trigger), e.Trigger)
	for _, v := range e.Values {
		fmt.Fprintf(h, " %d:%s %d:%s", len(v.Kind), v.Kind, len(v.Value), v.Value)
	}
	if machines {
		for _, asset := range e.Assets {
			fmt.Fprintf(h, " %d:%s", len(asset), asset)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// evidence says in one sentence what speaks for an escalation. It holds outside
// text: whoever shows it escapes it.
func (s subject) evidence() string {
	text := s.value.Kind + " " + s.value.Value
	if v, err := s.value.Observable(); err == nil {
		text = s.value.Kind + " " + strings.TrimPrefix(v.Defang(), s.value.Kind+":")
	}
	if s.band != "" {
		text += ", " + s.band + " confidence"
	} else {
		text += ", a seed"
	}
	if v := s.validation; v != nil && v.State == casefile.Hit {
		text += fmt.Sprintf(", %d sightings", v.Sightings)
		if v.Contact != "" {
			text += ", " + v.Contact
		}
		if !v.Last.IsZero() {
			text += ", last " + v.Last.String()
		}
		if len(v.Assets) > 0 {
			text += fmt.Sprintf(", on %s", strings.Join(v.Assets[:min(len(v.Assets), 5)], ", "))
		}
	}
	if len(s.targets) > 0 {
		text += ", imitates " + strings.Join(s.targets, ", ")
	}
	return text
}

// subjectsOf prepares the seeds, then the findings, as rules see them.
func subjectsOf(d casefile.Document, o Organisation) ([]subject, error) {
	var subjects []subject
	for _, seed := range d.Seeds {
		s := subject{about: aboutSeed, value: casefile.Value{Kind: seed.Kind, Value: seed.Value}, validation: seed.Validation}
		if err := s.prepare(seed, casefile.Time{}, d, o); err != nil {
			return nil, err
		}
		subjects = append(subjects, s)
	}
	for _, f := range d.Findings {
		if f.Verdict == string(casefile.TypeRejected) || f.Suppressed != "" {
			continue
		}
		s := subject{about: aboutFinding, value: casefile.Value{Kind: f.Kind, Value: f.Value}, validation: &f.Validation, band: f.Band}
		if err := s.prepare(f, f.LastSeen, d, o); err != nil {
			return nil, err
		}
		subjects = append(subjects, s)
	}
	return subjects, nil
}

func (s *subject) prepare(from any, last casefile.Time, d casefile.Document, o Organisation) (err error) {
	if s.input, err = plain(from); err != nil {
		return err
	}
	s.targets = o.imitatedBy(s.value)
	targets := make([]any, len(s.targets))
	for i, t := range s.targets {
		targets[i] = t
	}
	s.input["is"], s.input["targets"], s.input["age_days"] = s.about, targets, nil
	if !last.IsZero() && !d.Case.Changed.IsZero() {
		s.input["age_days"] = int(d.Case.Changed.Sub(last.Time).Hours() / 24)
	}
	return nil
}

// plain turns a part of the document into what jq works on.
func plain(part any) (map[string]any, error) {
	text, err := json.Marshal(part)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(text, &out)
}
