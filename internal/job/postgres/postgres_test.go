package postgres_test

import (
	"sync"
	"testing"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
	"clew/internal/job"
	"clew/internal/job/jobtest"
	"clew/internal/job/postgres"
)

func connect(t *testing.T, url string) *database.DB {
	t.Helper()
	return connectAs(t, database.Target{URL: url, User: postgrestest.User, Password: postgrestest.Password})
}

func connectAs(t *testing.T, at database.Target) *database.DB {
	t.Helper()
	at.URL += "?sslmode=disable&pool_max_conns=4"
	db, err := database.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // returns nothing
	return db
}

// TestConformance is by a user who only works in the tables: more it does not need.
func TestConformance(t *testing.T) {
	server := postgrestest.Start(t)
	jobtest.Run(t, func(t *testing.T) func(t *testing.T) *job.Store {
		at := server.Working(t, postgres.Part)
		return func(t *testing.T) *job.Store {
			s, err := postgres.Open(t.Context(), connectAs(t, at))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}

func TestServersStartAtOnce(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	var wait sync.WaitGroup
	for range 4 {
		db := connect(t, url)
		wait.Go(func() {
			if _, err := postgres.Open(t.Context(), db); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}
