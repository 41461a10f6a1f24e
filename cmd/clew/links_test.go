package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// TestLinksLead follows every link of every page of the repository to a file that is there
// and, behind a #, to a heading of it; and finds every page of docs/ from README.md.
func TestLinksLead(t *testing.T) {
	root := filepath.Join("..", "..")
	pages := pagesBelow(t, root)
	if len(pages) < 80 {
		t.Fatalf("only %d pages: the test looks in the wrong places", len(pages))
	}
	headings := map[string]map[string]bool{}
	for page, text := range pages {
		headings[page] = headingsOf(text)
	}
	leads := map[string][]string{}
	followed := 0
	for _, page := range slices.Sorted(maps.Keys(pages)) {
		for number, line := range linesOutsideCode(pages[page]) {
			for _, m := range linkTo.FindAllStringSubmatch(line, -1) {
				target, heading, _ := strings.Cut(m[1], "#")
				if strings.Contains(target, ":") {
					continue // elsewhere; nobody is asked in a test
				}
				followed++
				to := page
				if target != "" {
					to = filepath.Join(filepath.Dir(page), filepath.FromSlash(target))
				}
				info, err := os.Stat(to)
				if err != nil {
					t.Errorf("%s:%d: leads nowhere: %s", page, number, m[1])
					continue
				}
				if known, isPage := headings[to]; heading != "" && (!isPage || !known[heading]) {
					t.Errorf("%s:%d: %s has no heading #%s", page, number, to, heading)
				}
				leads[page] = append(leads[page], to)
				if info.IsDir() { // the reader sees what is in it
					for other := range pages {
						if filepath.Dir(other) == to {
							leads[page] = append(leads[page], other)
						}
					}
				}
			}
		}
	}
	if followed < 150 {
		t.Errorf("only %d links were followed", followed)
	}
	found := map[string]bool{}
	for next := []string{filepath.Join(root, "README.md")}; len(next) > 0; next = next[1:] {
		if !found[next[0]] {
			found[next[0]] = true
			next = append(next, leads[next[0]]...)
		}
	}
	for page := range pages {
		if strings.HasPrefix(page, filepath.Join(root, "docs")) && !found[page] {
			t.Errorf("%s: no link leads there from README.md", page)
		}
	}
}

var linkTo = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// pagesBelow reads every page, but those of other people's packages.
func pagesBelow(t *testing.T, root string) map[string]string {
	t.Helper()
	pages := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := e.Name(); e.IsDir() && path != root && (name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" || !e.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		pages[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// linesOutsideCode numbers the lines of a page that are no example, without what
// stands between backticks.
func linesOutsideCode(text string) map[int]string {
	lines := map[int]string{}
	fenced := false
	for number, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if !fenced && !strings.HasPrefix(line, "    ") {
			lines[number+1] = spanOfCode.ReplaceAllString(line, "``")
		}
	}
	return lines
}

var spanOfCode = regexp.MustCompile("`[^`]*`")

// headingsOf are the names that GitHub gives the headings of a page: lower case, blanks
// as hyphens, no other punctuation, a number behind those that come again.
func headingsOf(text string) map[string]bool {
	names := map[string]bool{}
	fenced := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		title := strings.TrimLeft(line, "#")
		if fenced || title == line || !strings.HasPrefix(title, " ") {
			continue
		}
		title = linkText.ReplaceAllString(strings.TrimSpace(title), "$1")
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, title)
		unique := name
		for i := 1; names[unique]; i++ {
			unique = name + "-" + strconv.Itoa(i)
		}
		names[unique] = true
	}
	return names
}

var linkText = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

func TestHeadings(t *testing.T) {
	got := headingsOf("# Who, when? `clew act`\n\n```\n# no heading\n```\n## Again\n## Again\n### A [link](x.md) in it\n")
	want := map[string]bool{"who-when-clew-act": true, "again": true, "again-1": true, "a-link-in-it": true}
	if !maps.Equal(got, want) {
		t.Errorf("headings %v, want %v", got, want)
	}
}
