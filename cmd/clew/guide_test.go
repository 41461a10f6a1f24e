package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGuidesSpeakOfWhatIsThere reads the pages for people: every command that
// they show exists, with every flag.
func TestGuidesSpeakOfWhatIsThere(t *testing.T) {
	root := filepath.Join("..", "..")
	pages, err := filepath.Glob(filepath.Join(root, "docs", "guide", "*.md"))
	if err != nil || len(pages) < 15 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	more, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages = append(append(pages, more...), filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md"), filepath.Join(root, "CHANGELOG.md"))
	shown := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for number, line := range strings.Split(string(text), "\n") {
			for _, command := range commandsIn(line) {
				shown++
				if why := unknown(command); why != "" {
					t.Errorf("%s:%d: clew %s: %s", page, number+1, strings.Join(command, " "), why)
				}
			}
		}
	}
	if shown < 150 {
		t.Errorf("only %d commands were found on %d pages: the test looks in the wrong places", shown, len(pages))
	}
}

var (
	quoted  = regexp.MustCompile("`((?:bin/)?clew [^`]+)`")
	comment = regexp.MustCompile(`\s{2,}\S.*$`)
)

// commandsIn returns the commands of a line: of an example, which is indented, or
// between backticks.
func commandsIn(line string) (commands [][]string) {
	add := func(text string) {
		if words := shellWords(text); len(words) > 0 && len(words[0]) > 0 {
			commands = append(commands, words)
		}
	}
	if example, ok := strings.CutPrefix(line, "    "); ok {
		for _, part := range strings.Split(strings.TrimPrefix(strings.TrimSpace(example), "$ "), "| ") {
			part = strings.TrimSpace(part)
			for _, name := range []string{"clew ", "bin/clew "} {
				if rest, ok := strings.CutPrefix(part, name); ok {
					add(comment.ReplaceAllString(rest, ""))
				}
			}
		}
		return commands
	}
	for _, m := range quoted.FindAllStringSubmatch(line, -1) {
		_, rest, _ := strings.Cut(m[1], " ")
		for _, one := range strings.Split(rest, "|") {
			add(strings.TrimPrefix(strings.TrimSpace(one), "clew "))
			break // what follows is jq's or another's, or a choice of words
		}
	}
	return commands
}

// shellWords cuts a command as a shell does, as far as the pages need it, up to
// where its output goes.
func shellWords(text string) (words []string) {
	var word strings.Builder
	var quote rune
	inWord := false
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == '>' || r == '<' || r == ';' || r == '&':
			return finished(words, &word, inWord)
		case r == ' ':
			words = finished(words, &word, inWord)
			inWord = false
		default:
			inWord = true
			word.WriteRune(r)
		}
	}
	return finished(words, &word, inWord)
}

func finished(words []string, word *strings.Builder, inWord bool) []string {
	if inWord {
		words = append(words, word.String())
		word.Reset()
	}
	return words
}

// unknown says what of a command is not there, "" when all of it is.
func unknown(words []string) string {
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	root := a.root()
	root.InitDefaultHelpFlag()
	root.InitDefaultCompletionCmd()
	for i, word := range words { // a choice of words, or more of them
		if word == "…" || word == "..." || strings.ContainsAny(word, "|…") {
			words = words[:i]
			break
		}
	}
	if len(words) == 0 {
		return ""
	}
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err.Error()
	}
	if cmd == root && !strings.HasPrefix(words[0], "-") {
		return "no such command"
	}
	if cmd.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && cmd.Args != nil {
		if err := cmd.Args(cmd, rest[:1]); err != nil && strings.Contains(err.Error(), "unknown command") {
			return "no such command"
		}
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		if strings.Contains(err.Error(), "flag needs an argument") {
			return "" // the page speaks of the flag
		}
		return err.Error()
	}
	return ""
}
