package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/durable"
	"clew/internal/investigation"
	"clew/internal/source/attack"
)

// attackFile is where `clew attack update` keeps ATT&CK in the data directory.
const attackFile = "attack.json"

// attackLibrary lets reports name things in ATT&CK's words.
type attackLibrary struct{ *attack.Library }

// Label implements investigation.AttackLibrary.
func (l attackLibrary) Label(id string) string {
	t, ok := l.Technique(id)
	if !ok {
		return ""
	}
	if parent, ok := l.Technique(t.Parent); ok && t.Parent != "" {
		return parent.Name + ": " + t.Name
	}
	return t.Name
}

// Names implements investigation.AttackLibrary.
func (l attackLibrary) Names(techniques, families []string) casefile.Attack {
	a := casefile.Attack{Release: cmp.Or(l.Release(), "unknown")}
	for _, id := range techniques {
		if t, ok := l.Technique(id); ok {
			a.Techniques = append(a.Techniques, casefile.AttackEntry{ID: t.ID, Name: l.Label(t.ID), Tactics: t.Tactics})
		}
	}
	a.Techniques = distinct(a.Techniques)
	for _, family := range families {
		software, ok := l.Software(family)
		if !ok {
			continue
		}
		a.Software = append(a.Software, casefile.AttackEntry{ID: software.ID, Name: software.Name, Aliases: software.Aliases, Because: []string{family}})
		for _, g := range l.GroupsUsing(software.ID) {
			a.Groups = append(a.Groups, casefile.AttackEntry{ID: g.ID, Name: g.Name, Aliases: g.Aliases, Because: []string{software.ID}})
		}
	}
	a.Software, a.Groups = distinct(a.Software), distinct(a.Groups)
	return a
}

// distinct sorts entries and joins the reasons of those with one number.
func distinct(entries []casefile.AttackEntry) []casefile.AttackEntry {
	slices.SortStableFunc(entries, func(a, b casefile.AttackEntry) int { return cmp.Compare(a.ID, b.ID) })
	var out []casefile.AttackEntry
	for _, e := range entries {
		if n := len(out); n > 0 && out[n-1].ID == e.ID {
			out[n-1].Because = append(out[n-1].Because, e.Because...)
			continue
		}
		out = append(out, e)
	}
	for i := range out {
		slices.Sort(out[i].Because)
		out[i].Because = slices.Compact(out[i].Because)
	}
	return out
}

// attackNames returns the library that was named, or the one that was kept; nil
// where there is neither: things go by their numbers then.
func (a *app) attackNames(dir string) (investigation.AttackLibrary, error) {
	settings, err := a.settings()
	if err != nil {
		return nil, err
	}
	path := cmp.Or(a.attack, settings.Attack)
	named := path != ""
	if !named {
		path = filepath.Join(dir, attackFile)
	}
	file, err := os.Open(path)
	if !named && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
		return nil, nil // a data directory that is none is said by whoever opens it
	}
	if err != nil {
		return nil, usagef("ATT&CK bundle: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	library, err := attack.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n  fetch it anew with: clew attack update", path, err)
	}
	return attackLibrary{library}, nil
}

func (a *app) attackCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "attack", Short: "The names of MITRE ATT&CK", Args: cobra.NoArgs, Example: "  clew attack update"}
	update := &cobra.Command{
		Use: "update", Short: "Fetch ATT&CK over TAXII and keep it in the data directory", Args: cobra.NoArgs,
		Long: `Reads the enterprise collection from MITRE's TAXII 2.1 server and keeps it in the
data directory. From then on cases, reports and show name techniques, software and
groups. MITRE sees that somebody reads ATT&CK, and nothing of any case. A bundle
that you have is named with --attack FILE, or attack: FILE in the configuration.`,
		Example: "  clew attack update\n  clew investigate evil.example --attack enterprise-attack.json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.updateAttack(cmd.Context()) },
	}
	cmd.AddCommand(update)
	return cmd
}

// updateAttack replaces the kept library as a whole or not at all.
func (a *app) updateAttack(ctx context.Context) error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	client, _, done, err := a.client(ctx)
	if err != nil {
		return err
	}
	defer done()
	temp, err := os.CreateTemp(dir, ".attack-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // gone already when all went well
	n, err := attack.Download(ctx, client, temp)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("%w; what was kept before still holds", err)
	}
	path := filepath.Join(dir, attackFile)
	if err := durable.Rename(temp.Name(), path); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%d objects of ATT&CK kept in %s\n", n, path)
	return nil
}
