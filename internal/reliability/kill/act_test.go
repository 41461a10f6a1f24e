package kill

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/reliability/clewtest"
)

// steps take the actions of a case from nothing to a list that a resolver loads.
var steps = [][]string{
	{"propose"},
	{"approve", "--band", "high", "--reason", "the shift lead agrees"},
	{"apply", "--band", "high", "--reason", "serial 7"},
	{"revoke", "--kind", "ip", "--reason", "a customer is there"},
}

// An acted is one change of one action.
type acted struct{ Kind, Value, State, Action string }

// TestAct kills each step of acting, and the export of a block list after each.
func TestAct(t *testing.T) {
	kills := kills(t)
	h, undisturbed := clewtest.NewHome(t), clewtest.NewHome(t)
	world, seeds := world(t, h)
	imported(t, h, world)
	imported(t, undisturbed, world)
	s := newStriker(h, 2)
	for n := 0; !s.enough(kills); n++ {
		seed := seeds[n%len(seeds)]
		h.Must(t, []int{0, exitPartial}, "investigate", seed, "--offline")
		undisturbed.Must(t, []int{0, exitPartial}, "investigate", seed, "--offline")
		id, other := caseOf(t, h, seed), caseOf(t, undisturbed, seed)
		for _, step := range steps {
			command := append([]string{"act", id}, step...)
			before := len(actedOf(t, h, id))
			said, _ := s.strike(t, command...)
			verified(t, h, id)
			if promised := changes(said); promised > 0 && len(actedOf(t, h, id))-before != promised {
				t.Errorf("%v acknowledged %d changes, the record has %d more", step, promised, len(actedOf(t, h, id))-before)
			}
			s.again(t, command...)
			undisturbed.Must(t, nil, append([]string{"act", other}, step...)...)
			exported(t, s, undisturbed, id, other)
		}
		checkActed(t, actedOf(t, undisturbed, other), actedOf(t, h, id))
	}
	s.tell(t, "act")
}

// changes reads "CASE: 12 changes, recorded", which act prints once it is done.
func changes(said string) int {
	m := regexp.MustCompile(`: (\d+) changes?, recorded`).FindStringSubmatch(said)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

func actedOf(t *testing.T, h *clewtest.Home, id string) (list []acted) {
	t.Helper()
	for _, e := range eventsOf(t, h, id) {
		if e.Type != "acted" {
			continue
		}
		var data struct {
			About  struct{ Kind, Value string }
			Action struct{ State, Kind string }
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		list = append(list, acted{data.About.Kind, data.About.Value, data.Action.State, data.Action.Kind})
	}
	return list
}

// checkActed holds a record that was disturbed to one that was not: the same
// actions, each once.
func checkActed(t *testing.T, want, got []acted) {
	t.Helper()
	times := map[acted]int{}
	for _, a := range got {
		if times[a]++; times[a] > 1 {
			t.Errorf("recorded %d times: %+v", times[a], a)
		}
	}
	seen := map[acted]int{}
	for _, a := range want {
		seen[a]++
	}
	if diff := cmp.Diff(seen, times); diff != "" {
		t.Errorf("actions (-undisturbed +killed):\n%s", diff)
	}
}

var comments = regexp.MustCompile(`(?m)^[;#].*$|\d{10} ; serial`)

// exported kills the writing of a block list: what lies under its name is whole,
// the list of before or the new one.
func exported(t *testing.T, s *striker, undisturbed *clewtest.Home, id, other string) {
	t.Helper()
	path := filepath.Join(s.home.Dir, id+".txt")
	before, _ := os.ReadFile(path) // none at first
	command := []string{"export", "edl-domain", id, "-o", path}
	s.strike(t, command...)
	struck, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	s.again(t, command...)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(struck) != string(before) && string(struck) != string(after) {
		t.Errorf("half a list lies under its name: %d bytes, %d before, %d after", len(struck), len(before), len(after))
	}
	whole := filepath.Join(undisturbed.Dir, "whole.txt")
	undisturbed.Must(t, nil, "export", "edl-domain", other, "-o", whole)
	want, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(comments.ReplaceAllString(string(want), ""), comments.ReplaceAllString(string(after), "")); diff != "" {
		t.Error(fmt.Sprintf("list of case %s", id), diff)
	}
}
