package team

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/database/postgrestest"
	"clew/internal/reliability/clewtest"
)

// A holding provider counts every question, and keeps those that come while it is held
// from being answered.
type holding struct {
	mu    sync.Mutex
	asked int           // guarded by mu
	held  chan struct{} // guarded by mu; nil while answers go out, closed to let them go
}

func (h *holding) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.asked++
	held := h.held
	h.mu.Unlock()
	if held != nil {
		<-held
	}
	if path.Dir(r.URL.Path) != "/api.counting.example/records" {
		http.NotFound(w, r) // the other sources know nothing
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"records": []any{map[string]any{"data": "203.0.113.9"}}}) // who asked may be gone
}

func (h *holding) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

// hold keeps answers back until letGo.
func (h *holding) hold() (letGo func()) {
	held := make(chan struct{})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = held
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.held = nil
		close(held)
	})
}

// An office is a server with accounts that leaves jobs to others, and a place for a
// worker that knows of accounts what lies in the store that both share.
type office struct {
	*testing.T
	provider *holding
	home     *clewtest.Home // of the server, and where its admin sits
	desk     *clewtest.Home // of the worker
	server   *clewtest.Server
}

func newOffice(t *testing.T, engine string) *office {
	o := &office{T: t, provider: &holding{}, home: clewtest.NewHome(t)}
	o.desk = o.home
	if engine == "postgres" {
		server := postgrestest.Start(t)
		at := []string{"CLEW_DATABASE=" + server.Database(t) + "?sslmode=disable", "CLEW_DATABASE_USER=" + postgrestest.User, "CLEW_DATABASE_PASSWORD=" + postgrestest.Password}
		o.desk = clewtest.NewHome(t)
		o.home.Env, o.desk.Env = append(o.home.Env, at...), append(o.desk.Env, at...)
	}
	provider := clewtest.NewProvider(t, o.provider)
	for _, h := range []*clewtest.Home{o.home, o.desk} {
		h.Write(t, filepath.Join("config", "sources", "counting.yaml"), countingSource)
		provider.Asks(t, h, "24h", "")
	}
	o.user("boss", "admin")
	o.server = o.home.Serve(t, "--accounts", "--no-work")
	return o
}

// user adds somebody.
func (o *office) user(name, role string) { o.home.Must(o, nil, "user", "add", name, "--role", role) }

// as is the server as a user of its asks it.
func (o *office) as(name string) *clewtest.Server { return o.may(name, "read,work") }

func (o *office) may(name, scopes string) *clewtest.Server {
	o.Helper()
	secret := o.home.Must(o, nil, "token", "make", name, "--name", "test", "--scope", scopes)
	return o.server.As(strings.TrimSpace(secret))
}

// openCase opens a case at the console, asking nobody.
func (o *office) openCase(seed string) (id string) {
	o.Helper()
	var opened struct {
		Case struct{ ID string }
	}
	text := o.home.Must(o, nil, "investigate", seed, "--offline", "--json", "--tlp", "AMBER")
	if err := json.Unmarshal([]byte(text), &opened); err != nil || opened.Case.ID == "" {
		o.Fatalf("%v: %s", err, text)
	}
	return opened.Case.ID
}

// ask has somebody ask the API for something that it takes up.
func (o *office) ask(s *clewtest.Server, path, body string, into any) {
	o.Helper()
	answer, err := s.Do(context.Background(), "POST", path, []byte(body), "application/json")
	if err != nil || answer.Status >= 300 {
		o.Fatalf("%s %s: %v %d %s", path, body, err, answer.Status, answer.Body)
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		o.Fatal(err)
	}
}

// line is a job as clew job show prints it.
type line struct{ ID, State, Case, Error, Actor string }

// ended waits for the end of a job.
func (o *office) ended(id string) (j line) {
	o.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err := json.Unmarshal([]byte(o.home.Must(o, nil, "job", "show", id, "--json")), &j); err != nil {
			o.Fatal(err)
		}
		if j.State != "queued" && j.State != "running" {
			return j
		}
	}
	o.Fatalf("job %s does not end: %+v", id, j)
	return j
}

// refusals lists what the audit has of jobs that were refused.
func (o *office) refusals() string {
	o.Helper()
	answer, err := o.may("boss", "administer").Do(context.Background(), "GET", "/api/v1/audit?operation=job&outcome=refused&limit=1000", nil, "")
	if err != nil || answer.Status != http.StatusOK {
		o.Fatalf("audit: %v %d %s", err, answer.Status, answer.Body)
	}
	return string(answer.Body)
}

func (o *office) eventsOf(id string) int {
	o.Helper()
	return strings.Count(o.home.Must(o, nil, "case", "log", id, "--json"), "\n")
}

// refused holds a job that its user may no longer have done to what is promised.
func (o *office) refused(id, user, why string) line {
	o.Helper()
	j := o.ended(id)
	if j.State != "failed" || !strings.Contains(j.Error, "refused: "+user) || !strings.Contains(j.Error, why) {
		o.Errorf("%+v; want refused for %s: %s", j, user, why)
	}
	if audit := o.refusals(); !strings.Contains(audit, `"via":"job `+id+`"`) || !strings.Contains(audit, why) {
		o.Errorf("the audit does not have that %s was refused: %s", id, audit)
	}
	return j
}

// TestAJobIsDoneWithinTheRightsOfItsUser takes rights away between a request and its
// job: a worker that was never told of accounts refuses, before it asks or writes
// anything, and says so in the job and the audit.
func TestAJobIsDoneWithinTheRightsOfItsUser(t *testing.T) {
	size(t, "", 0)
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			o := newOffice(t, engine)
			o.beforeItBegins()
			o.whileItRuns()
			o.byTheServer()
		})
	}
}

func (o *office) beforeItBegins() {
	console := func(line ...string) func(string) {
		return func(id string) {
			for i := range line {
				line[i] = strings.ReplaceAll(line[i], "CASE", id)
			}
			o.home.Must(o, nil, line...)
		}
	}
	losses := []struct {
		user, why string
		loses     func(caseID string)
		job, id   string
		events    int
	}{
		{user: "ann", why: "the account was disabled", loses: console("user", "disable", "ann")},
		{user: "ben", why: "your role, viewer, has no permission to work", loses: console("user", "role", "ben", "viewer")},
		{user: "cat", why: "is no longer shown to them", loses: console("user", "access", "CASE", "--restrict", "--owner", "boss")},
		{user: "dan", why: "you may see case", loses: console("user", "access", "CASE", "--restrict", "--owner", "boss", "--see", "dan")},
		{user: "eve", why: "is no longer shown to them", loses: console("user", "role", "eve", "analyst", "--ceiling", "GREEN")},
	}
	for i := range losses {
		l := &losses[i]
		o.user(l.user, "analyst")
		l.id = o.openCase("of-" + l.user + ".example")
		var r run
		o.ask(o.as(l.user), "/api/v1/investigations", fmt.Sprintf(`{"case":%q,"budget":["0"]}`, l.id), &r)
		l.job = r.ID
	}
	o.user("fay", "analyst")
	var opens, watches run
	fay := o.as("fay")
	o.ask(fay, "/api/v1/investigations", `{"indicators":["new.example"],"tlp":"AMBER","offline":true}`, &opens)
	var saved struct{ ID, Case string }
	o.ask(fay, "/api/v1/watches", fmt.Sprintf(`{"name":"of-fay","case":%q,"schedule":"every 6h"}`, o.openCase("watched.example")), &saved)
	o.ask(fay, "/api/v1/watches/of-fay/run", `{}`, &watches)
	for i := range losses {
		l := &losses[i]
		l.loses(l.id)
		l.events = o.eventsOf(l.id)
	}
	console("user", "disable", "fay")("")

	watched := o.eventsOf(saved.Case)
	worker := o.desk.Start(o, "worker", "--log-level", "info")
	defer worker.Kill()
	for _, l := range losses {
		o.refused(l.job, l.user, l.why)
		if n := o.eventsOf(l.id); n != l.events {
			o.Errorf("%s: %d events in the record, %d before", l.user, n, l.events)
		}
	}
	o.refused(opens.ID, "fay", "the account was disabled")
	if said := o.home.Run(o, "case", "show", opens.Case); said.Code == 0 {
		o.Errorf("the case was opened: %s", said.Out)
	}
	o.refused(watches.ID, "fay", "the account was disabled")
	if shown := o.home.Must(o, nil, "watch", "show", "of-fay"); !strings.Contains(shown, "failed: refused: fay") {
		o.Errorf("the watch does not say why its run failed: %s", shown)
	}
	if n := o.eventsOf(saved.Case); n != watched+1 { // that the watch failed, which clew itself says
		o.Errorf("the watch wrote into its case: %d events, %d before", n, watched)
	}
	if n := o.provider.count(); n != 0 {
		o.Errorf("%d questions were asked", n)
	}
	if o.Failed() {
		o.Logf("the worker says:\n%.6000s", worker.Words())
	}
}

// whileItRuns takes rights away while questions are under way: none is asked after.
func (o *office) whileItRuns() {
	o.user("gus", "analyst")
	gus := o.as("gus")
	id := o.openCase("of-gus.example")
	worker := o.desk.Start(o, "worker", "--log-level", "info")
	defer worker.Kill()
	var fine, cut run
	body := fmt.Sprintf(`{"case":%q,"budget":["0"]}`, id)
	letGo := o.provider.hold()
	defer letGo()
	o.ask(gus, "/api/v1/investigations", body, &cut)
	asked := o.settled()
	o.home.Must(o, nil, "user", "disable", "gus")
	before := o.eventsOf(id)
	time.Sleep(100 * time.Millisecond)
	letGo()
	o.refused(cut.ID, "gus", "the account was disabled")
	if n := o.provider.count(); asked == 0 || n != asked {
		o.Errorf("%d questions before the user was disabled, %d in the end", asked, n)
	}
	if n := o.eventsOf(id); n != before {
		o.Errorf("%d events in the record, %d before the user was disabled", n, before)
	}

	o.home.Must(o, nil, "user", "enable", "gus")
	o.ask(o.as("gus"), "/api/v1/investigations", body, &fine)
	if j := o.ended(fine.ID); j.State != "complete" || j.Actor != "gus" || o.provider.count() == asked {
		o.Errorf("with all rights: %+v, %d questions\n%.4000s", j, o.provider.count()-asked, worker.Words())
	}
}

// settled waits until questions have come and no more do.
func (o *office) settled() int {
	o.Helper()
	last, since := o.provider.count(), time.Now()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if n := o.provider.count(); n != last {
			last, since = n, time.Now()
		}
		if last > 0 && time.Since(since) > 1500*time.Millisecond {
			return last
		}
	}
	o.Fatal("nothing is asked")
	return 0
}

// byTheServer takes rights away from a user whose job the server does itself, and has
// it done by one without accounts as well.
func (o *office) byTheServer() {
	for _, args := range [][]string{{"--accounts"}, nil} {
		name := fmt.Sprint("hal", len(args))
		o.user(name, "analyst")
		id := o.openCase(name + ".example")
		var r run
		o.ask(o.as(name), "/api/v1/investigations", fmt.Sprintf(`{"case":%q,"budget":["0"]}`, id), &r)
		o.home.Must(o, nil, "user", "disable", name)
		asked, before := o.provider.count(), o.eventsOf(id)
		if err := o.server.Stop(30 * time.Second); err != nil {
			o.Error(err)
		}
		own := o.home.Serve(o, args...)
		j := o.ended(r.ID)
		if err := own.Stop(30 * time.Second); err != nil {
			o.Error(err)
		}
		o.server = o.home.Serve(o, "--accounts", "--no-work")
		o.refused(r.ID, name, "the account was disabled")
		if n, events := o.provider.count(), o.eventsOf(id); n != asked || events != before {
			o.Errorf("%+v: %d questions and %d events, %d and %d before", j, n, events, asked, before)
		}
	}
}
