// Package team runs two servers and three workers of the real clew as processes on
// one PostgreSQL, kills them one at a time and starts the database anew under load,
// and holds what they did to what was asked of them: every job was done, no question
// was asked twice that had been answered, every record verifies.
package team

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/casefile/postgres"
	"clew/internal/casefile/sqlite"
	"clew/internal/database"
	"clew/internal/database/postgrestest"
	"clew/internal/reliability/clewtest"
)

func TestMain(m *testing.M) { os.Exit(clewtest.Main(m)) }

const countingSource = `name: counting
accepts: [domain]
answers: [resolves-to]
pap: amber
pace: 1ms
endpoints:
  - name: records
    url: https://api.counting.example/records/{value}
    rows: .records
    map: |
      {dns: {name: $value, type: "A", data: .data}, first: 1735689600, last: 1751328000}
`

// answerAfter is how long the provider thinks: long enough for kills to come while
// questions are under way.
const answerAfter = 2 * time.Second

// A counting provider notes when each question came and when its answer had gone out.
type counting struct {
	mu    sync.Mutex
	asked map[string][]span // guarded by mu, by question
}

type span struct{ came, went time.Time }

// moment is the span of what takes no time.
func moment() span { now := time.Now(); return span{now, now} }

func addressOf(value string) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(value))
	return fmt.Sprintf("203.0.113.%d", sum.Sum32()%250+1)
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Dir(r.URL.Path) != "/api.counting.example/records" {
		http.NotFound(w, r) // the other sources know nothing
		return
	}
	came := time.Now()
	time.Sleep(answerAfter)
	value, _ := url.PathUnescape(path.Base(r.URL.EscapedPath()))
	_ = json.NewEncoder(w).Encode(map[string]any{"records": []any{map[string]any{"data": addressOf(value)}}}) // who asked may be dead
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[value] = append(c.asked[value], span{came, time.Now()})
}

// keptWithin is how long after an answer went out a worker may take until it is kept.
const keptWithin = time.Second

// again counts the questions that were asked anew, and of those the ones whose answer
// had been kept: it was not under way when a process was killed, or cut off.
func (c *counting) again(cuts []span) (questions, again int, twice []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for value, spans := range c.asked {
		questions++
		for _, s := range spans[:len(spans)-1] {
			again++
			cut := slices.ContainsFunc(cuts, func(c span) bool { return !c.went.Before(s.came) && c.came.Before(s.went.Add(keptWithin)) })
			if !cut {
				twice = append(twice, value)
			}
		}
	}
	return questions, again, twice
}

// A crew is two servers and three workers, each with a data directory of its own.
type crew struct {
	*testing.T
	homes   []*clewtest.Home
	servers []*clewtest.Server
	workers []*clewtest.Process
	asked   *counting
	record  casefile.Store
	cuts    []span            // when somebody was killed, or could not be reached
	seeds   map[string]string // of the cases
	tries   int               // requests to the API that had to be made again
}

// reaching is how processes are told where the database is.
func reaching(url string) []string {
	return []string{"CLEW_DATABASE=" + url, "CLEW_DATABASE_USER=" + postgrestest.User, "CLEW_DATABASE_PASSWORD=" + postgrestest.Password}
}

// newCrew starts a crew. url is where the test itself reaches the database, wired the
// environment of each of the crew: servers are 0 and 1, workers 2 to 4.
func newCrew(t *testing.T, url string, wired func(n int) []string) *crew {
	c := &crew{T: t, asked: &counting{asked: map[string][]span{}}, seeds: map[string]string{}}
	db, err := database.Open(t.Context(), database.Target{URL: url, User: postgrestest.User, Password: postgrestest.Password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // returns nothing
	if c.record, err = postgres.In(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	c.furnish(5, wired)
	c.servers = []*clewtest.Server{c.serve(0), c.serve(1)}
	for n := range 3 {
		c.workers = append(c.workers, c.work(n))
	}
	return c
}

// furnish readies so many places that ask the counting provider.
func (c *crew) furnish(places int, wired func(n int) []string) {
	provider := clewtest.NewProvider(c, c.asked)
	for n := range places {
		h := clewtest.NewHome(c)
		h.Write(c, filepath.Join("config", "sources", "counting.yaml"), countingSource)
		provider.Asks(c, h, "24h", "")
		h.Env = append(h.Env, wired(n)...)
		c.homes = append(c.homes, h)
	}
}

// serve starts a server: the first takes jobs itself, the second leaves them to workers.
func (c *crew) serve(n int) *clewtest.Server {
	if n == 0 {
		return c.homes[0].Serve(c, "--slots", "1")
	}
	return c.homes[1].Serve(c, "--no-work")
}

func (c *crew) work(n int) *clewtest.Process {
	return c.homes[2+n].Start(c, "worker", "--slots", "2", "--log-level", "info", "--name", workerName(n))
}

func workerName(n int) string { return fmt.Sprint("worker-", n) }

// strike kills the nth of the crew and starts it again.
func (c *crew) strike(n int) {
	n %= 5
	c.cuts = append(c.cuts, moment())
	if n < 2 {
		c.servers[n].Kill()
		c.servers[n] = c.serve(n)
		return
	}
	c.workers[n-2].Kill()
	c.workers[n-2] = c.work(n - 2)
}

// api asks one of the servers, and again while none answers.
func (c *crew) api(method, path, body string, into any) {
	c.Helper()
	var last string
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		for _, s := range c.servers {
			var text []byte
			if body != "" {
				text = []byte(body)
			}
			answer, err := s.Do(context.Background(), method, path, text, "application/json")
			if err == nil && answer.Status < 300 {
				if err := json.Unmarshal(answer.Body, into); err != nil {
					c.Fatal(err)
				}
				return
			}
			if last = fmt.Sprint(err); err == nil {
				last = fmt.Sprint(answer.Status, " ", string(answer.Body))
				if answer.Status >= 400 && answer.Status < 500 && answer.Status != http.StatusTooManyRequests {
					c.Fatalf("%s %s: %s", method, path, last)
				}
			}
			c.tries++
		}
	}
	c.Fatalf("%s %s: %s", method, path, last)
}

type run struct {
	ID, State, Case, Error, Worker string
	Attempt                        int
}

// ended waits until every run has, and returns how they stand.
func (c *crew) ended(ids []string, within time.Duration, each func()) map[string]run {
	c.Helper()
	var by map[string]run
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		each()
		var list struct{ Items []run }
		c.api("GET", "/api/v1/investigations?limit=1000", "", &list)
		by = map[string]run{}
		open := 0
		for _, r := range list.Items {
			by[r.ID] = r
		}
		for _, id := range ids {
			if r, ok := by[id]; !ok || r.State == "queued" || r.State == "running" {
				open++
			}
		}
		if open == 0 {
			return by
		}
	}
	for _, id := range ids {
		if r := by[id]; r.State != "complete" {
			c.Errorf("not ended: %+v", r)
		}
	}
	for _, w := range c.workers {
		c.Logf("a worker says:\n%.4000s", w.Words())
	}
	c.FailNow()
	return nil
}

// cases opens cases without asking anybody: on reserved names none is opened with.
func (c *crew) cases(n int) (ids []string) {
	var runs []string
	var seeds []string
	for i := range n {
		var r run
		seeds = append(seeds, fmt.Sprintf("seed%d.example", len(c.seeds)+i))
		c.api("POST", "/api/v1/investigations", fmt.Sprintf(`{"indicators":[%q],"offline":true}`, seeds[i]), &r)
		runs = append(runs, r.ID)
	}
	by := c.ended(runs, 2*time.Minute, func() {})
	for i, id := range runs {
		if by[id].State != "complete" || by[id].Case == "" {
			c.Fatalf("a case was not opened: %+v", by[id])
		}
		ids, c.seeds[by[id].Case] = append(ids, by[id].Case), seeds[i]
	}
	return ids
}

// investigate starts a run of each case.
func (c *crew) investigate(cases []string) (runs []string) {
	for _, id := range cases {
		var r run
		c.api("POST", "/api/v1/investigations", fmt.Sprintf(`{"case":%q,"budget":["0"]}`, id), &r)
		runs = append(runs, r.ID)
	}
	return runs
}

// held holds what was done to what was asked.
func (c *crew) held(cases, runs []string, by map[string]run) (takenOver int) {
	c.Helper()
	for i, id := range runs {
		r := by[id]
		if r.State != "complete" || r.Case != cases[i] {
			c.Errorf("%+v; want case %s complete", r, cases[i])
		}
		if r.Attempt > 1 {
			takenOver++
		}
		v, err := casefile.Verify(c.Context(), c.record, cases[i], "")
		if err != nil || len(v.Problems) > 0 || v.Events == 0 {
			c.Errorf("case %s: %d events, problems %v, %v", cases[i], v.Events, v.Problems, err)
		}
		record, err := casefile.Load(c.Context(), c.record, cases[i])
		if err != nil {
			c.Fatal(err)
		}
		shown, err := json.Marshal(record.Document())
		if seed := c.seeds[cases[i]]; err != nil || !strings.Contains(string(shown), addressOf(seed)) {
			c.Errorf("case %s does not know where %s leads to (%v)", cases[i], seed, err)
		}
	}
	return takenOver
}

// sums holds what was done to what was asked, and says the figures of it. Jobs were
// also those that opened the cases.
func (c *crew) sums(cases, runs []string, by map[string]run, what string, began time.Time) {
	c.Helper()
	took := time.Since(began)
	takenOver := c.held(cases, runs, by)
	questions, again, twice := c.asked.again(c.cuts)
	if len(twice) > 0 || questions == 0 {
		c.Errorf("asked again although the answer had come: %v", twice)
	}
	c.Logf("%d jobs, %s, %s: %d taken over or tried again, 0 lost; %d questions, %d asked again that were under way then, %d answered ones; %d requests to the API made again",
		len(runs)+len(cases), what, took.Round(time.Second), takenOver, questions, again, len(twice), c.tries)
}

// size is a figure of the test, from the environment for the long run.
func size(t *testing.T, variable string, usual int) int {
	t.Helper()
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return usual
}

// TestOneAtATimeIsKilled kills each server and worker in turn over many jobs.
func TestOneAtATimeIsKilled(t *testing.T) {
	jobs, kills := size(t, "CLEW_TEAM_JOBS", 24), size(t, "CLEW_TEAM_KILLS", 5)
	t.Parallel() // it waits most of the time
	server := postgrestest.Start(t)
	url := server.Database(t) + "?sslmode=disable"
	c := newCrew(t, url, func(int) []string { return reaching(url) })
	began := time.Now()
	cases := c.cases(jobs)
	runs := c.investigate(cases)
	struck, last := 0, time.Time{}
	by := c.ended(runs, 10*time.Minute, func() {
		if struck < kills && time.Since(last) > 700*time.Millisecond {
			c.strike(struck + 2) // workers first: they have the jobs
			struck, last = struck+1, time.Now()
		}
	})
	c.sums(cases, runs, by, fmt.Sprintf("%d kills", struck), began)
}

// TestTheDatabaseIsStartedAnew kills the database under load, once for each second
// it is there again: clew goes on by itself.
func TestTheDatabaseIsStartedAnew(t *testing.T) {
	jobs, restarts := size(t, "CLEW_TEAM_JOBS", 16), size(t, "CLEW_TEAM_KILLS", 2)
	t.Parallel() // it waits most of the time
	server := postgrestest.Start(t)
	url := server.Database(t) + "?sslmode=disable"
	c := newCrew(t, url, func(int) []string { return reaching(url) })
	cases := c.cases(jobs)
	began := time.Now()
	runs := c.investigate(cases)
	done, last := 0, time.Now()
	by := c.ended(runs, 10*time.Minute, func() {
		if done < restarts && time.Since(last) > time.Second {
			began := time.Now()
			server.Kill()
			server.Resume(t)
			c.cuts = append(c.cuts, span{began, time.Now()})
			done, last = done+1, time.Now()
		}
	})
	c.sums(cases, runs, by, fmt.Sprintf("the database started anew %d times", done), began)
}

// TestOneAloneIsKilled kills a server that has no database and no workers, with jobs
// under way and in its queue.
func TestOneAloneIsKilled(t *testing.T) {
	jobs, kills := size(t, "CLEW_TEAM_JOBS", 8), size(t, "CLEW_TEAM_KILLS", 3)
	t.Parallel() // it waits most of the time
	c := &crew{T: t, asked: &counting{asked: map[string][]span{}}, seeds: map[string]string{}}
	c.furnish(1, func(int) []string { return nil })
	serve := func() *clewtest.Server { return c.homes[0].Serve(t, "--slots", "2") }
	c.servers = []*clewtest.Server{serve()}
	began := time.Now()
	cases := c.cases(jobs)
	runs := c.investigate(cases)
	struck, last := 0, time.Now()
	by := c.ended(runs, 10*time.Minute, func() {
		if struck < kills && time.Since(last) > answerAfter*3/2 {
			c.cuts = append(c.cuts, moment())
			c.servers[0].Kill()
			c.servers[0] = serve()
			struck, last = struck+1, time.Now()
		}
	})
	record, err := sqlite.Open(filepath.Join(c.homes[0].Data, "cases"))
	if err != nil {
		t.Fatal(err)
	}
	defer record.Close() //nolint:errcheck // nothing was written
	c.record = record
	c.sums(cases, runs, by, fmt.Sprintf("alone on SQLite, %d kills", struck), began)
}
