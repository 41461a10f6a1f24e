package kill

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/reliability/clewtest"
)

// An acknowledged thing is what the API answered with success.
type acknowledged struct {
	mu      sync.Mutex
	events  map[string][]event // guarded by mu, by case
	imports []string           // guarded by mu, names of those that were said to be complete
	changes map[string]int     // guarded by mu, of actions, by case
	answers int                // guarded by mu
	refused []string           // guarded by mu, answers that a client does not expect
}

// client works against one server until it is killed.
type client struct {
	server *clewtest.Server
	random *rand.Rand
	cases  []string
	seeds  []string
	round  int
	acked  *acknowledged
}

// do asks; false means no answer came, which a kill explains.
func (c *client) do(ctx context.Context, method, path, body, contentType string, out any) bool {
	answer, err := c.server.Do(ctx, method, path, []byte(body), contentType)
	if err != nil {
		return false
	}
	c.acked.mu.Lock()
	defer c.acked.mu.Unlock()
	c.acked.answers++
	switch {
	case answer.Status == 409 || answer.Status == 429: // it is busy
		return false
	case answer.Status >= 300:
		c.acked.refused = append(c.acked.refused, fmt.Sprintf("%s %s: %d %.200s", method, path, answer.Status, answer.Body))
		return false
	}
	return out == nil || json.Unmarshal(answer.Body, out) == nil
}

func (c *client) post(ctx context.Context, path, body string, out any) bool {
	return c.do(ctx, "POST", path, body, "application/json", out)
}

// work does one thing after the other.
func (c *client) work(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		id := c.cases[c.random.IntN(len(c.cases))]
		path := "/api/v1/cases/" + id
		switch c.random.IntN(8) {
		case 0, 1, 2:
			var e event
			if c.post(ctx, path+"/notes", fmt.Sprintf(`{"text":"note %d of round %d"}`, n, c.round), &e) {
				c.keep(id, e)
			}
		case 3:
			var e event
			if c.post(ctx, path+"/tags", fmt.Sprintf(`{"add":["round-%d-%d"]}`, c.round, n), &e) {
				c.keep(id, e)
			}
		case 4:
			verbs := []string{`{"verb":"propose"}`, `{"verb":"approve","bands":["high"],"reason":"x"}`, `{"verb":"apply","bands":["high"],"reason":"x"}`, `{"verb":"revoke","bands":["high"],"reason":"x"}`}
			var acted struct{ Changes int }
			if c.post(ctx, path+"/actions", verbs[c.random.IntN(len(verbs))], &acted) {
				c.acked.mu.Lock()
				c.acked.changes[id] += acted.Changes
				c.acked.mu.Unlock()
			}
		case 5:
			c.imports(ctx, n)
		case 6:
			var run struct{ ID string }
			if c.post(ctx, "/api/v1/investigations", fmt.Sprintf(`{"case":%q,"offline":true}`, id), &run) {
				c.ended(ctx, run.ID)
			}
		default:
			c.do(ctx, "GET", path+"/findings?limit=20", "", "", nil)
		}
	}
}

func (c *client) keep(id string, e event) {
	c.acked.mu.Lock()
	defer c.acked.mu.Unlock()
	c.acked.events[id] = append(c.acked.events[id], e)
}

// imports uploads a file; it is acknowledged when its run is complete.
func (c *client) imports(ctx context.Context, n int) {
	name := fmt.Sprintf("upload-%d-%d-%d", c.round, n, c.random.IntN(1_000_000))
	var body strings.Builder
	for i := range 200 {
		body.WriteString(cof(fmt.Sprintf("%s-%d.shop.example", name, i), "198.51.100.7", 1700000000, 1750000000) + "\n")
	}
	var run struct{ ID string }
	if !c.do(ctx, "POST", "/api/v1/imports/upload?format=cof&name="+name, body.String(), "application/octet-stream", &run) {
		return
	}
	if c.ended(ctx, run.ID) {
		c.acked.mu.Lock()
		c.acked.imports = append(c.acked.imports, name)
		c.acked.mu.Unlock()
	}
}

// ended follows a run; true when it was said to be complete.
func (c *client) ended(ctx context.Context, run string) bool {
	stream, err := c.server.Open(ctx, "GET", "/api/v1/investigations/"+run+"/events", nil, "")
	if err != nil {
		return false
	}
	defer stream.Body.Close() //nolint:errcheck // read to its end
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		return false
	}
	var r struct{ State string }
	return c.do(ctx, "GET", "/api/v1/investigations/"+run, "", "", &r) && r.State == "complete"
}

// TestServe kills a server that three clients work with, and starts it again on
// what it left.
func TestServe(t *testing.T) {
	kills := kills(t)
	h := clewtest.NewHome(t)
	world, seeds := world(t, h)
	imported(t, h, world)
	var cases []string
	for _, seed := range seeds[:3] {
		h.Must(t, []int{0, exitPartial}, "investigate", seed, "--offline")
		cases = append(cases, caseOf(t, h, seed))
	}
	random := moments(5)
	acked := &acknowledged{events: map[string][]event{}, changes: map[string]int{}}
	for round := range kills {
		server := h.Serve(t, "--offline")
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 3 {
			c := &client{server, rand.New(rand.NewPCG(random.Uint64(), 5)), cases, seeds, round, acked}
			group.Go(func() { c.work(ctx) })
		}
		time.Sleep(time.Duration(random.Int64N(int64(1500 * time.Millisecond))))
		server.Kill()
		cancel()
		group.Wait()
		checkServed(t, h, cases, acked, round == kills-1 || round%10 == 9)
	}
	if acked.answers == 0 {
		t.Error("no answer came before any kill")
	}
	for _, refused := range acked.refused {
		t.Errorf("refused: %s", refused)
	}
	t.Logf("serve: %d kills, %d answers before them, %d imports", kills, acked.answers, len(acked.imports))
}

// checkServed holds what lies there to all that was ever acknowledged.
func checkServed(t *testing.T, h *clewtest.Home, cases []string, acked *acknowledged, all bool) {
	t.Helper()
	for _, id := range cases {
		verified(t, h, id)
		there := eventsOf(t, h, id)
		for _, e := range acked.events[id] {
			if e.Seq < 1 || e.Seq > len(there) || there[e.Seq-1].Hash != e.Hash {
				t.Errorf("case %s: event %d %s was acknowledged, and is not there", id, e.Seq, e.Hash)
			}
		}
		n := 0
		for _, e := range there {
			if e.Type == "acted" {
				n++
			}
		}
		if n < acked.changes[id] {
			t.Errorf("case %s: %d changes of actions were acknowledged, %d are there", id, acked.changes[id], n)
		}
		checkOrder(t, actedOf(t, h, id))
	}
	if !all {
		return
	}
	there := imports(t, h)
	for _, name := range acked.imports {
		if !slices.ContainsFunc(there, func(i importLine) bool { return i.Name == name }) {
			t.Errorf("import %s was acknowledged, and is not there", name)
		}
	}
}

// checkOrder holds the actions of a case to their life: none is in a state twice in
// a row.
func checkOrder(t *testing.T, list []acted) {
	t.Helper()
	last := map[[2]string]acted{}
	for _, a := range list {
		about := [2]string{a.Kind, a.Value}
		if last[about] == a {
			t.Errorf("recorded twice in a row: %+v", a)
		}
		last[about] = a
	}
}
