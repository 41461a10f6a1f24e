package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"clew/internal/reference"
)

// references loads the shipped lists and those named with --lists: clew's own
// form or MISP warninglists, files or folders of them.
func (a *app) references() (*reference.Set, error) {
	set, err := reference.Load()
	if err != nil {
		return nil, err
	}
	if dir, err := a.dataDir(); err == nil {
		imported := filepath.Join(dir, listsFolder)
		if _, err := os.Stat(imported); err == nil {
			if _, err := set.AddPath(imported); err != nil {
				return nil, fmt.Errorf("imported lists: %w: remove the file it names, or import it again", err)
			}
		}
	}
	for _, path := range a.shared.lists {
		if _, err := set.AddPath(path); err != nil {
			return nil, usageError{fmt.Errorf("--lists %s: %w", path, err)}
		}
	}
	return set, nil
}

// listsFlag names further lists.
func (a *app) listsFlag(flags *pflag.FlagSet) {
	flags.StringSliceVar(&a.lists, "lists", nil, "further lists of values that mean nothing, yours or MISP's: files or folders")
}
