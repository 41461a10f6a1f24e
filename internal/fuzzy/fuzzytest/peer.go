// Package fuzzytest runs the C libraries that fuzzy hashes are compared with.
package fuzzytest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Peer is a library behind a pipe: a small C program that answers a line for
// each question.
type Peer struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// Start compiles source with compiler against library, both from Debian, and
// runs it until the test ends. Where that cannot be, the test is skipped.
func Start(t testing.TB, compiler, source, library string) *Peer {
	t.Helper()
	program := filepath.Join(t.TempDir(), "peer")
	build := exec.Command(compiler, "-O2", "-o", program, source, "-l"+library) //nolint:gosec // named by the test
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("lib%s is not here to compare with (apt-get install %s lib%s-dev): %v\n%s", library, compiler, library, err, out)
	}
	cmd := exec.Command(program) //nolint:gosec // what was just built
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
			t.Errorf("lib%s: %v", library, err)
		}
	})
	return &Peer{in, bufio.NewReader(out)}
}

// Ask puts a question, a line and what belongs to it, and returns the answer.
func (p *Peer) Ask(t testing.TB, question string) string {
	t.Helper()
	if _, err := io.WriteString(p.in, question); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

// Hash asks for the hash of data.
func (p *Peer) Hash(t testing.TB, data []byte) string {
	t.Helper()
	return p.Ask(t, fmt.Sprintf("hash %d\n%s", len(data), data))
}

// Noise is data without a pattern.
func Noise(random *rand.Rand, size int) []byte {
	noise := make([]byte, size)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	return noise
}

// Sorts are data of many sorts, of about one size: noise, letters of a sentence,
// noise and as many zeros behind it, and a short pattern over and over.
func Sorts(random *rand.Rand, size int) [][]byte {
	noise := Noise(random, size)
	words := make([]byte, size)
	for i := range words {
		words[i] = "the quick brown fox\n"[random.IntN(20)]
	}
	const pattern = 13
	return [][]byte{noise, words, append(bytes.Clone(noise), make([]byte, size)...), bytes.Repeat(noise[:min(size, pattern)], size/pattern+1)}
}

// A Hasher takes data and has its hash.
type Hasher interface {
	io.Writer
	Sum() (string, error)
}

// BenchmarkHash measures a hasher over noise.
func BenchmarkHash[H Hasher](b *testing.B, hasher func() H) {
	data := Noise(rand.New(rand.NewPCG(3, 4)), 8<<20) //nolint:gosec // the same every time
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		h := hasher()
		if _, err := h.Write(data); err != nil {
			b.Fatal(err)
		}
		if _, err := h.Sum(); err != nil {
			b.Fatal(err)
		}
	}
}

// maxFile bounds the real files that are hashed: a few large ones would take
// all the time.
const maxFile = 4 << 20

// EachFile calls do with the content of up to most real files of this machine
// that have at least atLeast bytes.
func EachFile(t testing.TB, atLeast, most int, do func(name string, data []byte)) {
	t.Helper()
	names, err := filepath.Glob("/usr/bin/*")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() || info.Size() < int64(atLeast) || info.Size() > maxFile {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			continue // not ours to read
		}
		do(name, data)
		if read++; read == most {
			break
		}
	}
	t.Logf("compared %d files", read)
}

// WriteInPieces writes data in uneven pieces: how an input is cut must not
// change its hash.
func WriteInPieces(t testing.TB, w io.Writer, data []byte) {
	t.Helper()
	for i := 0; len(data) > 0; i++ {
		n := min(len(data), 1+i*i%4099)
		if _, err := w.Write(data[:n]); err != nil {
			t.Fatal(err)
		}
		data = data[n:]
	}
}
