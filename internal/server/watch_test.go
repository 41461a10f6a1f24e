package server

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clew/internal/casefile"
)

// TestManyFollowersCostOneLook: a thousand who follow one case learn of a change,
// and the case is looked at as often as for one.
func TestManyFollowersCostOneLook(t *testing.T) {
	var looks atomic.Int64
	var seq atomic.Uint64
	ws := newWatches(func(context.Context, string) (casefile.Head, error) {
		looks.Add(1)
		return casefile.Head{Case: "a-case", Seq: seq.Load()}, nil
	}, sameHead)
	ws.every = time.Hour // only when somebody says so
	const followers = 1000
	var ready, told sync.WaitGroup
	for range followers {
		ready.Add(1)
		told.Go(func() {
			w, leave := ws.follow("a-case")
			defer leave()
			first := true
			for {
				head, looked, changed, err := w.now()
				if err != nil || head.Seq == 7 {
					return
				}
				if looked && first {
					first = false
					ready.Done()
				}
				<-changed
			}
		})
	}
	ready.Wait()
	before := looks.Load()
	seq.Store(7)
	ws.wrote("a-case")
	told.Wait()
	if before != 1 || looks.Load() > 2 {
		t.Errorf("%d looks before the change, %d in all", before, looks.Load())
	}
	if ws.mu.Lock(); len(ws.followed) != 0 {
		t.Error("nobody follows it, and it is looked at all the same")
	}
	ws.mu.Unlock()
}

// TestFollowersAreStirred: whoever follows sees again whether they still may, without
// anything having been written: those of one case, or all.
func TestFollowersAreStirred(t *testing.T) {
	ws := newWatches(func(context.Context, string) (casefile.Head, error) { return casefile.Head{}, nil }, sameHead)
	ws.every = time.Hour
	one, leave := ws.follow("one")
	defer leave()
	other, leaveOther := ws.follow("other")
	defer leaveOther()
	wakes := func(w *lookout[casefile.Head]) <-chan struct{} {
		_, looked, changed, _ := w.now()
		for !looked {
			<-changed
			_, looked, changed, _ = w.now()
		}
		return changed
	}
	first, second := wakes(one), wakes(other)
	ws.stir("one")
	<-first
	select {
	case <-second:
		t.Error("who follows another case was woken")
	default:
	}
	first = wakes(one)
	ws.stir("")
	<-first
	<-second
}
