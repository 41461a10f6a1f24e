package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/words"
)

func (a *app) showCommand() *cobra.Command {
	return a.lookCommand("show", "What is known of an indicator",
		"Prints what the corpus knows of an indicator: every attribute, since when, from whom.\nIt asks nobody.",
		"  clew show evil.example\n  clew show 203.0.113.7 --json", printFacts)
}

func (a *app) countCommand() *cobra.Command {
	return a.lookCommand("count", "How common each attribute of an indicator is",
		"Prints how many others share each attribute, of how many, and who counted.\nIt asks nobody.",
		"  clew count evil.example\n  clew count registrant@mail.example --json", printCounts)
}

func (a *app) lookCommand(use, short, long, example string, print func(io.Writer, investigation.Look) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: use + " INDICATOR", Short: short, Long: long, Example: example, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := indicator(args[0])
			if err != nil {
				return err
			}
			w, err := a.workspace(investigation.Needs{Corpus: true, ReadOnly: true})
			if err != nil {
				return err
			}
			defer w.Close() //nolint:errcheck // nothing was written
			doc, err := w.Look(cmd.Context(), v)
			if err != nil {
				return err
			}
			return a.printTo(func(out io.Writer) error {
				if a.json {
					return encode(out, doc)
				}
				return print(out, doc)
			})
		},
	}
	a.listsFlag(cmd.Flags())
	cmd.Flags().StringVar(&a.attack, "attack", "", "name techniques and software after this bundle of MITRE ATT&CK")
	return cmd
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func header(w io.Writer, doc investigation.Look) {
	fmt.Fprintf(w, "%s  %s\n", doc.Kind, defanged(doc.Kind, doc.Value))
	if doc.Registrable != "" {
		fmt.Fprintf(w, "registrable domain %s\n", defanged("domain", doc.Registrable))
	}
	if doc.Special != "" {
		fmt.Fprintf(w, "note: %s\n", doc.Special)
	}
	if doc.Tenancy != nil {
		fmt.Fprintf(w, "tenants: %s, %s\n", doc.Tenancy.Summary, days(doc.Tenancy.Window))
	}
	for _, h := range doc.Hosting {
		fmt.Fprintln(w, "hosted:", hosted(h))
	}
	if doc.HostsBeyond > 0 {
		fmt.Fprintf(w, "hosted: and at %s more\n", words.Count(doc.HostsBeyond, "address"))
	}
	if len(doc.Facts) == 0 {
		fmt.Fprintln(w, "Nothing is known of it here. Import data (clew import --help), or ask the sources: clew investigate", asArgument(doc.Kind, doc.Value))
	}
}

// asArgument writes a value as a shell takes it: with its kind where that does not show.
func asArgument(kind, text string) string {
	k, ok := observable.KindNamed(kind)
	if !ok {
		return terminalSafe(text)
	}
	v, err := observable.Stored(k, text)
	if err != nil {
		return terminalSafe(text)
	}
	return "'" + strings.ReplaceAll(terminalSafe(v.Defang()), "'", `'\''`) + "'"
}

// hosted says in one line where a name lived and who else did.
func hosted(h investigation.LookHost) string {
	line := defanged("ip", h.Address) + "  " + days(h.Window)
	if h.Prefix != "" {
		line += "  in " + defanged("prefix", h.Prefix) + " of " + strings.Join(h.ASNs, ", ")
	}
	if h.Tenancy != nil {
		line += "  " + h.Tenancy.Summary
	}
	return line
}

func printFacts(w io.Writer, doc investigation.Look) error {
	header(w, doc)
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, f := range doc.Facts {
		relation := f.Relation
		switch f.Direction {
		case "self":
			relation = "is the " + f.Relation + " of"
		case "from":
			relation = "in " + f.Relation + " of"
		}
		value := defanged(f.Kind, f.Value)
		if f.Label != "" {
			value += " (" + terminalSafe(f.Label) + ")"
		}
		if f.Direction == "self" {
			value = "others, not counted"
			if f.Holders != nil {
				value = words.Count(*f.Holders, "other")
			}
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", relation, value, days(f.Window), joined(f.Sources), terminalSafe(f.Note))
	}
	return table.Flush()
}

func printCounts(w io.Writer, doc investigation.Look) error {
	header(w, doc)
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, f := range doc.Facts {
		count := "not counted"
		if f.Holders != nil {
			count = words.Number(*f.Holders)
			if f.Estimate {
				count = "about " + count
			}
			if f.Of > 0 {
				count += " of " + words.Number(f.Of)
			}
			if !f.AsOf.IsZero() {
				count += " as of " + f.AsOf.Day()
			}
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", f.Relation, defanged(f.Kind, f.Value), count, counter(f), terminalSafe(f.Note))
	}
	return table.Flush()
}

// counter says who counted, and behind a count of the store's own the imports
// that it rests on.
func counter(f investigation.LookFact) string {
	switch n := len(f.Imports); n {
	case 0:
		return f.CountOf
	case 1:
		return f.CountOf + ": " + terminalSafe(f.Imports[0])
	default:
		return fmt.Sprintf("%s: %s and %s", f.CountOf, terminalSafe(f.Imports[n-1]), words.Count(n-1, "other import"))
	}
}

// encodeLines writes one JSON value a line.
func encodeLines[T any](w io.Writer, values []T) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, v := range values {
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return nil
}
