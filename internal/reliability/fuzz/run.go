package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A result is what came of a target.
type result struct {
	Lasted  time.Duration
	Used    time.Duration // of processors, by the fuzzer and its worker
	Tried   int64         // inputs
	New     int64         // inputs that reached code which none before them had reached
	Corpus  int64         // inputs that are tried first from now on
	Broken  bool          // the last time
	Because string        // it ended before its time, one line
}

func (r result) String() string {
	if r.Broken {
		return fmt.Sprintf("BROKEN after %d inputs in %s: %s", r.Tried, r.Lasted.Round(time.Second), r.Because)
	}
	text := fmt.Sprintf("%d inputs in %s (%s of a processor), %d of them reached new code, %d kept", r.Tried, r.Lasted.Round(time.Second), r.Used.Round(time.Second), r.New, r.Corpus)
	if r.Because != "" {
		text += "; " + r.Because
	}
	return text
}

// add returns what two runs of the same target come to.
func (r result) add(next result) result {
	return result{r.Lasted + next.Lasted, r.Used + next.Used, r.Tried + next.Tried, r.New + next.New, max(r.Corpus, next.Corpus), next.Broken, next.Because}
}

// stopWithin is how long the fuzzer may take to end once it was asked to.
const stopWithin = 30 * time.Second

// run fuzzes one target, from the root of the module; cache is where Go keeps inputs
// that reached new code. Its error is that of the one
// who runs it, not the target's; with errInterrupted comes what was done until then.
func run(ctx context.Context, t target, lasts time.Duration, parallel int, cache string) (result, error) {
	dir, err := os.MkdirTemp("", "clew-fuzz-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system clears its temporary files too
	binary := filepath.Join(dir, "test")
	if err := build(ctx, t, binary); err != nil {
		if ctx.Err() != nil {
			return result{}, errInterrupted
		}
		return result{}, fmt.Errorf("%s: %w", t, err)
	}
	cmd := exec.CommandContext(ctx, binary, "-test.run", "^$", "-test.fuzz", "^"+t.Name+"$", "-test.fuzztime", lasts.String(), "-test.parallel", strconv.Itoa(parallel), "-test.timeout", "0", "-test.fuzzcachedir", filepath.Join(cache, filepath.FromSlash(t.Package))) //nolint:gosec // built above
	cmd.Dir = t.dir()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopWithin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C of a terminal reaches this one alone, which passes it on
	out, err := cmd.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	cmd.Stderr = cmd.Stdout // where a test binary tells how fuzzing stands
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	r := read(out)
	failed := cmd.Wait()
	r.Used = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if ctx.Err() != nil {
		return r, errInterrupted
	}
	if failed == nil {
		return r, nil
	}
	r.Because = cmp.Or(r.Because, failed.Error())
	// Go's fuzzer gives an input up that takes it ten seconds, which on a busy machine
	// any may: one that broke something breaks it alone, too.
	alone := exec.CommandContext(ctx, binary, "-test.run", "^"+t.Name+"$") //nolint:gosec // built above
	alone.Dir = t.dir()
	if r.Broken = alone.Run() != nil; !r.Broken {
		r.Because = "given up, and well alone: " + r.Because
	}
	return r, nil
}

// building is held by whoever compiles: several at once would all compile what they
// have in common.
var building sync.Mutex

// build compiles the tests of a target's package for the fuzzer, before its time
// begins, so that the compiler's is not counted as the fuzzer's.
func build(ctx context.Context, t target, binary string) error {
	building.Lock()
	defer building.Unlock()
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-fuzz", "^"+t.Name+"$", "-o", binary, t.Package) //nolint:gosec // names of our own code
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// inputs is the folder where `go test` keeps what the fuzzer learned.
func inputs(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOCACHE").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOCACHE: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "fuzz"), nil
}

// progress is a line of Go's fuzzer:
//
//	fuzz: elapsed: 3s, execs: 102730 (34239/sec), new interesting: 11 (total: 23)
var progress = regexp.MustCompile(`^fuzz: elapsed: (\S+), execs: (\d+) \(\d+/sec\)(?:, new interesting: (\d+) \(total: (\d+)\))?`)

// read follows what Go's fuzzer says.
func read(out io.Reader) (r result) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if m := progress.FindStringSubmatch(line); m != nil {
			if lasted, err := time.ParseDuration(m[1]); err == nil {
				r.Lasted = lasted
			}
			r.Tried, r.New, r.Corpus = number(m[2]), number(m[3]), number(m[4])
			continue
		}
		for _, tells := range []string{"Failing input written to", "failure while testing seed corpus entry", "panic:"} {
			if strings.HasPrefix(line, tells) && r.Because == "" {
				r.Because = line
			}
		}
	}
	_, _ = io.Copy(io.Discard, out) // a line that was too long ends the scan, not the process
	return r
}

// number reads digits, or nothing at all.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
