package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/fetch"
	"clew/internal/investigation"
	"clew/internal/response/deliver"
	"clew/internal/response/deliver/all"
	"clew/internal/response/escalation"
	"clew/internal/server"
	"clew/internal/source"
	"clew/internal/watch"
	"clew/internal/words"
)

// escalationSettings are the section escalation of the configuration file.
type escalationSettings struct {
	Rules        string                  `yaml:"rules,omitempty"` // file; "" means the playbook's triggers
	Organisation escalation.Organisation `yaml:"organisation,omitempty"`
	To           []deliver.Recipient     `yaml:"to,omitempty"`
}

// escalateFlags say what is told to whom.
type escalateFlags struct {
	to             []string
	dry, showRules bool
}

func (a *app) escalateCommand() *cobra.Command {
	var f escalateFlags
	cmd := &cobra.Command{
		Use: "escalate CASE", Short: "Tell who must know: find the triggers that fired, and hand them over",
		Long: `Puts the rules to the case: the playbook's four triggers, or those of your file. What
fires goes into the record, once for each indicator, and to the recipients of
config.yaml: webhook (signed), mail, slack, teams, mattermost, thehive, jira. A
delivery that failed is tried again by the next run; what was taken is not sent
twice. Without recipients it only records.`,
		Example: `  clew escalate 4f2a --dry-run          what fires, and what each recipient would get
  clew escalate 4f2a
  clew escalate 4f2a --to soc,duty
  clew escalate --show-rules > rules.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if f.showRules != (len(args) == 0) || len(args) > 1 {
				return usagef("name one case, or --show-rules alone")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.showRules {
				return a.printTo(func(w io.Writer) error { _, err := w.Write(escalation.DefaultText); return err })
			}
			return a.escalate(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.to, "to", nil, "only these recipients of config.yaml (default: all)")
	flags.BoolVar(&f.dry, "dry-run", false, "show what fires and what would be sent; record and send nothing")
	flags.BoolVar(&f.showRules, "show-rules", false, "print the rules that ship with clew, as a file to change")
	return cmd
}

// recipient is one that may be told, with its way.
type recipient struct {
	deliver.Recipient
	way deliver.Way
}

// recipients reads those of the configuration that were asked for.
func (a *app) recipients(s settings, wanted []string) ([]recipient, error) {
	var list []recipient
	var names []string
	for _, r := range s.Escalation.To {
		if err := r.Check(); err != nil {
			return nil, usageError{err}
		}
		if slices.Contains(names, r.Name) {
			return nil, usagef("%w %s: there are two of that name", deliver.ErrRecipient, r.Name)
		}
		names = append(names, r.Name)
		way, known := all.Named(r.Kind)
		if !known {
			return nil, usagef("%w %s: %q is none of %s", deliver.ErrRecipient, r.Name, r.Kind, strings.Join(all.Kinds(), ", "))
		}
		if r.Severity != "" && !slices.Contains(escalation.Severities(), r.Severity) {
			return nil, usagef("%w %s: severity %q is none of %s", deliver.ErrRecipient, r.Name, r.Severity, strings.Join(escalation.Severities(), ", "))
		}
		if len(wanted) > 0 && !slices.Contains(wanted, r.Name) {
			continue
		}
		r.KeyEnv = "CLEW_KEY_" + strings.ToUpper(strings.ReplaceAll(r.Name, "-", "_"))
		r.Key = s.Keys[r.Name]
		if key := a.getenv(r.KeyEnv); key != "" {
			r.Key = key
		}
		if err := way.Check(r); err != nil {
			return nil, usageError{err}
		}
		list = append(list, recipient{r, way})
	}
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return nil, usagef("--to %q is no recipient in config.yaml: there are %s", name, orDash(strings.Join(names, ", ")))
		}
	}
	return list, nil
}

func (a *app) escalationRules(s settings) (escalation.Rules, error) {
	file := s.Escalation.Rules
	if file == "" {
		return escalation.Default()
	}
	if !filepath.IsAbs(file) {
		config, _ := a.configPath()
		file = filepath.Join(filepath.Dir(config), file)
	}
	rules, err := escalation.Read(file)
	if err != nil {
		return rules, usageError{err}
	}
	return rules, nil
}

func (a *app) escalate(ctx context.Context, name string, f escalateFlags) error {
	return a.withCase(ctx, name, func(w *investigation.Workspace, id string) error {
		told, err := a.tell(ctx, w, id, f)
		if err != nil {
			return err
		}
		if f.dry {
			err := a.printTo(func(out io.Writer) error { return a.writeDue(out, told) })
			fmt.Fprintf(a.stderr, "%s: %s would be recorded; nothing was sent\n", id, words.Count(told.New, "escalation"))
			return err
		}
		if err := a.printTo(func(out io.Writer) error { return a.writeEscalations(out, told.Escalations) }); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "%s: %s new\n", id, words.Count(told.New, "escalation"))
		if len(told.Failed) > 0 {
			return partial{fmt.Sprintf("not delivered: %s; the record has it, and the next clew escalate tries again", strings.Join(told.Failed, "; "))}
		}
		return nil
	})
}

// tell finds what fires, records it, and hands over what was not taken yet; on a
// dry run it only says so.
func (a *app) tell(ctx context.Context, w *investigation.Workspace, id string, f escalateFlags) (server.Told, error) {
	told := server.Told{Failed: []string{}, Would: []server.WouldTell{}}
	s, err := a.withSecrets()
	if err != nil {
		return told, err
	}
	rules, err := a.escalationRules(s)
	if err != nil {
		return told, err
	}
	to, err := a.recipients(s, f.to)
	if err != nil {
		return told, err
	}
	record, due, err := a.dueNow(ctx, w, id, func(d casefile.Document) ([]casefile.Escalation, error) {
		due, err := rules.Due(ctx, d, s.Escalation.Organisation)
		if f.dry && err == nil {
			told.Would, err = a.wouldTell(d.Case, due, to)
		}
		return due, err
	}, !f.dry)
	if err != nil {
		return told, err
	}
	told.New = len(due)
	if f.dry {
		told.Escalations = casefile.FilledEscalations(due)
		return told, nil
	}
	told.Failed = append(told.Failed, a.deliverAll(ctx, w, record.Document(), to)...)
	// What was sent is told though the user has stopped the run since.
	if record, err = casefile.Load(context.WithoutCancel(ctx), w.Cases, id); err != nil {
		return told, err
	}
	told.Escalations = casefile.FilledEscalations(record.Document().Escalations)
	return told, nil
}

// dueNow finds what fires in a case, and records it. Where somebody else recorded
// what fires in between, it is found again: each is in the record once.
func (a *app) dueNow(ctx context.Context, w *investigation.Workspace, id string, find func(casefile.Document) ([]casefile.Escalation, error), write bool) (record *casefile.Record, due []casefile.Escalation, err error) {
	for range mostTurns {
		if record, err = casefile.Load(ctx, w.Cases, id); err != nil {
			return nil, nil, err
		}
		d, err := a.underPolicy(record.Document())
		if err != nil {
			return nil, nil, err
		}
		if due, err = find(d); err != nil || !write || len(due) == 0 {
			return record, due, err
		}
		entries := make([]casefile.Entry, len(due))
		for i, e := range due {
			entries[i] = casefile.Entry{Time: a.clock(), Type: casefile.TypeEscalated, Actor: w.ActorOf(ctx), Data: e}
		}
		_, err = w.Cases.AppendUnless(ctx, id, casefile.Query{After: record.Head.Seq, Types: []casefile.Type{casefile.TypeEscalated}}, entries...)
		if err == nil {
			record, err = casefile.Load(ctx, w.Cases, id)
			return record, due, err
		}
		if !errors.Is(err, casefile.ErrMoved) {
			return nil, nil, err
		}
	}
	return nil, nil, casefile.ErrMoved
}

// deliverAll hands over every escalation that a recipient has not taken yet, and
// returns what failed, in words. Each attempt is recorded before the next.
func (a *app) deliverAll(ctx context.Context, w *investigation.Workspace, d casefile.Document, to []recipient) (failed []string) {
	for _, e := range d.Escalations {
		if strings.HasPrefix(e.Trigger, watch.Trigger) {
			continue // for the recipients of the watch, whose runs tell them
		}
		for _, r := range to {
			taken := slices.ContainsFunc(e.Delivered, func(x casefile.Delivery) bool { return x.To == r.Name && x.State == casefile.Sent })
			if taken || ctx.Err() != nil {
				continue
			}
			m := deliver.Message{Case: d.Case, Escalation: e, At: a.clock()}
			outcome := casefile.Delivered{ID: e.ID, To: r.Name, State: casefile.Sent}
			if why, forbidden := r.withheld(m); why != "" {
				outcome.State, outcome.Said = casefile.Withheld, why
				if forbidden {
					failed = append(failed, fmt.Sprintf("%s to %s: %s", e.Trigger, r.Name, why))
				}
				if slices.ContainsFunc(e.Delivered, func(x casefile.Delivery) bool { return x.To == r.Name && x.State == outcome.State && x.Said == why }) {
					continue // the record has it
				}
			} else if said, err := a.deliverOne(ctx, r, m); err != nil {
				outcome.State, outcome.Said = "failed", deliver.Said([]byte(err.Error()))
				failed = append(failed, fmt.Sprintf("%s to %s: %s", e.Trigger, r.Name, outcome.Said))
			} else {
				outcome.Said = said
				if r.Kind != "webhook" { // which gets the whole escalation
					outcome.Left = m.Left()
				}
			}
			entry := casefile.Entry{Time: a.clock(), Type: casefile.TypeDelivered, Actor: w.ActorOf(ctx), Data: outcome}
			// What was sent is recorded though the user has stopped the run since.
			if _, err := w.Cases.Append(context.WithoutCancel(ctx), d.Case.ID, entry); err != nil {
				failed = append(failed, fmt.Sprintf("%s to %s: the record cannot say so: %v", e.Trigger, r.Name, err))
			}
		}
	}
	return failed
}

// withheld says why a recipient is not told, "" when it is; forbidden, when it is
// not that it does not want to be.
func (r recipient) withheld(m deliver.Message) (why string, forbidden bool) {
	if !escalation.AtLeast(m.Escalation.Severity, r.Severity) {
		return fmt.Sprintf("it is of severity %s, and %s is told of %s and worse", m.Escalation.Severity, r.Name, r.Severity), false
	}
	if err := r.May(m.Case); err != nil {
		return deliver.Said([]byte(err.Error())), true
	}
	return "", false
}

// deliverOne goes through the one way out. A private address is reached only
// where the configuration says that it may be one.
func (a *app) deliverOne(ctx context.Context, r recipient, m deliver.Message) (string, error) {
	info := r.way.Info(r.Recipient)
	o := fetch.Options{
		Sources: []source.Info{info}, Key: func(source.Info) string { return r.credential() }, UserAgent: "clew/" + release, Clock: a.clock,
	}
	if r.Private {
		o.Overrides = map[string]fetch.Override{info.Name: {BaseURL: r.base()}}
	}
	return r.way.Send(ctx, fetch.New(o), r.Recipient, m)
}

// credential is what goes into the header that carries a key.
func (r recipient) credential() string {
	if r.User != "" {
		return r.User + ":" + r.Key
	}
	return r.Key
}

// base is the address of the recipient's server, as the way out knows it.
func (r recipient) base() string {
	address := r.URL
	if address == "" {
		address = r.Key // of a chat, whose address is its secret
	}
	if u, err := url.Parse(address); err == nil && u.Scheme == "https" {
		return "https://" + u.Host
	}
	return "smtp://" + address
}

func (a *app) writeEscalations(w io.Writer, list []casefile.Escalation) error {
	if a.json {
		return encode(w, struct {
			Escalations []casefile.Escalation `json:"escalations"`
		}{casefile.FilledEscalations(list)})
	}
	if len(list) == 0 {
		fmt.Fprintln(w, "No trigger fired.")
	}
	for _, e := range list {
		m := deliver.Message{Escalation: e}
		fmt.Fprintf(w, "%s\n", terminalSafe(m.Title()))
		for _, s := range m.Sections() {
			if s.Heading == "Case" {
				continue
			}
			fmt.Fprintf(w, "  %s\n", s.Heading)
			for _, line := range s.Lines {
				fmt.Fprintf(w, "    %s\n", terminalSafe(line))
			}
		}
		for _, d := range e.Delivered {
			fmt.Fprintf(w, "  %s to %s, %s: %s\n", casefile.Printable(d.State), casefile.Printable(d.To), d.At, casefile.Prose(d.Said))
		}
	}
	return nil
}

// wouldTell renders what each recipient would get of what fires now.
func (a *app) wouldTell(c casefile.Case, due []casefile.Escalation, to []recipient) ([]server.WouldTell, error) {
	would := []server.WouldTell{}
	for _, e := range due {
		for _, r := range to {
			if !escalation.AtLeast(e.Severity, r.Severity) {
				continue
			}
			one := server.WouldTell{Trigger: e.Trigger, To: r.Name, Kind: r.Kind}
			if err := r.May(c); err != nil {
				one.Refused = err.Error()
				would = append(would, one)
				continue
			}
			content, err := r.way.Render(r.Recipient, deliver.Message{Case: c, Escalation: e, At: a.clock()})
			if err != nil {
				return nil, err
			}
			one.Content = string(content)
			would = append(would, one)
		}
	}
	return would, nil
}

// writeDue shows what fires now and what each recipient would get.
func (a *app) writeDue(w io.Writer, told server.Told) error {
	if err := a.writeEscalations(w, told.Escalations); err != nil || a.json {
		return err
	}
	for _, one := range told.Would {
		fmt.Fprintf(w, "\nto %s (%s)\n", one.To, one.Kind)
		if one.Refused != "" {
			fmt.Fprintf(w, "  nothing: %s\n", terminalSafe(one.Refused))
			continue
		}
		fmt.Fprintf(w, "%s\n", terminalSafe(one.Content))
	}
	return nil
}
