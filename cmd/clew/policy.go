package main

import (
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/response/policy"
)

// policy returns the policy that counts: of the flag, of the configuration, else
// clew's own. A relative path in the configuration is beside it.
func (a *app) policy(file string) (policy.Policy, error) {
	if file == "" {
		settings, err := a.settings()
		if err != nil {
			return policy.Policy{}, err
		}
		if file = settings.Policy; file != "" && !filepath.IsAbs(file) {
			config, _ := a.configPath()
			file = filepath.Join(filepath.Dir(config), file)
		}
	}
	if file == "" {
		return policy.Default()
	}
	p, err := policy.Read(file)
	if err != nil {
		return p, usageError{err}
	}
	return p, nil
}

// underPolicy lays the policy over a document: what it proposes, and what has run
// out by now.
func (a *app) underPolicy(d casefile.Document) (casefile.Document, error) {
	p, err := a.policy("")
	if err != nil {
		return d, err
	}
	p.Apply(&d, a.clock())
	return d, nil
}

func (a *app) policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "policy", Short: "What findings lead to: show the policy, check a file", Args: cobra.NoArgs,
		Example: "  clew policy show > policy.yaml\n  clew policy check policy.yaml",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "show", Short: "The policy that ships with clew, as a file to change", Args: cobra.NoArgs,
			Example: "  clew policy show > policy.yaml",
			RunE: func(*cobra.Command, []string) error {
				return a.printTo(func(w io.Writer) error { _, err := w.Write(policy.DefaultText); return err })
			},
		},
		&cobra.Command{
			Use: "check [FILE]", Short: "Whether a policy can be used, and what it does", Args: cobra.MaximumNArgs(1),
			Example: "  clew policy check policy.yaml\n  clew policy check          the one that counts now",
			RunE: func(_ *cobra.Command, args []string) error {
				file := ""
				if len(args) == 1 {
					file = args[0]
				}
				p, err := a.policy(file)
				if err != nil {
					return err
				}
				return a.printTo(func(w io.Writer) error { return a.printPolicy(w, p) })
			},
		},
	)
	return cmd
}

// policyRow says what a policy does with one sort of finding.
type policyRow struct {
	Band       string `json:"band"`
	Kind       string `json:"kind"`
	Scope      string `json:"scope"`
	Validation string `json:"validation"`
	Do         string `json:"do"` // block, monitor or none
	Approve    string `json:"approve"`
	Stands     string `json:"stands"`
	Rule       string `json:"rule"`
}

// policyRows tries the policy on every sort of finding; scopes and validations
// are told apart only where it makes a difference.
func (a *app) policyRows(p policy.Policy) []policyRow {
	now := a.clock()
	var rows []policyRow
	seen := map[policyRow]bool{}
	for _, band := range []string{"high", "medium", "low"} {
		for _, kind := range []string{"domain", "ip", "prefix", "url", "email", "file", "cert", "jarm"} {
			for _, scope := range []string{"live", "hunt"} {
				for _, state := range []string{casefile.Hit, casefile.HitOutside, casefile.NoHit, casefile.NotChecked} {
					f := casefile.Finding{Band: band, Kind: kind, Confidence: 95, Validation: casefile.Validation{State: state}}
					action := p.Propose(casefile.Case{Scope: scope, TLP: "AMBER"}, f, now)
					row := policyRow{Band: band, Kind: kind, Do: action.State, Rule: action.Rule, Approve: "-", Stands: "-"}
					if action.Kind != "" {
						row.Do, row.Approve, row.Stands = action.Kind, policy.ByPerson, "for ever"
						if _, automatic := p.Automatic(action.Rule); automatic {
							row.Approve = policy.ByPolicy
						}
						if !action.Expires.IsZero() {
							row.Stands = standing(action.Expires.Sub(now))
						}
					}
					if seen[row] {
						continue
					}
					seen[row] = true
					row.Scope, row.Validation = scope, state
					rows = append(rows, row)
				}
			}
		}
	}
	return rows
}

// standing writes how long an action stands, hours where a day would round them
// away.
func standing(d time.Duration) string {
	hours := int(d.Round(time.Hour).Hours())
	if hours < 48 {
		return export.Plural(hours, "hour", "hours")
	}
	return fmt.Sprintf("%d days", hours/24)
}

func (a *app) printPolicy(w io.Writer, p policy.Policy) error {
	rows := a.policyRows(p)
	if a.json {
		return encode(w, struct {
			Name  string      `json:"name"`
			Rules int         `json:"rules"`
			Does  []policyRow `json:"does"`
		}{p.Name, len(p.Rules), rows})
	}
	fmt.Fprintf(w, "%s can be used: %s. With a finding of 95 percent, TLP:AMBER, it does first:\n\n", p.Name, export.Plural(len(p.Rules), "rule", "rules"))
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "BAND\tKIND\tDOES\tAPPROVES\tSTANDS\tRULE\tFROM SCOPE, VALIDATION")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s, %s\n", r.Band, r.Kind, r.Do, r.Approve, r.Stands, terminalSafe(r.Rule), r.Scope, r.Validation)
	}
	return table.Flush()
}
