package powercut

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"clew/internal/reliability/clewtest"
)

// An op is one system call that changes what a disk holds, or promises that it does.
type op struct {
	call     string // create, write, truncate, sync, rename, unlink, or said: standard output
	path, to string
	offset   int64
	data     []byte
	size     int64 // of truncate
}

// calls are those that strace records. What reads changes nothing.
const calls = "open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync,syncfs,rename,renameat,renameat2,unlink,unlinkat,ftruncate,truncate,fallocate,link,linkat,symlinkat,copy_file_range,sendfile,lseek,exit_group"

// traced runs the real clew under strace and returns what it did below the place,
// in the order in which the calls returned.
func traced(t *testing.T, h *clewtest.Home, args ...string) []op {
	t.Helper()
	log := filepath.Join(t.TempDir(), "trace")
	run := h.Command(args...)
	cmd := exec.Command("strace", append([]string{"-f", "-y", "-xx", "-s", "67108864", "-e", "trace=" + calls, "-e", "signal=none", "-o", log, run.Path}, args...)...)
	cmd.Dir, cmd.Env = run.Dir, run.Env
	var out, words bytes.Buffer // pipes: strace sees what is written there
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Run(); err != nil {
		t.Fatalf("clew %s under strace: %v\n%s%s", strings.Join(args, " "), err, out.String(), words.String())
	}
	file, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	ops, err := parse(file, h.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

var (
	whole      = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (-?\d+)`)
	unfinished = regexp.MustCompile(`^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$`)
	resumed    = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)`)
	quoted     = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
	descriptor = regexp.MustCompile(`^(\d+)<((?:\\x[0-9a-f]{2}|[^>])*)>`)
)

// parse reads a log of strace.
func parse(in io.Reader, below string) (ops []op, err error) {
	lines := bufio.NewReaderSize(in, 1<<20)
	begun := map[string]string{} // arguments of calls under way, by thread and call
	p := &parser{below: below, offsets: map[string]int64{}}
	for {
		line, err := lines.ReadString('\n')
		if err != nil && line == "" {
			return p.ops, p.err
		}
		line = strings.TrimSuffix(line, "\n")
		if m := unfinished.FindStringSubmatch(line); m != nil {
			begun[m[1]+m[2]] = m[3]
			continue
		}
		if m := resumed.FindStringSubmatch(line); m != nil {
			p.call(m[2], begun[m[1]+m[2]]+m[3], m[4])
			continue
		}
		if m := whole.FindStringSubmatch(line); m != nil {
			p.call(m[2], m[3], m[4])
		}
	}
}

type parser struct {
	below   string
	ops     []op
	offsets map[string]int64 // of descriptors; -1 appends
	err     error
}

func text(hexed string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(hexed, `\x`, ""))
	if err != nil {
		return ""
	}
	return string(raw)
}

// hexed writes a text as strace does.
func hexed(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

// texts returns the quoted arguments.
func texts(args string) (list []string) {
	for _, m := range quoted.FindAllStringSubmatch(args, -1) {
		list = append(list, text(m[1]))
	}
	return list
}

// file returns the descriptor and the path of the first argument, "" when it is
// not below the place.
func (p *parser) file(args string) (fd, path string) {
	m := descriptor.FindStringSubmatch(args)
	if m == nil {
		return "", ""
	}
	path = m[2]
	if strings.HasPrefix(path, `\x`) {
		path = text(path)
	}
	if path != p.below && !p.inside(path) {
		return m[1], ""
	}
	return m[1], path
}

func (p *parser) inside(path string) bool { return strings.HasPrefix(path, p.below+"/") }

func (p *parser) call(name, args, result string) {
	n, err := strconv.ParseInt(result, 10, 64)
	if err != nil || n < 0 {
		return // it changed nothing
	}
	switch name {
	case "open", "openat", "creat":
		p.open(name, args, result)
	case "write", "writev":
		fd, path := p.file(args)
		data := []byte(strings.Join(texts(args), ""))[:n]
		if path == "" {
			if fd == "1" {
				p.ops = append(p.ops, op{call: "said", data: data})
			}
			return
		}
		at := p.offsets[fd]
		p.ops = append(p.ops, op{call: "write", path: path, offset: at, data: data})
		if at >= 0 {
			p.offsets[fd] = at + n
		}
	case "pwrite64":
		if _, path := p.file(args); path != "" {
			at, err := strconv.ParseInt(args[strings.LastIndex(args, ", ")+2:], 10, 64)
			if err != nil {
				p.err = fmt.Errorf("pwrite64(%.80s: %w", args, err)
			}
			p.ops = append(p.ops, op{call: "write", path: path, offset: at, data: []byte(strings.Join(texts(args), ""))[:n]})
		}
	case "lseek":
		if fd, path := p.file(args); path != "" {
			p.offsets[fd] = n
		}
	case "fsync", "fdatasync":
		if _, path := p.file(args); path != "" {
			p.ops = append(p.ops, op{call: "sync", path: path})
		}
	case "ftruncate":
		if _, path := p.file(args); path != "" {
			size, err := strconv.ParseInt(args[strings.LastIndex(args, ", ")+2:], 10, 64)
			if err != nil {
				p.err = fmt.Errorf("ftruncate(%.80s: %w", args, err)
			}
			p.ops = append(p.ops, op{call: "truncate", path: path, size: size})
		}
	case "rename", "renameat", "renameat2":
		if paths := texts(args); len(paths) == 2 && p.inside(paths[1]) {
			p.ops = append(p.ops, op{call: "rename", path: paths[0], to: paths[1]})
		}
	case "link", "linkat":
		if paths := texts(args); len(paths) == 2 && p.inside(paths[1]) {
			p.ops = append(p.ops, op{call: "link", path: paths[0], to: paths[1]})
		}
	case "unlink", "unlinkat":
		if paths := texts(args); len(paths) == 1 && p.inside(paths[0]) && !strings.Contains(args, "AT_REMOVEDIR") {
			p.ops = append(p.ops, op{call: "unlink", path: paths[0]})
		}
	case "fallocate": // lengths come with the writes that follow
	case "exit_group":
	default:
		if strings.Contains(args, hexed(p.below)) {
			p.err = fmt.Errorf("%s is not part of the model: %.200s", name, args)
		}
	}
}

func (p *parser) open(name, args, fd string) {
	paths := texts(args)
	if len(paths) == 0 || !p.inside(paths[len(paths)-1]) {
		return
	}
	path := paths[len(paths)-1]
	p.offsets[fd] = 0
	if strings.Contains(args, "O_APPEND") {
		p.offsets[fd] = -1
	}
	if strings.Contains(args, "O_CREAT") || name == "creat" {
		p.ops = append(p.ops, op{call: "create", path: path})
	}
	if strings.Contains(args, "O_TRUNC") || name == "creat" {
		p.ops = append(p.ops, op{call: "truncate", path: path})
	}
}
