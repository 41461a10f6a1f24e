package exporttest

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Tool returns the path of a program, or skips the test, saying so. Servers are
// often outside a user's PATH.
func Tool(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} {
		if path := filepath.Join(dir, name); isFile(path) {
			return path
		}
	}
	t.Skipf("%s is not installed: make deps", name)
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Run runs a program to its end and returns what it said, failing the test when
// the program fails.
func Run(t testing.TB, input string, name string, args ...string) string {
	t.Helper()
	out, err := Try(input, name, args...)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return out
}

// Try runs a program and returns what it said and how it ended.
func Try(input string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader([]byte(input))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// File writes a file into dir and returns its path.
func File(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// FreePort returns a port of the loopback interface that is free for TCP and UDP.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 50 {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := tcp.Addr().(*net.TCPAddr).Port
		udp, err := net.ListenPacket("udp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			err = udp.Close()
		}
		if errors.Join(err, tcp.Close()) == nil {
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// Serve starts a server, waits until it accepts connections on the port of
// loopback, and stops it at the end of the test. It returns its address.
func Serve(t testing.TB, port int, name string, args ...string) string {
	t.Helper()
	var log locked
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // killed below, or its log says why
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // may have ended
		<-ended
	})
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	deadline := time.After(30 * time.Second)
	for {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = conn.Close() // was only to see whether it answers
			return address
		}
		select {
		case <-ended:
			t.Fatalf("%s ended:\n%s", name, log.String())
		case <-deadline:
			t.Fatalf("%s does not answer:\n%s", name, log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// locked is a buffer that a process writes and a test reads.
type locked struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Read returns the content of a file.
func Read(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
