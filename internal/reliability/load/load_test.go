// Package load puts a team in front of one clew serve, a process of its own, on
// the same cores: analysts who read, expand, search and follow cases, and a
// thousand event streams. What it measured is in docs/reliability.md.
package load

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/reliability/clewtest"
)

func TestMain(m *testing.M) { os.Exit(clewtest.Main(m)) }

// longVariable is set for the long runs, whose times are those of the goals; CI runs
// short ones with patience for machines that do other work too.
const longVariable = "CLEW_LOAD"

// limits of a run.
type limits struct {
	analysts int
	run      time.Duration
	think    time.Duration // between two requests of one analyst, on average
	p99      time.Duration
}

func ofRun() limits {
	if os.Getenv(longVariable) != "" {
		return limits{analysts: 50, run: 2 * time.Minute, think: 3 * time.Second, p99: 300 * time.Millisecond}
	}
	return limits{analysts: 20, run: 8 * time.Second, think: time.Second, p99: 5 * time.Second}
}

// team is a server with the demonstration's corpus and case and thirty others, and
// what its analysts know to ask for.
type team struct {
	*clewtest.Server
	client *http.Client
	cases  []*opened
	tally  *tally
}

// opened is a case as an analyst works on it.
type opened struct {
	id       string
	findings []value
	evidence []string
}

type value struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// newTeam makes the world, its case, and cases of 100 to 5,000 findings.
func newTeam(t *testing.T) *team {
	t.Helper()
	home := clewtest.NewHome(t)
	if said := home.Run(t, "demo", "--dir", home.Dir); said.Code != 0 {
		t.Fatalf("clew demo: %s", said.Err)
	}
	large := filepath.Join(t.TempDir(), "bigcase")
	if out, err := exec.Command("go", "build", "-o", large, "clew/web/test/bigcase").CombinedOutput(); err != nil {
		t.Fatalf("building bigcase: %v\n%s", err, out)
	}
	for n := range 31 {
		findings := 100 + n // its name has the number
		if n == 30 {
			findings = 5000
		}
		if out, err := exec.Command(large, "-data", home.Data, "-findings", strconv.Itoa(findings)).CombinedOutput(); err != nil {
			t.Fatalf("bigcase: %v\n%s", err, out)
		}
	}
	s := &team{
		Server: home.Serve(t, "--offline"), tally: newTally(),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}, Timeout: time.Minute},
	}
	var list struct {
		Items []struct{ ID string }
	}
	if _, err := s.get(t.Context(), "/cases?limit=1000", "", &list); err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		of := &opened{id: c.ID}
		var page struct {
			Items []struct {
				value
				Factors []struct{ Evidence []string }
			}
		}
		if _, err := s.get(t.Context(), "/cases/"+c.ID+"/findings?limit=100", "", &page); err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Items {
			of.findings = append(of.findings, f.value)
			for _, l := range f.Factors {
				of.evidence = append(of.evidence, l.Evidence...)
			}
		}
		s.cases = append(s.cases, of)
	}
	if len(s.cases) != 32 {
		t.Fatalf("%d cases", len(s.cases))
	}
	return s
}

// get asks for a path, reads the answer to its end and returns its tag.
func (s *team) get(ctx context.Context, path, tag string, out any) (newTag string, err error) {
	return s.send(ctx, http.MethodGet, path, "", tag, out)
}

func (s *team) send(ctx context.Context, method, path, body, tag string, out any) (newTag string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, s.Base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+clewtest.Token)
	r.Header.Set("Content-Type", "application/json")
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	if answer.StatusCode >= http.StatusBadRequest {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 2000))
		return "", fmt.Errorf("%s: %d %s", path, answer.StatusCode, text)
	}
	if out != nil {
		return answer.Header.Get("ETag"), json.NewDecoder(answer.Body).Decode(out)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.Header.Get("ETag"), err
}

// TestTeam: fifty analysts on one server are answered in time, each with a stream
// of the case that they look at.
func TestTeam(t *testing.T) {
	is := ofRun()
	s := newTeam(t)
	s.tally = newTally() // what the preparation asked is not counted
	ctx, stop := context.WithTimeout(t.Context(), is.run)
	defer stop()
	var all sync.WaitGroup
	for n := range is.analysts {
		all.Go(func() { s.work(ctx, rand.New(rand.NewPCG(1, uint64(n))), is.think) })
	}
	all.Wait()
	report, worst, failed := s.tally.report(is.run)
	t.Logf("%d analysts, %v between two requests of one on average, for %v, generator and server on the same cores:\n%s", is.analysts, is.think, is.run, report)
	if failed != "" {
		t.Errorf("failed: %s", failed)
	}
	if worst > is.p99 {
		t.Errorf("p99 of all %v, want %v at most", worst, is.p99)
	}
	if path := os.Getenv(longVariable); path != "" && filepath.IsAbs(path) {
		if err := os.WriteFile(path, []byte(report), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// analyst is one of the team at work.
type analyst struct {
	*team
	random *rand.Rand
	at     *opened
	tags   map[string]string // of what the browser has
	leave  context.CancelFunc
}

// work opens a case, looks around in it, and turns to another.
func (s *team) work(ctx context.Context, random *rand.Rand, think time.Duration) {
	a := &analyst{team: s, random: random, tags: map[string]string{}, leave: func() {}}
	defer func() { a.leave() }()
	for {
		// Nobody thinks at one pace: the pauses of people are about exponential.
		pause := time.NewTimer(min(time.Duration(random.ExpFloat64()*float64(think)), 10*think))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
		a.one(ctx)
	}
}

func (a *analyst) one(ctx context.Context) {
	if a.at == nil || a.random.IntN(12) == 0 {
		a.turn(ctx)
		return
	}
	var about value
	if len(a.at.findings) > 0 {
		about = a.at.findings[a.random.IntN(len(a.at.findings))]
	}
	name := escaped(about.Kind + ":" + about.Value)
	in := "/cases/" + a.at.id
	switch n := a.random.IntN(100); {
	case n < 30:
		a.timed(ctx, "one finding", in+"/finding?kind="+about.Kind+"&indicator="+escaped(about.Value))
	case n < 40:
		a.timed(ctx, "findings, a page", in+"/findings?limit=100")
	case n < 50:
		a.timed(ctx, "graph", in+"/graph?limit=5000")
	case n < 62:
		a.timed(ctx, "graph expansion, counted", in+"/expand?indicator="+name)
	case n < 70:
		a.timed(ctx, "look-up", "/indicator?indicator="+name)
	case n < 76:
		a.timed(ctx, "search", "/search?q="+escaped(about.Value[:min(8, len(about.Value))]))
	case n < 82:
		a.timed(ctx, "list of cases", "/cases?limit=100")
	case n < 88 && len(a.at.evidence) > 0:
		digest := strings.TrimPrefix(a.at.evidence[a.random.IntN(len(a.at.evidence))], "sha256:")
		a.timed(ctx, "raw answer", in+"/evidence/"+digest)
	case n < 93:
		a.timed(ctx, "log", in+"/log?order=newest&limit=100")
	case n < 96:
		a.timed(ctx, "sightings", in+"/sightings")
	default:
		began := time.Now()
		_, err := a.send(ctx, http.MethodPost, in+"/notes", fmt.Sprintf(`{"text":"written at %d"}`, began.UnixNano()), "", nil)
		a.tally.count(ctx, "note written", time.Since(began), err)
		a.timed(ctx, "case, after a change", in+"/brief")
	}
}

// turn opens another case, the large one now and then, and follows it.
func (a *analyst) turn(ctx context.Context) {
	a.leave()
	a.at = a.cases[a.random.IntN(len(a.cases))]
	a.timed(ctx, "case", "/cases/"+a.at.id+"/brief")
	following, leave := context.WithCancel(ctx)
	ended := make(chan struct{})
	a.leave = func() { leave(); <-ended }
	go func(id string) {
		defer close(ended)
		_ = follow(following, a.Base, id, func() {}) // it ends when it is left
	}(a.at.id)
}

// timed asks for a path as a browser does, which says what it has.
func (a *analyst) timed(ctx context.Context, what, path string) {
	began := time.Now()
	tag, err := a.get(ctx, path, a.tags[path], nil)
	a.tally.count(ctx, what, time.Since(began), err)
	a.tags[path] = cmp.Or(tag, a.tags[path])
}
