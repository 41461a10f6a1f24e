package postgres_test

import (
	"testing"

	"clew/internal/account/accounttest"
	"clew/internal/account/postgres"
	"clew/internal/database"
	"clew/internal/database/postgrestest"
	"clew/internal/database/versiontest"
)

func TestVersions(t *testing.T) {
	versiontest.Postgres(t, postgrestest.Start(t), "accounts", postgres.Open, accounttest.Versions(database.ErrNewer))
}
