package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// The peers are small C programs against the libraries of the system, compiled
// when the benchmark runs: gcc, libmtbl-dev and libsqlite3-dev on Debian.
//
//go:embed peer/peer.h peer/mtbl.c peer/sqlite.c
var peerSource embed.FS

// libraries are those of the peers, as gcc wants them.
var libraries = map[string]string{"mtbl": "-lmtbl", "sqlite": "-lsqlite3"}

// A peer is an engine to compare with.
type peer struct {
	label         string
	binary        string
	rows, db      string
	lookups, hard string // files of questions
}

// newPeer builds the program of a peer in a directory.
func newPeer(ctx context.Context, label string, in func(name string) string) (*peer, error) {
	library, ok := libraries[label]
	if !ok {
		return nil, fmt.Errorf("there is no peer %q", label)
	}
	for _, name := range []string{"peer.h", label + ".c"} {
		source, err := peerSource.ReadFile("peer/" + name)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(in(name), source, 0o600); err != nil {
			return nil, err
		}
	}
	p := &peer{label: label, binary: in(label), rows: in("rows"), db: in(label + ".db"), lookups: in("lookups"), hard: in("heavy")}
	//nolint:gosec // our own source and one of two fixed libraries
	gcc := exec.CommandContext(ctx, "gcc", "-O2", "-Wall", "-o", p.binary, in(label+".c"), library)
	if out, err := gcc.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile %s (gcc and the -dev package of the library are needed): %w\n%s", label, err, out)
	}
	return p, nil
}

func (p *peer) name() string { return p.label }

func (p *peer) build(ctx context.Context) (seconds, cpu float64, err error) {
	out, err := run(ctx, p.binary, "build", p.rows, p.db)
	return out.speed, out.cpu, err
}

func (p *peer) size() (int64, error) { return sizeOf(p.db) }

func (p *peer) lookup(ctx context.Context) (speed float64, answers []string, err error) {
	out, err := run(ctx, p.binary, "lookup", p.db, p.lookups)
	return out.speed, out.answers, err
}

func (p *peer) heavy(ctx context.Context) (speed float64, answers []string, err error) {
	out, err := run(ctx, p.binary, "heavy", p.db, p.hard)
	return out.speed, out.answers, err
}

func (p *peer) close() error { return nil }

// output is what a program said and took.
type output struct {
	speed   float64
	cpu     float64 // seconds of processor time, all threads
	answers []string
}

// run runs a program and takes its output apart.
func run(ctx context.Context, program string, args ...string) (out output, err error) {
	//nolint:gosec // this program, or one compiled above
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("%s %s: %w", program, args[0], err)
	}
	out.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Scan()
	speed, _ := strings.CutPrefix(lines.Text(), "speed ")
	if out.speed, err = strconv.ParseFloat(speed, 64); err != nil {
		return out, fmt.Errorf("%s %s: %w", program, args[0], err)
	}
	for lines.Scan() {
		out.answers = append(out.answers, lines.Text())
	}
	return out, lines.Err()
}
