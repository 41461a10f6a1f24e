package world

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
	"clew/internal/observation"
)

func newWorld(t testing.TB, opts Options) *World {
	t.Helper()
	w, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// golden is the digest of the digests of the files of one small world. When it
// changes on purpose, Version has to grow: published worlds no longer repeat.
const golden = "619b00872313ec75d6f6e01e81c8f12a93e803eefe80401b5f112f8f634d380b"

func TestSameOptionsGiveSameBytes(t *testing.T) {
	w := newWorld(t, Options{Seed: 7, Observations: 20_000})
	digest := func() string {
		m, err := w.Write(context.Background(), t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		for _, f := range m.Files {
			sum.Write([]byte(f.SHA256))
		}
		return hex.EncodeToString(sum.Sum(nil))
	}
	first := digest()
	if second := digest(); first != second {
		t.Errorf("two writings of one world differ: %s and %s", first, second)
	}
	if Version != 1 || first != golden {
		t.Errorf("version %d of the generator gives %s, want version 1 and %s", Version, first, golden)
	}
}

func TestOtherSeedGivesOtherOperators(t *testing.T) {
	of := func(seed uint64) []Operator {
		return newWorld(t, Options{Seed: seed, Observations: MinObservations}).Operators()[1:]
	}
	if one, two := of(1), of(2); cmp.Equal(one, two) {
		t.Errorf("seeds 1 and 2 both planted %+v", one)
	}
}

func TestSizeIsWhatWasAskedFor(t *testing.T) {
	for _, want := range []int{MinObservations, 50_000, DemoObservations} {
		got := 0
		for range newWorld(t, Options{Seed: 3, Observations: want}).Observations {
			got++
		}
		if off := float64(got-want) / float64(want); off < -0.01 || off > 0.05 {
			t.Errorf("asked for %d observations, got %d", want, got)
		}
	}
}

func TestStreamStopsWhenAsked(t *testing.T) {
	got := 0
	for range newWorld(t, Options{Observations: 100_000}).Observations {
		if got++; got == 1234 {
			break
		}
	}
	if got != 1234 {
		t.Errorf("read %d observations, want 1234", got)
	}
}

func TestOnlyReservedValues(t *testing.T) {
	ranges := []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
	}
	reservedName := func(name string) bool {
		return strings.HasSuffix(name, ".example") || strings.HasSuffix(name, ".test")
	}
	within := func(a netip.Addr) bool {
		for _, r := range ranges {
			if r.Contains(a) {
				return true
			}
		}
		return false
	}
	reserved := func(v observable.Value) bool {
		switch v.Kind() {
		case observable.Domain:
			return reservedName(v.Text())
		case observable.Email:
			return reservedName(v.Text()) && strings.Contains(v.Text(), "@")
		case observable.IP:
			a, ok := v.Addr()
			return ok && within(a)
		case observable.Prefix:
			p, err := netip.ParsePrefix(v.Text())
			return err == nil && within(p.Addr()) && p.Bits() >= 25 || v.Text() == "198.51.100.0/24" || v.Text() == "203.0.113.0/24"
		case observable.ASN:
			return v.Text() >= "AS64496" && v.Text() <= "AS64511" && len(v.Text()) == 7
		case observable.Phone:
			return strings.HasPrefix(v.Text(), "+999")
		case observable.Cert, observable.CertKey, observable.DN, observable.File, observable.Imphash, observable.Ssdeep,
			observable.Signer, observable.Favicon, observable.BodyHash, observable.Title, observable.Tracker, observable.Serial,
			observable.Person, observable.Org, observable.Registrar, observable.Filename, observable.Text:
			return true
		}
		return false
	}
	w := newWorld(t, Options{Seed: 5, Observations: 150_000})
	for o := range w.Observations {
		for _, v := range []observable.Value{o.Subject, o.Object} {
			if !reserved(v) {
				t.Fatalf("%s %q is not reserved for documentation", v.Kind(), v.Text())
			}
		}
	}
}

func TestEveryObservationIsAFactWithinTheWorldsTime(t *testing.T) {
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, length := range []time.Duration{minDuration, 2 * minDuration, 12 * minDuration} {
		w := newWorld(t, Options{Seed: 11, Observations: 60_000, Start: start, End: start.Add(length)})
		for o := range w.Observations {
			if err := o.Check(); err != nil {
				t.Fatalf("%s %s %s: %v", o.Subject.Text(), o.Relation, o.Object.Text(), err)
			}
			if o.First.Before(w.opts.Start) || o.Last.After(w.opts.End) || o.Count == 0 {
				t.Fatalf("%s %s %s from %s to %s, %d times", o.Subject.Text(), o.Relation, o.Object.Text(), o.First, o.Last, o.Count)
			}
			if again, err := observable.New(o.Object.Kind(), o.Object.Text()); err != nil || again != o.Object {
				t.Fatalf("%q is not canonical", o.Object.Text())
			}
		}
	}
}

// A domain has one owner: two owners who happened on one name would be a link
// that the truth does not know of.
func TestNamesAreUnique(t *testing.T) {
	w := newWorld(t, Options{Seed: 2, Observations: 600_000})
	owned := map[string]bool{}
	for o := range w.Observations {
		if o.Relation != observation.RegistrarOf {
			continue
		}
		if owned[o.Subject.Text()] {
			t.Fatalf("%s was registered twice", o.Subject.Text())
		}
		owned[o.Subject.Text()] = true
	}
}

func TestNoTwoSiteLabelsMeet(t *testing.T) {
	seen := make(map[string]uint64, 1<<19)
	d := roll(1, ofOwner, 1)
	for i := range uint64(1 << 19) {
		label := siteLabel(i, &d)
		if j, ok := seen[label]; ok {
			t.Fatalf("sites %d and %d are both called %s", j, i, label)
		}
		seen[label] = i
	}
}

func TestMemoryDoesNotGrowWithTheWorld(t *testing.T) {
	w := newWorld(t, Options{Seed: 4, Observations: 1_000_000})
	n, most := 0, uint64(0)
	for range w.Observations {
		if n++; n%300_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	if most > 32<<20 {
		t.Errorf("%d MiB live while streaming, want at most 32", most>>20)
	}
}

func TestBadOptionsAreExplained(t *testing.T) {
	day := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	for claim, opts := range map[string]Options{
		"too_small":           {Observations: 999},
		"too_large":           {Observations: 60_000_000},
		"ends_before_it_is":   {Observations: MinObservations, Start: day(2025), End: day(2024)},
		"too_short":           {Observations: MinObservations, Start: day(2025), End: day(2025).AddDate(0, 2, 0)},
		"outside_of_time":     {Observations: MinObservations, Start: day(1901)},
		"unknown_compression": {Observations: MinObservations, Compression: "rar"},
	} {
		t.Run(claim, func(t *testing.T) {
			if w, err := New(opts); err == nil {
				t.Errorf("New(%+v) = %+v, want an error", opts, w)
			}
		})
	}
}

func TestWriteRefusesAFolderOfSomethingElse(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := newWorld(t, Options{Observations: MinObservations}).Write(context.Background(), dir, nil)
	if !errors.Is(err, ErrNotEmpty) {
		t.Errorf("Write into a folder with a file gives %v, want ErrNotEmpty", err)
	}
}

func TestInterruptedWorldIsMarkedAndCanBeWrittenAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on", "the", "way")
	w := newWorld(t, Options{Observations: 120_000})
	ctx, cancel := context.WithCancel(context.Background())
	_, err := w.Write(ctx, dir, func(p Progress) {
		if p.Of != 120_000 {
			t.Errorf("progress of %d, want 120000", p.Of)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled writing gives %v", err)
	}
	if text := read(t, dir, ManifestName); !strings.Contains(text, `"complete": false`) {
		t.Errorf("the manifest of an interrupted world says\n%s", text)
	}
	m, err := w.Write(context.Background(), dir, nil)
	if err != nil || !m.Complete {
		t.Fatalf("writing again: complete %t, %v", m.Complete, err)
	}
	if text := read(t, dir, ManifestName); !strings.Contains(text, `"complete": true`) {
		t.Errorf("the manifest of a whole world says\n%s", text)
	}
}

func read(t testing.TB, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStaysApartFromTheScoringModel(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "clew/internal/world").Output()
	if err != nil {
		t.Fatalf("listing the imports of package world: %v", err)
	}
	var inner []string
	for name := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(name, "clew/") {
			inner = append(inner, name)
		}
	}
	want := []string{"clew/internal/observable", "clew/internal/observation", "clew/internal/world"}
	if diff := cmp.Diff(want, inner); diff != "" {
		t.Errorf("imports of package world (-want +got):\n%s", diff)
	}
}

func BenchmarkObservations(b *testing.B) {
	w := newWorld(b, Options{Seed: 1, Observations: 1_000_000})
	n := 0
	for b.Loop() {
		for range w.Observations {
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "observations/s")
}

func BenchmarkWrite(b *testing.B) {
	w := newWorld(b, Options{Seed: 1, Observations: 1_000_000})
	for b.Loop() {
		if _, err := w.Write(context.Background(), b.TempDir(), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(1_000_000*float64(b.N)/b.Elapsed().Seconds(), "observations/s")
}
