package postgres_test

import (
	"testing"

	"clew/internal/casefile/casefiletest"
	"clew/internal/casefile/postgres"
	"clew/internal/database/postgrestest"
	"clew/internal/database/versiontest"
)

func TestVersions(t *testing.T) {
	versiontest.Postgres(t, postgrestest.Start(t), "cases", postgres.In, casefiletest.Versions[*postgres.Store](true))
}
