// Package postgres keeps the watches of a team in its database.
package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"

	"clew/internal/database"
	"clew/internal/watch"
)

// part is what the tables of watches are called among others of the database.
const part = "watches"

// In is the store in a database that others use too, with its tables brought up to
// date. Whoever opened the database closes it.
func In(ctx context.Context, db *database.DB) (*watch.Store, error) {
	const prefix = database.Schema + "."
	var steps []string
	for _, step := range watch.Tables {
		// An index lies in the schema of its table and is named without it.
		step = strings.ReplaceAll(step, "INDEX {p}", "INDEX ")
		steps = append(steps, strings.ReplaceAll(step, "{p}", prefix))
	}
	if err := db.Migrate(ctx, part, steps...); err != nil {
		return nil, err
	}
	pool := stdlib.OpenDBFromPool(db.Pool)
	explain := func(err error) error {
		if errors.Is(err, watch.ErrNoWatch) || errors.Is(err, watch.ErrExists) {
			return err
		}
		return db.Explain(err)
	}
	return watch.NewStore(pool, prefix, explain, pool.Close), nil
}
