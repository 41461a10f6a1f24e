package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/artifact/artifacttest"
	"clew/internal/artifact/view"
)

// passwords are those that clew file tries by itself.
var passwords = []string{"", "infected"}

func viewOf(b []byte) view.View { return view.New(bytes.NewReader(b), int64(len(b))) }

// contents maps names to digests, or to what went wrong.
func contents(v view.View, format Format, limit int64) (map[string]string, error) {
	all := map[string]string{}
	err := Walk(v, format, passwords, func(m Member) error {
		r, err := m.Open()
		h := sha256.New()
		if err == nil {
			_, err = io.Copy(h, io.LimitReader(r, limit))
		}
		switch {
		case errors.Is(err, ErrPassword):
			all[m.Name] = "password"
		case errors.Is(err, ErrMethod):
			all[m.Name] = "method"
		case err != nil:
			all[m.Name] = "broken"
		default:
			all[m.Name] = hex.EncodeToString(h.Sum(nil))
		}
		return nil
	})
	return all, err
}

// files writes three files to a folder: text, noise and x86-like code.
func files(t *testing.T) (dir string, want map[string]string) {
	t.Helper()
	dir, want = t.TempDir(), map[string]string{}
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	code := make([]byte, 400_000)
	for i := range code {
		code[i] = byte(random.Uint32() % 7)
		if i%11 == 0 {
			code[i] = 0xe8
		}
	}
	for name, data := range map[string][]byte{"a.txt": []byte(strings.Repeat("evil.example\n", 5000)), "b.bin": noise, "c.exe": code} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		want[name] = hex.EncodeToString(sum[:])
	}
	return dir, want
}

// TestWhatOthersPacked reads what 7-Zip, zip and tar wrote.
func TestWhatOthersPacked(t *testing.T) {
	sevenZip := func(name string, args ...string) []string {
		return append(append([]string{"7z", "a", "-bd"}, args...), name, "a.txt", "b.bin", "c.exe")
	}
	tests := map[string]struct {
		format Format
		make   []string
	}{
		"lzma2.7z":     {SevenZip, sevenZip("out")},
		"lzma.7z":      {SevenZip, sevenZip("out", "-m0=lzma")},
		"bcj.7z":       {SevenZip, sevenZip("out", "-m0=bcj", "-m1=lzma2")},
		"delta.7z":     {SevenZip, sevenZip("out", "-m0=delta:4", "-m1=lzma")},
		"bzip2.7z":     {SevenZip, sevenZip("out", "-m0=bzip2")},
		"deflate.7z":   {SevenZip, sevenZip("out", "-m0=deflate")},
		"copy.7z":      {SevenZip, sevenZip("out", "-mx=0")},
		"nonsolid.7z":  {SevenZip, sevenZip("out", "-ms=off")},
		"password.7z":  {SevenZip, sevenZip("out", "-pinfected")},
		"headers.7z":   {SevenZip, sevenZip("out", "-pinfected", "-mhe=on")},
		"stored.7z":    {SevenZip, sevenZip("out", "-pinfected", "-mx=0")},
		"plain.zip":    {Zip, sevenZip("out", "-tzip")},
		"bzip2.zip":    {Zip, sevenZip("out", "-tzip", "-mm=bzip2")},
		"classic.zip":  {Zip, sevenZip("out", "-tzip", "-pinfected", "-mem=ZipCrypto")},
		"aes256.zip":   {Zip, sevenZip("out", "-tzip", "-pinfected", "-mem=AES256")},
		"aes128.zip":   {Zip, sevenZip("out", "-tzip", "-pinfected", "-mem=AES128")},
		"streamed.zip": {Zip, []string{"sh", "-c", "7z a -bd -tzip -pinfected -mx=0 out a.txt b.bin c.exe"}},
		"plain.tar":    {Tar, []string{"tar", "cf", "out", "a.txt", "b.bin", "c.exe"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, want := files(t)
			if _, err := exec.LookPath("7z"); err != nil && tt.make[0] != "tar" {
				t.Skip("7z is not installed (p7zip-full)")
			}
			artifacttest.Run(t, dir, tt.make[0], tt.make[1:]...)
			packed, err := filepath.Glob(filepath.Join(dir, "out*"))
			if err != nil || len(packed) != 1 {
				t.Fatalf("%v %v", packed, err)
			}
			data, err := os.ReadFile(packed[0])
			if err != nil {
				t.Fatal(err)
			}
			got, err := contents(viewOf(data), tt.format, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestMethodsNotReadAreSaid: what 7-Zip packs by a method that is not read here
// is said to be so, and not to be broken.
func TestMethodsNotReadAreSaid(t *testing.T) {
	for name, args := range map[string][]string{
		"ppmd": {"-m0=PPMd"},
		"bcj2": {"-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3"},
		"arm":  {"-mf=ARM"},
	} {
		dir, _ := files(t)
		artifacttest.Run(t, dir, "7z", append(append([]string{"a", "-bd"}, args...), "out.7z", "c.exe")...)
		data, err := os.ReadFile(filepath.Join(dir, "out.7z"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := contents(viewOf(data), SevenZip, 1<<30)
		if got["c.exe"] != "method" && !errors.Is(err, ErrMethod) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

func TestStreams(t *testing.T) {
	for format, tool := range map[Format][]string{
		Gzip: {"gzip", "-k"}, Bzip2: {"bzip2", "-k"}, XZ: {"xz", "-k"}, Zstd: {"zstd", "-q", "-k"},
	} {
		t.Run(string(format), func(t *testing.T) {
			dir, want := files(t)
			artifacttest.Run(t, dir, tool[0], append(tool[1:], "c.exe")...)
			packed, _ := filepath.Glob(filepath.Join(dir, "c.exe.*"))
			if len(packed) != 1 {
				t.Fatal(packed)
			}
			data, err := os.ReadFile(packed[0])
			if err != nil {
				t.Fatal(err)
			}
			got, err := contents(viewOf(data), format, 1<<30)
			if err != nil || got[""] != want["c.exe"] {
				t.Errorf("%v %v", got, err)
			}
		})
	}
}

// TestXZFrames reads what xz writes in all its shapes, and refuses a block that
// asks for 4 GiB wherever it stands.
func TestXZFrames(t *testing.T) {
	dir, want := files(t)
	packed := func(args ...string) []byte {
		artifacttest.Run(t, dir, "sh", append([]string{"-c", `xz -k -c "$@" b.bin >out.xz`, "xz"}, args...)...)
		data, err := os.ReadFile(filepath.Join(dir, "out.xz"))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	read := func(data []byte) (string, error) {
		got := ""
		err := Walk(viewOf(data), XZ, nil, func(m Member) error {
			r, err := m.Open()
			if err != nil {
				return err
			}
			h := sha256.New()
			_, err = io.Copy(h, r)
			got = hex.EncodeToString(h.Sum(nil))
			if n, again := r.Read(make([]byte, 1)); err == nil && (n != 0 || !errors.Is(again, io.EOF)) {
				t.Errorf("after its end: %d bytes, %v", n, again)
			}
			return err
		})
		return got, err
	}
	blocks := packed("--block-size=100000")
	padded := append(bytes.Clone(blocks), 0, 0, 0, 0)
	for name, data := range map[string][]byte{
		"blocks": blocks, "padded": padded, "none": packed("--check=none"), "crc32": packed("--check=crc32"), "sha256": packed("--check=sha256"),
	} {
		if got, err := read(data); err != nil || got != want["b.bin"] {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
	twice := append(bytes.Clone(padded), blocks...)
	noise, err := os.ReadFile(filepath.Join(dir, "b.bin"))
	if err != nil {
		t.Fatal(err)
	}
	both := sha256.Sum256(append(bytes.Clone(noise), noise...))
	if got, err := read(twice); err != nil || got != hex.EncodeToString(both[:]) {
		t.Errorf("two streams: %s %v", got, err)
	}
	for _, behind := range []string{"e", "evi", "evil", "evil evil evil"} {
		if _, err := read(append(bytes.Clone(blocks), behind...)); err == nil {
			t.Errorf("read without a word of %q behind it", behind)
		}
	}
	for cut := 1; cut < 100; cut++ {
		if _, err := read(blocks[:len(blocks)-cut]); err == nil {
			t.Errorf("read without a word, %d bytes short", cut)
		}
	}
	// Each block's header is found by its own sum.
	hungry := 0
	for at := xzHead; at+8 < len(blocks); at += 4 {
		size := (int(blocks[at]) + 1) * 4
		if blocks[at] == 0 || at+size > len(blocks) || crc32.ChecksumIEEE(blocks[at:at+size-4]) != binary.LittleEndian.Uint32(blocks[at+size-4:]) {
			continue
		}
		data := bytes.Clone(blocks)
		head := data[at : at+size]
		code := bytes.LastIndex(head[:size-4], []byte{0x21, 1}) + 2
		head[code] = 40
		binary.LittleEndian.PutUint32(head[size-4:], crc32.ChecksumIEEE(head[:size-4]))
		if _, err := read(data); err == nil || !strings.Contains(err.Error(), "too much memory") {
			t.Errorf("block at %d: %v", at, err)
		}
		hungry++
	}
	if hungry < 3 {
		t.Errorf("%d blocks were found, want 3", hungry)
	}
}

func TestWrongPasswordIsSaid(t *testing.T) {
	for _, args := range [][]string{{"-tzip", "-mem=ZipCrypto"}, {"-tzip", "-mem=AES256"}, {"-t7z"}, {"-t7z", "-mhe=on"}} {
		dir, _ := files(t)
		artifacttest.Run(t, dir, "7z", append(append([]string{"a", "-bd", "-pother"}, args...), "out.bin", "a.txt")...)
		data, err := os.ReadFile(filepath.Join(dir, "out.bin"))
		if err != nil {
			t.Fatal(err)
		}
		format := Zip
		if args[0] == "-t7z" {
			format = SevenZip
		}
		got, err := contents(viewOf(data), format, 1<<30)
		if got["a.txt"] != "password" && !errors.Is(err, ErrPassword) {
			t.Errorf("%q: %v %v", args, got, err)
		}
	}
}

// TestClaimsAreNotBelieved hands the reader headers that ask for the moon.
func TestClaimsAreNotBelieved(t *testing.T) {
	for n := range 40 {
		number := bytes.Repeat([]byte{0xff}, 1+n%9)
		for _, prefix := range []string{"\x01\x04\x06", "\x01\x04\x06\x00", "\x01\x04\x07\x0b", "\x01\x05", "\x01\x04\x08\x0d", "\x17\x06\x00"} {
			header := append([]byte(prefix), number...)
			p := parser{rest: header[1:], view: viewOf(header)}
			if _, err := p.header(); err == nil {
				t.Errorf("%x was read", header)
			}
		}
	}
}

func FuzzWalk(f *testing.F) {
	formats := []Format{Zip, SevenZip, Tar, Gzip, Bzip2, XZ, Zstd}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("evil.example evil.example"), 0o600); err != nil {
		f.Fatal(err)
	}
	for i, args := range [][]string{
		{"-tzip"},
		{"-tzip", "-pinfected"},
		{"-tzip", "-pinfected", "-mem=AES256"},
		{"-t7z"},
		{"-t7z", "-m0=bcj", "-m1=lzma"},
		{"-t7z", "-pinfected", "-mhe=on"},
		{"-ttar"},
		{"-tgzip"},
		{"-tbzip2"},
		{"-txz"},
	} {
		out := filepath.Join(dir, fmt.Sprint("out", i))
		if err := exec.Command("7z", append(append([]string{"a", "-bd"}, args...), out, filepath.Join(dir, "a"))...).Run(); err != nil {
			continue // without 7z the fuzzer starts from less
		}
		written, _ := filepath.Glob(out + "*")
		for _, path := range written {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			for k := range formats {
				f.Add(data, byte(k))
			}
		}
	}
	f.Fuzz(func(_ *testing.T, data []byte, format byte) {
		_, _ = contents(viewOf(data), formats[int(format)%len(formats)], 1<<20)
	})
}
