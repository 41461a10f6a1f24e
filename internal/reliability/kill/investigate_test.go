package kill

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/reliability/clewtest"
)

// A paid provider answers each question the same each time, and counts how often
// it was asked.
type paid struct {
	mu    sync.Mutex
	asked map[string]int // guarded by mu
}

func (p *paid) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	value, err := url.PathUnescape(filepath.Base(r.URL.EscapedPath()))
	if err != nil || filepath.Dir(r.URL.Path) != "/api.acme.example/records" {
		http.NotFound(w, r) // to the other sources, which may take it for an error and ask again
		return
	}
	p.mu.Lock()
	p.asked[r.URL.Path]++
	p.mu.Unlock()
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(value))
	address := fmt.Sprintf("203.0.113.%d", sum.Sum32()%50+1)
	_ = json.NewEncoder(w).Encode(map[string]any{"records": []any{map[string]any{"name": value, "type": "A", "data": address, "first": 1735689600, "last": 1751328000}}}) // who asked may be killed
}

// again counts the requests beyond the first of each question.
func (p *paid) again() (again, questions int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.asked {
		again += n - 1
	}
	return again, len(p.asked)
}

// mostUnderWay is how many questions of one run may be under way when it is
// killed: their answers are lost with it, and they are asked again.
const mostUnderWay = 24

// asking is a place with a world in its corpus and a paid provider for it.
func asking(t *testing.T) (*clewtest.Home, *paid, []string) {
	t.Helper()
	h, p := clewtest.NewHome(t), &paid{asked: map[string]int{}}
	world, seeds := world(t, h)
	imported(t, h, world)
	h.Write(t, filepath.Join("config", "sources", "acme.yaml"), clewtest.OwnSource)
	clewtest.NewProvider(t, p).Asks(t, h, "24h", "")
	return h, p, seeds
}

// concluded is what a case came to.
type concluded struct {
	Findings []struct {
		Kind, Value, Band string
		Confidence        int
	}
	Pivots []struct{ Method, Kind, Value, State string }
}

func conclusion(t *testing.T, h *clewtest.Home, id string) concluded {
	t.Helper()
	return decode[concluded](t, h.Must(t, nil, "case", "show", id, "--json"))
}

// TestInvestigate kills investigations up to four times each, while they ask,
// weigh and write.
func TestInvestigate(t *testing.T) {
	kills := kills(t)
	h, asked, seeds := asking(t)
	undisturbed, askedOnce, _ := asking(t)
	s := newStriker(h, 4)
	for n := 0; !s.enough(kills) && n < len(seeds); n++ {
		seed := seeds[n]
		// clew opens no case on a reserved name with questions, but goes on with one.
		s.strike(t, "investigate", seed, "--offline", "--json")
		if caseOf(t, h, seed) == "" {
			h.Must(t, []int{0, exitPartial}, "investigate", seed, "--offline")
		}
		id := caseOf(t, h, seed)
		verified(t, h, id)
		command := []string{"investigate", "--case", id, "--budget", "0", "--json"}
		said, killed := "", true
		for struck := 0; killed && struck <= n%4; struck++ {
			said, killed = s.strike(t, command...)
			verified(t, h, id)
		}
		if killed {
			said = s.again(t, command...)
		}
		heldTo(t, said, conclusion(t, h, id))
		verified(t, h, id)

		undisturbed.Must(t, []int{0, exitPartial}, "investigate", seed, "--offline")
		other := caseOf(t, undisturbed, seed)
		undisturbed.Must(t, []int{0, exitPartial}, "investigate", "--case", other, "--budget", "0")
		if diff := cmp.Diff(conclusion(t, undisturbed, other), conclusion(t, h, id)); diff != "" {
			t.Errorf("%s (-undisturbed +killed):\n%s", seed, diff)
		}
	}
	again, questions := asked.again()
	first, same := askedOnce.again()
	if again > s.kills*mostUnderWay || first > 0 || questions != same {
		t.Errorf("%d questions, %d requests beyond the first of each, at most %d may be under way at each of %d kills; undisturbed: %d questions, %d beyond",
			questions, again, mostUnderWay, s.kills, same, first)
	}
	t.Logf("%d questions, asked again after a kill: %d; undisturbed %d questions", questions, again, same)
	s.tell(t, "investigate")
}

// heldTo holds the record to the document that a run printed when it ended.
func heldTo(t *testing.T, said string, c concluded) {
	t.Helper()
	if diff := cmp.Diff(decode[concluded](t, said), c); diff != "" {
		t.Errorf("what was printed is not what is in the record (-printed +record):\n%s", diff)
	}
}
