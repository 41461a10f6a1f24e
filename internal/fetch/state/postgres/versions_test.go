package postgres_test

import (
	"context"
	"testing"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
	"clew/internal/database/versiontest"
	"clew/internal/fetch/state/postgres"
	"clew/internal/fetch/state/statetest"
)

// borrowed closes nothing: the store has its connections from whoever opened it.
type borrowed struct{ *postgres.Store }

func (borrowed) Close() error { return nil }

func versions(t *testing.T, server *postgrestest.Server) {
	in := func(ctx context.Context, db *database.DB) (borrowed, error) {
		s, err := postgres.In(ctx, db, postgres.Options{})
		return borrowed{s}, err
	}
	versiontest.Postgres(t, server, "spending", in, statetest.Versions[borrowed](database.ErrNewer))
}
