package elf

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clew/internal/artifact/view"
)

func read(t *testing.T, path string) *Info {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := Read(view.New(bytes.NewReader(data), int64(len(data))))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return info
}

// readelf runs binutils' readelf, the oracle.
func readelf(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("readelf", args...).Output()
	if err != nil {
		t.Skipf("readelf: %v", err)
	}
	return string(out)
}

// TestAgainstReadelf compares build ids, libraries and imported names of the
// programs that this machine has.
func TestAgainstReadelf(t *testing.T) {
	paths, _ := filepath.Glob("/usr/bin/[a-d]*")
	compared := 0
	for _, path := range paths {
		head := make([]byte, 4)
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		_, _ = f.Read(head)
		_ = f.Close()
		if string(head) != "\x7fELF" || compared == 40 {
			continue
		}
		compared++
		info := read(t, path)
		notes := readelf(t, "-nW", path)
		if want := field(notes, "Build ID: "); info.BuildID != want {
			t.Errorf("%s: build id %q, readelf %q", path, info.BuildID, want)
		}
		var names []string
		for line := range strings.Lines(readelf(t, "--dyn-syms", "-W", path)) {
			fields := strings.Fields(line)
			if len(fields) >= 8 && fields[6] == "UND" {
				name, _, _ := strings.Cut(fields[7], "@")
				names = append(names, name)
			}
		}
		slices.Sort(names)
		names = slices.Compact(names)
		sum := md5.Sum([]byte(strings.Join(names, ",")))
		if want := hex.EncodeToString(sum[:]); len(names) > 0 && info.Symbols != want {
			t.Errorf("%s: imported names %s (%d), readelf %s (%d)", path, info.Symbols, info.Imports, want, len(names))
		}
		for _, library := range info.Libraries {
			if !strings.Contains(readelf(t, "-dW", path), "["+library+"]") {
				t.Errorf("%s: library %s is not readelf's", path, library)
			}
		}
	}
	if compared == 0 {
		t.Skip("no ELF file in /usr/bin")
	}
}

func field(text, name string) string {
	_, rest, ok := strings.Cut(text, name)
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(value)
}

func TestGoBuildID(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "a.go")
	if err := os.WriteFile(source, []byte("package main\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "a")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", out, source)
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if message, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, message)
	}
	want, err := exec.Command("go", "tool", "buildid", out).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, out).GoBuildID; got != strings.TrimSpace(string(want)) || got == "" {
		t.Errorf("%q, go tool buildid says %q", got, want)
	}
}

// TestBrokenSectionsHideNoBuild: segments tell the build all the same.
func TestBrokenSectionsHideNoBuild(t *testing.T) {
	for _, name := range []string{"testdata/tiny.so", "testdata/tiny32"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := Read(view.New(bytes.NewReader(data), int64(len(data))))
		if err != nil || whole.BuildID == "" {
			t.Fatal(name, err, "no build to lose")
		}
		at, count := 40, 60
		if data[4] == 1 {
			at, count = 32, 48
		}
		beyond, many := bytes.Clone(data), bytes.Clone(data)
		beyond[at], beyond[at+1], beyond[at+2], beyond[at+3] = 0xff, 0xff, 0xff, 0x7f
		many[count], many[count+1] = 0xff, 0xfe
		for what, broken := range map[string][]byte{"beyond": beyond, "many": many, "cut": data[:len(data)-64]} {
			info, err := Read(view.New(bytes.NewReader(broken), int64(len(broken))))
			if err != nil || info.BuildID != whole.BuildID || len(info.Problems) == 0 || !strings.Contains(info.Problems[0], "section headers") {
				t.Errorf("%s, %s: %v %+v", name, what, err, info)
			}
		}
	}
}

func TestTruncated(t *testing.T) {
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip(err)
	}
	for n := 0; n < 4096; n += 7 {
		_, _ = Read(view.New(bytes.NewReader(data[:n]), int64(n)))
	}
}

func FuzzRead(f *testing.F) {
	for _, path := range []string{"testdata/tiny.so", "testdata/tiny32"} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Read(view.New(bytes.NewReader(data), int64(len(data))))
		if err == nil && len(info.Sections) > maxSections {
			t.Error("more sections than the bound")
		}
	})
}
