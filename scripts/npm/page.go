// Package npm says which packages of npm are in the page, and so in every binary.
package npm

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Package is one of those that the page is built from.
type Package struct {
	Name, Version string
	Licence       string // as its own description has it, in SPDX's words
	Integrity     string // of what the registry gave: sha512-BASE64
	Dir           string // where it is installed
}

// OfPage reads them from the list of exact versions in the page's folder, by name.
// Tools that build and test the page are not passed on and not among them.
func OfPage(web string) ([]Package, error) {
	text, err := os.ReadFile(filepath.Join(web, "package-lock.json"))
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct {
			Version, License, Integrity string
			Dev, Optional               bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, err
	}
	var found []Package
	for at, p := range lock.Packages {
		name, inside := strings.CutPrefix(at, "node_modules/")
		// Svelte is a tool by its place in the list, and its runtime is in the page.
		if inside && !p.Optional && (!p.Dev || name == "svelte") {
			found = append(found, Package{name, p.Version, p.License, p.Integrity, filepath.Join(web, filepath.FromSlash(at))})
		}
	}
	slices.SortFunc(found, func(a, b Package) int { return strings.Compare(a.Dir, b.Dir) })
	return found, nil
}
