package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A result is what came of a target.
type result struct {
	Lasted  time.Duration
	Tried   int64  // inputs
	New     int64  // inputs that reached code which none before them had reached
	Corpus  int64  // inputs that are tried first from now on
	Broken  bool   // the last time
	Because string // of Broken, one line
}

func (r result) String() string {
	if r.Broken {
		return fmt.Sprintf("BROKEN after %d inputs in %s: %s", r.Tried, r.Lasted.Round(time.Second), r.Because)
	}
	return fmt.Sprintf("%d inputs in %s, %d of them reached new code, %d kept", r.Tried, r.Lasted.Round(time.Second), r.New, r.Corpus)
}

// add returns what two runs of the same target come to.
func (r result) add(next result) result {
	return result{r.Lasted + next.Lasted, r.Tried + next.Tried, r.New + next.New, max(r.Corpus, next.Corpus), next.Broken, next.Because}
}

// stopWithin is how long the fuzzer may take to end once it was asked to.
const stopWithin = 30 * time.Second

// run fuzzes one target. Its error is that of the one who runs it, not the target's.
func run(ctx context.Context, t target, lasts time.Duration, parallel int) (result, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+t.Name+"$", "-fuzztime", lasts.String(), "-parallel", strconv.Itoa(parallel), "-timeout", "0", t.Package) //nolint:gosec // names of our own code
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopWithin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C of a terminal reaches this one alone, which passes it on
	out, err := cmd.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	r := read(out)
	failed := cmd.Wait()
	if ctx.Err() != nil {
		return result{}, errInterrupted
	}
	if r.Broken = failed != nil; r.Broken && r.Because == "" {
		r.Because = failed.Error()
	}
	return r, nil
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
