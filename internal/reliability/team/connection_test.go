package team

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus/clickhousetest"
	"clew/internal/database/postgrestest"
	"clew/internal/reliability/clewtest"
)

// through is a URL by way of a relay.
func through(url, address string, r *clewtest.Relay) string {
	return strings.Replace(url, address, r.Address(), 1)
}

// leaseOver is longer than a worker keeps its jobs without being heard of, and another
// needs to take one over.
const leaseOver = 10 * time.Second

// TestAWorkerIsSplitOff cuts one worker off from the database and from nothing else,
// for longer than its lease: by connections that stand and pass nothing, by ones that
// are refused, and by ones that pass what it says and not what it is answered. Another
// does its jobs, and it comes back by itself.
func TestAWorkerIsSplitOff(t *testing.T) {
	jobs := size(t, "CLEW_TEAM_JOBS", 10)
	t.Parallel() // it waits most of the time
	server := postgrestest.Start(t)
	url := server.Database(t) + "?sslmode=disable"
	var relays [3]*clewtest.Relay
	for n := range relays {
		relays[n] = clewtest.NewRelay(t, server.Address)
	}
	c := newCrew(t, url, func(n int) []string {
		if n < 2 {
			return reaching(url)
		}
		return reaching(through(url, server.Address, relays[n-2]))
	})
	for n, mood := range []clewtest.Mood{clewtest.Silent, clewtest.Cut, clewtest.Deaf} {
		began := time.Now()
		cases, runs, had := c.splitOff(n, jobs, func() { relays[n].Set(mood) }, func() { relays[n].Set(clewtest.Passes) })
		split := c.cuts[len(c.cuts)-1]
		back := false
		by := c.ended(runs, 5*time.Minute, func() {
			if !back && time.Since(split.came) > leaseOver {
				relays[n].Set(clewtest.Passes)
				back = true
			}
		})
		for ; !back; back = true { // the others were done before
			time.Sleep(time.Until(split.came.Add(leaseOver)))
			relays[n].Set(clewtest.Passes)
		}
		for _, id := range had { // it may have them again itself, if all others are busy until it is back
			if r := by[id]; r.Attempt < 2 {
				t.Errorf("%+v was not taken from %s, whose lease was over", r, workerName(n))
			}
		}
		// It hears of it by its lease, or by what the job could not write.
		if words := c.workers[n].Words(); !strings.Contains(words, "lease not renewed") && !strings.Contains(words, "not written yet") {
			t.Errorf("%s did not notice:\n%.4000s", workerName(n), words)
		}
		c.sums(cases, runs, by, fmt.Sprintf("%s with %d jobs split off for %s", workerName(n), len(had), leaseOver), began)
		c.worksAgain(n, cases, by)
	}
}

// splitOff has jobs done until a worker has some of them, and splits it off then:
// which worker takes one is for nobody to say, and on an idle machine the others may
// have them all, or it is done with its own just before. Those that it had once it
// was split off are told.
func (c *crew) splitOff(n, jobs int, split, join func()) (cases, runs, had []string) {
	c.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		more := c.cases(jobs) // none that was asked about before
		cases, runs = append(cases, more...), append(runs, c.investigate(more)...)
		if !c.hasWork(n, 10*time.Second) {
			continue
		}
		cut := moment()
		split()
		time.Sleep(200 * time.Millisecond) // for what was on its way when it came
		had = c.running(n)
		cut.went = time.Now()
		c.cuts = append(c.cuts, cut)
		if len(had) > 0 {
			return cases, runs, had
		}
		join()
	}
	c.Fatalf("%s has nothing to do", workerName(n))
	return nil, nil, nil
}

// hasWork waits for a while until a worker has jobs.
func (c *crew) hasWork(n int, patience time.Duration) bool {
	c.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if len(c.running(n)) > 0 {
			time.Sleep(answerAfter / 4) // a question of it is under way then
			return true
		}
	}
	return false
}

func (c *crew) running(n int) (ids []string) {
	var list struct{ Items []run }
	c.api("GET", "/api/v1/investigations?limit=1000", "", &list)
	for _, r := range list.Items {
		if r.State == "running" && r.Worker == workerName(n) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// worksAgain has further jobs done until a worker that was away has done one, and
// holds that those done while it was away stand as they did.
func (c *crew) worksAgain(n int, cases []string, before map[string]run) {
	c.Helper()
	came := time.Now()
	for end := came.Add(2 * time.Minute); time.Now().Before(end); {
		runs := c.investigate(cases)
		by := c.ended(runs, 2*time.Minute, func() {})
		for id, r := range before {
			if by[id] != r {
				c.Errorf("%+v became %+v", r, by[id])
			}
		}
		if slices.ContainsFunc(runs, func(id string) bool { return by[id].Worker == workerName(n) && by[id].State == "complete" }) {
			c.Logf("%s has done a job %s after it was back", workerName(n), time.Since(came).Round(time.Second))
			return
		}
	}
	c.Errorf("%s does nothing any more:\n%.6000s", workerName(n), c.workers[n].Words())
}

// A trouble is what a connection of all goes through, for so long.
type trouble struct {
	what  string
	lasts time.Duration
	does  func()
}

// under has a crew work under one trouble after the other, all is well for a second
// between them, until the work is done and each was there once.
func (c *crew) under(cases []string, well func(), troubles []trouble) {
	c.Helper()
	began := time.Now()
	runs := c.investigate(cases)
	stop, ended := make(chan struct{}), make(chan []span)
	go func() {
		var cuts []span
		defer func() { ended <- cuts }()
		for _, one := range troubles {
			time.Sleep(time.Second)
			from := time.Now()
			one.does()
			time.Sleep(one.lasts)
			well()
			cuts = append(cuts, span{from, time.Now()})
		}
		<-stop
	}()
	by := c.ended(runs, 10*time.Minute, func() {})
	close(stop)
	c.cuts = append(c.cuts, <-ended...)
	var names []string
	for _, one := range troubles {
		names = append(names, one.what)
	}
	c.sums(cases, runs, by, strings.Join(names, ", "), began)
}

// TestTheDatabaseIsCutAndSlowed leads everybody to the database through one relay,
// under load.
func TestTheDatabaseIsCutAndSlowed(t *testing.T) {
	jobs := size(t, "CLEW_TEAM_JOBS", 12)
	t.Parallel() // it waits most of the time
	server := postgrestest.Start(t)
	url := server.Database(t) + "?sslmode=disable"
	relay := clewtest.NewRelay(t, server.Address)
	c := newCrew(t, url, func(int) []string { return reaching(through(url, server.Address, relay)) })
	c.under(c.cases(jobs), func() { relay.Set(clewtest.Passes) }, []trouble{
		{"database cut for 1s", time.Second, func() { relay.Set(clewtest.Cut) }},
		{"slow for 5s", 5 * time.Second, func() { relay.Set(clewtest.Slow) }},
		{"silent for 3s", 3 * time.Second, func() { relay.Set(clewtest.Silent) }},
		{"cut for 8s", 8 * time.Second, func() { relay.Set(clewtest.Cut) }},
	})
}

// TestTheCorpusIsCutAndSlowed has everybody's corpus on one ClickHouse behind a relay,
// under load.
func TestTheCorpusIsCutAndSlowed(t *testing.T) {
	jobs := size(t, "CLEW_TEAM_JOBS", 12)
	t.Parallel() // it waits most of the time
	server, corpus := postgrestest.Start(t), clickhousetest.One(t)
	url := server.Database(t) + "?sslmode=disable"
	relay := clewtest.NewRelay(t, corpus.Address)
	at := "clickhouse://" + relay.Address() + "/clew"
	clewtest.NewHome(t).Must(t, nil, "corpus", "init", at)
	c := newCrew(t, url, func(int) []string { return append(reaching(url), "CLEW_CORPUS="+at) })
	c.under(c.cases(jobs), func() { relay.Set(clewtest.Passes) }, []trouble{
		{"corpus cut for 1s", time.Second, func() { relay.Set(clewtest.Cut) }},
		{"slow for 5s", 5 * time.Second, func() { relay.Set(clewtest.Slow) }},
		{"silent for 3s", 3 * time.Second, func() { relay.Set(clewtest.Silent) }},
		{"started anew", 0, func() { corpus.Kill(); corpus.Resume(t) }},
	})
}
