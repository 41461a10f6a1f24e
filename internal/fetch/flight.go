package fetch

import (
	"context"
	"errors"
	"sync"

	"clew/internal/source"
)

// flights let a request go out once that is asked by several at the same time,
// be it for different cases.
type flights struct {
	mu    sync.Mutex
	under map[string]*flight // guarded by mu, by what is asked
}

func newFlights() *flights { return &flights{under: map[string]*flight{}} }

type flight struct {
	done  chan struct{}
	reply source.Reply // both set before done is closed
	err   error
}

// ownError is an error that concerns whoever asked and not what was asked: a
// budget, a cancelled run. Others who wait for the same go and ask themselves.
type ownError struct{ error }

func (e ownError) Unwrap() error { return e.error }

// do returns what ask returns, or what it returned to another who asked for key
// meanwhile.
func (f *flights) do(ctx context.Context, key string, ask func() (source.Reply, error)) (source.Reply, error) {
	for {
		f.mu.Lock()
		other, underWay := f.under[key]
		if !underWay {
			mine := &flight{done: make(chan struct{})}
			f.under[key] = mine
			f.mu.Unlock()
			return f.lead(key, mine, ask)
		}
		f.mu.Unlock()
		select {
		case <-ctx.Done():
			return source.Reply{}, ctx.Err()
		case <-other.done:
		}
		if errors.As(other.err, new(ownError)) {
			continue
		}
		reply := other.reply
		reply.Header, reply.Cached = reply.Header.Clone(), true
		return reply, other.err
	}
}

func (f *flights) lead(key string, mine *flight, ask func() (source.Reply, error)) (source.Reply, error) {
	mine.err = ownError{errAbandoned} // for those who wait, should ask panic
	defer func() {
		f.mu.Lock()
		delete(f.under, key)
		f.mu.Unlock()
		close(mine.done)
	}()
	mine.reply, mine.err = ask()
	reply := mine.reply
	reply.Header = reply.Header.Clone()
	err := mine.err
	if own := (ownError{}); errors.As(err, &own) {
		err = own.error
	}
	return reply, err
}

var errAbandoned = errors.New("given up by whoever asked")
