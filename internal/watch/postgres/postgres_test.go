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

// TestConformance is by a user who only works in the tables: more it does not need.
func TestConformance(t *testing.T) {
	server := postgrestest.Start(t)
	watchtest.Run(t, func(t *testing.T) *watch.Store {
		db, err := database.Open(context.Background(), server.Working(t, postgres.Part))
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
