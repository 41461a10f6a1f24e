package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write a manual page of every command into a folder", Args: cobra.ExactArgs(1),
		Example: "  clew man /usr/local/share/man/man1\n  clew man man && man -l man/clew-investigate.1",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // manual pages are for everybody
				return err
			}
			if err := writeManPages(args[0], cmd.Root(), a.built()); err != nil {
				return fmt.Errorf("manual pages: %w", err)
			}
			return nil
		},
	}
}

// writeManPages writes the page of a command, and of each below it.
func writeManPages(dir string, cmd *cobra.Command, at time.Time) error {
	var page bytes.Buffer
	if err := manPage(&page, cmd, at); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, dashedName(cmd)+".1"), page.Bytes(), 0o644); err != nil { //nolint:gosec // for everybody
		return err
	}
	for _, child := range cmd.Commands() {
		if documented(child) {
			if err := writeManPages(dir, child, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// built is when this program was made, as far as it says: SOURCE_DATE_EPOCH, the
// time of its commit, or 1970. The same program writes the same pages on any day.
func (a *app) built() time.Time {
	if seconds, err := strconv.ParseInt(a.getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if at, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return at.UTC()
			}
		}
	}
	return time.Unix(0, 0).UTC()
}
