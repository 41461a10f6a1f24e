package statetest

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/source"
)

// An Opener opens the state that where names, as several processes do. Without
// bodies it keeps replies in folder. clock is that of the process's machine.
type Opener func(ctx context.Context, where string, clock func() time.Time) (Opened, error)

// Opened is one process's share of a state.
type Opened struct {
	State  fetch.State
	Bodies fetch.Bodies // nil: a folder is shared too
	Close  func() error
}

// task tells this test binary, run as another process, what to do.
type task struct {
	Role    string        `json:"role"`
	Where   string        `json:"where"`
	Folder  string        `json:"folder"`
	Address string        `json:"address"`
	Off     time.Duration `json:"off"` // how far the clock of the process's machine is off
}

const taskEnv = "CLEW_FETCH_TEST_TASK"

// What the provider allows: perWindow in any window, perMonth in all. With CLEW_LONG
// set, windows are as long as those of real providers, and the whole budget must be
// used within a few percent of the least possible time.
var (
	long      = os.Getenv("CLEW_LONG") != ""
	perWindow = map[bool]int{false: 4, true: 10}[long]
	window    = map[bool]time.Duration{false: 200 * time.Millisecond, true: 4 * time.Second}[long]
	perMonth  = 5 * perWindow
	questions = 4 * perWindow // that every process asks
)

// tolerated is how much longer than the least possible it may take, with CLEW_LONG.
const tolerated = 1.05

// Main runs tests, or what a test has this binary do as another process.
func Main(m *testing.M, open Opener) {
	text, is := os.LookupEnv(taskEnv)
	if !is {
		os.Exit(m.Run())
	}
	var todo task
	if err := json.Unmarshal([]byte(text), &todo); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	roles := map[string]func(context.Context, *fetch.Client, task) error{"spend": spend, "share": share, "die": die, "insist": insist}
	if err := todo.run(open, roles[todo.Role]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (todo task) run(open Opener, role func(context.Context, *fetch.Client, task) error) error {
	ctx := context.Background()
	clock := func() time.Time { return time.Now().Add(todo.Off) }
	opened, err := open(ctx, todo.Where, clock)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(todo.Folder, "root.pem"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	client := fetch.New(fetch.Options{
		State: opened.State, Bodies: opened.Bodies, CacheDir: filepath.Join(todo.Folder, "replies"),
		RootCAs: roots, AllowLoopback: true, Proxy: func(*url.URL) *url.URL { return nil }, Clock: clock,
		Sources: []source.Info{{Name: "stub", Quotas: []source.Quota{
			{Requests: perWindow, Per: source.Window(window.String())}, {Requests: perMonth, Per: source.Month},
		}}},
	})
	return errors.Join(role(ctx, client, todo), opened.Close())
}

// spend asks until the quota ends it, always something else.
func spend(ctx context.Context, c *fetch.Client, todo task) error {
	for n := 0; ; n++ {
		reply, err := c.Ask(ctx, source.Request{Source: "stub", URL: fmt.Sprintf("%s/%d/%d", todo.Address, os.Getpid(), n)})
		switch {
		case errors.Is(err, source.ErrQuota):
			return nil
		case err != nil || reply.Status != http.StatusOK:
			return fmt.Errorf("HTTP %d (%w)", reply.Status, err)
		}
	}
}

// insist does the same, and comes again when what it spends cannot be counted.
func insist(ctx context.Context, c *fetch.Client, todo task) error {
	for n := 0; ; {
		_, err := c.Ask(ctx, source.Request{Source: "stub", URL: fmt.Sprintf("%s/%d/%d", todo.Address, os.Getpid(), n)})
		switch {
		case errors.Is(err, source.ErrQuota):
			return nil
		case err == nil:
			n++
		case !strings.Contains(err.Error(), "cannot be counted"):
			return err
		default:
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// share asks what the other processes ask too, several questions at a time.
func share(ctx context.Context, c *fetch.Client, todo task) error {
	var group sync.WaitGroup
	errs := make([]error, questions)
	for n := range questions {
		group.Go(func() {
			reply, err := c.Ask(ctx, source.Request{Source: "stub", URL: fmt.Sprintf("%s/%d", todo.Address, n)})
			if err != nil || string(reply.Body) != fmt.Sprint("about /", n) {
				errs[n] = fmt.Errorf("HTTP %d %q (%w)", reply.Status, reply.Body, err)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// die is killed by its test between its turn and its request.
func die(ctx context.Context, c *fetch.Client, todo task) error {
	_, err := c.Pass(ctx, source.Request{Source: "stub", URL: todo.Address + "/never"}, func(context.Context) error {
		fmt.Println("my turn")
		select {}
	})
	return err
}

func (todo task) start(t *testing.T) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(todo)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary) //nolint:gosec // this test binary itself
	cmd.Env = append(os.Environ(), taskEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	return cmd
}

// strict answers 429 to whoever asks more often than it allows, anywhere in time.
type strict struct {
	*httptest.Server
	folder  string
	mu      sync.Mutex
	times   []time.Time    // guarded by mu, of arrival
	asked   map[string]int // guarded by mu, by question
	refused int            // guarded by mu
}

func newStrict(t *testing.T) *strict {
	s := &strict{folder: t.TempDir(), asked: map[string]int{}}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		now := time.Now()
		s.times = append(s.times, now)
		s.asked[r.URL.Path]++
		if n := len(s.times); n > perMonth || n > perWindow && now.Sub(s.times[n-1-perWindow]) < window {
			s.refused++
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = io.WriteString(w, "about "+r.URL.Path) //nolint:gosec // plain text to a client of tests
	}))
	t.Cleanup(s.Close)
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(s.folder, "root.pem"), block, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// came is how often the provider was asked so far.
func (s *strict) came() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.times)
}

// Outage holds an engine on a server to this: while the server is away nothing is
// sent, and when it is back what is left is spent, by the same processes, within
// the limits. away takes the server away and brings it back after a pause.
func Outage(t *testing.T, where string, processes int, away func(pause func())) {
	server := newStrict(t)
	var group sync.WaitGroup
	for range processes {
		cmd := task{"insist", where, server.folder, server.URL, 0}.start(t)
		group.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Error(err)
			}
		})
	}
	for server.came() < perWindow+1 {
		time.Sleep(time.Millisecond)
	}
	away(func() {
		time.Sleep(50 * time.Millisecond) // what was under way arrives
		before := server.came()
		time.Sleep(2 * window)
		if n := server.came(); n != before {
			t.Errorf("%d requests were sent that nobody counted", n-before)
		}
	})
	group.Wait()
	server.mu.Lock()
	defer server.mu.Unlock()
	// Of each process one turn may have been counted whose answer was lost.
	if n := len(server.times); server.refused > 0 || n > perMonth || n < perMonth-processes {
		t.Errorf("%d requests, %d of them refused; want %d, or up to %d less, and none", n, server.refused, perMonth, processes)
	}
}

// has fails unless the provider was asked want times, never too often, and
// nothing twice. tight is where nobody was killed.
func (s *strict) has(t *testing.T, want int, tight bool) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused > 0 || len(s.times) != want {
		t.Errorf("%d requests, %d of them refused; want %d and none", len(s.times), s.refused, want)
	}
	if most := slices.Max(slices.Collect(maps.Values(s.asked))); most > 1 {
		t.Errorf("the same was asked %d times: %v", most, s.asked)
	}
	least, took := time.Duration((want-1)/perWindow)*window, s.times[len(s.times)-1].Sub(s.times[0])
	ratio := took.Seconds() / least.Seconds()
	t.Logf("%d requests in %s, %s at least: %.3f", len(s.times), took.Round(time.Millisecond), least, ratio)
	if long && tight && ratio > tolerated {
		t.Errorf("it took %.3f times as long as it must", ratio)
	}
}

// Processes holds an engine to what several processes rely on that share one
// state. where names an empty state for the opener of [Main]. offs are how far the
// clocks of their machines are off, one for each process.
func Processes(t *testing.T, where func(t *testing.T) string, offs ...time.Duration) {
	together := func(t *testing.T, role string, want int) {
		server, at := newStrict(t), where(t)
		var group sync.WaitGroup
		for _, off := range offs {
			cmd := task{role, at, server.folder, server.URL, off}.start(t)
			group.Go(func() {
				if err := cmd.Run(); err != nil {
					t.Errorf("a clock that is %s off: %v", off, err)
				}
			})
		}
		group.Wait()
		server.has(t, want, true)
	}
	t.Run("keep_one_pace_and_one_quota", func(t *testing.T) { together(t, "spend", perMonth) })
	t.Run("ask_nothing_twice", func(t *testing.T) { together(t, "share", questions) })
	t.Run("one_that_is_killed_is_counted_and_holds_nobody_up", func(t *testing.T) {
		server, at := newStrict(t), where(t)
		cmd := task{"die", at, server.folder, server.URL, 0}.start(t)
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
		if err := (task{"spend", at, server.folder, server.URL, 0}).start(t).Run(); err != nil {
			t.Errorf("the next process: %v", err)
		}
		server.has(t, perMonth-1, false)
	})
}
