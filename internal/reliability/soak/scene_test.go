package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/database/postgrestest"
	"clew/internal/reliability/clewtest"
)

// workers is how many analysts work at once.
const workers = 3

// caseMemory bounds what the server keeps of cases, in MiB. With what it keeps when
// nobody says, hours would go by before it has to let go of any, and until then
// memory that is filled as it should be looks like memory that leaks.
const caseMemory = "32"

// A scene is a server on a synthetic world, with a provider behind it, and what
// has been done to it.
type scene struct {
	home   *clewtest.Home
	server *clewtest.Server
	tally  *tally
	seeds  []string      // names of planted operators
	logs   string        // folder of logs to search
	team   string        // a database to push cases to, "" without PostgreSQL
	hold   time.Duration // how long a stream is followed at most

	mu      sync.Mutex
	cases   []string       // guarded by mu; those that are worked on
	runs    map[string]int // guarded by mu; how often a case was continued
	uploads []string       // guarded by mu; IDs of imports that can be taken back
	number  int            // guarded by mu; makes things differ
}

func newScene(t *testing.T, p pace, failures io.Writer) *scene {
	t.Helper()
	s := &scene{home: clewtest.NewHome(t), tally: newTally(failures), hold: p.hold, runs: map[string]int{}}
	world := filepath.Join(s.home.Dir, "world")
	s.home.Must(t, nil, "world", world, "--size", p.world, "--seed", "3")
	for _, file := range []string{"pdns.cof.ndjson", "whois.csv", "certificates.jsonl", "web.jsonl", "files.jsonl", "routes.jsonl"} {
		s.home.Must(t, nil, append(howToImport(file, world), filepath.Join(world, file))...)
	}
	s.seeds = planted(t, filepath.Join(world, "truth.jsonl"))
	s.logs = filepath.Join(s.home.Dir, "logs")
	for n := range 3 {
		s.home.Write(t, filepath.Join("logs", fmt.Sprintf("proxy-%d.log", n)), s.accessLog(n))
	}
	provider := clewtest.NewProvider(t, acme(p.troubles))
	s.home.Write(t, filepath.Join("config", "sources", "acme.yaml"), clewtest.OwnSource)
	provider.Asks(t, s.home, "30s", "")
	if postgrestest.Installed() {
		s.team = postgrestest.Start(t).Database(t)
		s.home.Env = append(s.home.Env, "CLEW_DATABASE_USER="+postgrestest.User, "CLEW_DATABASE_PASSWORD="+postgrestest.Password)
	} else {
		t.Log("PostgreSQL is not installed: no cases are pushed")
	}
	s.server = s.home.Serve(t, "--case-memory", caseMemory)
	return s
}

// howToImport is the command line for a file of the world.
func howToImport(file, world string) []string {
	name, _, _ := strings.Cut(file, ".")
	if name == "pdns" {
		return []string{"import", "cof"}
	}
	return []string{"import", "mapped", "--mapping", filepath.Join(world, "mapping", name+".yaml")}
}

// planted reads the names that belong to operators of a world.
func planted(t *testing.T, path string) (names []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var truth struct{ Kind, Value string }
		if err := json.Unmarshal(lines.Bytes(), &truth); err != nil {
			t.Fatal(err)
		}
		if truth.Kind == "domain" {
			names = append(names, truth.Value)
		}
	}
	if err := errors.Join(lines.Err()); err != nil || len(names) == 0 {
		t.Fatalf("%s names no operators: %v", path, err)
	}
	return names
}

// accessLog is a log in which a few of the planted names were looked at.
func (s *scene) accessLog(n int) string {
	random := rand.New(rand.NewPCG(uint64(n), 7))
	var b strings.Builder
	at := time.Date(2025, 7, 1, 8, 0, 0, 0, time.UTC)
	for line := range 2000 {
		name := fmt.Sprintf("www%d.shop.example", random.IntN(500))
		if line%40 == 0 {
			name = s.seeds[random.IntN(len(s.seeds))]
		}
		at = at.Add(time.Duration(random.IntN(60)) * time.Second)
		fmt.Fprintf(&b, "10.0.0.%d - - [%s] \"GET http://%s/a HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"\n", random.IntN(250)+1, at.Format("02/Jan/2006:15:04:05 -0700"), name)
	}
	return b.String()
}

// acme is the provider of the soak: it knows something of most names and
// addresses, the same each time. Where it may be in trouble, an error of the server
// or a refusal is its answer to every eighth; each costs the run its pauses. Of any
// other provider's questions it knows nothing.
func acme(troubles bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api.acme.example/records/")
		value, err := url.PathUnescape(text)
		sum := fnv.New32a()
		_, _ = sum.Write([]byte(value))
		n := sum.Sum32()
		switch {
		case !ok || err != nil || n%16 == 0:
			http.NotFound(w, r)
		case troubles && n%16 == 1:
			w.WriteHeader(http.StatusInternalServerError)
		case troubles && n%16 == 2:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"records": recordsOf(value, n)}) // who asked may be gone
		}
	})
}

// A record is what acme says.
type record struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Data  string `json:"data"`
	First int64  `json:"first"`
	Last  int64  `json:"last"`
}

func recordsOf(value string, n uint32) (list []record) {
	for i := range n%4 + 1 {
		one := record{Name: value, Type: "A", Data: fmt.Sprintf("203.0.113.%d", (n+i)%250+1), First: 1735689600, Last: 1751328000}
		if strings.Trim(value, "0123456789.") == "" {
			one.Name, one.Data = fmt.Sprintf("host%d.isp.example", (n+i)%1000), value
		}
		list = append(list, one)
	}
	return list
}

// A tally counts what was done, and keeps the first failures in words.
type tally struct {
	mu         sync.Mutex
	operations int64           // guarded by mu
	failures   int64           // guarded by mu
	words      []string        // guarded by mu
	sorts      map[string]done // guarded by mu
	log        io.Writer       // of failures, as they come; guarded by mu
}

// done is what came of one sort of work.
type done struct {
	times   int64
	longest time.Duration
}

func newTally(log io.Writer) *tally { return &tally{sorts: map[string]done{}, log: log} }

// mostWords bounds the failures that are told.
const mostWords = 200

func (y *tally) count(sort string, took time.Duration, err error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.operations++
	y.sorts[sort] = done{y.sorts[sort].times + 1, max(y.sorts[sort].longest, took.Round(time.Millisecond))}
	if err == nil {
		return
	}
	y.failures++
	if len(y.words) < mostWords {
		y.words = append(y.words, fmt.Sprintf("%s %s: %v", time.Now().UTC().Format(time.TimeOnly), sort, err))
		_, _ = fmt.Fprintln(y.log, y.words[len(y.words)-1]) // they are told at the end, too
	}
}

func (y *tally) sums() (operations, failures int64) {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.operations, y.failures
}

// failed tells what was done, and what of it failed.
func (y *tally) failed() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	return fmt.Sprintln(y.sorts) + strings.Join(y.words, "\n")
}

// work lets the analysts work until ctx ends. What they began is finished.
func (s *scene) work(ctx context.Context, pause time.Duration) {
	var group sync.WaitGroup
	for range workers {
		s.mu.Lock()
		s.number++
		random := rand.New(rand.NewPCG(uint64(s.number), 11))
		s.mu.Unlock()
		group.Go(func() {
			for ctx.Err() == nil {
				s.one(ctx, random)
				select {
				case <-time.After(time.Duration(random.Int64N(int64(2 * pause)))):
				case <-ctx.Done():
				}
			}
		})
	}
	group.Wait()
}
