package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/response/policy"
	"clew/internal/server"
)

// policyFile is where the policy comes from: of the flag, of the configuration, ""
// for clew's own. A relative path in the configuration is beside it.
func (a *app) policyFile(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	settings, err := a.settings()
	if err != nil || settings.Policy == "" || filepath.IsAbs(settings.Policy) {
		return settings.Policy, err
	}
	config, _ := a.configPath()
	return filepath.Join(filepath.Dir(config), settings.Policy), nil
}

// policy returns the policy that counts.
func (a *app) policy(flag string) (policy.Policy, error) {
	file, err := a.policyFile(flag)
	if err != nil {
		return policy.Policy{}, err
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
				file, err := a.policyFile(file)
				if err != nil {
					return err
				}
				p, err := a.policy(file)
				if err != nil {
					return err
				}
				return a.printTo(func(w io.Writer) error { return a.printPolicy(w, p, file) })
			},
		},
	)
	return cmd
}

// policyRows tries the policy on every sort of finding; scopes and validations
// are told apart only where it makes a difference.
func (a *app) policyRows(p policy.Policy) []server.PolicyDeed {
	now := a.clock()
	var rows []server.PolicyDeed
	seen := map[server.PolicyDeed]bool{}
	for _, band := range []string{"high", "medium", "low"} {
		for _, kind := range []string{"domain", "ip", "prefix", "url", "email", "file", "cert", "jarm"} {
			for _, scope := range []string{"live", "hunt"} {
				for _, state := range []string{casefile.Hit, casefile.HitOutside, casefile.NoHit, casefile.NotChecked} {
					f := casefile.Finding{Band: band, Kind: kind, Confidence: 95, Validation: casefile.Validation{State: state}}
					action := p.Propose(casefile.Case{Scope: scope, TLP: "AMBER"}, f, now)
					row := server.PolicyDeed{Band: band, Kind: kind, Do: action.State, Rule: action.Rule, Approve: "-", Stands: "-"}
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

func (a *app) shownPolicy(p policy.Policy, file string) server.Policy {
	return server.Policy{Name: p.Name, File: file, Rules: len(p.Rules), Does: a.policyRows(p)}
}

func (a *app) printPolicy(w io.Writer, p policy.Policy, file string) error {
	shown := a.shownPolicy(p, file)
	if a.json {
		return encode(w, shown)
	}
	fmt.Fprintf(w, "%s can be used: %s. With a finding of 95 percent, TLP:AMBER, it does first:\n\n", p.Name, export.Plural(len(p.Rules), "rule", "rules"))
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "BAND\tKIND\tDOES\tAPPROVES\tSTANDS\tRULE\tFROM SCOPE, VALIDATION")
	for _, r := range shown.Does {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s, %s\n", r.Band, r.Kind, r.Do, r.Approve, r.Stands, terminalSafe(r.Rule), r.Scope, r.Validation)
	}
	return table.Flush()
}

// policyMark changes when the policy that counts does.
func (a *app) policyMark() string {
	file, err := a.policyFile("")
	if err != nil {
		return "unreadable: " + err.Error()
	}
	if file == "" {
		return "default"
	}
	info, err := os.Stat(file)
	if err != nil {
		return "unreadable: " + err.Error()
	}
	return fmt.Sprintf("%s %d %d", file, info.Size(), info.ModTime().UnixNano())
}
