package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/push"
	"clew/internal/fetch"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/source"
)

// pushSettings are the settings of one server in the configuration file.
type pushSettings struct {
	URL string `yaml:"url"`
	Own bool   `yaml:"own"` // the team runs it for itself: what is pushed there is not published
}

// errOwn means that the configuration calls a server the team's own without
// saying which.
var errOwn = errors.New("own is said of an address: name it beside it, as url")

func (a *app) pushCommand() *cobra.Command {
	var flags exportFlags
	var address, pap string
	var dry bool
	lines := make([]string, 0, 3)
	for _, t := range push.Targets() {
		lines = append(lines, fmt.Sprintf("  %-8s %s (%s, %s)", t.Name, t.Doc, t.URLEnv, t.KeyEnv))
	}
	cmd := &cobra.Command{
		Use: "push SERVER CASE...", Short: "Hand cases to MISP, OpenCTI or a TAXII collection",
		Long: "Hands over what clew export would write, and notes it in the record of each case.\n\n" + strings.Join(lines, "\n") + `

The address comes from --url, the environment, or push.SERVER.url in config.yaml;
the key from the environment or keys.SERVER.

Servers pass on what they are given, so a push publishes and needs PAP:CLEAR, of the
case or by --pap. A server that the team runs for itself publishes nothing: say so
by push.SERVER.own: true beside its url in config.yaml. Every value is in the
disclosure ledger of its case before anything is sent, and so is every remark that
goes with it (opencti, taxii). The record also says what stayed out, and why.`,
		Example: `  clew push misp 4f2a --tlp GREEN --pap CLEAR
  clew push taxii 4f2a --url https://taxii.example/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/
  clew push opencti 4f2a --dry-run       what would go where`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			target, ok := push.Named(args[0])
			if !ok {
				return usagef("%q is no kind of server: use misp, opencti or taxii", args[0])
			}
			return a.pushCases(cmd.Context(), pushRun{target, address, pap, args[1:], flags, dry})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&address, "url", "", "address of the server, https")
	cmd.Flags().StringVar(&pap, "pap", "", "how visible this push may be: CLEAR lets it be published (default: as the cases are marked)")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would go where, and send nothing")
	return cmd
}

// pushRun is what one push was told.
type pushRun struct {
	target       push.Target
	address, pap string
	cases        []string
	flags        exportFlags
	dry          bool
}

func (a *app) pushCases(ctx context.Context, run pushRun) error {
	settings, err := a.withSecrets()
	if err != nil {
		return err
	}
	target := run.target
	address := cmp.Or(run.address, a.getenv(target.URLEnv), settings.Push[target.Name].URL)
	if address == "" {
		return usagef("%s: no address: name one with --url, %s, or push.%s.url in config.yaml", target.Title, target.URLEnv, target.Name)
	}
	info, err := target.Info(address)
	if err != nil {
		return usageError{err}
	}
	permit, err := run.permit(settings.Push[target.Name], info.KeyHost)
	if err != nil {
		return err
	}
	set, err := a.exportSet(ctx, target.Format, run.cases, run.flags)
	if err != nil {
		return err
	}
	forbidden := mayAll(permit, set.Cases)
	if run.dry {
		fmt.Fprintf(a.stderr, "nothing is sent; %s at %s would be given:\n", target.Title, info.KeyHost)
		if forbidden != nil {
			fmt.Fprintf(a.stderr, "  not yet: %s\n%s\n", terminalSafe(forbidden.Error()), papHint(target))
		}
		return a.saidOfExport(target.Format, set, run.flags.explain)
	}
	if forbidden != nil {
		return fmt.Errorf("%s: nothing was sent: %w\n%s", target.Title, forbidden, papHint(target))
	}
	key := cmp.Or(a.getenv(target.KeyEnv), settings.Keys[target.Name])
	if key == "" {
		return fmt.Errorf("%s: %w\n  set %s, or keys.%s in config.yaml", target.Title, source.ErrNoKey, target.KeyEnv, target.Name)
	}
	for _, c := range set.Cases {
		if err := a.disclosePush(ctx, run, c, info.KeyHost, permit); err != nil {
			return fmt.Errorf("%s: nothing was sent: its disclosure cannot be recorded: %w", target.Title, err)
		}
	}
	result, err := a.pushSet(ctx, target, info, address, key, set)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s at %s: %s\n", target.Title, info.KeyHost, terminalSafe(result.Said))
	a.recordExport(ctx, set.Exported(target.Name, target.Title+" at "+info.KeyHost, result.Said))
	return a.saidOfExport(target.Format, set, run.flags.explain)
}

// permit reads what may be done: own counts for the server that the
// configuration names, and for no other that --url or the environment leads to.
func (run pushRun) permit(s pushSettings, host string) (push.Permit, error) {
	var p push.Permit
	if run.pap != "" {
		pap, err := marking.ParsePAP(run.pap)
		if err != nil {
			return p, usageError{err}
		}
		p.PAP = pap
	}
	if s.Own {
		u, err := url.Parse(s.URL)
		if err != nil || u.Host == "" {
			return p, usagef("%w: push.%s: %w", errConfig, run.target.Name, errOwn)
		}
		p.Own = u.Host == host
	}
	return p, nil
}

func mayAll(p push.Permit, cases []casefile.Case) error {
	for _, c := range cases {
		if err := p.May(c); err != nil {
			return err
		}
	}
	return nil
}

func papHint(t push.Target) string {
	return fmt.Sprintf("  --pap CLEAR publishes it all the same; a server that your team runs for itself is named by push.%s.url with own: true in config.yaml", t.Name)
}

// disclosePush writes into the ledger of a case what the server will learn of it.
func (a *app) disclosePush(ctx context.Context, run pushRun, c casefile.Case, host string, permit push.Permit) error {
	set, err := a.exportSet(ctx, run.target.Format, []string{c.ID}, run.flags)
	if err != nil {
		return err
	}
	return a.withCase(ctx, c.ID, func(w *investigation.Workspace, id string) error {
		var entries []casefile.Entry
		told := casefile.Disclosed{Source: run.target.Name + " at " + host, TLP: string(set.TLP), PAP: permit.Level(c), Own: permit.Own}
		disclose := func(about casefile.Value, note uint64) {
			told.About, told.Note = about, note
			entries = append(entries, casefile.Entry{Time: a.clock(), Type: casefile.TypeDisclosed, Actor: w.ActorOf(ctx), Data: told})
		}
		for _, v := range push.Told(set) {
			disclose(casefile.ValueOf(v), 0)
		}
		if run.target.Format.Notes {
			for _, note := range set.Notes {
				disclose(casefile.Value{Kind: note.Kind, Value: note.Value}, note.Seq)
			}
		}
		if len(entries) == 0 {
			return nil
		}
		_, err := w.Cases.Append(ctx, id, entries...)
		return err
	})
}

// pushSet sends the set by the one way out. The address is the user's own, so it
// may be in a private network.
func (a *app) pushSet(ctx context.Context, target push.Target, info source.Info, address, key string, set export.Set) (push.Result, error) {
	o, done, err := a.out(ctx)
	if err != nil {
		return push.Result{}, err
	}
	defer done()
	o.Sources, o.Key = []source.Info{info}, func(source.Info) string { return key }
	o.Overrides = map[string]fetch.Override{info.Name: {BaseURL: "https://" + info.KeyHost}}
	return target.Push(ctx, fetch.New(o), address, set)
}
