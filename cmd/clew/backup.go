package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/backup"
	"clew/internal/casefile"
	"clew/internal/casefile/sqlite"
	"clew/internal/corpus/embedded"
	spent "clew/internal/fetch/state/sqlite"
	"clew/internal/investigation"
	jobs "clew/internal/job/sqlite"
)

func (a *app) backupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Keep the data directory in one file, and check it", Args: cobra.ExactArgs(1),
		Long: `Writes cases with their raw answers, the corpus, what was spent of quotas, kept
replies and lists to a ZIP archive, reads it back and compares every file with its
digest. Cases may be worked on meanwhile; the corpus must not be in use. What is
made from the rest (the index of names) or from logs (the telemetry index) is left
out, and so is the configuration, which holds keys. A record or corpus on a server
is backed up there: see docs/guide/backup.md.`,
		Example: "  clew backup clew-2026-11-27.zip\n  clew backup check clew-2026-11-27.zip\n  clew restore clew-2026-11-27.zip --data /var/lib/clew",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.backup(cmd.Context(), args[0]) },
	}
	cmd.AddCommand(&cobra.Command{
		Use: "check FILE", Short: "Read a backup through and compare every file with its digest", Args: cobra.ExactArgs(1),
		Example: "  clew backup check clew-2026-11-27.zip",
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := backup.Check(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.printBackup(args[0], "whole", m)
		},
	})
	return cmd
}

func (a *app) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use: "restore FILE", Short: "Put a backup into an empty data directory, and verify its cases", Args: cobra.ExactArgs(1),
		Long:    "Restores a backup into the data directory, which must not be there or be empty,\nchecks every file, and verifies the record of every case. It is all there\nafterwards, or the data directory is as it was.",
		Example: "  clew restore clew-2026-11-27.zip --data /var/lib/clew",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.restore(cmd.Context(), args[0]) },
	}
}

// left names what is not backed up, and why.
var left = map[string]string{
	"names":     "made anew from the corpus",
	acmeFolder:  "drawn anew by the authority",
	"telemetry": "made anew from the logs by clew telemetry index",
}

func (a *app) backup(ctx context.Context, name string) error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return usagef("data directory: %w", err)
	}
	m := backup.Manifest{Tool: version(), Made: a.clock().UTC()}
	var parts []backup.Part
	for _, entry := range entries {
		if why := left[entry.Name()]; why != "" {
			m.Left = append(m.Left, entry.Name()+": "+why)
			continue
		}
		parts = append(parts, partsOf(dir, entry.Name())...)
	}
	a.output = name
	err = a.printTo(func(w io.Writer) error {
		m, err = backup.Write(ctx, w, dir, parts, m)
		return err
	})
	if err != nil {
		return fmt.Errorf("%w\n  no backup was made", err)
	}
	if m, err = backup.Check(ctx, name); err != nil {
		return fmt.Errorf("%w\n  the backup cannot be read back: make another, elsewhere", err)
	}
	return a.printBackup(name, "written and read back", m)
}

// partsOf says how an entry of the data directory is backed up. What clew does not
// know goes along as it is.
func partsOf(dir, name string) []backup.Part {
	switch {
	case name == "cases":
		record := func(ctx context.Context, file string) error {
			store, err := sqlite.OpenWith(ctx, filepath.Join(dir, name), sqlite.Options{})
			if err != nil {
				return err
			}
			return errors.Join(store.Snapshot(ctx, file), store.Close())
		}
		// Events name raw answers that were there before them: the record first.
		return []backup.Part{{Path: "cases/" + sqlite.FileName, Snapshot: snapshot(record)}, {Path: "cases/blobs"}}
	case name == spent.FileName:
		return []backup.Part{{Path: name, Snapshot: snapshot(func(ctx context.Context, file string) error {
			store, err := spent.Open(ctx, dir)
			if err != nil {
				return err
			}
			return errors.Join(store.Snapshot(ctx, file), store.Close())
		})}}
	case name == jobs.FileName:
		return []backup.Part{{Path: name, Snapshot: snapshot(func(ctx context.Context, file string) error { return jobs.Snapshot(ctx, dir, file) })}}
	case strings.HasPrefix(name, spent.FileName+"-"), strings.HasPrefix(name, jobs.FileName+"-"):
		return nil // SQLite's own, of a writer at work: in the snapshot
	case name == "corpus":
		return []backup.Part{{Path: name, Snapshot: func(_ context.Context, read func(string) error) error {
			return embedded.AtRest(filepath.Join(dir, name), func() error { return read("") })
		}}}
	}
	return []backup.Part{{Path: name}}
}

// snapshot has a file written to a temporary folder, and read there.
func snapshot(write func(ctx context.Context, file string) error) func(context.Context, func(string) error) error {
	return func(ctx context.Context, read func(string) error) error {
		folder, err := os.MkdirTemp("", "clew-backup-")
		if err != nil {
			return err
		}
		file := filepath.Join(folder, "snapshot")
		if err = write(ctx, file); err == nil {
			err = read(file)
		}
		return errors.Join(err, os.RemoveAll(folder))
	}
}

func (a *app) restore(ctx context.Context, name string) error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	m, err := backup.Restore(ctx, name, dir)
	if err != nil {
		return err
	}
	cases, err := verifyAll(ctx, dir)
	if err != nil {
		return fmt.Errorf("%w\n  the files are as they were backed up: the record was damaged before", err)
	}
	return a.printBackup(name, fmt.Sprintf("restored to %s, %s verified", dir, plural(uint64(cases), "case")), m)
}

func verifyAll(ctx context.Context, dir string) (int, error) {
	w := &investigation.Workspace{}
	if err := w.Open(dir, investigation.Needs{Cases: true}); err != nil {
		return 0, err
	}
	defer w.Close() //nolint:errcheck // nothing was written
	heads, err := w.Cases.Cases(ctx)
	if err != nil {
		return 0, err
	}
	for _, head := range heads {
		v, err := casefile.Verify(ctx, w.Cases, head.Case, "")
		if err != nil {
			return 0, err
		}
		if len(v.Problems) > 0 {
			return 0, fmt.Errorf("%w: case %s: %s", casefile.ErrDamaged, head.Case, v.Problems[0].What)
		}
	}
	return len(heads), nil
}

func (a *app) printBackup(name, what string, m backup.Manifest) error {
	if a.json {
		return encode(a.stdout, m)
	}
	fmt.Fprintf(a.stdout, "%s: %s: %s, %s bytes, by %s at %s\n", terminalSafe(name), terminalSafe(what),
		plural(uint64(len(m.Files)), "file"), grouped(uint64(m.Size())), terminalSafe(m.Tool), m.Made.Format("2006-01-02 15:04 MST"))
	for _, why := range m.Left {
		fmt.Fprintln(a.stdout, "  not in it:", terminalSafe(why))
	}
	return nil
}
