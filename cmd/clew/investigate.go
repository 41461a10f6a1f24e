package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/report"
	"clew/internal/source"
)

// askFlags are shared by every command that may ask sources.
func (a *app) askFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&a.offline, "offline", false, "ask nobody: answer from what was imported or gathered before")
	f.StringVar(&a.replay, "replay", "", "answer from recorded replies: a folder with index.json, or a case bundle")
	f.StringVar(&a.pap, "pap", "AMBER", "how visible a lookup may be: RED, AMBER, GREEN, CLEAR")
	f.StringVar(&a.tlp, "tlp", "AMBER", "who may be told: RED, AMBER+STRICT, AMBER, GREEN, CLEAR")
	f.StringSliceVar(&a.budget, "budget", []string{"200"}, "requests at most in this run, in all and by source, or credits of a source: 200,virustotal=20,shodan=5c; 0 means no limit")
	f.StringVar(&a.attack, "attack", "", "name techniques and software after this bundle of MITRE ATT&CK")
	a.engineFlags(cmd)
}

// engineFlags bound what the engine follows and what it may know.
func (a *app) engineFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVar(&a.depth, "depth", 2, "hops from the seed")
	f.IntVar(&a.maxHolders, "max-holders", 500, "follow no value that more indicators share")
	a.model.add(cmd)
	f.StringVar(&a.asOf, "as-of", "", "look at the world as it was known on this day")
	f.StringVar(&a.since, "since", "", "start of the incident")
	f.StringVar(&a.until, "until", "", "end of the incident")
	a.listsFlag(f)
}

func (a *app) investigateCommand() *cobra.Command {
	var (
		req             investigation.Request
		anyway, explain bool
		dryRun, grouped bool
		seedSource      string
		seedConfidence  int
		logs            []string
		inside          huntFlags
	)
	cmd := &cobra.Command{
		Use:   "investigate INDICATOR...",
		Short: "The whole job: gather, pivot, weigh, record",
		Long: `Opens a case for the indicators (or continues one with --case), asks the sources
that may be asked, follows what they share hop by hop, weighs every candidate,
and writes the record. Nothing is asked twice in one case: an interrupted run
goes on where it stopped.`,
		Example: `  clew investigate evil.example
  clew investigate 'hxxps://evil[.]example/a' 203.0.113.7 --tlp GREEN
  clew investigate evil.example --replay recorded/ --json
  clew investigate evil.example --offline --since 2026-01-01 --until 2026-02-01
  clew investigate --case 2026-11-23-evil-example-4f2a    continue an interrupted case
  clew investigate evil.example --logs /var/log/zeek      and was any of it seen inside?
  clew investigate evil.example --dry-run                 whom would it ask, and what would they learn`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && req.CaseID == "" {
				return usagef("no indicator given: name one, or a case to continue with --case")
			}
			if len(args) > 0 && req.CaseID != "" {
				return usagef("--case continues a case with its own seeds: leave the indicators out")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, arg := range args {
				v, err := indicator(arg)
				if err != nil {
					return err
				}
				req.Seeds = append(req.Seeds, investigation.Seed{Value: v, Source: seedSource, Confidence: seedConfidence})
			}
			req.Ungrouped = !grouped
			if req.PAPNamed = cmd.Flags().Changed("pap"); !req.PAPNamed && req.CaseID != "" {
				a.pap = "CLEAR" // what the case allows counts
			}
			if dryRun {
				return a.dryRun(cmd.Context(), req, anyway)
			}
			return a.investigate(cmd.Context(), req, anyway, explain, a.searchStep(inside, logs))
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.CaseID, "case", "", "continue this case")
	f.StringVar(&req.Scope, "scope", "hunt", "live (an incident under way) or hunt")
	f.StringVar(&seedSource, "seed-source", "", "where the indicators come from, for the record")
	f.IntVar(&seedConfidence, "seed-confidence", 100, "how sure you are of the indicators, 0 to 100")
	f.BoolVar(&anyway, "anyway", false, "go on with a seed that is a top site or shared service")
	f.BoolVar(&explain, "explain", false, "print the waterfall of every finding")
	f.BoolVar(&dryRun, "dry-run", false, "say what would be asked of whom, and ask nothing")
	f.StringSliceVar(&logs, "logs", nil, "then search these logs of ours for what was found: files or folders")
	a.huntShared(cmd, &inside)
	f.BoolVar(&grouped, "groups", true, "count holders that belong together once")
	a.askFlags(cmd)
	return cmd
}

// investigate fills in the request from the flags, runs it and prints what came.
func (a *app) investigate(ctx context.Context, req investigation.Request, anyway, explain bool, validate step) error {
	if req.Scope != "live" && req.Scope != "hunt" {
		return usagef("--scope %q: use live or hunt", req.Scope)
	}
	if err := a.bounds(&req); err != nil {
		return err
	}
	if err := a.checkSeeds(req, anyway); err != nil {
		return err
	}
	done, err := a.wayOut(ctx, &req)
	if err != nil {
		return err
	}
	defer done()
	w, err := a.workspace(investigation.Needs{Corpus: true, Cases: true})
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // what matters was acknowledged before
	progress := newProgress(a.stderr, isTerminal(a.stderr))
	req.Progress = progress.show
	doc, err := w.Investigate(ctx, req)
	progress.done()
	if err != nil && !errors.Is(err, investigation.ErrInterrupted) {
		return err
	}
	unread := ""
	if err == nil && validate != nil {
		if doc, unread, err = validate(ctx, w, doc); err != nil {
			return err
		}
	}
	if printErr := a.printDocument(doc, explain); printErr != nil {
		return printErr
	}
	if err != nil {
		return fmt.Errorf("%w; what was found is kept\n  go on with: clew investigate --case %s", err, doc.Case.ID)
	}
	if unread != "" {
		return partial{"not every log was read: " + unread}
	}
	return missingParts(doc, a.offline)
}

// A step is done with the document of a case before it is printed. unread says
// what of its logs could not be read.
type step func(ctx context.Context, w *investigation.Workspace, doc casefile.Document) (after casefile.Document, unread string, err error)

// searchStep searches logs for what a case found, nil without logs. The hits go
// into the record and so into the document that is printed.
func (a *app) searchStep(f huntFlags, logs []string) step {
	if f.siem != "" {
		return a.siemStep(f, logs)
	}
	if len(logs) == 0 {
		return nil
	}
	return func(ctx context.Context, w *investigation.Workspace, doc casefile.Document) (casefile.Document, string, error) {
		quiet := *a // the case is printed, not each hit
		quiet.output, quiet.stdout = "", io.Discard
		quiet.since, quiet.until = "", "" // of the incident: hits outside it are marked, not left out
		_, coverage, err := quiet.validate(ctx, w, doc.Case.ID, f, logs)
		if err != nil {
			return doc, "", err
		}
		printCoverage(a.stderr, coverage)
		record, err := casefile.Load(ctx, w.Cases, doc.Case.ID)
		if err != nil {
			return doc, "", err
		}
		unread := ""
		if missing := coverage.Missing(); len(missing) > 0 {
			unread = missing[0]
		}
		return record.Document(), unread, nil
	}
}

// bounds reads the flags that limit a run.
func (a *app) bounds(req *investigation.Request) (err error) {
	if req.TLP, req.PAP, err = a.markings(); err != nil {
		return err
	}
	if req.Window, err = a.window(); err != nil {
		return err
	}
	if req.AsOf, err = parseDay("--as-of", a.asOf, true); err != nil {
		return err
	}
	switch {
	case a.depth < 1 || a.depth > 6:
		return usagef("--depth %d: use 1 to 6", a.depth)
	case a.maxHolders < 2:
		return usagef("--max-holders %d: a shared value has at least 2", a.maxHolders)
	}
	req.Depth, req.MaxHolders = a.depth, a.maxHolders
	req.Budget, err = a.parseBudget(a.budget)
	return err
}

// parseBudget reads numbers of requests, of which at most one is the total.
func (a *app) parseBudget(parts []string) (source.Budget, error) {
	budget := source.Budget{PerSource: map[string]int{}, Credits: map[string]int{}}
	for _, part := range parts {
		name, digits, bySource := strings.Cut(part, "=")
		if !bySource {
			digits = name
		}
		digits, credits := strings.CutSuffix(strings.TrimSpace(digits), "c")
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 || (credits && !bySource) {
			return budget, usagef("--budget %q: write a number of requests, SOURCE=NUMBER, or SOURCE=NUMBERc for credits; 0 means no limit", part)
		}
		if !bySource {
			budget.Total = n
			continue
		}
		connector, err := a.sourceNamed(strings.TrimSpace(name))
		if err != nil {
			return budget, err
		}
		if credits {
			budget.Credits[connector.Info().Name] = n
		} else {
			budget.PerSource[connector.Info().Name] = n
		}
	}
	return budget, nil
}

// checkSeeds stops before a case is opened for what cannot lead anywhere.
func (a *app) checkSeeds(req investigation.Request, anyway bool) error {
	lists, err := a.references()
	if err != nil {
		return err
	}
	for _, seed := range req.Seeds {
		if reason, special := observable.Special(seed.Value); special && !a.offline && a.replay == "" {
			return usagef("%s: %s; no provider knows it and none is asked\n  use --offline to look it up in what you imported", seed.Value.Defang(), reason)
		}
		if hit, ok := lists.Benign(seed.Value); ok && !anyway {
			return usagef("%s is on a list of what is too widely used to lead anywhere: %s\n  everything would hang together with it; to go on all the same, add --anyway", seed.Value.Defang(), hit)
		}
	}
	return nil
}

// missingParts makes a run that lacks answers end with its own exit code.
func missingParts(doc casefile.Document, offline bool) error {
	if offline || len(doc.Gaps) == 0 {
		return nil
	}
	var sources []string
	for _, g := range doc.Gaps {
		if !slices.Contains(sources, g.Source) {
			sources = append(sources, g.Source)
		}
	}
	return partial{fmt.Sprintf("%d questions have no whole answer (%s); they are listed as gaps", len(doc.Gaps), strings.Join(sources, ", "))}
}

// printDocument prints a case as JSON or as text.
func (a *app) printDocument(doc casefile.Document, explain bool) error {
	doc, err := a.underPolicy(doc)
	if err != nil {
		return err
	}
	return a.printTo(func(w io.Writer) error {
		if a.json {
			return doc.Encode(w)
		}
		return report.Text(w, doc, report.TextOptions{Color: a.color(), Explain: explain})
	})
}

// color reports whether output may be coloured: a terminal, and nobody said no.
func (a *app) color() bool {
	return a.output == "" && isTerminal(a.stdout) && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

func isTerminal(w any) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
