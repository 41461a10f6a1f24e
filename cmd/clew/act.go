package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/response/blast"
	"clew/internal/response/decision"
	"clew/internal/response/policy"
	"clew/internal/server"
	"clew/internal/words"
)

// actFlags say what is done with which findings.
type actFlags struct {
	bands, kinds   []string
	all            bool
	reason, action string
	expires, file  string
	approver       string // "" means who runs clew
	dry, measure   bool
	fourEyes       bool // who proposed does not approve
}

func (a *app) actCommand() *cobra.Command {
	var f actFlags
	cmd := &cobra.Command{
		Use:   "act CASE list|propose|approve|apply|expire|revoke [INDICATOR...]",
		Short: "Block or watch what was found: propose, approve, apply, expire, revoke",
		Long: `Moves actions from proposed to approved to applied, and out again. propose measures
first whom a block would hit; one that would hit bystanders becomes a watch, with
the figure. approve names you as approver and sets the expiry by kind. Block lists
(clew export) hold what is approved or applied and has not run out. Done twice, it
changes nothing. Without indicators, propose and expire mean all they apply to.`,
		Example: `  clew act 4f2a list
  clew act 4f2a propose
  clew act 4f2a approve --band high --kind domain --reason 'shift lead agrees'
  clew act 4f2a apply cdn-update.example 203.0.113.7 --reason 'RPZ serial 2026112301'
  clew act 4f2a revoke 203.0.113.7 --reason 'a customer of ours is there'
  clew act 4f2a approve 203.0.113.7 --action block --expires 3d --reason 'bystanders were told'`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[1] == "list" {
				return a.actList(cmd.Context(), args[0], f)
			}
			verb := decision.Verb(args[1])
			if !slices.Contains(decision.Verbs(), verb) {
				return usagef("%q is nothing to do: use list, propose, approve, apply, expire or revoke", args[1])
			}
			return a.act(cmd.Context(), args[0], verb, args[2:], f)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.bands, "band", nil, "all findings of these bands: high, medium, low")
	flags.StringSliceVar(&f.kinds, "kind", nil, "all findings of these kinds: domain, ip, …")
	flags.BoolVar(&f.all, "all", false, "all findings")
	flags.StringVar(&f.reason, "reason", "", "why, for the record")
	flags.StringVar(&f.action, "action", "", "block or monitor, other than the policy says; needs --reason")
	flags.StringVar(&f.expires, "expires", "", "how long it stands: 12h, 14d, 8w, 6mo, 1y or never (default: by kind)")
	flags.StringVar(&f.file, "policy", "", "policy file (default: policy in config.yaml, else clew's own)")
	flags.BoolVar(&f.measure, "measure", false, "of list: also count whom blocks would hit that were not measured yet")
	flags.BoolVar(&f.dry, "dry-run", false, "say what would be recorded, and record nothing")
	return cmd
}

// order reads the flags.
func (f actFlags) order(a *app, verb decision.Verb) (decision.Order, error) {
	p, err := a.policy(f.file)
	if err != nil {
		return decision.Order{}, err
	}
	o := decision.Order{Verb: verb, Actor: cmp.Or(f.approver, actor(a.getenv)), At: a.clock(), Reason: f.reason, Kind: f.action, Policy: p, FourEyes: f.fourEyes}
	if f.expires != "" {
		life, err := policy.ParseLifetime(f.expires)
		if err != nil {
			return o, usagef("--expires %w", err)
		}
		o.Expires = &life
	}
	return o, f.check()
}

// check looks at what chooses findings.
func (f actFlags) check() error {
	for _, b := range f.bands {
		if !slices.Contains([]string{"high", "medium", "low"}, b) {
			return usagef("--band %q is no band: use high, medium or low", b)
		}
	}
	for _, k := range f.kinds {
		if _, known := observable.KindNamed(k); !known {
			return usagef("--kind %q is no kind: docs/reference/vocabulary.md lists them", k)
		}
	}
	return nil
}

// targets chooses what the order is about, in the order of the document.
func (f actFlags) targets(d casefile.Document, verb decision.Verb, named []string) ([]decision.Target, error) {
	wanted := map[casefile.Value]bool{}
	var asked []casefile.Value // in the order of the arguments
	for _, text := range named {
		v, err := indicator(text)
		if err != nil {
			return nil, err
		}
		asked = append(asked, casefile.ValueOf(v))
		wanted[asked[len(asked)-1]] = false
	}
	everything := f.all || len(f.bands) > 0 || len(f.kinds) > 0
	if len(named) == 0 && !everything && verb != decision.Propose && verb != decision.Expire {
		return nil, usagef("name what to %s: indicators, --band, --kind or --all", verb)
	}
	var targets []decision.Target
	for _, s := range d.Seeds {
		about := casefile.Value{Kind: s.Kind, Value: s.Value}
		if _, one := wanted[about]; !one && (verb != decision.Expire || s.Action == nil) {
			continue
		}
		wanted[about] = true
		t := decision.Target{About: about, Seed: true, Named: true, Finding: casefile.Finding{Kind: s.Kind, Value: s.Value, Confidence: s.Confidence}}
		if s.Validation != nil {
			t.Finding.Validation = *s.Validation
		}
		t.Action.State = casefile.ActionNone
		if s.Action != nil {
			t.Action, t.Recorded = *s.Action, s.Action.Recorded()
		}
		targets = append(targets, t)
	}
	for _, finding := range d.Findings {
		about := casefile.Value{Kind: finding.Kind, Value: finding.Value}
		done, one := wanted[about]
		switch {
		case done: // a seed that is a finding too
			continue
		case one:
			wanted[about] = true
		case len(named) > 0 && !everything,
			len(f.bands) > 0 && !slices.Contains(f.bands, finding.Band),
			len(f.kinds) > 0 && !slices.Contains(f.kinds, finding.Kind):
			continue
		}
		targets = append(targets, decision.Target{
			About: about, Finding: finding, Named: one, Recorded: finding.Action.Recorded(), Action: finding.Action,
		})
	}
	for _, about := range asked {
		if !wanted[about] {
			return nil, usagef("%s is neither a seed nor a finding of %s", defanged(about.Kind, about.Value), d.Case.ID)
		}
	}
	return targets, nil
}

// act carries out one verb and prints what became of it.
func (a *app) act(ctx context.Context, name string, verb decision.Verb, named []string, f actFlags) error {
	w, id, err := a.openCase(ctx, name, verb == decision.Propose || verb == decision.Approve)
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // what matters was acknowledged before
	acted, err := a.carryOut(ctx, w, id, verb, named, f)
	if err != nil {
		return err
	}
	if err := a.printTo(func(out io.Writer) error { return a.printActions(out, acted.Actions) }); err != nil {
		return err
	}
	said := "recorded"
	if f.dry {
		said = "would be recorded"
	}
	fmt.Fprintf(a.stderr, "%s: %s, %s\n", id, words.Count(acted.Changes, "change"), said)
	return nil
}

// mostTurns is how often a decision is made again because somebody else decided
// about the case in between.
const mostTurns = 10

// carryOut carries out one verb and records what changed, in one step. What somebody
// else decided meanwhile is not decided twice: it is made again on what there is then.
func (a *app) carryOut(ctx context.Context, w *investigation.Workspace, id string, verb decision.Verb, named []string, f actFlags) (acted server.Acted, err error) {
	for range mostTurns {
		if acted, err = a.carryOutOnce(ctx, w, id, verb, named, f); !errors.Is(err, casefile.ErrMoved) {
			break
		}
	}
	return acted, err
}

// decided are the events on which a decision about actions rests.
var decided = []casefile.Type{
	casefile.TypeActed, casefile.TypeFound, casefile.TypeAccepted, casefile.TypeRejected, casefile.TypeReopened, casefile.TypeUndone, casefile.TypeSighted,
}

func (a *app) carryOutOnce(ctx context.Context, w *investigation.Workspace, id string, verb decision.Verb, named []string, f actFlags) (server.Acted, error) {
	acted := server.Acted{Actions: []server.Decision{}, Recorded: !f.dry}
	order, err := f.order(a, verb)
	if err != nil {
		return acted, err
	}
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return acted, err
	}
	d := record.Document()
	order.Policy.Apply(&d, order.At)
	targets, err := f.targets(d, verb, named)
	if err != nil {
		return acted, err
	}
	meter := a.meter(w, d)
	var entries []casefile.Entry
	for _, t := range targets {
		if verb == decision.Expire && !t.Named && t.Action.State != casefile.ActionExpired {
			continue // its time is not up
		}
		if meter != nil && (verb == decision.Propose || !t.Recorded) {
			if t.Blast, err = measured(ctx, meter, t.About, t.Finding.Validation); err != nil {
				return acted, err
			}
		}
		out, err := decision.Decide(d.Case, order, t)
		if err != nil {
			return acted, usageError{err}
		}
		if !out.Change && !t.Named {
			continue
		}
		acted.Actions = append(acted.Actions, server.Decision{Kind: out.About.Kind, Value: out.About.Value, Action: out.Action, Changed: out.Change, Why: out.Why})
		if out.Change {
			entries = append(entries, casefile.Entry{
				Time: order.At, Type: casefile.TypeActed, Actor: order.Actor, Data: casefile.Acted{About: out.About, Action: out.Action},
			})
		}
	}
	acted.Changes = len(entries)
	if len(entries) > 0 && !f.dry {
		_, err = w.Cases.AppendUnless(ctx, id, casefile.Query{After: record.Head.Seq, Types: decided}, entries...)
	}
	return acted, err
}

// openCase opens the record of a case, and the corpus where somebody will be
// asked who lives on a value.
func (a *app) openCase(ctx context.Context, name string, corpus bool) (*investigation.Workspace, string, error) {
	w, err := a.workspace(investigation.Needs{Cases: true, Corpus: corpus, ReadOnly: true})
	if err != nil {
		return nil, "", err
	}
	id, err := casefile.Resolve(ctx, w.Cases, name)
	if err != nil {
		err = errors.Join(err, w.Close())
		if errors.Is(err, casefile.ErrNoCase) {
			err = usageError{err}
		}
		return nil, "", err
	}
	return w, id, nil
}

// meter measures blocks against the corpus; nil where it is not open.
func (a *app) meter(w *investigation.Workspace, d casefile.Document) *blast.Meter {
	if w.Corpus == nil {
		return nil
	}
	lists := func(v observable.Value) (string, bool) {
		if hit, benign := w.Lists.Benign(v); benign {
			return hit.String(), true
		}
		if v.Kind() != observable.IP && v.Kind() != observable.Prefix {
			return "", false
		}
		hit, shared := w.Lists.Match(observation.ResolvesTo, v)
		return hit.String(), shared
	}
	return blast.New(w.Corpus, lists, d, a.clock())
}

func measured(ctx context.Context, m *blast.Meter, about casefile.Value, seen casefile.Validation) (*casefile.Blast, error) {
	v, err := about.Observable()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", casefile.ErrDamaged, err)
	}
	b, err := m.Measure(ctx, v, seen)
	return &b, err
}

func (a *app) printActions(w io.Writer, rows []server.Decision) error {
	if a.json {
		return encode(w, struct {
			Actions []server.Decision `json:"actions"`
		}{rows})
	}
	if len(rows) == 0 {
		fmt.Fprintln(w, "Nothing to show.")
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "INDICATOR\tACTION\tSTATE\tUNTIL\tAPPROVER\tBESIDE IT\tWHY")
	for _, r := range rows {
		why := r.Why
		if why == "" {
			why = r.Action.Reason
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", shortened(defanged(r.Kind, r.Value)), orDash(casefile.Printable(r.Action.Kind)), casefile.Printable(r.Action.State),
			orDash(r.Action.Expires.Day()), orDash(casefile.Printable(r.Action.Approver)), beside(r.Action.Blast), casefile.Prose(why))
	}
	return table.Flush()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// beside says in a few words whom a block would hit.
func beside(b *casefile.Blast) string {
	switch {
	case b == nil:
		return "not measured"
	case b.Listed != "":
		return "listed"
	case !b.Known:
		return "unknown"
	}
	least := ""
	if b.AtLeast {
		least = "at least "
	}
	text := fmt.Sprintf("%s%s", least, words.Count(b.Bystanders, "site"))
	if b.Assets > 0 {
		text += ", " + words.Count(b.Assets, "machine") + " of ours"
	}
	return text
}

func (a *app) actList(ctx context.Context, name string, f actFlags) error {
	w, id, err := a.openCase(ctx, name, f.measure)
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // nothing was written
	rows, err := a.actions(ctx, w, id, f)
	if err != nil {
		return err
	}
	return a.printTo(func(out io.Writer) error { return a.printActions(out, rows) })
}

// actions lists what is proposed or decided, first what waits for somebody.
func (a *app) actions(ctx context.Context, w *investigation.Workspace, id string, f actFlags) ([]server.Decision, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	p, err := a.policy(f.file)
	if err != nil {
		return nil, err
	}
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return nil, err
	}
	d := record.Document()
	p.Apply(&d, a.clock())
	var meter *blast.Meter
	if f.measure {
		meter = a.meter(w, d)
	}
	rows := []server.Decision{}
	add := func(kind, value string, action casefile.Action, seen casefile.Validation) (err error) {
		if meter != nil && action.Blast == nil && action.Kind == casefile.Block {
			action.Blast, err = measured(ctx, meter, casefile.Value{Kind: kind, Value: value}, seen)
		}
		rows = append(rows, server.Decision{Kind: kind, Value: value, Action: action})
		return err
	}
	for _, s := range d.Seeds {
		if s.Action == nil {
			continue
		}
		var seen casefile.Validation
		if s.Validation != nil {
			seen = *s.Validation
		}
		if err := add(s.Kind, s.Value, *s.Action, seen); err != nil {
			return nil, err
		}
	}
	for _, finding := range d.Findings {
		wanted := (len(f.bands) == 0 || slices.Contains(f.bands, finding.Band)) && (len(f.kinds) == 0 || slices.Contains(f.kinds, finding.Kind))
		if wanted && (finding.Action.State != casefile.ActionNone || finding.Action.Recorded()) {
			if err := add(finding.Kind, finding.Value, finding.Action, finding.Validation); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(rows, func(x, y server.Decision) int { return strings.Compare(order(x), order(y)) })
	return rows, nil
}

// order sorts actions: what waits for somebody first.
func order(r server.Decision) string {
	states := []string{casefile.ActionProposed, casefile.ActionApproved, casefile.ActionApplied, casefile.ActionExpired, casefile.ActionRevoked}
	kinds := []string{casefile.Block, casefile.Monitor}
	return fmt.Sprintf("%d%d", slices.Index(states, r.Action.State)+1, slices.Index(kinds, r.Action.Kind)+1)
}
