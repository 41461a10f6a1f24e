// Package powercut records what the real clew writes, syncs and renames, and lets
// it open what a disk may hold when power is cut at any of these moments: what was
// not synced is lost, empty, zeros, or there in parts.
package powercut

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"clew/internal/reliability/clewtest"
)

func TestMain(m *testing.M) { os.Exit(clewtest.Main(m)) }

// cutsVariable says how many cuts of each command are tried; few by default.
const cutsVariable = "CLEW_CUTS"

func mostCuts() int {
	n, err := strconv.Atoi(os.Getenv(cutsVariable))
	if err != nil {
		return 10
	}
	return n
}

// A scenario is a command, and what must hold whenever power is cut in it.
type scenario struct {
	prepare func(t *testing.T, h *clewtest.Home) (args []string)
	// check looks at what is left. said is what the command had printed, ended
	// whether it had come to its end: both are promises.
	check func(t *testing.T, h *clewtest.Home, said string, ended bool)
}

// A moment is after the first so many operations, and a way to cut there.
type moment struct {
	after int
	how   way
}

// moments are those around each sync, each change of names and each line that was
// printed, in every way, and always the end; at most so many, drawn from all.
func moments(ops []op, most int, random *rand.Rand) (list []moment) {
	var after []int
	for i, o := range ops {
		if o.call != "write" && o.call != "truncate" {
			after = append(after, i, i+1)
		}
	}
	slices.Sort(after)
	for _, n := range slices.Compact(after) {
		for _, how := range ways {
			if n < len(ops) {
				list = append(list, moment{n, how})
			}
		}
	}
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	list = list[:min(len(list), max(most-len(ways), 0))]
	for _, how := range ways {
		list = append(list, moment{len(ops), how})
	}
	return list
}

func (s scenario) run(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	if err := exec.Command("strace", "-o", "/dev/null", "true").Run(); err != nil {
		t.Skipf("strace does not run here: %v: apt-get install strace", err)
	}
	h := clewtest.HomeAt(t, filepath.Join(t.TempDir(), "home"))
	args := s.prepare(t, h)
	before, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(before, "home"), os.DirFS(h.Dir)); err != nil {
		t.Fatal(err)
	}
	ops := traced(t, h, args...)
	random := rand.New(rand.NewPCG(20261127, uint64(len(args))))
	list := moments(ops, mostCuts(), random)
	for _, m := range list {
		s.cut(t, h, filepath.Join(before, "home"), ops, m, random)
		if t.Failed() {
			break // what follows would mostly say the same
		}
	}
	t.Logf("%s: %d operations, %d cuts", args[0], len(ops), len(list))
}

// cut brings the disk to a moment, cuts, and checks what is left.
func (s scenario) cut(t *testing.T, h *clewtest.Home, before string, ops []op, m moment, random *rand.Rand) {
	t.Helper()
	if err := os.RemoveAll(h.Dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(h.Dir, os.DirFS(before)); err != nil {
		t.Fatal(err)
	}
	d, err := readDisk(h.Dir)
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, o := range ops[:m.after] {
		if o.call == "said" {
			said += string(o.data)
		}
		d.do(o)
	}
	if err := os.RemoveAll(h.Dir); err != nil {
		t.Fatal(err)
	}
	if err := d.cut(m.how, random); err != nil {
		t.Fatal(err)
	}
	t.Run(fmt.Sprintf("after_%d_of_%d_%s", m.after, len(ops), m.how), func(t *testing.T) {
		s.check(t, h, said, m.after == len(ops))
		if t.Failed() && m.after > 0 {
			t.Logf("the last operations before the cut: %s", tail(ops[:m.after]))
		}
	})
}

// tail names the last operations, for who reads a failure.
func tail(ops []op) string {
	var b strings.Builder
	for _, o := range ops[max(0, len(ops)-8):] {
		fmt.Fprintf(&b, "\n%s %s %s %d bytes", o.call, o.path, o.to, len(o.data))
	}
	return b.String()
}

// decode reads one JSON document.
func decode[T any](t *testing.T, text string) (one T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &one); err != nil {
		t.Fatalf("%v in %.300q", err, text)
	}
	return one
}

// outside writes a file that the cut does not touch.
func outside(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// passiveDNS is a file in which names share addresses.
func passiveDNS(round, rows int) string {
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, `{"rrname":"n%d-shop.example","rrtype":"A","rdata":"198.51.100.%d","time_first":%d,"time_last":1750000000}`+"\n", i%400, i%40, 1700000000+round)
	}
	return b.String()
}
