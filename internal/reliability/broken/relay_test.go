package broken

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A mood is how a relay treats what passes through it.
type mood int

const (
	passes mood = iota
	slow        // each piece waits
	silent      // connections stand, nothing passes: half open
	cut         // connections are closed, and new ones at once
)

// slowness is how long each piece waits.
const slowness = 30 * time.Millisecond

// A relay stands between clew and a server.
type relay struct {
	listener net.Listener
	upstream string

	mu    sync.Mutex
	mood  mood              // guarded by mu
	moved chan struct{}     // guarded by mu; closed with the next mood
	conns map[net.Conn]bool // guarded by mu
}

func newRelay(t *testing.T, upstream string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, upstream: upstream, moved: make(chan struct{}), conns: map[net.Conn]bool{}}
	go r.accept()
	t.Cleanup(func() {
		_ = l.Close()
		r.set(cut)
	})
	return r
}

func (r *relay) address() string { return r.listener.Addr().String() }

func (r *relay) now() (mood, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mood, r.moved
}

func (r *relay) set(m mood) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mood = m
	close(r.moved)
	r.moved = make(chan struct{})
	if m == cut {
		for c := range r.conns {
			_ = c.Close()
		}
	}
}

func (r *relay) keep(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[c] = true
	return r.mood != cut
}

func (r *relay) drop(c net.Conn) {
	_ = c.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
}

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.join(client)
	}
}

func (r *relay) join(client net.Conn) {
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
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			r.pass(way[0], way[1])
			done <- struct{}{}
		}()
	}
	<-done
}

// pass copies until one side ends, in the mood of the moment.
func (r *relay) pass(from io.Reader, to io.Writer) {
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		for {
			m, moved := r.now()
			if m == slow {
				time.Sleep(slowness)
			}
			if m != silent {
				break
			}
			<-moved
		}
		if _, failed := to.Write(piece[:n]); failed != nil || err != nil {
			return
		}
	}
}
