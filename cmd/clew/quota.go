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
	"clew/internal/fetch"
)

// quotaLine is how one source stands, one JSON object a line.
type quotaLine struct {
	Source  string        `json:"source"`
	Host    string        `json:"host,omitempty"`
	Every   string        `json:"every"`
	Limits  []limitLine   `json:"limits"`
	Closed  []closedLine  `json:"closed"`
	Circuit casefile.Time `json:"circuit_open_until"`
	Next    casefile.Time `json:"next"`
	Outcome string        `json:"last_outcome"`
	At      casefile.Time `json:"last_at"`
}

type limitLine struct {
	Per      string        `json:"per"`
	Endpoint string        `json:"endpoint,omitempty"`
	Limit    int           `json:"limit"`
	Spent    int           `json:"spent"`
	Resets   casefile.Time `json:"resets"`
	Origin   string        `json:"origin"` // default, header or configuration
}

type closedLine struct {
	Endpoint string        `json:"endpoint,omitempty"`
	Until    casefile.Time `json:"until"`
	Why      string        `json:"why"`
}

func (a *app) sourceQuota() *cobra.Command {
	return &cobra.Command{
		Use: "quota", Short: "What was spent of each source's limits, and what is closed", Args: cobra.NoArgs,
		Long: `Prints how every source stands: its limits (documented, learnt from its replies, or
configured), what was spent of them by every run on this data directory, and what
is not asked for now and why. It asks nobody.`,
		Example: "  clew source quota\n  clew source quota --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, _, done, err := a.client(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			usage, err := client.Usage(cmd.Context())
			if err != nil {
				return err
			}
			lines := make([]quotaLine, len(usage))
			for i, u := range usage {
				lines[i] = quotaOf(u)
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

func quotaOf(u fetch.Usage) quotaLine {
	line := quotaLine{
		Source: u.Source, Host: u.Host, Every: u.Every.String(), Limits: []limitLine{}, Closed: []closedLine{},
		Circuit: instant(u.Breaker.Until), Next: instant(u.Next), Outcome: u.Outcome, At: instant(u.At),
	}
	for _, l := range u.Limits {
		line.Limits = append(line.Limits, limitLine{string(l.Window), l.Endpoint, l.Limit, l.Spent, instant(l.Resets), string(l.Origin)})
	}
	for _, c := range u.Closed {
		line.Closed = append(line.Closed, closedLine{c.Endpoint, instant(c.Until), c.Why})
	}
	return line
}

func instant(t time.Time) casefile.Time { return casefile.Time{Time: t.UTC()} }

func printQuotas(w io.Writer, lines []quotaLine) error {
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
	if _, err := os.Stat(dir); err != nil {
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
