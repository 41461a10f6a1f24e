package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/server"
)

func (a *app) sourceQuota() *cobra.Command {
	return &cobra.Command{
		Use: "quota", Short: "What was spent of each source's limits, and what is closed", Args: cobra.NoArgs,
		Long: `Prints how every source stands: its limits (documented, learnt from its replies, or
configured), what was spent of them by every run on this data directory, or by every machine
of a team that shares a database, and what is not asked for now and why. It asks
nobody.`,
		Example: "  clew source quota\n  clew source quota --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			lines, err := a.quotas(cmd.Context())
			if err != nil {
				return err
			}
			if db, err := a.team(cmd.Context()); err == nil && db != nil {
				fmt.Fprintf(a.stderr, "spent by all who use %s\n", terminalSafe(db.String()))
			}
			return a.printTo(func(w io.Writer) error {
				if a.json {
					return encodeLines(w, lines)
				}
				return printQuotas(w, lines)
			})
		},
	}
}

// quotas says how every source stands. It asks nobody.
func (a *app) quotas(ctx context.Context) ([]server.Quota, error) {
	client, _, done, err := a.client(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	usage, err := client.Usage(ctx)
	if err != nil {
		return nil, err
	}
	return server.QuotasOf(usage), nil
}

func instant(t time.Time) casefile.Time { return casefile.Time{Time: t.UTC()} }

func printQuotas(w io.Writer, lines []server.Quota) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tPACE\tSPENT\tLAST OUTCOME\tCLOSED")
	for _, l := range lines {
		var spent, closed []string
		for _, limit := range l.Limits {
			spent = append(spent, fmt.Sprintf("%d of %d per %s (%s)", limit.Spent, limit.Limit, limit.Per, limit.Origin))
		}
		for _, c := range l.Closed {
			closed = append(closed, fmt.Sprintf("until %s: %s", c.Until, c.Why))
		}
		if !l.Circuit.IsZero() {
			closed = append(closed, fmt.Sprintf("circuit open until %s", l.Circuit))
		}
		name := l.Source
		if l.Host != "" {
			name += " " + l.Host
		}
		if len(spent) == 0 {
			spent = []string{"no limit documented"}
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", terminalSafe(name), l.Every, terminalSafe(strings.Join(spent, ", ")), terminalSafe(l.Outcome), terminalSafe(strings.Join(closed, "; ")))
	}
	return table.Flush()
}

// standing says of each source what is left of its tightest limit and how its
// last request ended. Before the first run on a data directory there is nothing
// to say.
func (a *app) standing(ctx context.Context) (left, last map[string]string, err error) {
	left, last = map[string]string{}, map[string]string{}
	dir, err := a.dataDir()
	if err != nil {
		return nil, nil, err
	}
	if at, err := a.databaseAt(""); err != nil {
		return nil, nil, err
	} else if _, err := os.Stat(dir); err != nil && at.URL == "" {
		return left, last, nil
	}
	client, _, done, err := a.client(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	usage, err := client.Usage(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, u := range usage {
		tightest := -1
		for _, l := range u.Limits {
			if rest := max(l.Limit-l.Spent, 0); tightest < 0 || rest < tightest {
				tightest = rest
				left[u.Source] = fmt.Sprintf("%d of %d per %s", rest, l.Limit, l.Window)
			}
		}
		last[u.Source] = u.Outcome
	}
	return left, last, nil
}
