package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"clew/internal/ingest"
	"clew/internal/observable"
	"clew/internal/observation"
)

// pairs is a format for these tests: "name address" a line, "-" to skip one.
type pairs struct{ end error }

func (pairs) Name() string              { return "pairs" }
func (pairs) Likely([]byte) bool        { return false }
func (p pairs) Decoder() ingest.Decoder { return p }
func (p pairs) End(*ingest.Out) error   { return p.end }

func (pairs) Line(line []byte, out *ingest.Out) {
	name, address, ok := strings.Cut(string(line), " ")
	if name == "-" {
		out.Skip()
		return
	}
	ip, err := observable.New(observable.IP, address)
	if !ok || err != nil {
		out.Reject("no pair")
		return
	}
	domain, err := observable.New(observable.Domain, name)
	if err != nil {
		out.Reject("%w", err)
		return
	}
	out.Keep(observation.Observation{Subject: domain, Relation: observation.ResolvesTo, Object: ip})
}

func run(t *testing.T, format ingest.Format, input []byte) ([]observation.Observation, ingest.Summary, error) {
	t.Helper()
	var facts []observation.Observation
	s, err := ingest.Import{Format: format, Source: "test"}.Run(context.Background(), bytes.NewReader(input), func(o observation.Observation) error {
		facts = append(facts, o)
		return nil
	})
	return facts, s, err
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const three = "a.example 192.0.2.1\nb.example 192.0.2.2\nc.example 192.0.2.3\n"

func TestRunReads(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		input                         []byte
		read, kept, skipped, rejected uint64
	}{
		"plain":                       {[]byte(three), 3, 3, 0, 0},
		"gzip":                        {gzipped(t, three), 3, 3, 0, 0},
		"two_gzip_members":            {append(gzipped(t, three), gzipped(t, three)...), 6, 6, 0, 0},
		"zstd":                        {z.EncodeAll([]byte(three), nil), 3, 3, 0, 0},
		"nothing":                     {nil, 0, 0, 0, 0},
		"carriage_returns":            {[]byte(strings.ReplaceAll(three, "\n", "\r\n")), 3, 3, 0, 0},
		"byte_order_mark":             {[]byte("\ufeff" + three), 3, 3, 0, 0},
		"no_line_feed_at_the_end":     {[]byte(strings.TrimSuffix(three, "\n")), 3, 3, 0, 0},
		"blank_lines":                 {[]byte("\n\n" + three + "\n"), 3, 3, 0, 0},
		"skipped_line":                {[]byte(three + "-\n"), 4, 3, 1, 0},
		"line_that_is_none":           {[]byte(three + "rubbish\n" + three), 7, 6, 0, 1},
		"line_longer_than_the_bound":  {[]byte(three + strings.Repeat("x", 5<<20) + "\n" + three), 7, 6, 0, 1},
		"fact_the_vocabulary_refuses": {[]byte(three + "a.b.example 999\n" + three), 7, 6, 0, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			facts, s, err := run(t, pairs{}, tt.input)
			if err != nil {
				t.Fatal(err)
			}
			if s.Read != tt.read || s.Kept != tt.kept || s.Skipped != tt.skipped || s.Rejected != tt.rejected || uint64(len(facts)) != s.Kept {
				t.Errorf("got %+v and %d facts", s, len(facts))
			}
			for _, o := range facts {
				if o.Source != "test" || o.Count != 1 {
					t.Errorf("fact not stamped: %+v", o)
				}
			}
		})
	}
}

func TestRunKeepsOrder(t *testing.T) {
	var input strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&input, "n%d.example 192.0.2.%d\n", i, i%256)
	}
	facts, s, err := run(t, pairs{}, []byte(input.String()))
	if err != nil || s.Kept != 50_000 {
		t.Fatalf("%+v, %v", s, err)
	}
	for i, o := range facts {
		if want := fmt.Sprintf("n%d.example", i); o.Subject.Text() != want {
			t.Fatalf("fact %d is about %s, want %s", i, o.Subject.Text(), want)
		}
	}
}

func TestRunDescribesRejects(t *testing.T) {
	_, s, err := run(t, pairs{}, []byte("a.example 192.0.2.1\n\n\x1b[31mred\x00 \u202eno\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []ingest.Reject{{Line: 3, Reason: "no pair", Text: "·[31mred· ·no"}}
	if diff := cmp.Diff(want, s.FirstRejected); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	_, s, err = run(t, pairs{}, []byte(three+strings.Repeat("bad\n", 500)))
	if err != nil || s.Rejected != 500 || len(s.FirstRejected) != 10 {
		t.Errorf("500 bad lines: %d counted, %d described, %v", s.Rejected, len(s.FirstRejected), err)
	}
}

func TestRunTellsACutInput(t *testing.T) {
	whole := gzipped(t, strings.Repeat(three, 2000))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-5] ^= 0xff // the checksum
	tests := map[string]struct {
		input []byte
		want  string
	}{
		"archive_cut_in_the_middle": {whole[:len(whole)/2], "unexpected EOF"},
		"archive_without_trailer":   {whole[:len(whole)-4], "unexpected EOF"},
		"archive_with_bad_checksum": {flipped, "checksum"},
		"archive_header_only":       {whole[:6], "header"},
		"half_a_last_line":          {[]byte(three + "d.examp"), "line 4 has no end"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			facts, s, err := run(t, pairs{}, tt.input)
			if !errors.Is(err, ingest.ErrCut) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want ErrCut with %q", err, tt.want)
			}
			if uint64(len(facts)) != s.Kept {
				t.Errorf("%d facts handed on, %d counted", len(facts), s.Kept)
			}
			if s.Kept > 0 && !strings.Contains(err.Error(), fmt.Sprintf("%d observations", s.Kept)) {
				t.Errorf("%q does not say that %d were kept", err, s.Kept)
			}
		})
	}
	_, s, err := run(t, pairs{end: fmt.Errorf("%w: no last frame", ingest.ErrCut)}, []byte(three))
	if !errors.Is(err, ingest.ErrCut) || s.Kept != 3 {
		t.Errorf("the format's own verdict: %+v, %v", s, err)
	}
}

func TestRunGivesUpOnAnotherFormat(t *testing.T) {
	_, s, err := run(t, pairs{}, []byte(strings.Repeat("{\"json\":true}\n", 200_000)))
	if !errors.Is(err, ingest.ErrNotFormat) || s.Read > 100_000 {
		t.Errorf("read %d lines, then %v", s.Read, err)
	}
	if _, _, err = run(t, pairs{}, []byte("{\"json\":true}\n")); !errors.Is(err, ingest.ErrNotFormat) {
		t.Errorf("one line of another format: %v", err)
	}
}

func TestRunStops(t *testing.T) {
	full := errors.New("disk full")
	imp := ingest.Import{Format: pairs{}}
	s, err := imp.Run(context.Background(), strings.NewReader(strings.Repeat(three, 100_000)), func(observation.Observation) error { return full })
	if !errors.Is(err, full) || s.Kept != 0 {
		t.Errorf("sink that fails: %+v, %v", s, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err = imp.Run(ctx, strings.NewReader(strings.Repeat(three, 500_000)), func(observation.Observation) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) || s.Read == 1_500_000 {
		t.Errorf("cancelled: read %d, %v", s.Read, err)
	}
	broken := errors.New("cable pulled")
	_, err = imp.Run(context.Background(), iotest.ErrReader(broken), func(observation.Observation) error { return nil })
	if !errors.Is(err, broken) {
		t.Errorf("input that fails: %v", err)
	}
}

func TestRunTellsProgress(t *testing.T) {
	var last ingest.Summary
	calls := 0
	imp := ingest.Import{Format: pairs{}, Progress: func(s ingest.Summary) {
		if s.Read < last.Read {
			t.Errorf("progress goes back from %d to %d", last.Read, s.Read)
		}
		last, calls = s, calls+1
	}}
	if _, err := imp.Run(context.Background(), strings.NewReader(strings.Repeat(three, 20_000)), func(observation.Observation) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if last.Read != 60_000 || calls < 2 {
		t.Errorf("told %d times, at last %+v", calls, last)
	}
}

func FuzzRun(f *testing.F) {
	f.Add([]byte(three))
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0})
	f.Fuzz(func(t *testing.T, input []byte) {
		_, s, _ := run(t, pairs{}, input)
		if s.Kept > s.Read {
			t.Errorf("%+v", s)
		}
	})
}
