package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/account"
	"clew/internal/server"
)

func (a *app) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "token", Short: "API tokens, for programs that ask clew serve", Args: cobra.NoArgs,
		Example: "  clew token make ada --name firewall --scope feed\n  clew token list",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.tokenMake(), a.tokenList(), a.tokenRevoke())
	return cmd
}

func (a *app) tokenMake() *cobra.Command {
	var name string
	var scopes []string
	var lasts time.Duration
	cmd := &cobra.Command{
		Use: "make USER", Short: "Make a token that acts as a user", Args: cobra.ExactArgs(1),
		Long: `Prints the token, once: only its hash is kept. Scopes stand alone, and none gives more
than the user may: feed (lists and collections), read, work, act, approve, monitor
(/metrics), administer.`,
		Example: "  clew token make ada --name siem --scope read --scope work --lasts 720h",
		RunE: func(cmd *cobra.Command, args []string) error {
			n := account.NewToken{Name: name}
			for _, scope := range scopes {
				n.Scopes = append(n.Scopes, account.Permission(scope))
			}
			if lasts != 0 {
				n.Expires = a.clock().Add(lasts)
			}
			return a.withBook(cmd.Context(), func(b *account.Book, by account.Caller) error {
				u, err := b.UserNamed(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				t, secret, err := b.MakeToken(cmd.Context(), by, u.ID, n)
				if err != nil {
					return err
				}
				fmt.Fprintln(a.stdout, secret)
				fmt.Fprintf(a.stderr, "acts as %s until %s; it is not shown again\n", u.Name, t.Expires.Format(time.RFC3339))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "after what will use it")
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "what it may: feed, read, work, act, approve, monitor, administer")
	cmd.Flags().DurationVar(&lasts, "lasts", 0, "how long it is good for (default: 90 days)")
	return cmd
}

func (a *app) tokenList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "The tokens of everybody", Args: cobra.NoArgs, Example: "  clew token list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withBook(cmd.Context(), func(b *account.Book, _ account.Caller) error {
				list, err := server.TokensOf(cmd.Context(), b, "")
				if err != nil {
					return err
				}
				return a.printTo(func(out io.Writer) error { return a.printTokens(out, list.Items) })
			})
		},
	}
}

func (a *app) printTokens(out io.Writer, list []server.TokenEntry) error {
	if a.json {
		for _, t := range list {
			if err := json.NewEncoder(out).Encode(t); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tUSER\tNAME\tSCOPES\tEXPIRES")
	for _, t := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%v\t%s\n", t.ID, t.User, terminalSafe(t.Name), t.Scopes, t.Expires.Format(time.DateOnly))
	}
	return w.Flush()
}

func (a *app) tokenRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "End a token at once", Args: cobra.ExactArgs(1), Example: "  clew token revoke ci7oxabwt7jndfw5",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withBook(cmd.Context(), func(b *account.Book, by account.Caller) error {
				t, err := b.RevokeToken(cmd.Context(), by, args[0])
				if err == nil {
					fmt.Fprintf(a.stderr, "%s is revoked\n", terminalSafe(t.Name))
				}
				return err
			})
		},
	}
}
