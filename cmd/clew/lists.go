package main

import (
	"fmt"

	"clew/internal/reference"
)

// references loads the shipped lists and those named with --lists: clew's own
// form or MISP warninglists, files or folders of them.
func (a *app) references() (*reference.Set, error) {
	set, err := reference.Load()
	if err != nil {
		return nil, err
	}
	for _, path := range a.shared.lists {
		if _, err := set.AddPath(path); err != nil {
			return nil, usageError{fmt.Errorf("--lists %s: %w", path, err)}
		}
	}
	return set, nil
}
