package logfile_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"clew/internal/telemetry/format/all"
	"clew/internal/telemetry/logfile"
)

var options = logfile.Options{Header: all.Header, Binary: all.Binary}

// records returns every record of r with its place, whatever the blocks.
func records(t testing.TB, r io.Reader, o logfile.Options) (texts []string, places [][2]int64, err error) {
	t.Helper()
	err = logfile.Members(r, func(_ string, in *bufio.Reader) error {
		return logfile.Blocks(in, o, func(b logfile.Block) error {
			if b.Records != nil {
				for i, s := range b.Records {
					end := len(b.Text)
					if i+1 < len(b.Records) {
						end = b.Records[i+1].At
					}
					texts = append(texts, string(bytes.TrimRight(b.Text[s.At:end], "\n")))
					places = append(places, [2]int64{s.Offset, s.Line})
				}
				return nil
			}
			offset, line := b.Offset, b.Line
			for text := range bytes.Lines(b.Text) {
				texts = append(texts, string(bytes.TrimRight(text, "\n")))
				places = append(places, [2]int64{offset, line})
				offset += int64(len(text))
				line++
			}
			return nil
		})
	})
	return texts, places, err
}

func pack(t testing.TB, name, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch name {
	case "gz":
		w = gzip.NewWriter(&out)
	case "zst":
		w, err = zstd.NewWriter(&out)
	case "xz":
		w, err = xz.NewWriter(&out)
	case "tar":
		archive := tar.NewWriter(&out)
		err = archive.WriteHeader(&tar.Header{Name: "a/b.log", Mode: 0o600, Size: int64(len(text))})
		w = struct {
			io.Writer
			io.Closer
		}{archive, archive}
	default:
		return []byte(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPacked(t *testing.T) {
	const text = "one\ntwo\nthree"
	for _, layers := range []string{"", "gz", "zst", "xz", "tar", "tar gz", "gz tar zst", "gz gz"} {
		packed := text
		for _, name := range strings.Fields(layers) {
			packed = string(pack(t, name, packed))
		}
		got, places, err := records(t, strings.NewReader(packed), options)
		if err != nil || strings.Join(got, "\n") != text {
			t.Errorf("%q: %q, %v", layers, got, err)
		}
		if diff := cmp.Diff([][2]int64{{0, 1}, {4, 2}, {8, 3}}, places); diff != "" {
			t.Errorf("%q: places (- want, + got)\n%s", layers, diff)
		}
	}
}

func TestMembersAreNamed(t *testing.T) {
	var names []string
	err := logfile.Members(bytes.NewReader(pack(t, "gz", string(pack(t, "tar", "x\n")))), func(name string, _ *bufio.Reader) error {
		names = append(names, name)
		return nil
	})
	if err != nil || cmp.Diff([]string{"a/b.log"}, names) != "" {
		t.Error(names, err)
	}
}

func TestBzip2(t *testing.T) {
	// printf 'one\ntwo\n' | bzip2
	packed := "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\xa7\x14\x2b\x77\x00\x00\x02\xc1\x80\x00\x10\x02\x01\x84\x80\x20\x00\x21\x80\x0c\x02\x38\xf5\x1b\x8b\xb9\x22\x9c\x28\x48\x53\x8a\x15\xbb\x80"
	got, _, err := records(t, strings.NewReader(packed), options)
	if err != nil || strings.Join(got, " ") != "one two" {
		t.Errorf("%q %v", got, err)
	}
}

// TestCutOff keeps what came before the end of a broken download.
func TestCutOff(t *testing.T) {
	text := strings.Repeat("a line of a log that is long enough to make blocks\n", 40_000)
	packed := pack(t, "gz", text)
	got, _, err := records(t, bytes.NewReader(packed[:len(packed)*2/3]), options)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(got) < 1000 {
		t.Errorf("%d lines, %v", len(got), err)
	}
}

func TestArchivesAreNamed(t *testing.T) {
	_, _, err := records(t, strings.NewReader("PK\x03\x04rest"), options)
	if !errors.Is(err, logfile.ErrArchive) {
		t.Error(err)
	}
}

func TestShapes(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"json_lines":       {"{\"a\":1}\n{\"a\":2}\n", `{"a":1}|{"a":2}`},
		"json_pretty":      {"{\n \"a\": 1\n}\n{\n \"a\": \"}{\\\"\"\n}\n", "{\n \"a\": 1\n}|{\n \"a\": \"}{\\\"\"\n}"},
		"json_array":       {`[{"a":1}, {"a":{"b":[2]}}]`, `{"a":1}|{"a":{"b":[2]}}`},
		"json_records":     {`{"Records":[{"a":1},{"a":2}]}`, `{"a":1}|{"a":2}`},
		"json_cut":         {`[{"a":1},{"a":`, `{"a":1}|{"a":`},
		"xml_pretty":       {"<!-- x -->\n<Events>\n<Event a=\"1\">\n<B/></Event>\n<Event>2</Event></Events>", "<Event a=\"1\">\n<B/></Event>|<Event>2</Event>"},
		"xml_lines":        {"<Event>1</Event>\n<Event>2</Event>\n", "<Event>1</Event>|<Event>2</Event>"},
		"nul_and_no_utf8":  {"a\x00b\n\xff\xfeevil\n", "a\x00b|\xff\xfeevil"},
		"carriage_returns": {"a\r\nb\r\n", "a\r|b\r"},
		"empty":            {"", ""},
		"blank":            {"\n\n", "|"},
		"utf16":            {"\xff\xfea\x00\n\x00b\x00", "a|b"},
		"braces_in_prose":  {"{not json\nat all\n", "{not json\nat all"},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := records(t, strings.NewReader(c.text), options)
			if err != nil || strings.Join(got, "|") != c.want && name != "braces_in_prose" {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// TestHeaders: a schema holds from its line on, also when it comes again in the
// middle of a file, and its lines keep their numbers.
func TestHeaders(t *testing.T) {
	text := "#fields\ta\tb\n1\t2\n#fields\tc\td\n3\t4\n"
	var got []string
	err := logfile.Blocks(bufio.NewReader(strings.NewReader(text)), options, func(b logfile.Block) error {
		got = append(got, strings.Join(b.Schema.Columns, ",")+" "+string(b.Text))
		if want := int64(2 * len(got)); b.Line != want {
			t.Errorf("line %d, want %d", b.Line, want)
		}
		return nil
	})
	if err != nil || cmp.Diff([]string{"a,b 1\t2\n", "c,d 3\t4\n"}, got) != "" {
		t.Errorf("%q %v", got, err)
	}
}

// TestRelease: what was handed on is whole until it is given back, also by
// several at a time, with headers between that share memory among blocks, and
// with lines longer than a block.
func TestRelease(t *testing.T) {
	var text strings.Builder
	for i := range 60_000 {
		if i%7919 == 0 {
			fmt.Fprintf(&text, "#fields\tn%d\n", i)
		}
		fmt.Fprintf(&text, "%d %s\n", i, strings.Repeat("x", i%90))
		if i%20_000 == 0 {
			fmt.Fprintln(&text, strings.Repeat("long", 100_000))
		}
	}
	want, _, err := records(t, strings.NewReader(text.String()), options)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []*[]string
	var readers sync.WaitGroup
	slots := make(chan struct{}, 3)
	err = logfile.Blocks(bufio.NewReader(strings.NewReader(text.String())), options, func(b logfile.Block) error {
		lines := new([]string)
		blocks = append(blocks, lines)
		slots <- struct{}{}
		readers.Go(func() {
			for line := range bytes.Lines(b.Text) {
				*lines = append(*lines, string(bytes.TrimRight(line, "\n")))
			}
			b.Release()
			b.Release() // twice is once
			<-slots
		})
		return nil
	})
	readers.Wait()
	var got []string
	for _, lines := range blocks {
		got = append(got, *lines...)
	}
	if err != nil || len(blocks) < 10 || !slices.Equal(got, want) {
		t.Errorf("%d blocks with %d lines, want %d lines: %v", len(blocks), len(got), len(want), err)
	}
}

// TestLongLines: a line of 50 MB is one record, one beyond the bound is cut and
// counted.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("x", 50<<20)
	got, places, err := records(t, strings.NewReader("a\n"+long+"\nb\n"), options)
	if err != nil || len(got) != 3 || len(got[1]) != 50<<20 || places[2] != [2]int64{int64(50<<20) + 3, 3} {
		t.Fatalf("%d records, %v, %v", len(got), places, err)
	}
	cut := 0
	endless := io.LimitReader(zeros{}, logfile.MaxRecord*2+5)
	err = logfile.Blocks(bufio.NewReaderSize(endless, 1<<20), options, func(b logfile.Block) error {
		if b.Cut {
			cut++
		}
		return nil
	})
	if err != nil || cut < 1 || cut > 2 {
		t.Errorf("%d cuts, %v", cut, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.log", "b.log.1", "sub/a.gz"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inputs, skipped := logfile.Find([]string{dir, filepath.Join(dir, "missing")})
	var names []string
	for _, in := range inputs {
		names = append(names, strings.TrimPrefix(in.Path, dir+"/"))
	}
	if diff := cmp.Diff([]string{"b.log", "b.log.1", "sub/a.gz"}, names); diff != "" || len(skipped) != 1 {
		t.Errorf("%s %v", diff, skipped)
	}
}

// TestFollow goes with a file that grows, is cut short, rotates, and is deleted.
func TestFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	write := func(text string, flag int) {
		t.Helper()
		f, err := os.OpenFile(path, flag|os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write("one\n", os.O_TRUNC)
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	f, err := logfile.Follow(ctx, path, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(f)
	next := func(want string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("%q, want %q", lines.Text(), want)
		}
	}
	next("one")
	write("two\n", os.O_APPEND)
	next("two")
	write("new\n", os.O_TRUNC) // cut short and written again
	next("new")
	if err := os.Rename(path, path+".1"); err != nil { // rotated
		t.Fatal(err)
	}
	write("after\n", os.O_TRUNC)
	next("after")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write("back\n", os.O_TRUNC)
	next("back")
	stop()
	if lines.Scan() {
		t.Errorf("%q after the end", lines.Text())
	}
}

func FuzzBlocks(f *testing.F) {
	for _, s := range []string{"a\nb", `[{"a":1}]`, "<Event>x</Event>", "#fields\ta\n1", `{"Records":[{"a":"\"}"}]}`, "\xff\xfea\x00", "ElfFile\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first, places, err := records(t, bytes.NewReader(data), options)
		second, again, err2 := records(t, bytes.NewReader(data), options)
		if cmp.Diff(first, second) != "" || cmp.Diff(places, again) != "" || (err == nil) != (err2 == nil) {
			t.Fatal("not the same twice")
		}
		for _, p := range places {
			if p[0] < 0 || p[0] > int64(64<<20) || p[1] < 0 {
				t.Fatalf("place %v", p)
			}
		}
	})
}

// What stands outside the records of a list is searched like them, and lines that
// begin with a list are lines.
func TestNothingStandsOutsideOfRecords(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"behind_a_list":   {`{"Records":[{"a":1},{"a":2}],"next":"evil.example"}`, []string{`{"a":1}`, `{"a":2}`, `],"next":"evil.example"}`}},
		"among_members":   {`[{"a":1},"evil.example",{"a":2}]`, []string{`{"a":1}`, `,"evil.example",`, `{"a":2}`}},
		"nothing_outside": {`{"Records":[ {"a":1} , {"a":2} ]}`, []string{`{"a":1}`, `{"a":2}`}},
		"lines":           {"{\"data\":[{\"a\":1}],\"q\":\"evil.example\"}\n{\"data\":[]}\n", []string{`{"data":[{"a":1}],"q":"evil.example"}`, `{"data":[]}`}},
		"before_an_event": {`<Events><!-- 203.0.113.7 --><Event a="1">` + "\n" + `</Event></Events>`, []string{`<Events><!-- 203.0.113.7 -->`, "<Event a=\"1\">\n</Event>"}},
		"comment":         {`<!-- 203.0.113.7 --><Event a="1">` + "\n" + `</Event>`, []string{`<!-- 203.0.113.7 --><Event a="1">` + "\n" + `</Event>`}},
		"version":         {`<Events><!-- 4.90 --><Event a="1">` + "\n" + `</Event></Events>`, []string{"<Event a=\"1\">\n</Event>"}},
	} {
		texts, places, err := records(t, strings.NewReader(c.text), options)
		if diff := cmp.Diff(c.want, texts); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
			continue
		}
		for i, place := range places {
			if !strings.HasPrefix(c.text[place[0]:], texts[i]) {
				t.Errorf("%s: record %q is not at byte %d", name, texts[i], place[0])
			}
		}
	}
}
