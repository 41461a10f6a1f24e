package embedded

import (
	"encoding/binary"
	"slices"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
)

func utf16le(text string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func found(t *testing.T, data []byte, step int) []string {
	t.Helper()
	s := NewScanner()
	for part := range slices.Chunk(data, step) {
		if _, err := s.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for _, f := range s.Found() {
		all = append(all, f.Value.Kind().String()+" "+f.Value.Text()+" "+string(f.Encoding))
	}
	return all
}

func TestScannerFindsWhatLeadsOut(t *testing.T) {
	data := []byte("\x00\x01http://c2.evil-panel.com/gate.php\x00\xff" +
		"198.51.100.7:4444\x00mail: ransom@evil-panel.com\x00Global\\evil-lock-7\x00" +
		"C:\\build\\evil\\Release\\evil.pdb\x00\\\\.\\pipe\\evilpipe\x00" +
		"Mozilla/5.0 (Windows NT 10.0; evil)\x00" +
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\x00" +
		"drop.evil-panel.com/gate.php\x00")
	data = append(data, utf16le("update.evil-panel.com")...)
	data = append(data, 0, 0, 1) // an odd offset from here on
	data = append(data, utf16le("https://198.51.100.9/stage2")...)
	want := []string{
		"domain update.evil-panel.com utf-16",
		"ip 198.51.100.7 ascii",
		"url http://c2.evil-panel.com/gate.php ascii",
		"url http://drop.evil-panel.com/gate.php ascii",
		"url https://198.51.100.9/stage2 utf-16",
		"email ransom@evil-panel.com ascii",
		`mutex Global\evil-lock-7 ascii`,
		`mutex \\.\pipe\evilpipe ascii`,
		`pdb C:\build\evil\Release\evil.pdb ascii`,
		"useragent Mozilla/5.0 (Windows NT 10.0; evil) ascii",
		"wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa ascii",
	}
	for _, step := range []int{1, 7, len(data)} {
		if diff := cmp.Diff(want, found(t, data, step)); diff != "" {
			t.Errorf("in steps of %d:\n%s", step, diff)
		}
	}
}

func TestScannerInventsNothing(t *testing.T) {
	data := []byte("System.Net\x00System.IO.Compression\x00kernel32.dll\x006.0.0.0\x001.2.3.4\x00version 10.0.19041.1\x00" +
		"obj.name\x00build.sh\x00user.id\x00127.0.0.1\x00192.168.1.1\x00http://localhost/x\x00http://%s/gate.php\x00" +
		"golang.org/x/evil/ssh.newBuffer\x00\x000github.com/evil/ssh\x00errors.is\x00runtime.open\x00reflect.flag.ro\x00type:.eq.evil-panel.com/x/y.Z\x00" +
		"Global\\%s\x00a.b.c.d.e.f.g.h.com\x00std::io.read\x00foo.com.bar.baz.qux\x00config.data\x00")
	if got := found(t, data, len(data)); got != nil {
		t.Errorf("found %q", got)
	}
}

func TestScannerIsBounded(t *testing.T) {
	s := NewScanner()
	for i := range 3 * maxFound {
		_, _ = s.Write([]byte("http://h" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + ".evil-panel.com/\x00"))
	}
	if got := s.Found(); len(got) != maxFound || !s.Cut {
		t.Errorf("%d found, cut %v", len(got), s.Cut)
	}
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte("\x00http://evil.example/a\x00Global\\x\x00"))
	f.Add(utf16le("C:\\a\\b.pdb"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewScanner()
		_, _ = s.Write(data)
		for _, v := range s.Found() {
			if again, err := observable.New(v.Value.Kind(), v.Value.Text()); err != nil || again != v.Value {
				t.Errorf("%q is not canonical: %v", v.Value, err)
			}
			if v.Offset < 0 || v.Offset >= int64(len(data)) {
				t.Errorf("offset %d of %d bytes", v.Offset, len(data))
			}
		}
	})
}
