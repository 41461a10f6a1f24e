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

// Part is the tables of watches among others of the database.
var Part = database.Part{Name: "watches", Steps: steps()}

func steps() (all []string) {
	for _, step := range watch.Tables {
		// An index lies in the schema of its table and is named without it.
		step = strings.ReplaceAll(step, "INDEX {p}", "INDEX ")
		all = append(all, strings.ReplaceAll(step, "{p}", prefix))
	}
	return all
}

const prefix = database.Schema + "."

// In is the store in a database that others use too, with its tables brought up to
// date. Whoever opened the database closes it.
func In(ctx context.Context, db *database.DB) (*watch.Store, error) {
	if err := db.Migrate(ctx, Part); err != nil {
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
