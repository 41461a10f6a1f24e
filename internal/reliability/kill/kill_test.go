// Package kill ends the real clew with SIGKILL at random moments of its work, and
// holds what it left to what was acknowledged: all of it is there, nothing was done
// twice, the record verifies, and the same command again comes to what an undisturbed
// run comes to.
package kill

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"clew/internal/reliability/clewtest"
)

func TestMain(m *testing.M) { os.Exit(clewtest.Main(m)) }

// killsVariable says how often each command is killed; few by default.
const killsVariable = "CLEW_KILLS"

// kills is how often each command is killed.
func kills(t *testing.T) int {
	t.Helper()
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	n, err := strconv.Atoi(os.Getenv(killsVariable))
	if err != nil {
		return 4
	}
	return n
}

// moments draws the moments of one test, the same in every run.
func moments(test uint64) *rand.Rand { return rand.New(rand.NewPCG(20261127, test)) }

// A striker starts commands and kills them within a span that follows how long
// they take undisturbed.
type striker struct {
	home   *clewtest.Home
	random *rand.Rand
	kills  int // that hit a process which had not ended
	missed int // moments that came after its end
	span   time.Duration
}

// firstSpan is within what the first command is killed, before it is known how
// long one takes.
const firstSpan = time.Second

func newStriker(h *clewtest.Home, test uint64) *striker {
	return &striker{home: h, random: moments(test), span: firstSpan}
}

// strike runs a command and kills it at a random moment. It returns what was
// printed until then, and whether the moment came before its end.
func (s *striker) strike(t *testing.T, args ...string) (said string, killed bool) {
	t.Helper()
	var out, words bytes.Buffer
	cmd := s.home.Command(args...)
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	timer := time.AfterFunc(time.Duration(s.random.Int64N(int64(s.span)+1)), func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	timer.Stop()
	code := cmd.ProcessState.ExitCode()
	switch {
	case code < 0:
		s.kills++
		return out.String(), true
	case code > 0 && code != exitPartial:
		t.Errorf("clew %s: %v\n%s", strings.Join(args, " "), err, words.String())
	}
	s.missed++
	s.learn(time.Since(began))
	return out.String(), false
}

// exitPartial is the code of a run that did its work with parts missing, and
// exitNotSeen that of a search that found nothing.
const (
	exitPartial = 3
	exitNotSeen = 4
)

// again runs the same command to its end, and learns how long it takes: later
// moments lie within that.
func (s *striker) again(t *testing.T, args ...string) string {
	t.Helper()
	began := time.Now()
	said := s.home.Must(t, []int{0, exitPartial}, args...)
	s.learn(time.Since(began))
	return said
}

// learn lets the moments lie within what commands take now. What was struck before
// has done a part of its work, so the span shrinks slowly.
func (s *striker) learn(took time.Duration) {
	s.span = max(took, s.span*3/4, 20*time.Millisecond)
}

// tell logs the figures that docs/reliability.md holds.
func (s *striker) tell(t *testing.T, what string) {
	t.Helper()
	t.Logf("%s: %d kills, %d moments after the end", what, s.kills, s.missed)
}

// enough reports whether the command was killed so often, or cannot be.
func (s *striker) enough(kills int) bool { return s.kills >= kills || s.missed > 4*kills+20 }

// lines decodes JSON Lines, the last of which may have been cut off.
func lines[T any](t *testing.T, text string) (list []T) {
	t.Helper()
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		var one T
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		list = append(list, one)
	}
	return list
}

// decode reads one JSON document.
func decode[T any](t *testing.T, text string) (one T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &one); err != nil {
		t.Fatalf("%v in %.300q", err, text)
	}
	return one
}

// world returns a folder of import files and the names of planted operators.
func world(t *testing.T, h *clewtest.Home) (dir string, names []string) {
	t.Helper()
	dir = filepath.Join(h.Dir, "world")
	h.Must(t, nil, "world", dir, "--size", "10k", "--seed", "3")
	text, err := os.ReadFile(filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, truth := range lines[struct{ Kind, Value string }](t, string(text)) {
		if truth.Kind == "domain" {
			names = append(names, truth.Value)
		}
	}
	return dir, names
}

// imported brings a world into the corpus of a place.
func imported(t *testing.T, h *clewtest.Home, world string) {
	t.Helper()
	h.Must(t, nil, "import", "cof", filepath.Join(world, "pdns.cof.ndjson"))
	for _, name := range []string{"whois.csv", "certificates.jsonl", "web.jsonl"} {
		mapping, _, _ := strings.Cut(name, ".")
		h.Must(t, nil, "import", "mapped", "--mapping", filepath.Join(world, "mapping", mapping+".yaml"), filepath.Join(world, name))
	}
}

// verified holds the record of a case to its own hashes.
func verified(t *testing.T, h *clewtest.Home, id string) {
	t.Helper()
	v := decode[struct {
		Events   int
		Problems []string
	}](t, h.Must(t, nil, "case", "verify", id, "--json"))
	if len(v.Problems) > 0 || v.Events == 0 {
		t.Errorf("case %s: %d events, problems %q", id, v.Events, v.Problems)
	}
}

// caseOf returns the case that a seed opened, "" when there is none.
func caseOf(t *testing.T, h *clewtest.Home, seed string) string {
	t.Helper()
	list := decode[struct {
		Cases []struct {
			ID    string
			Seeds []struct{ Value string }
		}
	}](t, h.Must(t, nil, "case", "list", "--json"))
	for _, c := range list.Cases {
		for _, s := range c.Seeds {
			if s.Value == seed {
				return c.ID
			}
		}
	}
	return ""
}

// event is a line of a record.
type event struct {
	Seq  int
	Type string
	Hash string
	Data json.RawMessage
}

func eventsOf(t *testing.T, h *clewtest.Home, id string) []event {
	t.Helper()
	return lines[event](t, h.Must(t, nil, "case", "log", id, "--json"))
}

// rows writes a file of passive DNS.
func rows(t *testing.T, h *clewtest.Home, name string, n int, row func(i int) string) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		b.WriteString(row(i) + "\n")
	}
	return h.Write(t, name, b.String())
}

func cof(name, address string, first, last int) string {
	return fmt.Sprintf(`{"rrname":%q,"rrtype":"A","rdata":%q,"time_first":%d,"time_last":%d}`, name, address, first, last)
}
