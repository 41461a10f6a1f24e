// Package job keeps long work so that it outlives the process that does it: who
// asked for what, whose turn it is, which worker has it, how far it is. One store
// on SQLite serves a laptop, one on PostgreSQL a team of machines.
//
// A worker holds a job by a lease that it renews. Whoever finds a lease that ran
// out puts the job back into the queue, so a worker that died costs seconds and
// no job. Each hold has a number; a worker that lost its hold can write nothing
// more to the job. What was done before lies where the work itself keeps it (the
// record of the case), and whoever takes over goes on from there.
//
// The queue itself, who is woken when something is in it and how many run at
// once, is River's ([River]).
//
// [River]: https://riverqueue.com/docs
package job

import (
	"encoding/json"
	"errors"
	"time"
)

// A State is where a job stands.
type State string

// The states of a job. The last three have ended.
const (
	Queued      State = "queued"
	Running     State = "running"
	Complete    State = "complete"
	Interrupted State = "interrupted" // by somebody, or by workers that died again and again
	Failed      State = "failed"
)

// Over reports whether a job in this state has ended.
func (s State) Over() bool { return s != Queued && s != Running }

// A Job is a piece of long work. Times are UTC, by the clock of the store.
type Job struct {
	ID    string
	Kind  string
	Case  string // at most one job of a case runs; "" for work on none
	Queue string // "" is the shared one; another is taken by its machine alone
	State State
	Actor string // who asked for it
	// Work is what the job needs to be done anywhere. Keys are never part of it. It
	// comes to whoever does the job, and from [Store.Work].
	Work json.RawMessage
	// Doc is how it stands, as whoever does it last reported.
	Doc json.RawMessage

	Worker     string // who has it, or had it last
	Attempt    int    // how often it was taken up
	Deaths     int    // how many of those ended without a word
	Cancelling bool   // somebody wants it to end
	Error      string // why it failed, or waits to be tried again
	Version    int64  // goes up with each change

	Created, Started, Ended time.Time // zero until then
	Lease                   time.Time // of a running one: until when its worker need not be heard of
}

// A New is a job to be.
type New struct {
	ID, Kind, Case, Queue, Actor string
	Work, Doc                    any // as JSON
	// Alone refuses the job where its case has another that has not ended; without
	// it the job waits for those before it.
	Alone bool
}

// Bounds of what a store holds.
const (
	MostQueued = 100
	mostKept   = 500       // ended jobs
	keptLined  = 20        // ended jobs that have lines
	mostLines  = 20_000    // of one job, a backstop: whoever keeps lines has a bound
	mostWork   = 512 << 20 // bytes of what those that have not ended need
	largeWork  = 64 << 10  // bytes; of ended jobs only the newest few keep as much
	mostDeaths = 5         // of workers, then a job is left to a person
	mostTries  = 10        // of a job that cannot be done at the moment, then it fails
)

// Errors of a store.
var (
	ErrNoJob  = errors.New("no such job")
	ErrBusy   = errors.New("the case has a job that has not ended")
	ErrFull   = errors.New("the queue is full (100 jobs, or 512 MiB of what they need): wait for one, or cancel one")
	ErrEnded  = errors.New("the job has ended")
	ErrActive = errors.New("the job has not ended: there is nothing to try again")
)

// Reasons for the context of a job to end ([context.Cause]).
var (
	ErrCancelled = errors.New("cancelled")
	ErrHandBack  = errors.New("the worker is stopping")
	ErrLost      = errors.New("another worker has the job")
)

// Later marks an error that passes by itself: the database or the corpus is not
// there at the moment. The job goes back into the queue.
type Later struct{ Err error }

func (l Later) Error() string { return l.Err.Error() }

func (l Later) Unwrap() error { return l.Err }
