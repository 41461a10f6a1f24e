package postgres_test

import (
	"fmt"
	"path"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
	"clew/internal/database/versiontest"
	"clew/internal/job"
	"clew/internal/job/jobtest"
	"clew/internal/job/postgres"
)

func TestVersions(t *testing.T) {
	versiontest.Postgres(t, postgrestest.Start(t), "jobs", postgres.Open, jobtest.Versions(database.ErrNewer))
}

func TestVersionsOfTheQueue(t *testing.T) {
	server := postgrestest.Start(t)
	jobtest.QueueVersions(t, func(t *testing.T) jobtest.Queue[pgx.Tx] {
		url := server.Database(t)
		db := connect(t, url)
		open := func(t *testing.T) (*job.Store, error) { return postgres.Open(t.Context(), db) }
		if _, err := open(t); err != nil {
			t.Fatal(err)
		}
		return jobtest.Queue[pgx.Tx]{Driver: riverpgxv5.New(db.Pool), Schema: database.Schema, Open: open, Advance: func(t *testing.T, version int) {
			server.Exec(t, path.Base(url), fmt.Sprintf(`INSERT INTO clew.river_migration (line, version) VALUES ('main', %d)`, version))
		}}
	})
}
