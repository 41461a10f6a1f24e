package source

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/corpus"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
)

// DefaultRequests is how many requests one question may take at most.
const DefaultRequests = 40

// RunnerOptions say under which rules a runner asks. The zero value asks nothing.
type RunnerOptions struct {
	// Asker carries the requests; nil means offline: nothing is asked.
	Asker Asker
	// Replay says that Asker answers from recordings. Nothing leaves the machine
	// then, so PAP, keys, retirement and the ledger do not apply.
	Replay bool
	Clock  func() time.Time // nil means time.Now
	PAP    marking.PAP      // what the case allows
	HasKey func(Info) bool  // whether a source's key is configured; nil means none is
	Budget Budget
	// Requests is how many requests one question may take; 0 means DefaultRequests.
	Requests int
	Ledger   Ledger // told before each request that leaves the machine; may be nil
}

// A Ledger records who learns what. A request it cannot record is not sent.
type Ledger interface {
	Disclose(ctx context.Context, d Disclosure) error
}

// A Disclosure is one request about to leave the machine.
type Disclosure struct {
	Source  string
	Value   observable.Value
	Method  string
	URL     string // without credentials
	Needs   marking.PAP
	Allowed marking.PAP
	At      time.Time
}

// A Runner asks sources under one case's rules. It may be used by many
// goroutines at once.
type Runner struct {
	options RunnerOptions
	spent   *account
}

// NewRunner returns a runner with nothing spent.
func NewRunner(o RunnerOptions) *Runner {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Requests == 0 {
		o.Requests = DefaultRequests
	}
	return &Runner{options: o, spent: newAccount(o.Budget)}
}

// Spent returns how many requests each source was sent, replayed ones included.
func (r *Runner) Spent() map[string]int { return r.spent.copy(r.spent.requests) }

// SpentCredits returns how many credits they cost, as far as that is known.
func (r *Runner) SpentCredits() map[string]int { return r.spent.copy(r.spent.credits) }

// Left returns how many requests the budget still has for all sources together;
// ok is false without a limit.
func (r *Runner) Left() (n int, ok bool) { return r.spent.left() }

// Ask puts one question to one source. Whatever goes wrong is in the outcome:
// its state, a sentence of reason, and the parts that are missing.
func (r *Runner) Ask(ctx context.Context, src Source, q Question) Outcome {
	info := src.Info()
	out := Outcome{Source: info.Name, Value: q.Value, At: r.options.Clock().UTC().Truncate(time.Second)}
	if state, reason := r.refuse(info, q.Value); reason != "" {
		out.State, out.Reason = state, reason
		return out
	}
	carrier := &carrier{runner: r, info: info, value: q.Value}
	answer, err := src.Observe(ctx, carrier, q)
	out.Evidence = carrier.evidence
	out.Answer, out.Parts = r.stamp(info, answer, carrier.evidence), answer.Parts
	if err != nil || len(out.Parts) == 0 {
		kept := len(out.Answer.Observations) + len(out.Answer.Totals)
		out.Parts = append(out.Parts, PartOf("", kept, answer.Missing, err))
	}
	out.State, out.Reason = overall(out.Parts), reasons(out.Parts)
	out.Until = carrier.judge(ctx, out)
	return out
}

// refuse says why a question is not put at all, with an empty reason when it is.
func (r *Runner) refuse(info Info, v observable.Value) (State, string) {
	if !slices.Contains(info.Accepts, v.Kind()) {
		return Skipped, fmt.Sprintf("%s is not asked about a %s", info.Title, v.Kind())
	}
	if r.options.Asker == nil {
		return NotAsked, "offline: no source is asked"
	}
	if r.options.Replay {
		return "", ""
	}
	if info.Retired != "" {
		return Skipped, info.Retired
	}
	if observable.IsLocal(v) {
		why, _ := observable.Special(v)
		return Skipped, fmt.Sprintf("%s is a %s: nobody outside is asked about it", v.Text(), why)
	}
	if !r.options.PAP.Allows(info.PAP) {
		return Skipped, fmt.Sprintf("a lookup at %s needs PAP:%s, the case allows PAP:%s", info.Title, info.PAP, r.options.PAP)
	}
	if info.KeyEnv != "" && !info.Keyless && (r.options.HasKey == nil || !r.options.HasKey(info)) {
		return Skipped, fmt.Sprintf("%s: set %s, or keys.%s in the configuration file", ErrNoKey, info.KeyEnv, info.Name)
	}
	return "", ""
}

// stamp makes a connector's answer ours: source and evidence on every fact,
// times in UTC to the second, sorted, and nothing the vocabulary does not allow.
func (r *Runner) stamp(info Info, a Answer, evidence []Evidence) Answer {
	known := make(map[string]bool, len(evidence))
	for _, e := range evidence {
		known["sha256:"+e.SHA256] = true
	}
	kept := make([]observation.Observation, 0, len(a.Observations))
	for _, o := range a.Observations {
		o.Source = info.Name
		o.First, o.Last = toSecond(o.First), toSecond(o.Last)
		o.Count = max(o.Count, 1)
		if !known[o.Evidence] || o.Check() != nil {
			a.Dropped++
			continue
		}
		kept = append(kept, o)
	}
	slices.SortStableFunc(kept, compareFacts)
	a.Observations = slices.CompactFunc(kept, func(x, y observation.Observation) bool { return compareFacts(x, y) == 0 })
	for i := range a.Totals {
		a.Totals[i].Source = info.Name
		a.Totals[i].AsOf = toSecond(a.Totals[i].AsOf)
	}
	slices.SortStableFunc(a.Totals, compareTotals)
	a.Totals = slices.Compact(a.Totals)
	a.Parts = nil
	return a
}

func toSecond(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

func compareFacts(x, y observation.Observation) int {
	if c := x.Compare(y); c != 0 {
		return c
	}
	return strings.Compare(x.Evidence, y.Evidence)
}

func compareTotals(x, y corpus.Total) int {
	if c := int(x.Relation) - int(y.Relation); c != 0 {
		return c
	}
	if c := x.Object.Compare(y.Object); c != 0 {
		return c
	}
	if c := x.AsOf.Compare(y.AsOf); c != 0 {
		return c
	}
	return cmp.Compare(x.N, y.N)
}
