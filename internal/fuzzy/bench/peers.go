package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const peerDir = "internal/fuzzy/bench/peer"

// compiled builds a peer in C or C++ and asks it.
func compiled(dir, compiler, source, library string, files []string) (*answers, error) {
	program := filepath.Join(dir, library+"-peer")
	build := exec.Command(compiler, "-O2", "-o", program, filepath.Join(peerDir, source), "-l"+library) //nolint:gosec // named above
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return ask(exec.Command(program, files...)) //nolint:gosec // what was just built
}

// glaslos builds the peer in Go and asks it. It is a module of its own, so that
// clew does not depend on what it is compared with, and lies here under names
// that the tools for clew's own packages pass over.
func glaslos(dir string, files []string) (*answers, error) {
	module := filepath.Join(dir, "glaslos")
	if err := os.Mkdir(module, 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{"main.go", "go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(peerDir, "glaslos", name+".txt"))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(module, name), text, 0o600); err != nil { //nolint:gosec // names of our own, into a folder of our own
			return nil, err
		}
	}
	program := filepath.Join(module, "peer")
	build := exec.Command("go", "build", "-o", program, ".") //nolint:gosec // as above
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return ask(exec.Command(program, files...)) //nolint:gosec // what was just built
}

// ask runs a peer and reads its lines.
func ask(cmd *exec.Cmd) (*answers, error) {
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var said answers
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var h hit
		var ns int64
		if _, err := fmt.Sscanf(lines.Text(), "time %d %d", &h.question, &ns); err == nil {
			said.times = append(said.times, time.Duration(ns))
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "%d %d %d", &h.question, &h.digest, &h.alike); err != nil {
			return nil, fmt.Errorf("line %q: %w", lines.Text(), err)
		}
		said.hits = append(said.hits, h)
	}
	return &said, nil
}

// ssdeepK asks the command line tool: known signatures in one file, asked ones
// in another. It reads everything anew at each start; what a question costs is
// the time of all less the time of one, by the others.
func ssdeepK(dir string, files []string) (*answers, error) {
	known, all, one := filepath.Join(dir, "known"), filepath.Join(dir, "all"), filepath.Join(dir, "one")
	asked, err := signatures(files[1], all, 0)
	if err != nil {
		return nil, err
	}
	if _, err := signatures(files[0], known, 0); err != nil {
		return nil, err
	}
	if _, err := signatures(files[1], one, 1); err != nil {
		return nil, err
	}
	var said answers
	start := time.Now()
	if _, err := exec.Command("ssdeep", "-k", known, one).Output(); err != nil { //nolint:gosec // our own files
		return nil, err
	}
	once := time.Since(start)
	start = time.Now()
	out, err := exec.Command("ssdeep", "-k", known, all).Output() //nolint:gosec // our own files
	if err != nil {
		return nil, err
	}
	each := (time.Since(start) - once) / time.Duration(max(asked-1, 1))
	for range asked {
		said.times = append(said.times, each)
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		h, ok := matched(lines.Text())
		if ok {
			said.hits = append(said.hits, h)
		}
	}
	return &said, nil
}

// signatures writes up to most digests as the file of signatures that ssdeep
// reads, each named by its number; 0 means all.
func signatures(from, to string, most int) (n int, err error) {
	text, err := os.ReadFile(from)
	if err != nil {
		return 0, err
	}
	file, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriter(file)
	fmtLine(out, "ssdeep,1.1--blocksize:hash:hash,filename")
	for line := range strings.Lines(string(text)) {
		if most > 0 && n == most {
			break
		}
		fmtLine(out, strings.TrimSpace(line)+`,"`+strconv.Itoa(n)+`"`)
		n++
	}
	if err := out.Flush(); err != nil {
		return n, err
	}
	return n, file.Close()
}

// matched reads "/tmp/all:3 matches /tmp/known:17 (99)".
func matched(line string) (h hit, ok bool) {
	asked, rest, ok := strings.Cut(line, " matches ")
	if !ok {
		return h, false
	}
	asked = asked[strings.LastIndexByte(asked, ':')+1:]
	rest = rest[strings.LastIndexByte(rest, ':')+1:]
	_, err := fmt.Sscanf(asked+" "+rest, "%d %d (%d)", &h.question, &h.digest, &h.alike)
	return h, err == nil
}
