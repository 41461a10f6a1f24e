package evtx_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/telemetry/format"
	"clew/internal/telemetry/format/evtx"
	"clew/internal/telemetry/logfile"
)

func shared(t testing.TB, pattern string) []string {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../../../shared"
	}
	paths, err := filepath.Glob(filepath.Join(root, "data", "telemetry", pattern))
	if err != nil || len(paths) == 0 {
		t.Skipf("no real event logs in %s (set CLEW_SHARED)", root)
	}
	return paths
}

func events(t testing.TB, path string) []string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	var out []string
	err = evtx.Blocks(bufio.NewReader(file), func(b logfile.Block) error {
		for i, r := range b.Records {
			end := len(b.Text)
			if i+1 < len(b.Records) {
				end = b.Records[i+1].At
			}
			out = append(out, string(b.Text[r.At:end]))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return out
}

// TestSameAsJSON holds every event to the record that another parser made of it.
func TestSameAsJSON(t *testing.T) {
	n := 0
	for _, path := range shared(t, "evtx-with-json/*.evtx") {
		truth, err := os.ReadFile(strings.TrimSuffix(path, ".evtx") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		want := leaves(func(emit func(string, string)) { format.FlattenJSON(truth, emit) })
		got := events(t, path)
		if len(got) != 1 {
			t.Errorf("%s: %d events, want 1", filepath.Base(path), len(got))
			continue
		}
		have := leaves(func(emit func(string, string)) { format.FlattenXML([]byte(got[0]), emit) })
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s (- want, + got)\n%s\n%s", filepath.Base(path), diff, got[0])
		}
		n += len(want)
	}
	t.Logf("%d fields are the same", n)
}

// leaves returns the values of a record as "name=value", sorted. Only the last
// part of a path counts, since JSON and XML nest attributes differently.
func leaves(walk func(emit func(path, value string))) []string {
	var out []string
	walk(func(path, value string) {
		name := path[strings.LastIndexByte(path, '.')+1:]
		if name == "xmlns" || value == "" || value == "null" {
			return
		}
		value = strings.Trim(value, "{}")
		out = append(out, name+"="+strings.Join(strings.Fields(value), " "))
	})
	sort.Strings(out)
	return out
}

func TestEveryEventIsRead(t *testing.T) {
	for _, path := range shared(t, "evtx/*.evtx") {
		got := events(t, path)
		if len(got) == 0 {
			t.Errorf("%s: no events", filepath.Base(path))
		}
		for _, e := range got {
			if !strings.HasPrefix(e, "<Event ") || !strings.Contains(e, "</Event>") || !strings.Contains(e, "<EventID") {
				t.Errorf("%s: %.200s", filepath.Base(path), e)
			}
		}
	}
}

// What cannot be read is said: a log with a hole in it was not read to its end.
func TestDamageIsSaid(t *testing.T) {
	const chunkSize, freeSpace = 64 << 10, 48
	zero := make([]byte, chunkSize)
	empty := append([]byte("ElfChnk\x00"), zero[8:]...)
	binary.LittleEndian.PutUint32(empty[freeSpace:], 512)
	torn := bytes.Clone(empty) // events up to 4096, of which the first has lost its mark
	binary.LittleEndian.PutUint32(torn[freeSpace:], 4096)
	for name, c := range map[string]struct {
		chunk   []byte
		damaged bool
	}{
		"unused": {zero, false}, "no_events": {empty, false}, "torn": {torn, true},
		"overwritten": {bytes.Repeat([]byte("x"), chunkSize), true}, "cut_in_its_header": {empty[:100], true}, "cut_behind_it": {torn[:600], true},
	} {
		log := append(append([]byte("ElfFile\x00"), make([]byte, 4096-8)...), c.chunk...)
		err := evtx.Blocks(bufio.NewReader(bytes.NewReader(log)), func(logfile.Block) error { return nil })
		if errors.Is(err, evtx.ErrDamaged) != c.damaged {
			t.Errorf("%s: %v, want damaged: %v", name, err, c.damaged)
		}
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add([]byte("ElfFile\x00"))
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../../../shared"
	}
	paths, _ := filepath.Glob(filepath.Join(root, "data", "telemetry", "evtx*", "*.evtx"))
	for _, p := range paths[:min(len(paths), 3)] {
		if data, err := os.ReadFile(p); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = evtx.Blocks(bufio.NewReader(bytes.NewReader(data)), func(b logfile.Block) error {
			if len(b.Text) > 256<<20 {
				t.Fatalf("%d bytes out of one chunk", len(b.Text))
			}
			return nil
		})
	})
}
