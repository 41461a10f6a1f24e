package postgres_test

import (
	"context"
	"testing"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
	"clew/internal/watch"
	"clew/internal/watch/postgres"
	"clew/internal/watch/watchtest"
)

func TestConformance(t *testing.T) {
	server := postgrestest.Start(t)
	watchtest.Run(t, func(t *testing.T) *watch.Store {
		db, err := database.Open(context.Background(), database.Target{URL: server.Database(t), User: postgrestest.User, Password: postgrestest.Password})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		s, err := postgres.In(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
