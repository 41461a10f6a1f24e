// Package lying lets every source lie in every way of internal/source/sourcetest
// while many cases are investigated in one clew serve.
package lying

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clew/internal/reliability/clewtest"
)

func TestMain(m *testing.M) { os.Exit(clewtest.Main(m)) }

// casesVariable says how many cases run at once; few by default.
const casesVariable = "CLEW_LYING"

// mostMemory bounds what the server may hold at its peak, in bytes: it unpacks at
// most 16 MiB of a reply, and asks some at once.
const mostMemory = 1 << 30

// A lie is what a provider says instead of an answer.
type lie struct {
	name string
	tell http.HandlerFunc
}

func says(body, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	}
}

func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// lies are those of sourcetest. Those of the last row close a source for long: they
// come when the others have had their turn.
var lies = []lie{
	{"slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(2 * time.Second):
		case <-r.Context().Done():
		}
	}},
	{"empty", status(http.StatusOK)},
	{"cut_off", says(`{"data":[{"type":"domain","id":"a.exam`, "application/json")},
	{"broken_off", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"data":[`)
		panic(http.ErrAbortHandler)
	}},
	{"nothing_in_it", says(`{}`, "application/json")},
	{"web_page", says("<!DOCTYPE html><html><body>Sorry</body></html>", "text/html")},
	{"plain_words", says("API count exceeded", "text/plain")},
	{"bomb", bomb},
	{"server_error", status(http.StatusInternalServerError)},
	{"redirect_inside", status(http.StatusFound, "Location", "https://10.0.0.1/admin")},
	{"rate_limited", status(http.StatusTooManyRequests, "Retry-After", "3600")},
	{"no_access", status(http.StatusUnauthorized)},
}

const closing = 2 // lies at the end of the list that close a source

// bomb is a small reply that unpacks to more than is read.
func bomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	zeros := make([]byte, 1<<20)
	for range 20 {
		if _, err := z.Write(zeros); err != nil {
			return
		}
	}
	_ = z.Close()
}

// A liar tells each question a lie of its own.
type liar struct {
	total atomic.Int64
	late  int64 // requests after which sources are closed, too
	mu    sync.Mutex
	told  map[string]int // guarded by mu, by lie
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(r.URL.String()))
	n := len(lies) - closing
	if l.total.Add(1) > l.late {
		n = len(lies)
	}
	one := lies[int(sum.Sum32())%n]
	l.mu.Lock()
	l.told[one.name]++
	l.mu.Unlock()
	one.tell(w, r)
}

// honest are those whose service is not lied for: they are told that there is nothing.
var honest = []string{"whois", "cymru", "dns"}

// TestCasesAtOnce investigates many cases at once with nothing but lies: the server
// lives, its memory is bounded, every run ends, and no state says that anything was
// answered.
func TestCasesAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	cases, err := strconv.Atoi(os.Getenv(casesVariable))
	if err != nil {
		cases = 6
	}
	h := clewtest.NewHome(t)
	ids := opened(t, h, cases)
	l := &liar{late: int64(cases * 40), told: map[string]int{}}
	clewtest.NewProvider(t, l).Asks(t, h, "1m", "")
	h.Env = append(h.Env, keys(t, h)...)
	server := h.Serve(t)
	began := time.Now()
	var wait sync.WaitGroup
	for _, id := range ids {
		wait.Go(func() { investigate(t, server, id) })
	}
	wait.Wait()
	took := time.Since(began)
	states := map[string]int{}
	for _, id := range ids {
		checkStates(t, server, id, states)
	}
	peak := peakOf(t, server)
	if peak > mostMemory {
		t.Errorf("the server held %d MiB at its peak, at most %d", peak>>20, mostMemory>>20)
	}
	if err := server.Stop(time.Minute); err != nil {
		t.Error(err)
	}
	for _, id := range ids {
		h.Must(t, nil, "case", "verify", id)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Logf("%d cases in %s, peak %d MiB, %d requests: %v; states %v", cases, took.Round(time.Second), peak>>20, l.total.Load(), l.told, states)
	if len(l.told) < len(lies)-closing {
		t.Errorf("only %d lies were told", len(l.told))
	}
}

// opened opens cases on names of a synthetic world, asking nobody yet.
func opened(t *testing.T, h *clewtest.Home, cases int) (ids []string) {
	t.Helper()
	world := filepath.Join(t.TempDir(), "world")
	h.Must(t, nil, "world", world, "--size", "10k", "--seed", "3")
	h.Must(t, nil, "import", "cof", filepath.Join(world, "pdns.cof.ndjson"))
	file, err := os.Open(filepath.Join(world, "pdns.cof.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	var seeds []string
	lines := bufio.NewScanner(file)
	for lines.Scan() && len(seeds) < cases {
		var row struct {
			RRName string `json:"rrname"`
			RRType string `json:"rrtype"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(row.RRName, ".")
		if row.RRType == "A" && !slices.Contains(seeds, name) {
			seeds = append(seeds, name)
			h.Must(t, []int{0, 3}, "investigate", name, "--offline", "--depth", "1")
		}
	}
	var list struct{ Cases []struct{ ID string } }
	if err := json.Unmarshal([]byte(h.Must(t, nil, "case", "list", "--json")), &list); err != nil || len(list.Cases) != cases {
		t.Fatalf("%d cases, want %d: %v", len(list.Cases), cases, err)
	}
	for _, c := range list.Cases {
		ids = append(ids, c.ID)
	}
	return ids
}

// keys gives every source a key, so that all are asked.
func keys(t *testing.T, h *clewtest.Home) (env []string) {
	t.Helper()
	for line := range strings.Lines(h.Must(t, nil, "source", "list", "--json")) {
		var source struct {
			KeyEnv string `json:"key_env"`
		}
		if err := json.Unmarshal([]byte(line), &source); err != nil {
			t.Fatal(err)
		}
		if source.KeyEnv != "" {
			env = append(env, source.KeyEnv+"=user:secret")
		}
	}
	return env
}

// investigate goes on with a case until the run has ended. A server that has enough
// to do says so, and is asked again.
func investigate(t *testing.T, s *clewtest.Server, id string) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	var run struct{ ID, State, Error string }
	for {
		answer, err := s.Do(ctx, "POST", "/api/v1/investigations", []byte(fmt.Sprintf(`{"case":%q,"depth":1,"budget":["0"]}`, id)), "application/json")
		if err != nil {
			t.Errorf("case %s: %v", id, err)
			return
		}
		if answer.Status == http.StatusTooManyRequests {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		if answer.Status != http.StatusAccepted || json.Unmarshal(answer.Body, &run) != nil {
			t.Errorf("case %s: %d %s", id, answer.Status, answer.Body)
			return
		}
		break
	}
	stream, err := s.Open(ctx, "GET", "/api/v1/investigations/"+run.ID+"/events", nil, "")
	if err != nil {
		t.Errorf("case %s: %v", id, err)
		return
	}
	defer stream.Body.Close() //nolint:errcheck // read to its end
	_, _ = io.Copy(io.Discard, stream.Body)
	answer, err := s.Do(ctx, "GET", "/api/v1/investigations/"+run.ID, nil, "")
	if err != nil || json.Unmarshal(answer.Body, &run) != nil || run.State != "complete" {
		t.Errorf("case %s: the run is %q: %s %v", id, run.State, run.Error, err)
	}
}

// checkStates holds what the record says of each question to what was answered:
// nothing.
func checkStates(t *testing.T, s *clewtest.Server, id string, states map[string]int) {
	t.Helper()
	cursor := ""
	for {
		answer, err := s.Do(t.Context(), "GET", "/api/v1/cases/"+id+"/log?type=asked&limit=1000"+cursor, nil, "")
		if err != nil || answer.Status != http.StatusOK {
			t.Fatalf("case %s: %d %v", id, answer.Status, err)
		}
		var page struct {
			Items []struct {
				Data struct{ Source, State, Reason string }
			}
			Next string
		}
		if err := json.Unmarshal(answer.Body, &page); err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			states[e.Data.State]++
			said := e.Data.State == "answered" || e.Data.State == "answered-empty" || e.Data.State == "truncated" || e.Data.State == "answered-from-corpus"
			if said && !slices.Contains(honest, e.Data.Source) {
				t.Errorf("case %s: %s is said to have %s", id, e.Data.Source, e.Data.State)
			}
		}
		if page.Next == "" {
			return
		}
		cursor = "&cursor=" + page.Next
	}
}

// peakOf is the most that a process has held, in bytes; 0 where nobody says.
func peakOf(t *testing.T, s *clewtest.Server) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Command.Process.Pid))
	if err != nil {
		t.Log("no /proc: memory is not measured")
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}
