package server

import (
	"context"
	"sync"
)

// A state is how long work stands, as clients see it.
type state interface{ over() bool }

// A job is one piece of long work.
type job[T state] struct {
	cancel context.CancelFunc

	mu      sync.Mutex
	run     T             // guarded by mu
	changed chan struct{} // guarded by mu; closed with the next change
}

// now returns how the job stands and a channel that is closed when it no longer does.
func (j *job[T]) now() (T, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.run, j.changed
}

func (j *job[T]) change(edit func(*T)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	edit(&j.run)
	close(j.changed)
	j.changed = make(chan struct{})
}
