package kill

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"clew/internal/reliability/clewtest"
)

// A deadly recipient takes messages, and kills who handed it one: before it answers or
// after, in turn.
type deadly struct {
	mu       sync.Mutex
	got      []string // guarded by mu, the IDs of the messages
	kill     func()   // guarded by mu; nil lets live
	answered bool     // guarded by mu; whether the next is killed after the answer
}

func (d *deadly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message struct{ ID string }
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || json.Unmarshal(body, &message) != nil || message.ID == "" || r.Header.Get("Webhook-Id") != "" && r.Header.Get("Webhook-Id") != message.ID {
		message.ID = "not understood: " + string(body)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got = append(d.got, message.ID)
	if d.kill == nil {
		return
	}
	if d.answered {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush() // who asked is killed either way
	}
	d.answered = !d.answered
	d.kill()
}

// mortal arms the recipient, and returns what it was told since.
func (d *deadly) mortal(kill func()) (got []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	got, d.got, d.kill = d.got, nil, kill
	return got
}

// start starts who tells the recipient; nobody is killed before they run.
func (d *deadly) start(cmd *exec.Cmd) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return cmd.Start()
}

// TestEscalate kills clew while a recipient has the message and the record does not
// say so yet: it goes out again under the same ID, and nothing else does.
func TestEscalate(t *testing.T) {
	kills := kills(t)
	desk := &deadly{}
	server := httptest.NewTLSServer(desk)
	t.Cleanup(server.Close)
	h := clewtest.NewHome(t)
	h.Must(t, nil, "demo", "--dir", filepath.Join(h.Dir, "demo"))
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	h.Env = append(h.Env, "CLEW_DATA="+filepath.Join(h.Dir, "demo", "data"), "SSL_CERT_FILE="+h.Write(t, "root.pem", string(root)), "CLEW_KEY_DESK=a secret of the team")
	h.Write(t, filepath.Join("config", "config.yaml"), fmt.Sprintf("escalation: {organisation: {terms: [lumapost]}, to: [{name: desk, kind: webhook, url: '%s/hook', private: true}]}\n", server.URL))
	list := decode[struct{ Cases []struct{ ID string } }](t, h.Must(t, nil, "case", "list", "--json"))
	if len(list.Cases) == 0 {
		t.Fatal("the demonstration has no case")
	}
	id := list.Cases[0].ID
	died, again := 0, map[string]int{}
	for died < kills {
		cmd := h.Command("escalate", id)
		desk.mortal(func() { _ = cmd.Process.Kill() })
		if err := desk.start(cmd); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatalf("nobody was told after %d kills", died)
		}
		got := desk.mortal(nil)
		if len(got) != 1 {
			t.Fatalf("told %q before it was killed", got)
		}
		if died++; recorded(t, h, id)[got[0]] == 0 {
			again[got[0]]++
		} else { // the answer was faster than the signal: the next would be told of nothing
			break
		}
		verified(t, h, id)
	}
	h.Must(t, nil, "escalate", id)
	last := desk.mortal(nil)
	h.Must(t, nil, "escalate", id)
	if got := desk.mortal(nil); len(got) > 0 {
		t.Errorf("told although the record has it: %q", got)
	}
	told := map[string]int{}
	for _, one := range last {
		told[one]++
	}
	escalated := 0
	for _, e := range eventsOf(t, h, id) {
		if e.Type == "escalated" {
			escalated++
		}
	}
	sent := recorded(t, h, id)
	for one, times := range sent {
		if times != 1 {
			t.Errorf("%s is recorded as sent %d times", one, times)
		}
	}
	for one := range again {
		if told[one] != 1 {
			t.Errorf("%s was handed over %d times after the last kill, want once more", one, told[one])
		}
	}
	if len(sent) != escalated || escalated == 0 {
		t.Errorf("%d escalations in the record, %d sent", escalated, len(sent))
	}
	verified(t, h, id)
	t.Logf("escalate: %d kills while it was handed over, %d messages under %d IDs went out again, none else", died, died, len(again))
}

// recorded counts by ID how often the record says that the desk took an escalation.
func recorded(t *testing.T, h *clewtest.Home, id string) map[string]int {
	t.Helper()
	sent := map[string]int{}
	for _, e := range eventsOf(t, h, id) {
		if e.Type != "delivered" {
			continue
		}
		var data struct{ ID, State string }
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		if data.State == "sent" {
			sent[data.ID]++
		}
	}
	return sent
}
