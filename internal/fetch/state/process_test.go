package state_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/fetch/state"
	"clew/internal/source"
)

// These tests run this test binary as other processes, which share one state.
const (
	roleEnv   = "CLEW_FETCH_TEST_ROLE" // role:folder:address
	perWindow = 4
	window    = 200 * time.Millisecond
	perDay    = 20
)

func TestMain(m *testing.M) {
	role, rest, _ := strings.Cut(os.Getenv(roleEnv), ":")
	folder, address, _ := strings.Cut(rest, ":")
	switch role {
	case "":
		os.Exit(m.Run())
	case "ask":
		os.Exit(askUntilSpent(folder, address))
	case "die":
		os.Exit(dieBeforeSending(folder, address))
	}
	os.Exit(2)
}

func child(t *testing.T, role, folder, address string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = append(os.Environ(), roleEnv+"="+role+":"+folder+":"+address)
	cmd.Stderr = os.Stderr
	return cmd
}

// client is one of several processes that ask one provider.
func client(ctx context.Context, folder string) (*fetch.Client, func(), error) {
	s, err := state.Open(ctx, folder)
	if err != nil {
		return nil, nil, err
	}
	text, err := os.ReadFile(filepath.Join(folder, "root.pem"))
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return fetch.New(fetch.Options{
		State: s, RootCAs: roots, AllowLoopback: true, Proxy: func(*url.URL) *url.URL { return nil },
		Sources: []source.Info{{Name: "stub", Quotas: []source.Quota{
			{Requests: perWindow, Per: source.Window(window.String())}, {Requests: perDay, Per: source.Month},
		}}},
	}), func() { _ = s.Close() }, nil
}

// askUntilSpent asks until the quota ends it.
func askUntilSpent(folder, address string) int {
	ctx := context.Background()
	c, done, err := client(ctx, folder)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer done()
	for n := 0; ; n++ {
		reply, err := c.Ask(ctx, source.Request{Source: "stub", URL: fmt.Sprintf("%s/%d/%d", address, os.Getpid(), n)})
		switch {
		case errors.Is(err, source.ErrQuota):
			return 0
		case err != nil || reply.Status != http.StatusOK:
			fmt.Fprintln(os.Stderr, reply.Status, err)
			return 1
		}
	}
}

// dieBeforeSending is killed by its test between its turn and its request.
func dieBeforeSending(folder, address string) int {
	ctx := context.Background()
	c, _, err := client(ctx, folder)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, err = c.Pass(ctx, source.Request{Source: "stub", URL: address + "/never"}, func(context.Context) error {
		fmt.Println("my turn")
		select {}
	})
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// strict answers 429 to whoever asks more often than it allows, anywhere in time.
type strict struct {
	*httptest.Server
	mu      sync.Mutex
	times   []time.Time // guarded by mu, of arrival
	refused int         // guarded by mu
}

func newStrict(t *testing.T, folder string) *strict {
	s := &strict{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		now := time.Now()
		s.times = append(s.times, now)
		if n := len(s.times); n > perDay || n > perWindow && now.Sub(s.times[n-1-perWindow]) < window {
			s.refused++
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	t.Cleanup(s.Close)
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(folder, "root.pem"), block, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestProcessesKeepOnePaceAndOneQuota(t *testing.T) {
	folder := t.TempDir()
	server := newStrict(t, folder)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := child(t, "ask", folder, server.URL).Run(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.refused > 0 || len(server.times) != perDay {
		t.Errorf("%d requests, %d of them refused; want %d and none", len(server.times), server.refused, perDay)
	}
}

func TestAKillBetweenTurnAndRequestIsCountedAndHoldsNobodyUp(t *testing.T) {
	folder := t.TempDir()
	server := newStrict(t, folder)
	cmd := child(t, "die", folder, server.URL)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		t.Error("its turn never came")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if code := askUntilSpent(folder, server.URL); code != 0 {
		t.Errorf("the next process ended with %d", code)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.refused > 0 || len(server.times) != perDay-1 {
		t.Errorf("%d requests, %d of them refused; want %d, since the killed one had its turn", len(server.times), server.refused, perDay-1)
	}
}
