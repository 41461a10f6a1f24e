package postgrestest

import (
	"context"
	"testing"

	"clew/internal/database"
)

// Worker is the user of [Server.Working].
const Worker = "worker"

// Working makes a database with the tables of parts, which [User] owns, and returns
// how [Worker] reaches it, who has only the rights that clew database migrate grants.
func (s *Server) Working(t testing.TB, parts ...database.Part) database.Target {
	t.Helper()
	ctx := context.Background()
	s.once.Do(func() { s.User(t, Worker) })
	at := database.Target{URL: s.Database(t), User: User, Password: Password}
	db, err := database.Open(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // returns nothing
	for _, part := range parts {
		if err := db.Migrate(ctx, part); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Grant(ctx, parts, Worker); err != nil {
		t.Fatal(err)
	}
	at.User = Worker
	return at
}
