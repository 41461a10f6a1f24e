package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	accountpostgres "clew/internal/account/postgres"
	casepostgres "clew/internal/casefile/postgres"
	"clew/internal/database"
	spentpostgres "clew/internal/fetch/state/postgres"
	jobpostgres "clew/internal/job/postgres"
	watchpostgres "clew/internal/watch/postgres"
)

// teamParts are all tables of a team's database.
func teamParts() []database.Part {
	return []database.Part{casepostgres.Part, accountpostgres.Part, jobpostgres.Part, watchpostgres.Part, spentpostgres.Part}
}

func (a *app) databaseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "database", Short: "The tables of the team's database, and who may do what in them",
		Long: `The team's database (CLEW_DATABASE, or database: in the configuration) needs nothing
of this as long as one user owns its tables and works in them: every command brings
them forward when it starts. With two, one who owns them and one who works in them,
the owner brings them forward here. See docs/guide/team.md.`,
		Args: cobra.NoArgs, Example: "  clew database migrate --grant-to clew_work",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.databaseMigrateCommand())
	return cmd
}

func (a *app) databaseMigrateCommand() *cobra.Command {
	var users []string
	cmd := &cobra.Command{
		Use: "migrate", Short: "Bring the tables forward as the user who owns them, and let others work in them", Args: cobra.NoArgs,
		Long: `Brings every table of clew's forward, each part whole or not at all, and grants the
users of --grant-to what clew serve, clew worker and the other commands need: they read
and write, and make, change, empty or drop no table; events of cases and lines of the
audit they add and neither change nor remove. Rights that they had beyond that in the
schema are taken back. Whoever was granted this before is granted what came since, so
an update of clew needs no --grant-to. It runs as $CLEW_DATABASE_USER with
$CLEW_DATABASE_PASSWORD, or those of the configuration, which are the owner's here.`,
		Example: `  CLEW_DATABASE_USER=clew_owner clew database migrate --grant-to clew_work
  CLEW_DATABASE_USER=clew_owner clew database migrate      after an update`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.databaseMigrate(cmd.Context(), users) },
	}
	cmd.Flags().StringSliceVar(&users, "grant-to", nil, "users of the server who only work in the tables")
	return cmd
}

// migrated is what clew database migrate prints as JSON.
type migrated struct {
	Database string   `json:"database"`
	Owner    string   `json:"owner"`
	Parts    []string `json:"parts"`   // with their versions, by name
	Granted  []string `json:"granted"` // users who only work in the tables, by name
}

func (a *app) databaseMigrate(ctx context.Context, users []string) error {
	db, err := a.team(ctx)
	if err != nil {
		return err
	}
	if db == nil {
		return usagef("no database: name it with $CLEW_DATABASE or database: in the configuration")
	}
	for _, part := range teamParts() {
		if err := db.Migrate(ctx, part); err != nil {
			return err
		}
	}
	m := migrated{Database: db.String()}
	if m.Granted, err = db.Grant(ctx, teamParts(), users...); err != nil {
		return fmt.Errorf("%w\n  the tables are of this clew's version all the same", err)
	}
	h, err := db.Health(ctx, a.clock)
	if err != nil {
		return err
	}
	m.Owner, m.Parts, m.Granted = h.Owner, h.Parts, append([]string{}, m.Granted...)
	if a.json {
		return json.NewEncoder(a.stdout).Encode(m)
	}
	fmt.Fprintf(a.stdout, "%s: %s; owned by %s\n", m.Database, strings.Join(m.Parts, ", "), terminalSafe(m.Owner))
	for _, user := range m.Granted {
		fmt.Fprintf(a.stdout, "%s may work in them, and change none\n", terminalSafe(user))
	}
	return nil
}
