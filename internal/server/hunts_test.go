package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// mostHunts is how many ended hunts the store keeps.
const mostHunts = 20

// TestHuntsAreBounded: hits beyond the most that are kept are counted, hunts
// beyond the most that are kept are forgotten with their hits.
func TestHuntsAreBounded(t *testing.T) {
	base, stop := served(t, waitingCore(t))
	hunts := base + "/api/v1/hunts"
	var first, hunt Hunt
	for i := range mostHunts + 2 {
		status, text := ask(t, "POST", hunts, `{"logs":["/var/log"],"indicators":["evil.example"]}`)
		if err := json.Unmarshal([]byte(text), &hunt); err != nil || status != http.StatusAccepted {
			t.Fatalf("%d %s", status, text)
		}
		if i == 0 {
			first = hunt
		}
		_, events := ask(t, "GET", hunts+"/"+hunt.ID+"/events", "")
		want := fmt.Sprintf(`"hits":%d,"kept":%d`, mostHits+6, mostHits)
		if !strings.Contains(events, `"state":"complete"`) || !strings.Contains(events, want) {
			t.Fatalf("%s is not in %.2000s", want, events[strings.LastIndex(events, "data:"):])
		}
	}
	if status, _ := ask(t, "GET", hunts+"/"+first.ID+"/hits", ""); status != http.StatusNotFound {
		t.Errorf("a forgotten hunt: %d", status)
	}
	if status, text := ask(t, "GET", hunts+"/"+hunt.ID+"/hits?limit=1000&verdict=hit", ""); status != http.StatusOK || !strings.Contains(text, fmt.Sprintf(`"total":%d`, mostHits)) {
		t.Errorf("%d %.300s", status, text)
	}
	if status, text := ask(t, "GET", hunts+"/"+hunt.ID, ""); status != http.StatusOK || !strings.Contains(text, `"places":[{"where":"/var/log"`) {
		t.Errorf("%d %.300s", status, text)
	}
	if status, text := ask(t, "POST", hunts+"/queries", `{"siem":["elk"],"indicators":["evil.example"]}`); status != http.StatusOK || !strings.Contains(text, "dns.question.name") {
		t.Errorf("%d %s", status, text)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestHuntIsCancelled by its client, and by the end of the server.
func TestHuntIsCancelled(t *testing.T) {
	base, stop := served(t, waitingCore(t))
	hunts := base + "/api/v1/hunts"
	start := func() (hunt Hunt) {
		t.Helper()
		_, text := ask(t, "POST", hunts, `{"logs":["/var/log"],"indicators":["evil.example"],"since":"2026-01-01"}`)
		if err := json.Unmarshal([]byte(text), &hunt); err != nil {
			t.Fatal(err)
		}
		return hunt
	}
	hunt := start()
	if status, _ := ask(t, "POST", hunts+"/"+hunt.ID+"/cancel", ""); status != http.StatusOK {
		t.Errorf("cancel: %d", status)
	}
	if _, events := ask(t, "GET", hunts+"/"+hunt.ID+"/events", ""); !strings.Contains(events, `"state":"interrupted"`) {
		t.Errorf("after the cancel: %s", events)
	}
	hunt = start()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, text := ask(t, "GET", hunts+"/"+hunt.ID, ""); strings.Contains(text, `"state":"running"`) {
			break
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the server waits for a hunt that never ends")
	}
}
