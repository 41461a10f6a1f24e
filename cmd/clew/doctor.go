package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/fetch/state/sqlite"
	"clew/internal/investigation"
	"clew/internal/observation"
	"clew/internal/words"
)

// check is one line of the doctor's report.
type check struct {
	What   string `json:"what"`
	State  string `json:"state"` // ok, note or bad
	Detail string `json:"detail"`
}

func (a *app) doctorCommand() *cobra.Command {
	var rebuild bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check what clew stands on, and say what to do", Args: cobra.NoArgs,
		Long:    "Looks at the data directory, the corpus, the record of every case, the lists, the\nconfiguration, secrets, certificates, accounts, jobs, watches, recipients, backups,\nthe disk and the clock, and says what to do about each. It asks no source; of servers\nit asks only those of your own that the configuration names, whether they are there:\nthe database, the corpus, the identity provider (not with --offline). A damaged\nrecord of what was spent is moved aside with --rebuild-spending, and begun anew.",
		Example: "  clew doctor\n  clew doctor --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if rebuild {
				if err := a.rebuildSpending(cmd.Context()); err != nil {
					return err
				}
			}
			checks := a.examine(cmd.Context(), nil)
			bad := 0
			for _, c := range checks {
				if c.State == "bad" {
					bad++
				}
			}
			err := a.printTo(func(w io.Writer) error {
				if a.json {
					return encodeLines(w, checks)
				}
				table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
				for _, c := range saidOnce(checks) {
					fmt.Fprintf(table, "%s\t%s\t%s\n", c.State, c.What, terminalSafe(c.Detail))
				}
				return table.Flush()
			})
			if err == nil && bad > 0 {
				err = fmt.Errorf("%d of %d checks failed", bad, len(checks))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&a.offline, "offline", false, "ask no identity provider either")
	cmd.Flags().BoolVar(&rebuild, "rebuild-spending", false, "begin a damaged record of what was spent anew")
	a.listsFlag(cmd.Flags())
	return cmd
}

// saidOnce names the check that said it already where one trouble fails several: a
// database that is not there is six of them.
func saidOnce(checks []check) []check {
	first := map[string]string{}
	once := slices.Clone(checks)
	for i, c := range checks {
		what, said := first[c.Detail]
		switch {
		case c.State != "bad":
		case said:
			once[i].Detail = "as " + what
		default:
			first[c.Detail] = c.What
		}
	}
	return once
}

// examine checks everything. opened is a workspace that is open already, nil when
// the stores are to be opened.
func (a *app) examine(ctx context.Context, opened *investigation.Workspace) []check {
	checks := []check{{"clew", "ok", version()}, a.checkClock()}
	checks = append(checks, a.checkSettings(ctx)...)
	if set, err := a.references(); err != nil {
		checks = append(checks, check{"lists", "bad", err.Error()})
	} else {
		checks = append(checks, check{"lists", "ok", fmt.Sprintf("%d lists", len(set.Lists()))})
	}
	if s, err := a.settings(); err == nil { // else it is said already
		checks = append(checks, a.checkServing(s.Serve)...)
		checks = append(checks, a.checkBackups(s.Retention.Backups.Folder)...)
	}
	checks = append(checks, a.checkTeam(ctx)...)
	dir, err := a.dataDir()
	if err != nil {
		return append(checks, check{"data directory", "bad", err.Error()})
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		checks = append(checks, check{"data directory", "note", dir + " is not there yet: the first import or investigation makes it"})
		if at, err := a.databaseAt(""); err == nil && at.URL != "" {
			checks = append(checks, a.checkRecord(ctx), a.checkSpending(ctx))
			checks = append(checks, a.checkJobs(ctx)...)
			checks = append(checks, a.checkWatches(ctx)...)
		}
		return checks
	}
	checks = append(checks, check{"data directory", "ok", dir})
	checks = append(checks, checkSpace(dir)...)
	checks = append(checks, a.checkSecrets(dir)...)
	checks = append(checks, a.checkCorpus(ctx, opened), a.checkRecord(ctx), a.checkSpending(ctx))
	checks = append(checks, a.checkJobs(ctx)...)
	return append(checks, a.checkWatches(ctx)...)
}

// checkSpending opens the record of what each provider was sent.
func (a *app) checkSpending(ctx context.Context) check {
	const what = "spending"
	accounts, where, err := a.accounts(ctx)
	if err != nil {
		detail := err.Error()
		if damaged(err) {
			detail += "; clew doctor --rebuild-spending moves it aside and begins anew"
		}
		return check{what, "bad", detail}
	}
	detail := words.Count(len(accounts), "account") + " of providers"
	if where != "" {
		detail += ", shared by all who use " + where
	}
	return check{what, "ok", detail}
}

// rebuildSpending moves a damaged record aside. A sound one is left alone: what
// it counts keeps providers from being asked too much.
func (a *app) rebuildSpending(ctx context.Context) error {
	_, where, err := a.accounts(ctx)
	if where != "" {
		return usagef("what was spent is the team's, in %s: it is restored there, from a backup", where)
	}
	switch {
	case err == nil:
		fmt.Fprintln(a.stderr, "the record of what was spent is sound: left as it is")
		return nil
	case !damaged(err):
		return err
	}
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	aside, err := sqlite.Rebuild(dir, a.clock())
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "the damaged record of what was spent is now %s; a new one begins, and until the providers' next replies nobody knows what was spent\n", aside)
	return nil
}

// checkClock notices a clock that was never set: it dates what is observed.
func (a *app) checkClock() check {
	now := a.clock().UTC()
	if now.Year() < 2025 {
		return check{"clock", "bad", now.Format(time.RFC3339) + " cannot be: set it, it dates every event"}
	}
	if kept, known := clockKept(); known && !kept {
		return check{"clock", "note", now.Format(time.RFC3339) + "; as far as this machine knows nothing keeps it right: run chrony or systemd-timesyncd, it dates every event"}
	}
	return check{"clock", "ok", now.Format(time.RFC3339)}
}

func (a *app) checkSettings(ctx context.Context) []check {
	path, _ := a.configPath()
	settings, err := a.withSecrets()
	if err != nil {
		return []check{{"configuration", "bad", err.Error()}}
	}
	infos := a.infos()
	keys := settings.keys(a.getenv, infos)
	a.secrets(ctx, settings, keys, infos)
	set := 0
	for _, info := range infos {
		if keys[info.Name] != "" {
			set++
		}
	}
	checks := []check{{"keys", "ok", fmt.Sprintf("%d of %d sources have one; clew source list shows which are missing", set, len(infos))}}
	if info, err := os.Stat(path); err == nil && len(settings.Keys) > 0 && info.Mode().Perm()&0o077 != 0 {
		checks = append(checks, check{"configuration", "bad", path + " holds keys and others may read it: chmod 600 it"})
	} else if err == nil {
		checks = append(checks, check{"configuration", "ok", path})
	} else {
		checks = append(checks, check{"configuration", "note", "none; " + path + " would be read"})
	}
	return checks
}

func (a *app) checkCorpus(ctx context.Context, w *investigation.Workspace) check {
	if w == nil {
		var err error
		if w, err = a.workspace(investigation.Needs{Corpus: true, ReadOnly: true}); err != nil {
			return check{"corpus", "bad", err.Error()}
		}
		defer w.Close() //nolint:errcheck // nothing was written
	}
	var links uint64
	for _, r := range observation.Relations() {
		p, err := w.Corpus.Population(ctx, r)
		if err != nil {
			return check{"corpus", "bad", err.Error()}
		}
		links += p.Links
	}
	detail := words.Count(links, "link")
	if at, err := a.remoteCorpus(); err == nil && at.URL != "" {
		detail += ", on " + withoutUser(at.URL)
	}
	return check{"corpus", "ok", detail}
}

func (a *app) checkRecord(ctx context.Context) check {
	w, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		return check{"record", "bad", err.Error()}
	}
	defer w.Close() //nolint:errcheck // nothing was written
	heads, err := w.Cases.Cases(ctx)
	if err != nil {
		return check{"record", "bad", err.Error()}
	}
	for _, head := range heads {
		v, err := casefile.Verify(ctx, w.Cases, head.Case, "")
		if err != nil {
			return check{"record", "bad", head.Case + ": " + err.Error()}
		}
		if len(v.Problems) > 0 {
			return check{"record", "bad", head.Case + " is not as it was recorded: " + v.Problems[0].What}
		}
	}
	return check{"record", "ok", words.Count(len(heads), "case") + ", every chain and raw answer verified"}
}
