package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/audit"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/score"
)

func (a *app) caseAudit() *cobra.Command {
	var chosen modelFlag
	cmd := &cobra.Command{
		Use: "audit CASE [FINDING]", Short: "What the findings hang on, and what would change them", Args: cobra.RangeArgs(1, 2),
		Long: `Takes each shared value, and each source that nobody confirms, out of the case in
turn and says which findings would fall; names the line each finding hangs on,
and what a single further fact would have to be to lift it. With a finding named: of
that one alone, whatever its band; --json has its waterfall too.`,
		Example: "  clew case audit 4f2a\n  clew case audit 4f2a evil[.]example --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCase(cmd.Context(), args[0], func(w *investigation.Workspace, id string) error {
				record, err := casefile.Load(cmd.Context(), w.Cases, id)
				if err != nil {
					return err
				}
				model, err := chosen.load()
				if err != nil {
					return err
				}
				if len(args) > 1 {
					return a.auditFinding(record.Document(), args[1], model)
				}
				found := audit.Of(record.Document(), model, score.Fitted(), score.Closed())
				return a.printTo(func(out io.Writer) error {
					if a.json {
						return encode(out, found)
					}
					return writeAudit(out, found)
				})
			})
		},
	}
	chosen.add(cmd)
	return cmd
}

// maxAudited bounds what a terminal shows of each list; --json has the rest.
const maxAudited = 12

func writeAudit(w io.Writer, found audit.Audit) error {
	if !found.Known {
		return unknownModel(w, found.Model)
	}
	if len(found.Findings) == 0 {
		fmt.Fprintln(w, "No finding of medium or high: nothing hangs on anything.")
		return nil
	}
	writeCarriers(w, "HANGS ON ONE VALUE", found.Carriers)
	writeCarriers(w, "HANGS ON WHAT ONE SOURCE ALONE SAYS", found.Sources)
	fmt.Fprintln(w, "WHAT WOULD CHANGE A FINDING")
	for i, f := range found.Findings {
		if i == maxAudited {
			fmt.Fprintf(w, "  and %d more: see --json\n", len(found.Findings)-i)
			break
		}
		writeChange(w, f)
	}
	return nil
}

func unknownModel(w io.Writer, model string) error {
	_, err := fmt.Fprintf(w, "The case was weighed by the model %q, which this clew does not have: name its file with --model, or continue the case to weigh it anew.\n", terminalSafe(model))
	return err
}

// writeChange says what would change one finding.
func writeChange(w io.Writer, f audit.Finding) {
	fmt.Fprintf(w, "  %s  P %.2f %s: %.2f without %s\n", shown(f.Kind, f.Value), f.P, f.Band, f.Weakest.Without, lineName(f.Weakest))
	if f.Next.Band != "" {
		fmt.Fprintf(w, "      %s\n", lacks(f.Next))
	}
}

// auditFinding prints what one finding hangs on.
func (a *app) auditFinding(doc casefile.Document, text string, model score.Model) error {
	v, err := observable.Parse(text)
	if err != nil {
		return usageError{err}
	}
	found, ok := audit.Explain(doc, v.Kind().String(), v.Text(), model, score.Fitted(), score.Closed())
	if !ok {
		return usagef("%s is no finding of this case", v.Defang())
	}
	return a.printTo(func(out io.Writer) error {
		if a.json {
			return encode(out, found)
		}
		f := found.Finding
		switch {
		case !found.Known:
			return unknownModel(out, found.Model)
		case f.Suppressed != "":
			fmt.Fprintf(out, "%s counts for nothing: %s\n", shown(f.Kind, f.Value), terminalSafe(f.Suppressed))
		case f.Verdict == string(casefile.TypeRejected):
			fmt.Fprintf(out, "%s was rejected: %s\n", shown(f.Kind, f.Value), terminalSafe(f.Reason))
		default:
			writeCarriers(out, "HANGS ON ONE VALUE", found.Carriers)
			writeCarriers(out, "HANGS ON WHAT ONE SOURCE ALONE SAYS", found.Sources)
			writeChange(out, audit.Finding{Kind: f.Kind, Value: f.Value, Band: f.Band, P: f.P, Weakest: found.Weakest, Next: found.Next})
		}
		return nil
	})
}

func writeCarriers(w io.Writer, title string, carriers []audit.Carrier) {
	if len(carriers) == 0 {
		return
	}
	fmt.Fprintln(w, title)
	for i, c := range carriers {
		if i == maxAudited {
			fmt.Fprintf(w, "  and %d more: see --json\n", len(carriers)-i)
			break
		}
		names := make([]string, 0, 3)
		for _, fall := range c.Falls[:min(3, len(c.Falls))] {
			names = append(names, fmt.Sprintf("%s (%s to %s)", shown(fall.Kind, fall.Value), fall.From, fall.To))
		}
		if more := len(c.Falls) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("%d more", more))
		}
		fmt.Fprintf(w, "  %d on %s: %s\n", len(c.Falls), shown(c.Kind, c.Value), strings.Join(names, ", "))
	}
	fmt.Fprintln(w)
}

func lineName(l audit.Line) string {
	if l.Relation == "" {
		return "any one line"
	}
	return l.Relation + " " + shown(l.Kind, l.Value)
}

// lacks says what lifts a finding into the band above.
func lacks(n audit.Next) string {
	text := fmt.Sprintf("%.1f bits to %s", n.Bits, n.Band)
	if n.Families > 0 {
		text += fmt.Sprintf(", in %d further independent family", n.Families)
	}
	if n.Holders > 0 {
		text += fmt.Sprintf(": a value that at most %d share would do", n.Holders)
	}
	return text
}

// shown defangs a value for people.
func shown(kind, value string) string {
	if v, err := (casefile.Value{Kind: kind, Value: value}).Observable(); err == nil && !v.IsZero() {
		value = strings.TrimPrefix(v.Defang(), kind+":")
	}
	return terminalSafe(shortened(value))
}
