package job

import (
	"context"
	"strings"
	"time"
)

// A Backend is a database that holds jobs and wakes workers. Statements are the
// same for all; what differs is in braces: {jobs}, {lines} and {workers} are the
// tables, {now} is the database's clock in milliseconds since 1970, so that leases
// do not depend on the clocks of many machines.
type Backend interface {
	// Tx runs do in a transaction. Exclusive ones come one after the other.
	Tx(ctx context.Context, exclusive bool, do func(Tx) error) error
	// Listen has work called with the ID of each job that is dispatched to one of
	// the queues, with at most so many calls at once for a queue. stop ends the
	// taking at once, and returns when every call has.
	Listen(queues map[string]int, work func(id string)) (stop func(), err error)
	// Names gives what stands in braces.
	Names() *strings.Replacer
	// Explain says what an error of the database means, and what to do. One that
	// passes by itself is a [Later].
	Explain(err error) error
	Close() error
}

// A Tx is a transaction of a [Backend].
type Tx interface {
	Exec(ctx context.Context, statement string, args ...any) (changed int64, err error)
	// Each calls row for every row of the answer.
	Each(ctx context.Context, query string, args []any, row func(scan func(...any) error) error) error
	// Dispatch has a worker woken for the job once the transaction is done, not
	// before delay has passed. The ticket names the wake-up call.
	Dispatch(ctx context.Context, id, queue string, delay time.Duration) (ticket int64, err error)
	// Pending reports whether a wake-up call has yet to reach a worker.
	Pending(ctx context.Context, ticket int64) (bool, error)
}

// Shared is the name of the queue that every worker takes jobs from.
const Shared = "work"

// QueueOf names the queue of jobs that only one machine can do: it has the files.
func QueueOf(machine string) string { return "at_" + machine }
