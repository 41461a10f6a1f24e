package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A target is one fuzz test.
type target struct{ Package, Name string }

func (t target) String() string { return t.Package + " " + t.Name }

// dir is the folder of its package, from the root of the module.
func (t target) dir() string { return filepath.FromSlash(t.short()) }

// short is its package without the name of the module.
func (t target) short() string { return strings.TrimPrefix(t.Package, "clew/") }

var declared = regexp.MustCompile(`(?m)^func (Fuzz\w*)\(\w+ \*testing\.F\)`)

// find lists the targets of the module, in order. It reads the test files as they
// lie there: to compile every package only to ask takes longer than many a target.
func find(ctx context.Context, wanted *regexp.Regexp) (targets []target, err error) {
	list := exec.CommandContext(ctx, "go", "list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles", "./...")
	list.Stderr = os.Stderr
	out, err := list.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := list.Start(); err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(out); ; {
		var p struct {
			ImportPath, Dir           string
			TestGoFiles, XTestGoFiles []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				return nil, err
			}
			for _, match := range declared.FindAllSubmatch(text, -1) {
				if t := (target{p.ImportPath, string(match[1])}); wanted.MatchString(t.String()) {
					targets = append(targets, t)
				}
			}
		}
	}
	slices.SortFunc(targets, compare)
	return targets, list.Wait()
}

func sorted(done map[target]result) []target {
	return slices.SortedFunc(maps.Keys(done), compare)
}

func compare(a, b target) int {
	return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Name, b.Name))
}
