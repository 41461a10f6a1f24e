package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/casefile/postgres"
	"clew/internal/database"
	"clew/internal/investigation"
)

// databaseSettings are the part of the configuration that names a case record on
// a server:
//
//	database:
//	  url: postgres://db.example:5432/clew
//	  user: clew
//	  password: …
type databaseSettings struct {
	URL      string `yaml:"url"`
	User     string `yaml:"user,omitempty"`
	Password string `yaml:"password,omitempty" secret:"true"`
}

// databaseAt is the record on a server that commands work with: the one named, else
// that of the environment, else that of the configuration; none for the data
// directory's. User and password come from the latter two only.
func (a *app) databaseAt(named string) (database.Target, error) {
	if a.local {
		return database.Target{}, nil
	}
	s, err := a.settings()
	if err != nil {
		return database.Target{}, err
	}
	at := database.Target{
		URL:      cmp.Or(named, a.getenv("CLEW_DATABASE"), s.Database.URL),
		User:     cmp.Or(a.getenv("CLEW_DATABASE_USER"), s.Database.User),
		Password: cmp.Or(a.getenv("CLEW_DATABASE_PASSWORD"), s.Database.Password),
	}
	if at.URL == "" {
		return database.Target{}, nil
	}
	if at.Password == "" {
		if s, err = a.unsealed(s); err != nil {
			return at, err
		}
		at.Password = s.Database.Password
	}
	if err := at.Check(); err != nil {
		return at, usageError{err}
	}
	return at, nil
}

func (a *app) casePush() *cobra.Command {
	var to string
	var every bool
	cmd := &cobra.Command{
		Use: "push [CASE...]", Short: "Copy cases of the data directory to the team's database",
		Long: `Copies cases, with their raw answers, to a record on PostgreSQL: the one of --to,
else of $CLEW_DATABASE or the configuration. User and password come from
$CLEW_DATABASE_USER and $CLEW_DATABASE_PASSWORD or the configuration. Each event
keeps its hash, so a head that was noted elsewhere still verifies. A case that was
pushed before goes on from there; one that somebody went on with in both places is
left alone, and named. The record here stays as it is.`,
		Example: "  clew case push 4f2a --to postgres://db.example:5432/clew\n  clew case push --all",
		RunE: func(cmd *cobra.Command, names []string) error {
			if every == (len(names) > 0) {
				return usagef("name the cases to push, or say --all")
			}
			at, err := a.databaseAt(to)
			if err != nil {
				return err
			}
			if at.URL == "" {
				return usagef("no database: name it with --to postgres://host:5432/clew, $CLEW_DATABASE or database: in the configuration")
			}
			return a.copyCases(cmd.Context(), at, names)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "database, as postgres://host:5432/name")
	cmd.Flags().BoolVar(&every, "all", false, "every case of the data directory")
	return cmd
}

func (a *app) copyCases(ctx context.Context, at database.Target, names []string) error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	here := &investigation.Workspace{} // whatever record other commands use: this one's is pushed
	if err := here.Open(dir, investigation.Needs{Cases: true}); err != nil {
		return err
	}
	defer here.Close() //nolint:errcheck // nothing was written to it
	ids, err := a.caseIDs(ctx, here.Cases, names)
	if err != nil {
		return err
	}
	there, err := postgres.Open(ctx, at)
	if err != nil {
		return err
	}
	defer there.Close() //nolint:errcheck // returns nothing
	var failed []error
	for _, id := range ids {
		sum, err := casefile.Push(ctx, here.Cases, there, id)
		if errors.Is(err, casefile.ErrDiverged) || errors.Is(err, casefile.ErrDamaged) {
			failed = append(failed, err) // the others can go over all the same
			continue
		}
		if err != nil {
			return err
		}
		if err := a.printPushed(sum); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// caseIDs resolves names of cases; without any it returns every case.
func (a *app) caseIDs(ctx context.Context, r casefile.Reader, names []string) ([]string, error) {
	var ids []string
	if len(names) == 0 {
		heads, err := r.Cases(ctx)
		for _, head := range heads {
			ids = append(ids, head.Case)
		}
		return ids, err
	}
	for _, name := range names {
		id, err := casefile.Resolve(ctx, r, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (a *app) printPushed(sum casefile.Pushed) error {
	if a.json {
		return json.NewEncoder(a.stdout).Encode(sum)
	}
	_, err := fmt.Fprintf(a.stdout, "%s: %d events pushed, %d there already; %d raw answers\n", sum.Case, sum.Events, sum.There, sum.Blobs)
	return err
}
