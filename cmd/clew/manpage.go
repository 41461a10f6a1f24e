package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manPage writes the manual page of one command in the macros of man(7), which
// groff and mandoc read without a warning: what cobra ships leaves tabs and characters
// in it that they complain of, and flags as [=false].
func manPage(w io.Writer, cmd *cobra.Command, at time.Time) error {
	p := &roff{}
	cmd.InitDefaultHelpFlag()
	dashed := dashedName(cmd)
	p.line(`.TH %s 1 %s "clew %s" "clew"`, strings.ToUpper(dashed), at.UTC().Format(time.DateOnly), roffText(release))
	p.line(".SH NAME")
	p.line(`%s \- %s`, roffText(dashed), roffText(cmd.Short))
	p.line(".SH SYNOPSIS")
	p.line(".B %s", roffText(cmd.UseLine()))
	p.line(".SH DESCRIPTION")
	description := cmd.Long
	if description == "" {
		description = cmd.Short + "."
	}
	p.prose(description)
	p.options("OPTIONS", cmd.NonInheritedFlags())
	p.options("OPTIONS OF EVERY COMMAND", cmd.InheritedFlags())
	if cmd.Example != "" {
		p.line(".SH EXAMPLES")
		p.line(".nf")
		p.text(cmd.Example)
		p.line(".fi")
	}
	p.related(cmd)
	_, err := io.WriteString(w, p.out.String())
	return err
}

// dashedName is a command as its page is called: clew-case-show.
func dashedName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

// roff is a page under way.
type roff struct{ out strings.Builder }

func (p *roff) line(format string, parts ...any) { fmt.Fprintf(&p.out, format+"\n", parts...) }

// text writes lines as they are, none of them a request.
func (p *roff) text(text string) {
	for line := range strings.Lines(text) {
		line = roffText(strings.TrimRight(line, "\n "))
		if line == "" {
			line = ".sp"
		}
		p.line("%s", line)
	}
}

// prose writes paragraphs: they are filled, and lines that begin with a blank, which are
// examples or lists, are not.
func (p *roff) prose(text string) {
	fixed, begun := false, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n ")
		if line == "" {
			if fixed {
				p.line(".fi")
				fixed = false
			}
			begun = false
			continue
		}
		if indented := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"); indented != fixed {
			p.line("%s", map[bool]string{true: ".nf", false: ".fi"}[indented])
			fixed = indented
		}
		if !begun && p.out.Len() > 0 && !strings.HasSuffix(p.out.String(), ".SH DESCRIPTION\n") {
			p.line(".PP")
		}
		begun = true
		p.line("%s", roffText(strings.ReplaceAll(line, "\t", "    ")))
	}
	if fixed {
		p.line(".fi")
	}
}

func (p *roff) options(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.line(".SH %s", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Deprecated != "" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		p.line(".TP")
		name := `\fB` + roffText("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			name = `\fB` + roffText("-"+f.Shorthand) + `\fR, ` + name
		}
		if value != "" {
			name += ` \fI` + roffText(value) + `\fR`
		}
		p.line("%s", name)
		if said := f.DefValue; said != "" && !slices.Contains([]string{"false", "0", "[]", "0s", "<nil>"}, said) && !strings.Contains(usage, "default") {
			usage += " (default: " + said + ")"
		}
		p.text(usage)
	})
}

// related are the pages above and below a command.
func (p *roff) related(cmd *cobra.Command) {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, dashedName(cmd.Parent()))
	}
	for _, child := range cmd.Commands() {
		if documented(child) {
			pages = append(pages, dashedName(child))
		}
	}
	if len(pages) == 0 {
		return
	}
	p.line(".SH SEE ALSO")
	for i, page := range pages {
		end := ","
		if i == len(pages)-1 {
			end = ""
		}
		p.line(".BR %s (1)%s", roffText(page), end)
	}
}

// documented says whether a command has a page.
func documented(cmd *cobra.Command) bool {
	return cmd.IsAvailableCommand() && !cmd.IsAdditionalHelpTopicCommand()
}

// roffText is text in which no formatter sees more than text: groff(7), escapes.
func roffText(text string) string {
	var out strings.Builder
	for i, r := range text {
		switch {
		case i == 0 && (r == '.' || r == '\''):
			out.WriteString(`\&` + string(r))
		case r == '\\':
			out.WriteString(`\e`)
		case r == '-':
			out.WriteString(`\-`)
		case r == '\'':
			out.WriteString(`\(aq`)
		case r == '`':
			out.WriteString(`\(ga`)
		case r == '^':
			out.WriteString(`\(ha`)
		case r == '~':
			out.WriteString(`\(ti`)
		case r == '"':
			out.WriteString(`\(dq`)
		case r > '~':
			fmt.Fprintf(&out, `\[u%04X]`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
