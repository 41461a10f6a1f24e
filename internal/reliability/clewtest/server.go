package clewtest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Token opens the API of the servers of these tests.
const Token = "0123456789abcdef-test"

// startWithin bounds how long a server may take until it listens.
const startWithin = time.Minute

// A Server is a clew serve on loopback.
type Server struct {
	Base    string // http://127.0.0.1:PORT
	Command *exec.Cmd
	words   *lockedBuffer
	ended   chan struct{} // closed when the process is gone
	client  *http.Client
	token   string
}

// As is the server as it is asked with another token.
func (s *Server) As(token string) *Server {
	other := *s
	other.token = token
	return &other
}

// Serve starts clew serve on a free port, and ends it with the test.
func (h *Home) Serve(t testing.TB, args ...string) *Server {
	t.Helper()
	s := &Server{Command: h.Command(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...), words: &lockedBuffer{}, ended: make(chan struct{}), token: Token}
	s.client = &http.Client{Transport: &http.Transport{Proxy: nil, MaxIdleConnsPerHost: 16}}
	s.Command.Stderr = s.words
	out, err := s.Command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Kill() })
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(out).ReadString('\n')
		line <- text
		_, _ = io.Copy(io.Discard, out)
		_ = s.Command.Wait()
		close(s.ended)
	}()
	select {
	case text := <-line:
		s.Base = strings.TrimSuffix(strings.TrimSpace(text), "/")
	case <-time.After(startWithin):
	}
	if !strings.HasPrefix(s.Base, "http://") {
		t.Fatalf("clew serve does not listen: %q\n%s", s.Base, s.words.String())
	}
	return s
}

// Kill ends the process as kill -9 does, and waits until it is gone.
func (s *Server) Kill() {
	_ = s.Command.Process.Kill() // it may be gone already
	<-s.ended
	s.client.CloseIdleConnections()
}

// Stop asks the process to end, and reports whether it did in time.
func (s *Server) Stop(within time.Duration) error {
	_ = s.Command.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(within):
		return fmt.Errorf("clew serve did not stop within %s\n%s", within, s.Words())
	}
	if code := s.Command.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("clew serve ended with %d\n%s", code, s.Words())
	}
	return nil
}

// Rest closes the connections to the server that nothing uses.
func (s *Server) Rest() { s.client.CloseIdleConnections() }

// Ended is closed when the process is gone.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Words is what the server has said on standard error.
func (s *Server) Words() string { return s.words.String() }

// An Answer is what the API said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do asks the API.
func (s *Server) Do(ctx context.Context, method, path string, body []byte, contentType string) (Answer, error) {
	answer, err := s.Open(ctx, method, path, body, contentType)
	if err != nil {
		return Answer{}, err
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(answer.Body)
	return Answer{answer.StatusCode, answer.Header, text}, err
}

// Open asks the API and leaves the answer to be read, as a stream is.
func (s *Server) Open(ctx context.Context, method, path string, body []byte, contentType string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != nil {
		r.Header.Set("Content-Type", contentType)
	}
	return s.client.Do(r)
}

// lockedBuffer takes what a process says while a test reads it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if room := 1<<20 - b.text.Len(); room < len(p) {
		_, _ = b.text.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
