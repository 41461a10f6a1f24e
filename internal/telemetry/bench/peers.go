package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

//go:embed peer/hyperscan.c
var hyperscanSource []byte

// spent is the time that a process took, in seconds: of all its threads on the
// processor, and by the clock. On a machine that does other work as well, the
// clock measures that work too.
type spent struct{ cpu, wall float64 }

func (s spent) String() string { return fmt.Sprintf("%.2f (%.1f)", s.cpu, s.wall) }

// command runs a program and returns what it prints and the time it took. Exit
// code 1 without words on stderr is a search that found nothing.
func command(ctx context.Context, name string, args ...string) (out string, took spent, err error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the peers, named here
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err = cmd.Run()
	took.wall = time.Since(start).Seconds()
	if cmd.ProcessState != nil {
		took.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 && stderr.Len() == 0 {
		err = nil
	}
	if err != nil {
		return "", took, fmt.Errorf("%s: %w: %.300s", name, err, stderr.String())
	}
	return stdout.String(), took, nil
}

// ripgrep finds rg on the PATH, or the one that make bench-deps took from npm.
func ripgrep() (path string, ok bool) {
	if path, err := exec.LookPath("rg"); err == nil {
		return path, true
	}
	found, err := filepath.Glob("bin/npm/node_modules/@vscode/ripgrep-*/bin/rg")
	if err != nil || len(found) == 0 {
		return "", false
	}
	return found[0], true
}

// buildHyperscan compiles the peer where gcc and libhyperscan-dev are.
func buildHyperscan(ctx context.Context, dir string) (path string, err error) {
	source := filepath.Join(dir, "hyperscan.c")
	if err := os.WriteFile(source, hyperscanSource, 0o600); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "hyperscan")
	_, _, err = command(ctx, "gcc", "-O2", "-o", path, source, "-lhs")
	return path, err
}

// falseLines counts the lines in peers' output, "file:offset:..." as ripgrep
// prints with byte offsets, that are not among ours, and ours that are missing.
func falseLines(theirs, ours string) (wrong, missing int) {
	mine := make(map[string]bool)
	for line := range strings.Lines(ours) {
		mine[strings.TrimSpace(line)] = true
	}
	total, right := 0, 0
	for line := range strings.Lines(theirs) {
		file, rest, _ := strings.Cut(line, ":")
		offset, _, _ := strings.Cut(rest, ":")
		total++
		if mine[file+":"+offset] {
			right++
		}
	}
	return total - right, len(mine) - right
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// medianOf takes the median of both clocks, each by itself.
func medianOf(of []spent) spent {
	var cpu, wall []float64
	for _, s := range of {
		cpu, wall = append(cpu, s.cpu), append(wall, s.wall)
	}
	return spent{median(cpu), median(wall)}
}
