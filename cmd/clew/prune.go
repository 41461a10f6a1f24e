package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/account"
	accountfile "clew/internal/account/sqlite"
	"clew/internal/backup"
	"clew/internal/words"
)

// retentionSettings say how long things are kept, in days; 0 means for ever.
//
//	retention:
//	  replies: 30
//	  telemetry: 90
//	  audit: 400
//	  cases: {closed: 730, tlp: [CLEAR, GREEN, AMBER], archive: /srv/clew-archive}
//	  backups: {folder: /var/backups/clew, keep: 14}
type retentionSettings struct {
	Replies   int             `yaml:"replies,omitempty"`   // since a provider gave them
	Telemetry int             `yaml:"telemetry,omitempty"` // since a log was last written
	Audit     int             `yaml:"audit,omitempty"`     // of accounts, since it was written
	Cases     keptCases       `yaml:"cases,omitempty"`
	Backups   backupRetention `yaml:"backups,omitempty"`
}

// backupRetention says how many of the backups in a folder are kept, newest first.
type backupRetention struct {
	Folder string `yaml:"folder,omitempty"`
	Keep   int    `yaml:"keep,omitempty"`
}

// A doomed thing is what retention says should go.
type doomed struct {
	What   string `json:"what"`  // replies, telemetry, audit, case, backup
	Name   string `json:"name"`  // of a case or a file
	Items  int    `json:"items"` // how many things
	Bytes  int64  `json:"bytes"` // that removing it frees; -1 where that is not known before
	Reason string `json:"reason"`
	Gone   bool   `json:"gone"` // false after a dry run
	remove func(context.Context) error
}

func (a *app) pruneCommand() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use: "prune", Short: "Remove what retention: in the configuration says is kept no longer", Args: cobra.NoArgs,
		Long: `Removes kept replies of providers, what the telemetry index knows of old logs, old
lines of the audit of accounts, closed cases and old backups, each as retention: in the configuration says, and
nothing that it does not name. --dry-run says what would go and what that frees.
A closed case is written to a bundle in the archive folder first, the bundle is
read back and verified, and the record keeps which case went where, and who said so:
clew case import takes it in again. Run it from a timer, when nothing else is under
way. See docs/guide/retention.md.`,
		Example: "  clew prune --dry-run\n  clew prune\n  clew prune --json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.prune(cmd.Context(), dry) },
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what would go")
	return cmd
}

func (a *app) prune(ctx context.Context, dry bool) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	kept := s.Retention
	if err := kept.check(); err != nil {
		return err
	}
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	var list []doomed
	var failed []error
	for _, look := range []func() ([]doomed, error){
		func() ([]doomed, error) { return a.oldReplies(filepath.Join(dir, "replies"), kept.Replies) },
		func() ([]doomed, error) { return a.oldTelemetry(kept.Telemetry) },
		func() ([]doomed, error) { return a.oldAudit(ctx, kept.Audit) },
		func() ([]doomed, error) { return a.oldBackups(ctx, kept.Backups) },
		func() ([]doomed, error) { return a.oldCases(ctx, kept.Cases) },
	} {
		found, err := look()
		list = append(list, found...)
		failed = append(failed, err)
	}
	for i := range list {
		if dry || ctx.Err() != nil {
			continue
		}
		if err := list[i].remove(ctx); err != nil {
			failed = append(failed, fmt.Errorf("%s %s: %w", list[i].What, list[i].Name, err))
			continue
		}
		list[i].Gone = true
	}
	return errors.Join(append(failed, ctx.Err(), a.printDoomed(list, dry))...)
}

func (r retentionSettings) check() error {
	if least := int(account.LeastAudit / (24 * time.Hour)); r.Audit > 0 && r.Audit < least {
		return usagef("%w: retention: audit: %d days are too few: it is kept for %d at least", errConfig, r.Audit, least)
	}
	for name, days := range map[string]int{"replies": r.Replies, "telemetry": r.Telemetry, "audit": r.Audit, "cases: closed": r.Cases.Closed, "backups: keep": r.Backups.Keep} {
		if days < 0 {
			return usagef("%w: retention: %s: %d is no number of days or backups", errConfig, name, days)
		}
	}
	if (r.Backups.Keep > 0) != (r.Backups.Folder != "") {
		return usagef("%w: retention: backups: says folder and keep, or neither", errConfig)
	}
	return r.Cases.check()
}

func (a *app) printDoomed(list []doomed, dry bool) error {
	return a.printTo(func(w io.Writer) error {
		if a.json {
			return encodeLines(w, list)
		}
		if len(list) == 0 {
			fmt.Fprintln(w, "nothing is older than it is kept")
			return nil
		}
		table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		for _, d := range list {
			state := "gone"
			switch {
			case dry:
				state = "would go"
			case !d.Gone:
				state = "still there"
			}
			size := "size not known before"
			if d.Bytes >= 0 {
				size = words.Number(d.Bytes) + " bytes"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", state, d.What, terminalSafe(cmp.Or(d.Name, words.Count(d.Items, "item"))), size, terminalSafe(d.Reason))
		}
		return table.Flush()
	})
}

func (a *app) daysAgo(days int) time.Time {
	return a.clock().Add(-time.Duration(days) * 24 * time.Hour)
}

// oldReplies are kept replies that were written before a day. One that is gone is
// asked for anew when it is needed; cases have their raw answers themselves.
func (a *app) oldReplies(folder string, days int) ([]doomed, error) {
	if days == 0 {
		return nil, nil
	}
	before := a.daysAgo(days)
	gone := doomed{What: "replies", Reason: fmt.Sprintf("kept for %d days", days)}
	var names []string
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		if info, err := entry.Info(); err == nil && info.ModTime().Before(before) {
			names = append(names, name)
			gone.Bytes += info.Size()
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(names) == 0 {
		return nil, nil
	}
	gone.Items = len(names)
	gone.remove = func(ctx context.Context) error {
		for _, name := range names {
			if err := errors.Join(ctx.Err(), os.Remove(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return nil
	}
	return []doomed{gone}, err
}

// oldTelemetry is what the index knows of logs that were last written before a day.
// The logs are not touched.
func (a *app) oldTelemetry(days int) ([]doomed, error) {
	dir, err := a.dataDir()
	if err != nil || days == 0 || !exists(filepath.Join(dir, "telemetry")) {
		return nil, err
	}
	before := a.daysAgo(days)
	store, err := a.openIndex(false)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, f := range store.Files() {
		if f.ModTime.Before(before) {
			n++
		}
	}
	if err := store.Close(); err != nil || n == 0 {
		return nil, err
	}
	return []doomed{{What: "telemetry", Items: n, Bytes: -1, Reason: fmt.Sprintf("kept for %d days", days), remove: func(ctx context.Context) error {
		store, err := a.openIndex(true)
		if err != nil {
			return err
		}
		_, err = store.Expire(ctx, before)
		return errors.Join(err, store.Close())
	}}}, nil
}

// oldAudit is what the audit of accounts said before a day. That it went stands in the
// audit.
func (a *app) oldAudit(ctx context.Context, days int) ([]doomed, error) {
	dir, err := a.dataDir()
	if err != nil || days == 0 {
		return nil, err
	}
	if at, err := a.databaseAt(""); err != nil || at.URL == "" && !exists(filepath.Join(dir, accountfile.FileName)) {
		return nil, err
	}
	book, done, err := a.book(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	keep := time.Duration(days) * 24 * time.Hour
	n, err := book.AuditOlder(ctx, keep)
	if err != nil || n == 0 {
		return nil, err
	}
	return []doomed{{What: "audit", Items: n, Bytes: -1, Reason: fmt.Sprintf("kept for %d days", days), remove: func(ctx context.Context) error {
		book, done, err := a.book(ctx)
		if err != nil {
			return err
		}
		defer done()
		_, err = book.PruneAudit(ctx, account.Console(actor(a.getenv)), keep)
		return err
	}}}, nil
}

// oldBackups are all but the newest backups of a folder. Only what is a backup of
// clew counts, and none goes unless the newest can be read back.
func (a *app) oldBackups(ctx context.Context, kept backupRetention) ([]doomed, error) {
	if kept.Keep == 0 {
		return nil, nil
	}
	entries, err := os.ReadDir(kept.Folder)
	if err != nil {
		return nil, err
	}
	type made struct {
		name string
		at   time.Time
		size int64
	}
	var backups []made
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !strings.HasSuffix(entry.Name(), ".zip") {
			continue
		}
		name := filepath.Join(kept.Folder, entry.Name())
		m, err := backup.Describe(name)
		info, infoErr := entry.Info()
		if err == nil && infoErr == nil { // anything else is somebody else's
			backups = append(backups, made{name, m.Made, info.Size()})
		}
	}
	slices.SortFunc(backups, func(a, b made) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(a.name, b.name)) })
	if len(backups) <= kept.Keep {
		return nil, nil
	}
	if _, err := backup.Check(ctx, backups[0].name); err != nil {
		return nil, fmt.Errorf("no backup is removed: the newest cannot be read back: %w", err)
	}
	var list []doomed
	for _, b := range backups[kept.Keep:] {
		list = append(list, doomed{
			What: "backup", Name: b.name, Items: 1, Bytes: b.size, Reason: fmt.Sprintf("the newest %d are kept", kept.Keep),
			remove: func(context.Context) error { return os.Remove(b.name) },
		})
	}
	return list, nil
}
