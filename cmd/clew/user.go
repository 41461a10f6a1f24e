package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/server"
)

func (a *app) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "user", Short: "Who of the team may do what on clew serve", Args: cobra.NoArgs,
		Long: `Users of clew serve --accounts, in the data directory or the team's database. Whoever
can run this on the server's machine is trusted with all of it: it is how the first
admin who lost a password comes back. What is done is in the audit, as by console.`,
		Example: "  clew user add ada --role admin\n  clew user list",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.userAdd(), a.userList(), a.userRole(), a.userEnable("disable", true), a.userEnable("enable", false), a.userPassword(), a.userRequire(), a.userReset(), a.userKey(), a.userAccess())
	return cmd
}

// withBook opens the accounts for a command at the console.
func (a *app) withBook(ctx context.Context, do func(b *account.Book, by account.Caller) error) error {
	b, done, err := a.book(ctx)
	if err != nil {
		return err
	}
	defer done()
	err = do(b, account.Console(actor(a.getenv)))
	for _, mistake := range []error{account.ErrInvalid, account.ErrNoUser, account.ErrNoToken, account.ErrNameTaken, account.ErrLastAdmin, account.ErrForbidden, account.ErrNoFactor} {
		if errors.Is(err, mistake) {
			return usageError{err}
		}
	}
	return err
}

func (a *app) userAdd() *cobra.Command {
	var role, ceiling string
	var ask bool
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Add a user", Args: cobra.ExactArgs(1),
		Long: `Prints the end of a one-time link, which goes behind the address of the server: by it
the user sets a password that nobody else knows. With --password it is read here
instead, from the terminal or standard input.`,
		Example: "  clew user add ada --role approver --ceiling RED\n  clew user add bob --role analyst --password",
		RunE: func(cmd *cobra.Command, args []string) error {
			n := account.NewUser{Name: args[0], Role: account.Role(role), Ceiling: marking.TLP(ceiling)}
			if ask {
				var err error
				if n.Password, err = a.newPassword(); err != nil {
					return err
				}
			}
			return a.withBook(cmd.Context(), func(b *account.Book, by account.Caller) error {
				u, secret, err := b.AddUser(cmd.Context(), by, n)
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stderr, "%s is %s and sees cases up to TLP:%s\n", u.Name, u.Role, u.Ceiling)
				if secret != "" {
					fmt.Fprintln(a.stdout, server.SetupLink("", secret))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&role, "role", string(account.Analyst), "viewer, analyst, approver or admin")
	cmd.Flags().StringVar(&ceiling, "ceiling", string(account.DefaultCeiling), "strictest TLP whose cases the user sees")
	cmd.Flags().BoolVar(&ask, "password", false, "read a password instead of making a link")
	return cmd
}

// newPassword reads a password: twice from a terminal, else one line.
func (a *app) newPassword() (string, error) {
	if file, ok := a.stdin.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		var typed [2]string
		for i, prompt := range []string{"Password: ", "Again: "} {
			fmt.Fprint(a.stderr, prompt)
			text, err := term.ReadPassword(int(file.Fd()))
			fmt.Fprintln(a.stderr)
			if err != nil {
				return "", err
			}
			typed[i] = string(text)
		}
		if typed[0] != typed[1] {
			return "", usagef("the two passwords differ")
		}
		return typed[0], nil
	}
	const most = 4 << 10
	line, err := bufio.NewReader(io.LimitReader(a.stdin, most)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (a *app) userList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Everybody of the team", Args: cobra.NoArgs, Example: "  clew user list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withBook(cmd.Context(), func(b *account.Book, _ account.Caller) error {
				users, err := b.Users(cmd.Context())
				if err != nil {
					return err
				}
				return a.printTo(func(out io.Writer) error { return a.printUsers(out, users) })
			})
		},
	}
}

func (a *app) printUsers(out io.Writer, users []account.User) error {
	if a.json {
		for _, u := range users {
			if err := json.NewEncoder(out).Encode(server.AccountOf(u)); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tROLE\tSEES UP TO\tSIGNS IN BY")
	for _, u := range users {
		by := "no password yet"
		switch {
		case u.Disabled:
			by = "disabled"
		case u.Issuer != "":
			by = u.Issuer
		case u.HasPassword() && u.Factor:
			by = "password and code"
		case u.HasPassword():
			by = "password"
		}
		fmt.Fprintf(w, "%s\t%s\tTLP:%s\t%s\n", u.Name, u.Role, u.Ceiling, terminalSafe(by))
	}
	return w.Flush()
}

// change changes the user of a name, and says how they stand.
func (a *app) change(ctx context.Context, name string, c account.UserChange) error {
	return a.withBook(ctx, func(b *account.Book, by account.Caller) error {
		u, err := b.UserNamed(ctx, name)
		if err != nil {
			return err
		}
		if u, err = b.ChangeUser(ctx, by, u.ID, c); err != nil {
			return err
		}
		return a.printUsers(a.stdout, []account.User{u})
	})
}

func (a *app) userRole() *cobra.Command {
	var ceiling string
	cmd := &cobra.Command{
		Use: "role NAME ROLE", Short: "Change a user's role, and what they may see", Args: cobra.ExactArgs(2),
		Example: "  clew user role bob approver --ceiling RED",
		RunE: func(cmd *cobra.Command, args []string) error {
			role := account.Role(args[1])
			c := account.UserChange{Role: &role}
			if ceiling != "" {
				c.Ceiling = (*marking.TLP)(&ceiling)
			}
			return a.change(cmd.Context(), args[0], c)
		},
	}
	cmd.Flags().StringVar(&ceiling, "ceiling", "", "strictest TLP whose cases the user sees (default: as it is)")
	return cmd
}

func (a *app) userEnable(verb string, disabled bool) *cobra.Command {
	short := map[bool]string{true: "Sign a user out everywhere, for good; their tokens are gone", false: "Let a disabled user sign in again"}[disabled]
	return &cobra.Command{
		Use: verb + " NAME", Short: short, Args: cobra.ExactArgs(1), Example: "  clew user " + verb + " bob",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.change(cmd.Context(), args[0], account.UserChange{Disabled: &disabled})
		},
	}
}

func (a *app) userPassword() *cobra.Command {
	return &cobra.Command{
		Use: "passwd NAME", Short: "Set a user's password, read from the terminal or standard input", Args: cobra.ExactArgs(1),
		Example: "  clew user passwd ada",
		RunE: func(cmd *cobra.Command, args []string) error {
			password, err := a.newPassword()
			if err != nil {
				return err
			}
			return a.withBook(cmd.Context(), func(b *account.Book, by account.Caller) error {
				u, err := b.UserNamed(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if err := b.SetPassword(cmd.Context(), by, u.ID, password); err != nil {
					return err
				}
				fmt.Fprintf(a.stderr, "%s has another password and is signed out everywhere\n", u.Name)
				return nil
			})
		},
	}
}

func (a *app) userAccess() *cobra.Command {
	var open, restrict bool
	var owner string
	var see, change []string
	cmd := &cobra.Command{
		Use: "access CASE", Short: "Say who may see and change a case", Args: cobra.ExactArgs(1),
		Example: "  clew user access 4f2a --restrict --owner ada --change bob --see carol\n  clew user access 4f2a --open",
		RunE: func(cmd *cobra.Command, args []string) error {
			if open == restrict {
				return usagef("say --open or --restrict")
			}
			id, err := a.caseNamed(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.withBook(cmd.Context(), func(b *account.Book, by account.Caller) error {
				given := account.Access{Case: id, Restricted: restrict}
				user := func(name string) (string, error) {
					u, err := b.UserNamed(cmd.Context(), name)
					return u.ID, err
				}
				if owner != "" {
					if given.Owner, err = user(owner); err != nil {
						return err
					}
				}
				for changes, names := range map[bool][]string{false: see, true: change} {
					for _, name := range names {
						id, err := user(name)
						if err != nil {
							return err
						}
						given.Members = append(given.Members, account.Member{User: id, Changes: changes})
					}
				}
				if _, err := b.SetAccess(cmd.Context(), by, given); err != nil {
					return err
				}
				fmt.Fprintf(a.stderr, "%s: %s\n", id, map[bool]string{true: "restricted", false: "open to the team"}[restrict])
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&open, "open", false, "open to the team")
	flags.BoolVar(&restrict, "restrict", false, "only the owner and who is named")
	flags.StringVar(&owner, "owner", "", "whose case it is")
	flags.StringSliceVar(&see, "see", nil, "who sees it")
	flags.StringSliceVar(&change, "change", nil, "who sees and changes it")
	return cmd
}

func (a *app) caseNamed(ctx context.Context, name string) (string, error) {
	w, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		return "", err
	}
	defer w.Close() //nolint:errcheck // nothing was written
	id, err := casefile.Resolve(ctx, w.Cases, name)
	if errors.Is(err, casefile.ErrNoCase) {
		err = usageError{err}
	}
	return id, err
}
