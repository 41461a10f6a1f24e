package server

import (
	"context"
	"sync"
	"time"

	"clew/internal/casefile"
)

// lookEvery is how often a followed case is looked at: another process may
// write to it, so there is nobody to be told by.
const lookEvery = time.Second

// watches look at the cases that are followed, each once for all who follow it.
type watches struct {
	head  func(ctx context.Context, id string) (casefile.Head, error)
	every time.Duration

	mu    sync.Mutex
	cases map[string]*watch // guarded by mu
}

// A watch is one followed case.
type watch struct {
	stop    context.CancelFunc
	nudge   chan struct{} // look now
	mu      sync.Mutex
	users   int           // guarded by watches.mu
	looked  bool          // guarded by mu
	head    casefile.Head // guarded by mu
	err     error         // guarded by mu
	changed chan struct{} // guarded by mu; closed with the next change
}

func newWatches(head func(context.Context, string) (casefile.Head, error)) *watches {
	return &watches{head: head, every: lookEvery, cases: map[string]*watch{}}
}

// follow joins those who follow a case, and returns how to leave them.
func (ws *watches) follow(id string) (w *watch, leave func()) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w = ws.cases[id]
	if w == nil {
		ctx, stop := context.WithCancel(context.Background())
		w = &watch{stop: stop, nudge: make(chan struct{}, 1), changed: make(chan struct{})}
		ws.cases[id] = w
		go w.look(ctx, func() (casefile.Head, error) { return ws.head(ctx, id) }, ws.every)
	}
	w.users++
	return w, sync.OnceFunc(func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		if w.users--; w.users == 0 {
			w.stop()
			delete(ws.cases, id)
		}
	})
}

// wrote has a case looked at at once, if anybody follows it.
func (ws *watches) wrote(id string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w := ws.cases[id]; w != nil {
		select {
		case w.nudge <- struct{}{}:
		default: // it will be looked at already
		}
	}
}

// look looks at the case until nobody follows it.
func (w *watch) look(ctx context.Context, head func() (casefile.Head, error), every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if now, err := head(); ctx.Err() == nil {
			w.set(now, err)
		}
		select {
		case <-tick.C:
		case <-w.nudge:
		case <-ctx.Done():
			return
		}
	}
}

func (w *watch) set(head casefile.Head, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looked && head == w.head && (err == nil) == (w.err == nil) {
		return
	}
	w.looked, w.head, w.err = true, head, err
	close(w.changed)
	w.changed = make(chan struct{})
}

// now returns the head of the case, whether it was looked at yet, and a channel
// that is closed with the next change.
func (w *watch) now() (head casefile.Head, looked bool, changed <-chan struct{}, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.head, w.looked, w.changed, w.err
}
