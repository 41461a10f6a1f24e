// Command licences writes the licences of what is linked into clew and built into its
// page, and fails when one is missing or none that may be passed on with an
// Apache-2.0 program: go run ./scripts/licences > THIRD_PARTY_LICENSES
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"clew/scripts/npm"
)

// A part is a module or package of somebody else's.
type part struct{ name, version, dir string }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run() error {
	parts, err := modules()
	if err != nil {
		return err
	}
	page, err := npm.OfPage("web")
	if err != nil {
		return err
	}
	for _, p := range page {
		parts = append(parts, part{"npm " + p.Name, p.Version, p.Dir})
	}
	var out bytes.Buffer
	var wrong []error
	for _, p := range parts {
		texts, err := licences(p.dir)
		if err != nil || len(texts) == 0 {
			wrong = append(wrong, fmt.Errorf("%s: no licence found in %s", p.name, p.dir))
			continue
		}
		kind, ok := kindOf(texts[0])
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s %s: %s may not be passed on with clew", p.name, p.version, kind))
		}
		fmt.Fprintf(&out, "==== %s %s: %s\n\n%s\n\n", p.name, p.version, kind, strings.Join(texts, "\n\n"))
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	fmt.Fprintf(os.Stderr, "%d parts, every licence may be passed on\n", len(parts))
	_, err = os.Stdout.Write(out.Bytes())
	return err
}

// modules are those that the binary links for any platform it is promised on.
func modules() ([]part, error) {
	seen := map[string]part{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/clew")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 {
				seen[f[0]] = part{f[0], f[1], f[2]}
			}
		}
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	parts := []part{{"go (standard library)", "", strings.TrimSpace(string(root))}}
	for _, p := range seen {
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return parts, nil
}

var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents)([-.].*)?$`)

// licences are the texts in a folder, the licence before its notices.
func licences(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, entry := range entries {
		if entry.IsDir() || !licenceFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, strings.TrimSpace(string(text)))
	}
	return texts, nil
}

// kindOf recognises a licence by words that its text has, and says whether it may be
// passed on with ours. What is not recognised may not: somebody has to look.
func kindOf(text string) (kind string, ok bool) {
	text = strings.Join(strings.Fields(text), " ")
	for _, k := range []struct {
		kind, words string
		ok          bool
	}{
		{"AGPL", "GNU AFFERO GENERAL PUBLIC LICENSE", false},
		{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE", false},
		{"GPL", "GNU GENERAL PUBLIC LICENSE", false},
		{"SSPL", "Server Side Public License", false},
		{"BUSL", "Business Source License", false},
		{"Elastic", "Elastic License", false},
		{"MPL-2.0", "Mozilla Public License", true},
		{"Apache-2.0", "Apache License", true},
		{"MIT", "Permission is hereby granted, free of charge", true},
		{"ISC", "Permission to use, copy, modify, and/or distribute this software for any", true},
		{"ISC", "Permission to use, copy, modify, and distribute this software for any", true},
		{"BSD", "Redistribution and use in source and binary forms", true},
		{"Unlicense", "This is free and unencumbered software released into the public domain", true},
		{"CC0", "CC0 1.0 Universal", true},
	} {
		if strings.Contains(text, k.words) {
			return k.kind, k.ok
		}
	}
	return "an unknown licence", false
}
