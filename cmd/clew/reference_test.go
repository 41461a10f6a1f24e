package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
	"clew/internal/server"
)

var update = flag.Bool("update", false, "write the generated pages")

// TestReferencePages keeps the pages that come from the code as the code is.
func TestReferencePages(t *testing.T) {
	for name, page := range map[string]string{
		"docs/reference/commands.md": commandsPage(), "docs/reference/vocabulary.md": vocabularyPage(), "docs/reference/exports.md": exportsPage(),
		"docs/reference/api.md": server.Reference(),
	} {
		path := filepath.Join("..", "..", filepath.FromSlash(name))
		if *update {
			if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(path)
		if err != nil || string(have) != page {
			t.Errorf("%s is not what the code says (%v): run make docs", path, err)
		}
	}
}

func commandsPage() string {
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	var b bytes.Buffer
	b.WriteString("# Commands\n\nGenerated from the code by `make docs`. Shared flags: `--data`, `--config`, `--json`, `-o`.\n")
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			return
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", strings.TrimSuffix(c.UseLine(), " [flags]"), c.Short)
		if c.Example != "" {
			fmt.Fprintf(&b, "\n%s\n", indented(c.Example))
		}
		rows := ""
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name == "help" || f.Name == "version" || c.InheritedFlags().Lookup(f.Name) != nil {
				return
			}
			rows += fmt.Sprintf("| `--%s` | %s | %s |\n", f.Name, strings.ReplaceAll(f.Usage, "|", "\\|"), f.DefValue)
		})
		if rows != "" {
			b.WriteString("\n| flag | meaning | default |\n|---|---|---|\n" + rows)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(a.root())
	return b.String()
}

func indented(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = "    " + strings.TrimPrefix(line, "  ")
	}
	return strings.Join(lines, "\n")
}

func vocabularyPage() string {
	var b bytes.Buffer
	b.WriteString("# Kinds, relations, pivots\n\nGenerated from the code by `make docs`.\n\n## Kinds\n\n| kind | STIX 2.1 | what |\n|---|---|---|\n")
	for _, k := range observable.Kinds() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", k, k.STIX(), k.Doc())
	}
	b.WriteString("\n## Relations\n\n`m` and half-life as docs/guide/confidence.md explains them; `default`: judgement, not measured; no `m`: shown, never scored.\n\n" +
		"| relation | from | to | family | m | half-life | what |\n|---|---|---|---|---|---|---|\n")
	for _, r := range observation.Relations() {
		m, life := "", ""
		if w, ok := score.WeightOf(r); ok {
			m = fmt.Sprintf("%g", w.M)
			if !w.Measured {
				m += " default"
			}
			life = "no decay"
			if w.HalfLife > 0 {
				life = fmt.Sprintf("%.0f days", w.HalfLife.Hours()/24)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r, kindNames(r.Subjects()), kindNames(r.Objects()), r.Family(), m, life, strings.ReplaceAll(r.Doc(), "|", "\\|"))
	}
	b.WriteString("\n## Pivots\n\n| method | from | relation | what |\n|---|---|---|---|\n")
	for _, m := range pivot.Catalogue() {
		by := "likeness"
		if m.Relation.Valid() {
			by = m.Relation.String()
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.Name, kindNames(m.From), by, m.Doc)
	}
	return b.String()
}

func kindNames(kinds []observable.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return strings.Join(names, " ")
}

func exportsPage() string {
	var b bytes.Buffer
	b.WriteString("# Export formats\n\nGenerated from the code by `make docs`. How to use them: [sharing](../guide/sharing.md).\n" +
		"`block`: only what was approved and is in no reference list. `detect`: high and medium, in no reference list. `share`: high and medium. `draw`: leads too.\n\n" +
		"| format | for | file | kinds | what | tested with |\n|---|---|---|---|---|---|\n")
	for _, f := range formatRows() {
		kinds := strings.Join(f.Kinds, " ")
		if len(f.Kinds) == len(observable.Kinds()) {
			kinds = "all"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", f.Name, f.Use, f.File, kinds, strings.ReplaceAll(f.Doc, "|", "\\|"), f.Proof)
	}
	return b.String()
}
