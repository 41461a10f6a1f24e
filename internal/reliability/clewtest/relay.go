package clewtest

import (
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// A Mood is how a relay treats what passes through it.
type Mood int

// The moods of a relay.
const (
	Passes Mood = iota
	Slow        // each piece waits
	Silent      // connections stand, nothing passes: half open
	Deaf        // what clew says passes, what it is answered does not
	Cut         // connections are closed, and new ones at once
)

// slowness is how long each piece waits.
const slowness = 30 * time.Millisecond

// A Relay stands between clew and a server.
type Relay struct {
	listener net.Listener
	upstream string

	mu    sync.Mutex
	mood  Mood              // guarded by mu
	moved chan struct{}     // guarded by mu; closed with the next mood
	conns map[net.Conn]bool // guarded by mu
}

// NewRelay is one to a server, until the test ends.
func NewRelay(t testing.TB, upstream string) *Relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{listener: l, upstream: upstream, moved: make(chan struct{}), conns: map[net.Conn]bool{}}
	go r.accept()
	t.Cleanup(func() {
		_ = l.Close()
		r.Set(Cut)
	})
	return r
}

// Address is where to connect.
func (r *Relay) Address() string { return r.listener.Addr().String() }

func (r *Relay) now() (Mood, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mood, r.moved
}

// Set changes the mood, also of what is under way.
func (r *Relay) Set(m Mood) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mood = m
	close(r.moved)
	r.moved = make(chan struct{})
	if m == Cut {
		for c := range r.conns {
			_ = c.Close()
		}
	}
}

func (r *Relay) keep(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[c] = true
	return r.mood != Cut
}

func (r *Relay) drop(c net.Conn) {
	_ = c.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
}

func (r *Relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.join(client)
	}
}

func (r *Relay) join(client net.Conn) {
	defer r.drop(client)
	if !r.keep(client) {
		return
	}
	server, err := net.Dial("tcp", r.upstream)
	if err != nil {
		return
	}
	defer r.drop(server)
	if !r.keep(server) {
		return
	}
	done := make(chan struct{}, 2)
	for _, way := range []struct {
		from, to net.Conn
		stopped  []Mood
	}{{client, server, []Mood{Silent}}, {server, client, []Mood{Silent, Deaf}}} {
		go func() {
			r.pass(way.from, way.to, way.stopped)
			done <- struct{}{}
		}()
	}
	<-done
}

// pass copies until one side ends, in the mood of the moment: nothing in some.
func (r *Relay) pass(from io.Reader, to io.Writer, stopped []Mood) {
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		for {
			m, moved := r.now()
			if m == Slow {
				time.Sleep(slowness)
			}
			if !slices.Contains(stopped, m) {
				break
			}
			<-moved
		}
		if _, failed := to.Write(piece[:n]); failed != nil || err != nil {
			return
		}
	}
}
