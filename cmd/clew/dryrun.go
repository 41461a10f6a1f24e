package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"clew/internal/corpus"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/server"
	"clew/internal/source"
	"clew/internal/words"
)

// dryRun prints whom a run would ask about its seeds, in the order in which a
// budget would be spent, at what cost, and what they would learn. It asks
// nothing, and looks only at a data directory that is there.
func (a *app) dryRun(ctx context.Context, req investigation.Request, anyway bool) error {
	if err := a.bounds(&req); err != nil {
		return err
	}
	if err := a.checkSeeds(req, anyway); err != nil {
		fmt.Fprintf(a.stderr, "clew: the run itself would stop: %s\n", terminalSafe(err.Error()))
	}
	lines, err := a.questions(ctx, req, a.freshAnswers)
	if err != nil {
		return err
	}
	return a.printTo(func(w io.Writer) error {
		if a.json {
			return encodeLines(w, lines)
		}
		return a.printDryRun(w, lines)
	})
}

// questions are those of a dry run. fresh says what need not be asked again.
func (a *app) questions(ctx context.Context, req investigation.Request, fresh func(context.Context, observable.Value) ([]corpus.Answer, error)) ([]server.Question, error) {
	settings, err := a.withSecrets()
	if err != nil {
		return nil, err
	}
	keys := settings.keys(a.getenv, a.infos())
	for _, name := range settings.Keychain { // named there; it is not opened for a dry run
		keys[name] = cmp.Or(keys[name], "in the keychain")
	}
	var lines []server.Question
	for _, seed := range req.Seeds {
		kept, err := fresh(ctx, seed.Value)
		if err != nil {
			return nil, err
		}
		for _, src := range source.ByWorth(a.connectors(), seed.Value.Kind()) {
			info := src.Info()
			if !slices.Contains(info.Accepts, seed.Value.Kind()) {
				continue
			}
			line := server.Question{
				Source: info.Name, Kind: seed.Value.Kind().String(), Value: seed.Value.Text(), PAP: info.PAP.String(),
				Price: source.Price(info), Promise: source.Promise(info, seed.Value.Kind()),
			}
			if line.Reason = a.whyNot(req, info, seed.Value, kept, keys); line.Reason == "" {
				line.Asked, line.Learns = true, info.Title+" learns the value"
				line.Requests = max(info.Cost, 1)
				line.Credits = line.Requests * info.Credits
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// whyNot says why a source would not be asked, "" when it would.
func (a *app) whyNot(req investigation.Request, info source.Info, v observable.Value, kept []corpus.Answer, keys map[string]string) string {
	fresh := slices.IndexFunc(kept, func(k corpus.Answer) bool { return k.Source == info.Name })
	switch {
	case a.offline:
		return "--offline"
	case a.replay != "":
		return "--replay: a recording is read, nobody learns of it"
	case info.Retired != "":
		return info.Retired
	case observable.IsLocal(v):
		return "nobody outside is asked about a local value"
	case !req.PAP.Allows(info.PAP):
		return "the case allows PAP:" + req.PAP.String()
	case info.KeyEnv != "" && !info.Keyless && keys[info.Name] == "":
		return "no key: set " + info.KeyEnv
	case fresh >= 0:
		return fmt.Sprintf("its answer of %s is in the corpus, fresh until %s", instant(kept[fresh].At), instant(kept[fresh].Until))
	}
	return ""
}

// freshAnswers returns what the corpus was told of v in full and is still fresh,
// nothing where there is no corpus yet.
func (a *app) freshAnswers(ctx context.Context, v observable.Value) ([]corpus.Answer, error) {
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the first run makes it
	}
	w, err := a.workspace(investigation.Needs{Corpus: true, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer w.Close() //nolint:errcheck // nothing was written
	return a.stillFresh(ctx, w, v)
}

func (a *app) stillFresh(ctx context.Context, w *investigation.Workspace, v observable.Value) ([]corpus.Answer, error) {
	answers, err := w.Corpus.Answers(ctx, v)
	now := a.clock()
	return slices.DeleteFunc(answers, func(k corpus.Answer) bool { return !now.Before(k.Until) || k.At.After(now) }), err
}

func (a *app) printDryRun(w io.Writer, lines []server.Question) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tABOUT\tASKED\tREQUESTS\tCREDITS\tBITS/PRICE\tPAP\tBECAUSE")
	questions, requests, credits := 0, 0, 0
	for _, l := range lines {
		asked, least, because := "no", "-", l.Reason
		if l.Asked {
			asked, least, because = "yes", fmt.Sprintf("at least %d", l.Requests), l.Learns
			questions, requests, credits = questions+1, requests+l.Requests, credits+l.Credits
		}
		bought := "-"
		if l.Credits > 0 {
			bought = fmt.Sprintf("at least %d", l.Credits)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%.1f\t%s\t%s\n", terminalSafe(l.Source), defanged(l.Kind, l.Value), asked, least, bought, l.Promise/l.Price, l.PAP, terminalSafe(because))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s, at least %s and %s; each source that is asked learns the value, nobody else does\n",
		words.Count(questions, "question"), words.Count(requests, "request"), words.Count(credits, "credit"))
	_, err := fmt.Fprintln(w, "What the seeds lead to is asked about as well, within --budget", strings.Join(a.budget, ","))
	return err
}
