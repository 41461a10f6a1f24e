package server

import (
	"context"
	"sync"
	"time"
)

// lookEvery is how often what is followed is looked at: another process, or another
// machine, may write to it, so there is nobody to be told by.
const lookEvery = time.Second

// watches look at what is followed (cases, jobs), each once for all who follow it.
type watches[T any] struct {
	look  func(ctx context.Context, id string) (T, error)
	same  func(a, b T) bool
	every time.Duration

	mu       sync.Mutex
	followed map[string]*lookout[T] // guarded by mu
}

// A lookout is one followed thing.
type lookout[T any] struct {
	same    func(a, b T) bool
	stop    context.CancelFunc
	nudge   chan struct{} // look now
	mu      sync.Mutex
	users   int           // guarded by watches.mu
	looked  bool          // guarded by mu
	seen    T             // guarded by mu
	err     error         // guarded by mu
	changed chan struct{} // guarded by mu; closed with the next change
}

func newWatches[T any](look func(context.Context, string) (T, error), same func(a, b T) bool) *watches[T] {
	return &watches[T]{look: look, same: same, every: lookEvery, followed: map[string]*lookout[T]{}}
}

// follow joins those who follow, and returns how to leave them.
func (ws *watches[T]) follow(id string) (w *lookout[T], leave func()) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w = ws.followed[id]
	if w == nil {
		ctx, stop := context.WithCancel(context.Background())
		w = &lookout[T]{same: ws.same, stop: stop, nudge: make(chan struct{}, 1), changed: make(chan struct{})}
		ws.followed[id] = w
		go w.look(ctx, func() (T, error) { return ws.look(ctx, id) }, ws.every)
	}
	w.users++
	return w, sync.OnceFunc(func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		if w.users--; w.users == 0 {
			w.stop()
			delete(ws.followed, id)
		}
	})
}

// wrote has it looked at at once, if anybody follows it.
func (ws *watches[T]) wrote(id string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w := ws.followed[id]; w != nil {
		select {
		case w.nudge <- struct{}{}:
		default: // it will be looked at already
		}
	}
}

// stir has all who follow it, or whatever there is for "", see whether they still may.
func (ws *watches[T]) stir(id string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for name, w := range ws.followed {
		if id == "" || name == id {
			w.mu.Lock()
			w.change()
			w.mu.Unlock()
		}
	}
}

// look looks at it until nobody follows it.
func (w *lookout[T]) look(ctx context.Context, look func() (T, error), every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if now, err := look(); ctx.Err() == nil {
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

func (w *lookout[T]) set(seen T, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looked && w.same(seen, w.seen) && (err == nil) == (w.err == nil) {
		return
	}
	w.looked, w.seen, w.err = true, seen, err
	w.change()
}

// change wakes all who follow. The caller holds mu.
func (w *lookout[T]) change() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// now returns what was seen last, whether it was looked at yet, and a channel
// that is closed with the next change.
func (w *lookout[T]) now() (seen T, looked bool, changed <-chan struct{}, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen, w.looked, w.changed, w.err
}
