package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	accountfile "clew/internal/account/sqlite"
	"clew/internal/backup"
	"clew/internal/casefile"
	"clew/internal/casefile/sqlite"
	"clew/internal/corpus/embedded"
	"clew/internal/database/sqlitefile"
	spent "clew/internal/fetch/state/sqlite"
	"clew/internal/investigation"
	jobfile "clew/internal/job/sqlite"
	"clew/internal/sealed"
	watchfile "clew/internal/watch/sqlite"
	"clew/internal/words"
)

func (a *app) backupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Keep the data directory in one file, and check it", Args: cobra.ExactArgs(1),
		Long: `Writes cases with their raw answers, the corpus, accounts, watches, jobs, what was
spent of quotas, kept replies and lists to a ZIP archive, and the configuration with
sealed secrets, custom sources, policy and rules; reads it back and compares every
file with its digest. Cases may be worked on meanwhile; the corpus must not be in
use. What is made from the rest (the index of names) or from logs (the telemetry
index) is left out, and so is a configuration with keys in the clear. What lies on
a server is backed up there, and said: see docs/guide/backup.md.`,
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

// databases are files of the data directory that are written to in place.
var databases = []string{spent.FileName, jobfile.FileName, accountfile.FileName, watchfile.FileName}

// configured is where a backup has what lies beside the configuration file.
const configured = "configuration"

// left names what is not backed up, and why.
var left = map[string]string{
	configured:  "of the backup that was restored here; what is in use lies beside the configuration file",
	"names":     "made anew from the corpus",
	acmeFolder:  "drawn anew by the authority",
	"telemetry": "made anew from the logs by clew telemetry index",
}

// isConfiguration reports whether a file of the data directory is the configuration, or
// secrets sealed beside it: somebody may keep them there.
func (a *app) isConfiguration(file string) bool {
	path, _ := a.configPath()
	if path == "" {
		return false
	}
	info, err := os.Stat(file)
	if err != nil {
		return false
	}
	for _, one := range []string{path, sealedBeside(path)} {
		if other, err := os.Stat(one); err == nil && os.SameFile(info, other) {
			return true
		}
	}
	return false
}

// besideTheData is what else must not be lost: the configuration with what it names,
// and secrets as far as they are sealed. elsewhere says what is not in the backup.
func (a *app) besideTheData() (parts []backup.Part, elsewhere []string, err error) {
	path, _ := a.configPath()
	s, err := a.settings()
	if err != nil {
		return nil, nil, err
	}
	switch n := s.count(); {
	case path == "" || !exists(path):
	case n > 0:
		elsewhere = append(elsewhere, fmt.Sprintf("%s: it holds %s in the clear; sealed by clew secrets encrypt it goes along", path, words.Count(n, "secret")))
	default:
		parts = append(parts, backup.Part{Path: configured + "/config.yaml", At: path})
	}
	if path != "" {
		parts = append(parts, backup.Part{Path: configured + "/" + sealedName, At: sealedBeside(path)},
			backup.Part{Path: configured + "/sources", At: filepath.Join(filepath.Dir(path), "sources")})
	}
	for name, file := range map[string]string{"policy.yaml": s.Policy, "rules.yaml": s.Escalation.Rules} {
		if file != "" && !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(path), file)
		}
		if file != "" {
			parts = append(parts, backup.Part{Path: configured + "/" + name, At: file})
		}
	}
	if len(s.Keychain) > 0 {
		elsewhere = append(elsewhere, "keys of "+strings.Join(s.Keychain, ", ")+": in the keychain of your desktop")
	}
	if text, err := os.ReadFile(sealedBeside(path)); err == nil && !sealed.ByPassphrase(text) {
		elsewhere = append(elsewhere, "the key that opens "+sealedName+": in the keychain of your desktop; without it the keys are to be given anew")
	}
	if at, err := a.databaseAt(""); err != nil {
		return nil, nil, err
	} else if at.URL != "" {
		elsewhere = append(elsewhere, "cases, accounts, watches, jobs, quotas and kept replies of the team: in "+at.String()+", for pg_dump --schema=clew")
	}
	if at, err := a.remoteCorpus(); err != nil {
		return nil, nil, err
	} else if at.URL != "" {
		elsewhere = append(elsewhere, "the team's corpus: in "+withoutUser(at.URL)+", for ClickHouse's own tools")
	}
	slices.SortFunc(parts, func(a, b backup.Part) int { return strings.Compare(a.Path, b.Path) })
	return parts, elsewhere, nil
}

func (a *app) backup(ctx context.Context, name string) error {
	if name == "-" {
		return usagef("name a file: a backup is read back once it is written")
	}
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return usagef("data directory: %w", err)
	}
	m := backup.Manifest{Tool: version(), Made: a.clock().UTC()}
	parts, elsewhere, err := a.besideTheData()
	if err != nil {
		return err
	}
	m.Left = append(m.Left, elsewhere...)
	for _, entry := range entries {
		if why := left[entry.Name()]; why != "" {
			m.Left = append(m.Left, entry.Name()+": "+why)
			continue
		}
		if a.isConfiguration(filepath.Join(dir, entry.Name())) {
			continue // goes along above, or is said there
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
	case slices.Contains(databases, name):
		return []backup.Part{{Path: name, Snapshot: snapshot(func(ctx context.Context, file string) error {
			return sqlitefile.Snapshot(ctx, filepath.Join(dir, name), file)
		})}}
	case slices.ContainsFunc(databases, func(file string) bool {
		return strings.HasPrefix(name, file+"-") && !strings.Contains(name, ".damaged-")
	}):
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
	if err := opensAll(ctx, dir); err != nil {
		return fmt.Errorf("%w\n  the files are as they were backed up: it was damaged before, or is a newer clew's", err)
	}
	if at := filepath.Join(dir, configured); exists(at) {
		fmt.Fprintf(a.stderr, "the configuration of then is in %s: put what you need of it where your configuration lies\n", at)
	}
	return a.printBackup(name, fmt.Sprintf("restored to %s, %s verified", dir, words.Count(cases, "case")), m)
}

// opensAll opens every other store that is there, which brings an older one forward.
func opensAll(ctx context.Context, dir string) error {
	opens := map[string]func() (io.Closer, error){
		spent.FileName:       func() (io.Closer, error) { return spent.Open(ctx, dir) },
		jobfile.FileName:     func() (io.Closer, error) { return jobfile.Open(ctx, dir) },
		accountfile.FileName: func() (io.Closer, error) { return accountfile.Open(ctx, dir) },
		watchfile.FileName:   func() (io.Closer, error) { return watchfile.Open(ctx, dir) },
		"corpus": func() (io.Closer, error) {
			return embedded.Open(filepath.Join(dir, "corpus"), embedded.Options{ReadOnly: true})
		},
	}
	for _, name := range slices.Sorted(maps.Keys(opens)) {
		if !exists(filepath.Join(dir, name)) {
			continue
		}
		store, err := opens[name]()
		if err == nil {
			err = store.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
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
		words.Count(len(m.Files), "file"), words.Number(m.Size()), terminalSafe(m.Tool), m.Made.Format("2006-01-02 15:04 MST"))
	for _, why := range m.Left {
		fmt.Fprintln(a.stdout, "  not in it:", terminalSafe(why))
	}
	return nil
}
