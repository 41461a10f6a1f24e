package load

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clew/internal/reliability/clewtest"
)

// followers of one case; browsers that read nothing are among them.
const (
	followers = 1_000
	deaf      = 20
)

// TestStreams: a thousand who follow one case learn of a change, some of them
// reading nothing hold nobody up, a flood beyond the bound is refused, half-sent
// requests are dropped, and when all have left the server is as it was.
func TestStreams(t *testing.T) {
	patience := 10 * time.Second
	if os.Getenv(longVariable) != "" {
		patience = time.Second
	}
	s := newTeam(t)
	id := s.cases[0].id
	before := s.sample(t)

	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	half := s.halfSent(t, 50)
	s.silent(ctx, t, id, deaf)
	var heard atomic.Int64
	var there, all sync.WaitGroup
	there.Add(followers)
	for range followers {
		all.Go(func() {
			once := sync.OnceFunc(there.Done)
			err := follow(ctx, s.Base, id, func() { once(); heard.Add(1) })
			once()
			if ctx.Err() == nil {
				t.Errorf("a stream ended: %v", err)
			}
		})
	}
	there.Wait()
	during := s.sample(t)
	t.Logf("%d streams: %.0f KB and %.1f goroutines each", followers+deaf,
		float64(during.memory-before.memory)/float64(followers+deaf)/1024, float64(during.goroutines-before.goroutines)/float64(followers+deaf))

	for range 5 {
		start := heard.Load()
		began := time.Now()
		if _, err := s.send(t.Context(), http.MethodPost, "/cases/"+id+"/notes", `{"text":"for all"}`, "", nil); err != nil {
			t.Fatal(err)
		}
		for heard.Load() < start+followers && time.Since(began) < patience {
			time.Sleep(time.Millisecond)
		}
		took := time.Since(began)
		t.Logf("from a note to the last of %d: %v", followers, took.Round(time.Millisecond))
		if took >= patience {
			t.Errorf("%d of %d heard of a note within %v", heard.Load()-start, followers, patience)
		}
		time.Sleep(200 * time.Millisecond) // two changes within the pace of a stream are told as one
	}
	s.dropped(t, half)
	leave()
	all.Wait()
	s.settled(t, before)
}

// TestStreamsBeyondTheBound: what is too much is refused with a time to come back,
// and there is room again when somebody leaves.
func TestStreamsBeyondTheBound(t *testing.T) {
	if os.Getenv(longVariable) == "" {
		t.Skipf("two thousand streams: set %s", longVariable)
	}
	s := newTeam(t)
	id := s.cases[0].id
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var refused, told atomic.Int64
	var there, all sync.WaitGroup
	const most, beyond = 2_000, 50
	there.Add(most + beyond)
	for range most + beyond {
		all.Go(func() {
			once := sync.OnceFunc(there.Done)
			err := follow(ctx, s.Base, id, once)
			if ctx.Err() == nil && err != nil {
				refused.Add(1)
				if strings.Contains(err.Error(), "503") && strings.Contains(err.Error(), `"10"`) {
					told.Add(1)
				}
			}
			once()
		})
	}
	there.Wait()
	if refused.Load() != beyond || told.Load() != beyond {
		t.Errorf("%d refused, %d with a time to come back, want %d", refused.Load(), told.Load(), beyond)
	}
	if _, err := s.get(t.Context(), "/cases", "", nil); err != nil {
		t.Errorf("beside %d streams: %v", most, err)
	}
	leave()
	all.Wait()
	again, done := context.WithCancel(t.Context())
	defer done()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if err := follow(again, s.Base, id, done); again.Err() != nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("all have left, and there is no room: %v", err)
		}
	}
}

// sample is what the server says of itself.
type sample struct {
	memory     float64 // resident, bytes
	goroutines float64
	files      float64
}

func (s *team) sample(t *testing.T) sample {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Base+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+clewtest.Token)
	answer, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	figures := map[string]float64{}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		if figures[name], err = strconv.ParseFloat(text, 64); err != nil {
			delete(figures, name) // a comment
		}
	}
	return sample{figures["process_resident_memory_bytes"], figures["go_goroutines"], figures["process_open_fds"]}
}

// Goroutines and files that come without streams: the engine of jobs starts its own
// some seconds after the server, the record keeps eight connections of three files.
const (
	moreGoroutines = 50
	moreFiles      = 25
)

// settled waits until goroutines and files are as before, but for those. Of a
// thousand streams one in twenty that leaked would be seen.
func (s *team) settled(t *testing.T, before sample) {
	t.Helper()
	var now sample
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		s.client.CloseIdleConnections()
		if now = s.sample(t); now.goroutines <= before.goroutines+moreGoroutines && now.files <= before.files+moreFiles {
			t.Logf("after all left: %.0f goroutines (%.0f before), %.0f files (%.0f)", now.goroutines, before.goroutines, now.files, before.files)
			return
		}
	}
	t.Errorf("all have left: %.0f goroutines and %.0f files, %.0f and %.0f before", now.goroutines, now.files, before.goroutines, before.files)
}

func (s *team) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.Base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// silent asks for streams and never reads them.
func (s *team) silent(ctx context.Context, t *testing.T, id string, n int) {
	t.Helper()
	for range n {
		conn := s.dial(t)
		_ = conn.(*net.TCPConn).SetReadBuffer(1024)
		host := strings.TrimPrefix(s.Base, "http://")
		if _, err := fmt.Fprintf(conn, "GET /api/v1/cases/%s/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", id, host, clewtest.Token); err != nil {
			t.Fatal(err)
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() })
	}
}

// halfSent opens connections whose requests never end.
func (s *team) halfSent(t *testing.T, n int) (list []net.Conn) {
	t.Helper()
	for range n {
		conn := s.dial(t)
		if _, err := fmt.Fprint(conn, "GET /api/v1/cases HTTP/1.1\r\nHost: "); err != nil {
			t.Fatal(err)
		}
		list = append(list, conn)
	}
	return list
}

// dropped waits until the server has hung up on each.
func (s *team) dropped(t *testing.T, half []net.Conn) {
	t.Helper()
	for _, conn := range half {
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		buffer := make([]byte, 1024)
		for {
			_, err := conn.Read(buffer)
			if err == nil {
				continue // 408 or 400, and the end after it
			}
			if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // of this very read
				t.Fatal("a request that never ends is waited for")
			}
			break
		}
	}
}
