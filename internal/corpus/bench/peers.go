package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// The peers are small programs: in C against the libraries of the system,
// compiled when the benchmark runs (gcc, libmtbl-dev and libsqlite3-dev on
// Debian), and for DuckDB, which Debian lacks, a script that node runs.
//
//go:embed peer/peer.h peer/mtbl.c peer/sqlite.c peer/duckdb.js
var peerSource embed.FS

// libraries are those of the peers, as gcc wants them.
var libraries = map[string]string{"mtbl": "-lmtbl", "sqlite": "-lsqlite3"}

// A peer is an engine to compare with.
type peer struct {
	label         string
	command       []string // its program, and arguments before ours
	rows, db      string
	lookups, hard string // files of questions
}

// newPeer makes the program of a peer in a directory.
func newPeer(ctx context.Context, label string, in func(name string) string) (p *peer, err error) {
	p = &peer{label: label, rows: in("rows"), db: in(label + ".db"), lookups: in("lookups"), hard: in("heavy")}
	if label == "duckdb" {
		p.command, err = script(in)
		return p, err
	}
	p.command, err = compile(ctx, label, in)
	return p, err
}

// compile builds a peer in C.
func compile(ctx context.Context, label string, in func(name string) string) (command []string, err error) {
	library, ok := libraries[label]
	if !ok {
		return nil, fmt.Errorf("there is no peer %q", label)
	}
	if err := unpack(in, "peer.h", label+".c"); err != nil {
		return nil, err
	}
	//nolint:gosec // our own source and one of two fixed libraries
	gcc := exec.CommandContext(ctx, "gcc", "-O2", "-Wall", "-o", in(label), in(label+".c"), library)
	if out, err := gcc.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile %s (gcc and the -dev package of the library are needed): %w\n%s", label, err, out)
	}
	return []string{in(label)}, nil
}

// npmModules is where make bench-deps puts what comes from npm.
const npmModules = "bin/npm/node_modules"

// script writes the peer that node runs where node finds DuckDB.
func script(in func(name string) string) (command []string, err error) {
	modules, err := filepath.Abs(npmModules)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(modules, "@duckdb", "node-api")); err != nil {
		return nil, fmt.Errorf("duckdb (make bench-deps brings it, or leave it out of -peers): %w", err)
	}
	if err := unpack(in, "duckdb.js"); err != nil {
		return nil, err
	}
	return []string{"env", "NODE_PATH=" + modules, "node", in("duckdb.js")}, nil
}

// unpack writes sources of peers.
func unpack(in func(name string) string, names ...string) error {
	for _, name := range names {
		source, err := peerSource.ReadFile("peer/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(in(name), source, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) name() string { return p.label }

func (p *peer) run(ctx context.Context, args ...string) (output, error) {
	return run(ctx, p.command[0], append(p.command[1:len(p.command):len(p.command)], args...)...)
}

func (p *peer) build(ctx context.Context) (output, error) {
	return p.run(ctx, "build", p.rows, p.db)
}

func (p *peer) size() (int64, error) { return sizeOf(p.db) }

func (p *peer) lookup(ctx context.Context) (speed float64, answers []string, err error) {
	out, err := p.run(ctx, "lookup", p.db, p.lookups)
	return out.speed, out.answers, err
}

func (p *peer) heavy(ctx context.Context) (speed float64, answers []string, err error) {
	out, err := p.run(ctx, "heavy", p.db, p.hard)
	return out.speed, out.answers, err
}

func (p *peer) close() error { return nil }

// output is what a program said and took.
type output struct {
	speed   float64
	cpu     float64 // seconds of processor time, all threads
	peak    int64   // bytes of memory at most
	answers []string
}

// run runs a program and takes its output apart.
func run(ctx context.Context, program string, args ...string) (out output, err error) {
	//nolint:gosec // this program, or one compiled above
	cmd := exec.CommandContext(ctx, program, args...)
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, os.Stderr
	if err := cmd.Start(); err != nil {
		return out, fmt.Errorf("%s: %w", cmd, err)
	}
	peak := watchMemory(cmd.Process.Pid)
	err = cmd.Wait()
	out.peak = peak()
	if err != nil {
		return out, fmt.Errorf("%s: %w", cmd, err)
	}
	out.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	lines := bufio.NewScanner(&text)
	lines.Scan()
	speed, _ := strings.CutPrefix(lines.Text(), "speed ")
	if out.speed, err = strconv.ParseFloat(speed, 64); err != nil {
		return out, fmt.Errorf("%s: %w", cmd, err)
	}
	for lines.Scan() {
		out.answers = append(out.answers, lines.Text())
	}
	return out, lines.Err()
}
