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

// The peers are small C programs against the libraries of the system, compiled
// when the benchmark runs: gcc, libmtbl-dev and libsqlite3-dev on Debian.
//
//go:embed peer/peer.h peer/mtbl.c peer/sqlite.c
var peerSource embed.FS

// A peer is an engine to compare with.
type peer struct {
	name    string
	library string
	binary  string
}

var peers = []peer{{name: "mtbl", library: "-lmtbl"}, {name: "sqlite", library: "-lsqlite3"}}

// compile builds the peer's program in dir.
func (p *peer) compile(ctx context.Context, dir string) error {
	for _, name := range []string{"peer.h", p.name + ".c"} {
		source, err := peerSource.ReadFile("peer/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), source, 0o600); err != nil {
			return err
		}
	}
	p.binary = filepath.Join(dir, p.name)
	//nolint:gosec // our own source and one of two fixed libraries
	gcc := exec.CommandContext(ctx, "gcc", "-O2", "-Wall", "-o", p.binary, filepath.Join(dir, p.name+".c"), p.library)
	if out, err := gcc.CombinedOutput(); err != nil {
		return fmt.Errorf("compile %s (gcc and the -dev package of the library are needed): %w\n%s", p.name, err, out)
	}
	return nil
}

// run measures the peer on the same rows and questions.
func (p *peer) run(ctx context.Context, db, rows, lookups, heavy string, passes int) (f figures, err error) {
	speeds, _, err := p.call(ctx, "build", rows, db)
	if err != nil {
		return f, err
	}
	f.ingest = speeds[0]
	info, err := os.Stat(db)
	if err != nil {
		return f, err
	}
	f.size = info.Size()
	n := strconv.Itoa(passes)
	speeds, f.answers, err = p.call(ctx, "lookup", db, lookups, n)
	if err != nil {
		return f, err
	}
	f.lookup = middle(speeds)
	speeds, more, err := p.call(ctx, "heavy", db, heavy, n)
	if err != nil {
		return f, err
	}
	f.heavy = middle(speeds)
	f.answers = append(f.answers, more...)
	return f, nil
}

// call runs the program and takes its output apart.
func (p *peer) call(ctx context.Context, args ...string) (speeds []float64, answers []string, err error) {
	//nolint:gosec // the program was compiled above
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", p.name, args[0], err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		line := lines.Text()
		text, isSpeed := strings.CutPrefix(line, "speed ")
		if !isSpeed {
			answers = append(answers, line)
			continue
		}
		speed, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, nil, fmt.Errorf("%s %s: %w", p.name, args[0], err)
		}
		speeds = append(speeds, speed)
	}
	if len(speeds) == 0 {
		return nil, nil, fmt.Errorf("%s %s printed no speed", p.name, args[0])
	}
	return speeds, answers, lines.Err()
}
