package macho

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"clew/internal/artifact/view"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func viewOf(data []byte) view.View { return view.New(bytes.NewReader(data), int64(len(data))) }

// built is a program for macOS, which Go links and signs ad hoc everywhere.
func built(t testing.TB, arch string) []byte {
	t.Helper()
	dir := t.TempDir()
	source, out := filepath.Join(dir, "a.go"), filepath.Join(dir, "a")
	if err := os.WriteFile(source, []byte("package main\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", out, source)
	build.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0")
	if message, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, message)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestProgramOfGo(t *testing.T) {
	data := built(t, "arm64")
	all, err := Read(viewOf(data), now)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	info := all[0]
	if info.CPU != "arm64" || len(info.UUID) != 36 || info.Imports == 0 || len(info.Symbols) != 32 {
		t.Errorf("%+v", info)
	}
	if s := info.Signed; s == nil || !s.AdHoc || s.Identifier != "a.out" || len(s.CDHash) != 40 || !s.Matches || s.Valid {
		t.Errorf("signature %+v", s)
	}

	changed := bytes.Clone(data)
	changed[len(changed)/3] ^= 1
	if all, err := Read(viewOf(changed), now); err != nil || all[0].Signed == nil || all[0].Signed.Matches {
		t.Errorf("a changed page went unnoticed: %v", err)
	}
}

// fat joins programs as lipo does.
func fat(parts ...[]byte) []byte {
	const page = 1 << 14
	out := binary.BigEndian.AppendUint32(nil, fatMagic)
	out = binary.BigEndian.AppendUint32(out, uint32(len(parts)))
	at := page
	for i, p := range parts {
		out = append(out, 0, 0, 0, byte(i), 0, 0, 0, 0)
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = binary.BigEndian.AppendUint32(out, 14)
		at += (len(p) + page - 1) / page * page
	}
	for _, p := range parts {
		out = append(out, make([]byte, (page-len(out)%page)%page)...)
		out = append(out, p...)
	}
	return out
}

func TestUniversal(t *testing.T) {
	all, err := Read(viewOf(fat(built(t, "arm64"), built(t, "amd64"))), now)
	if err != nil || len(all) != 2 || all[0].CPU != "arm64" || all[1].CPU != "amd64" {
		t.Errorf("%v %+v", err, all)
	}
}

func TestClaims(t *testing.T) {
	for i := range 64 {
		head := make([]byte, 1024)
		binary.LittleEndian.PutUint32(head, 0xfeedfacf)
		head[12] = 2
		for k := 16; k < 16+i; k++ {
			head[k] = 0xff
		}
		if all, err := Read(viewOf(head), now); err == nil && len(all) > 1 {
			t.Error(fmt.Sprint(all))
		}
	}
}

func FuzzRead(f *testing.F) {
	data := built(f, "arm64")
	f.Add(data[:min(len(data), 1<<16)])
	// The signature lies at the end, the commands at the front: a small program
	// of both.
	f.Add(tiny())
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = Read(viewOf(data), now)
	})
}

// tiny is a header with a UUID and a signature of nothing.
func tiny() []byte {
	le := binary.LittleEndian
	b := make([]byte, 32)
	le.PutUint32(b, 0xfeedfacf)
	le.PutUint32(b[4:], 0x0100000c)
	le.PutUint32(b[12:], 2)
	le.PutUint32(b[16:], 2)
	le.PutUint32(b[20:], 24+16)
	b = le.AppendUint32(le.AppendUint32(b, 0x1b), 24)
	b = append(b, "0123456789abcdef"...)
	b = le.AppendUint32(le.AppendUint32(b, 0x1d), 16)
	b = le.AppendUint32(le.AppendUint32(b, 88), 12+8+44)
	for _, word := range []uint32{superBlob, 12 + 8 + 44, 1, slotDirectory, 20, codeDirectory, 44, 0x20001, flagAdHoc, 44, 0, 0, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, word)
	}
	return append(b, 32, 2, 0, 12, 0, 0, 0, 0)
}
