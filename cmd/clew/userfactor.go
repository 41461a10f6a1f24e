package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/account"
	"clew/internal/sealed"
)

func (a *app) userRequire() *cobra.Command {
	var nobody bool
	cmd := &cobra.Command{
		Use: "require [ROLE...]", Short: "Say which roles must have a second factor", ValidArgs: []string{"viewer", "analyst", "approver", "admin"},
		Long: `Who of these roles signs in with a password has to bring a code of an authenticator
app as well. Those who have none are signed out, and set one up when they sign in
next; API tokens stay. Without a role it says whom it is required of. People who come
by an identity provider are its business: see accounts: oidc: acr and amr.`,
		Example: "  clew user require approver admin\n  clew user require --nobody\n  clew user require",
		RunE: func(cmd *cobra.Command, args []string) error {
			if nobody && len(args) > 0 {
				return usagef("name roles, or say --nobody")
			}
			return a.withBook(cmd.Context(), func(b *account.Book, by account.Caller) error {
				if nobody || len(args) > 0 {
					roles := make([]account.Role, len(args))
					for i, arg := range args {
						roles[i] = account.Role(strings.ToLower(arg))
					}
					if err := b.RequireFactor(cmd.Context(), by, roles); err != nil {
						return err
					}
				}
				roles, err := b.FactorRoles(cmd.Context())
				for _, role := range roles {
					fmt.Fprintln(a.stdout, role)
				}
				if len(roles) == 0 && err == nil {
					fmt.Fprintln(a.stderr, "no role has to have a second factor")
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&nobody, "nobody", false, "of no role any more")
	return cmd
}

func (a *app) userReset() *cobra.Command {
	return &cobra.Command{
		Use: "reset NAME", Short: "Take a user's second factor away", Args: cobra.ExactArgs(1),
		Long: `For whoever lost their phone and their codes for recovery: be sure who asks. It signs
them out everywhere. The password stays; where the role must have a second factor, they
set another one up when they sign in next.`,
		Example: "  clew user reset ada",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withBook(cmd.Context(), func(b *account.Book, by account.Caller) error {
				u, err := b.UserNamed(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if u, err = b.ResetFactor(cmd.Context(), by, u.ID); err != nil {
					return err
				}
				fmt.Fprintf(a.stderr, "%s has no second factor any more and is signed out everywhere\n", u.Name)
				return nil
			})
		},
	}
}

func (a *app) userKey() *cobra.Command {
	return &cobra.Command{
		Use: "key", Short: "Draw a key that seals second factors at rest", Args: cobra.NoArgs,
		Long: `Prints a key for accounts: key in the configuration, the same on every server of the
team; clew secrets encrypt seals it there. With it the database, or a backup of it,
does not hold what makes codes. Second factors from before are sealed when they are
used next. Without the key nobody with a second factor gets in: keep a copy.`,
		Example: "  clew user key",
		RunE: func(*cobra.Command, []string) error {
			key, err := sealed.NewKey()
			if err == nil {
				fmt.Fprintln(a.stdout, key)
			}
			return err
		},
	}
}
