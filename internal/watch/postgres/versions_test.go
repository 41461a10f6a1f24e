package postgres_test

import (
	"testing"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
	"clew/internal/database/versiontest"
	"clew/internal/watch/postgres"
	"clew/internal/watch/watchtest"
)

func TestVersions(t *testing.T) {
	versiontest.Postgres(t, postgrestest.Start(t), "watches", postgres.In, watchtest.Versions(database.ErrNewer))
}
