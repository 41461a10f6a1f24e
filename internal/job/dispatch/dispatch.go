// Package dispatch wakes workers through River, on whichever database it has a
// driver for. River knows nothing but the ID of a job and its queue: what becomes
// of a job, and whose it is, is in clew's own table, because River's own rescue of
// a dead worker's job waits for an hour and not for a lease.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// call is a wake-up call.
type call struct {
	ID string `json:"id"`
}

// Kind implements [river.JobArgs].
func (call) Kind() string { return "clew_job" }

// kept is how long calls that were answered stay in River's table.
const kept = time.Hour

// fetchEvery is how soon a call is heard: after at most this where the database
// tells of it, and after pollEvery where what it told was lost.
const (
	fetchEvery = 5 * time.Millisecond
	pollEvery  = time.Second
)

// A River is the queue in one database.
type River[TTx any] struct {
	driver riverdriver.Driver[TTx]
	schema string
	log    *slog.Logger
	insert *river.Client[TTx]
}

// Open readies the queue in tables that [Migrate] made.
func Open[TTx any](driver riverdriver.Driver[TTx], schema string) (*River[TTx], error) {
	r := &River[TTx]{driver: driver, schema: schema, log: slog.New(slog.DiscardHandler)}
	// Telling of a call is held back for the cooldown after the one before.
	client, err := river.NewClient(driver, &river.Config{Schema: schema, Logger: r.log, FetchCooldown: river.FetchCooldownMin})
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	r.insert = client
	return r, nil
}

// ErrNewer means that River's own tables are of a version that this clew does not know.
var ErrNewer = errors.New("tables of the queue were made by a newer clew")

// Migrate brings River's own tables to the version that this clew knows. Whoever
// calls it keeps others from doing so at the same time. [ErrNewer] where they are of
// a later one, which River itself would pass over.
func Migrate[TTx any](ctx context.Context, driver riverdriver.Driver[TTx], schema string) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("tables of the queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("tables of the queue: %w", err)
	}
	there, err := driver.GetExecutor().MigrationGetByLine(ctx, &riverdriver.MigrationGetByLineParams{Line: riverdriver.MigrationLineMain, Schema: schema})
	if err != nil {
		return fmt.Errorf("tables of the queue: %w", err)
	}
	known := migrator.AllVersions()
	newest := known[len(known)-1].Version
	for _, m := range there {
		if m.Version > newest {
			return fmt.Errorf("%w: they have version %d, this clew reads up to %d: update clew", ErrNewer, m.Version, newest)
		}
	}
	return nil
}

// Calls are those of one transaction: the part of a [job.Tx] that is the same
// whichever the database.
//
// [job.Tx]: clew/internal/job
type Calls[TTx any] struct {
	insert *river.Client[TTx]
	tx     TTx
}

// In leaves calls, and looks for them, in a transaction.
func (r *River[TTx]) In(tx TTx) Calls[TTx] { return Calls[TTx]{r.insert, tx} }

// Dispatch leaves a call.
func (c Calls[TTx]) Dispatch(ctx context.Context, id, queue string, delay time.Duration) (ticket int64, err error) {
	options := &river.InsertOpts{Queue: queue, MaxAttempts: 1}
	if delay > 0 {
		options.ScheduledAt = time.Now().Add(delay)
	}
	inserted, err := c.insert.InsertTx(ctx, c.tx, call{id}, options)
	if err != nil {
		return 0, err
	}
	return inserted.Job.ID, nil
}

// Pending reports whether a call has yet to be answered.
func (c Calls[TTx]) Pending(ctx context.Context, ticket int64) (bool, error) {
	row, err := c.insert.JobGetTx(ctx, c.tx, ticket)
	if errors.Is(err, rivertype.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return row.FinalizedAt == nil && row.State != rivertype.JobStateRunning, nil
}

// Listen calls work with the ID of each call to one of the queues, with at most so
// many calls of work at once for a queue. stop takes no further ones, and returns
// when each that was begun has returned.
func (r *River[TTx]) Listen(queues map[string]int, work func(id string)) (stop func(), err error) {
	config := &river.Config{
		Schema: r.schema, Logger: r.log, Workers: river.NewWorkers(), Queues: map[string]river.QueueConfig{},
		FetchCooldown: fetchEvery, FetchPollInterval: pollEvery,
		JobTimeout: -1, RescueStuckJobsAfter: kept, MaxAttempts: 1, // a lost call is not repeated by River: the sweep leaves another
		CompletedJobRetentionPeriod: kept, CancelledJobRetentionPeriod: kept, DiscardedJobRetentionPeriod: kept,
	}
	for name, most := range queues {
		config.Queues[name] = river.QueueConfig{MaxWorkers: most}
	}
	err = river.AddWorkerSafely(config.Workers, river.WorkFunc(func(_ context.Context, j *river.Job[call]) error {
		work(j.Args.ID)
		return nil
	}))
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	client, err := river.NewClient(r.driver, config)
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	if err := client.Start(context.Background()); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return func() { _ = client.Stop(context.Background()) }, nil // it only waits
}
