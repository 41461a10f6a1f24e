package index

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/observable"
	"clew/internal/telemetry"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"

	"github.com/google/go-cmp/cmp"
)

// TestMain lets the test binary stand in for a process that indexes and is killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "index-until-killed" {
		if err := indexForever(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func logsIn(t testing.TB, dir string) []Log {
	t.Helper()
	var logs []Log
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		logs = append(logs, Log{path, info.Size(), info.ModTime()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return logs
}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s != nil {
			_ = s.Close()
		}
	})
	return s
}

func bring(t testing.TB, s *Store, logs string) Summary {
	t.Helper()
	sum, err := s.Update(context.Background(), logsIn(t, logs), Options{Reader: telemetry.Reader{}, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// found returns what a search through the index sees: file, line, value, field.
func found(t testing.TB, s *Store, values ...observable.Value) (all []string, a Answer) {
	t.Helper()
	o := telemetry.Options{Workers: 1}
	for _, v := range values {
		o.Indicators = append(o.Indicators, match.Indicator{Value: v})
	}
	a, err := s.Search(context.Background(), o, func(sighting telemetry.Sighting) error {
		all = append(all, describe(sighting, values))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all, a
}

func describe(s telemetry.Sighting, values []observable.Value) string {
	return fmt.Sprintf("%s:%d@%d %s %s %s %s", filepath.Base(s.File), s.Line, s.Offset, values[s.Indicator].Text(), s.Value, s.Field, s.Kind)
}

var evil = observable.Must(observable.Domain, "evil.example")

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const zeekHeader = "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tquery\n#types\ttime\tstring\taddr\tstring\n"

func zeekLine(i int, query string) string {
	return fmt.Sprintf("%d.000000\tCuid%d\t10.0.0.%d\t%s\n", 1_700_000_000+i, i, i%250, query)
}

func TestALogThatGrowsRotatesShrinksAndGoes(t *testing.T) {
	logs, s := t.TempDir(), open(t, t.TempDir())
	path := filepath.Join(logs, "dns.log")
	text := zeekHeader + zeekLine(1, "www.evil.example")
	write(t, path, text+"17000000") // a line that is not there yet in full
	bring(t, s, logs)
	want := []string{fmt.Sprintf("dns.log:5@%d evil.example www.evil.example query dns", len(zeekHeader))}
	check := func(what string) {
		t.Helper()
		got, _ := found(t, s, evil)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("first")

	text += zeekLine(2, "good.example")
	at := len(text)
	text += zeekLine(3, "evil.example")
	write(t, path, text)
	if sum := bring(t, s, logs); sum.Bytes >= int64(len(text)) {
		t.Errorf("read %d bytes again of %d", sum.Bytes, len(text))
	}
	want = append(want, fmt.Sprintf("dns.log:7@%d evil.example evil.example query dns", at))
	check("grown")
	if sum := bring(t, s, logs); sum.Files != 0 || sum.Unchanged != 1 {
		t.Errorf("unchanged logs were read: %+v", sum)
	}

	if err := os.Rename(path, filepath.Join(logs, "dns.1.log")); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i] = strings.Replace(want[i], "dns.log", "dns.1.log", 1)
	}
	check("rotated, before the next update")
	write(t, path, zeekHeader+zeekLine(4, "a.evil.example"))
	bring(t, s, logs)
	want = append(want, fmt.Sprintf("dns.log:5@%d evil.example a.evil.example query dns", len(zeekHeader)))
	slices.Sort(want)
	check("rotated")

	write(t, path, zeekHeader+zeekLine(5, "good.example"))
	bring(t, s, logs)
	want = slices.DeleteFunc(want, func(w string) bool { return strings.HasPrefix(w, "dns.log") })
	check("cut short and written anew")

	if err := os.Remove(filepath.Join(logs, "dns.1.log")); err != nil {
		t.Fatal(err)
	}
	got, a := found(t, s, evil)
	if len(got) != 0 || len(a.Gone) == 0 || a.Complete() {
		t.Errorf("a log that is gone: found %v, answer %+v", got, a)
	}
}

func TestMergedSegmentsAnswerAlike(t *testing.T) {
	logs, dir := t.TempDir(), t.TempDir()
	s := open(t, dir)
	for i := range 9 {
		write(t, filepath.Join(logs, fmt.Sprintf("%d.log", i)), zeekHeader+strings.Repeat(zeekLine(i, "x.test"), 100)+zeekLine(i, fmt.Sprintf("h%d.evil.example", i%3)))
		bring(t, s, logs)
	}
	values := []observable.Value{evil, observable.Must(observable.Domain, "h1.evil.example"), observable.Must(observable.IP, "10.0.0.7"), observable.Must(observable.Prefix, "10.0.0.0/30"), observable.Must(observable.Domain, "absent.example")}
	before, _ := found(t, s, values...)
	merges, err := s.Merge(context.Background())
	if err != nil || merges == 0 {
		t.Fatalf("%d merges: %v", merges, err)
	}
	after, _ := found(t, s, values...)
	if diff := cmp.Diff(before, after); diff != "" || len(before) < 100 {
		t.Errorf("%d sightings (-before +after):\n%s", len(before), diff)
	}
	if sum := bring(t, s, logs); sum.Files != 0 {
		t.Errorf("merging forgot what was covered: %+v", sum)
	}
	if removed, err := s.Expire(t.Context(), time.Now().Add(time.Hour)); err != nil || removed == 0 {
		t.Errorf("expired %d: %v", removed, err)
	}
	if got, a := found(t, s, evil); len(got) != 0 || a.Files != 0 {
		t.Errorf("after expiry: %v, %+v", got, a)
	}
}

// Days are forgotten apart, though segments were merged: what is younger stays
// covered and is found, what is older is neither.
func TestExpiryReachesIntoMergedSegments(t *testing.T) {
	logs, dir := t.TempDir(), t.TempDir()
	s := open(t, dir)
	day := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for i := range 8 {
		path := filepath.Join(logs, fmt.Sprintf("%d.log", i))
		write(t, path, zeekHeader+zeekLine(i, fmt.Sprintf("h%d.evil.example", i)))
		at := day.AddDate(0, 0, i)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		bring(t, s, logs)
	}
	if _, err := s.Merge(t.Context()); err != nil || s.Segments() > 3 {
		t.Fatalf("%d segments: %v", s.Segments(), err)
	}
	before, _ := found(t, s, evil)
	n, err := s.Expire(t.Context(), day.AddDate(0, 0, 5))
	if err != nil || n != 5 || len(before) != 8 {
		t.Fatalf("forgot %d of %d: %v", n, len(before), err)
	}
	got, a := found(t, s, evil)
	if diff := cmp.Diff(before[5:], got); diff != "" || a.Files != 3 || !a.Complete() {
		t.Errorf("after five days of eight are forgotten: %+v (-want +got):\n%s", a, diff)
	}
	if n, err := s.Expire(t.Context(), day.AddDate(0, 0, 5)); n != 0 || err != nil {
		t.Errorf("a second time: %d, %v", n, err)
	}
	sum := bring(t, s, logs)
	if sum.Unchanged != 3 {
		t.Errorf("what stays is not covered any more: %+v", sum)
	}
}

// A log that grows all day is one part and few blocks, however often it was read.
func TestAGrowingLogIsJoined(t *testing.T) {
	logs, dir := t.TempDir(), t.TempDir()
	s := open(t, dir)
	path := filepath.Join(logs, "dns.log")
	text := zeekHeader
	rounds := 32
	line := func(i int) string { return zeekLine(i, fmt.Sprintf("h%d.evil.example", i%5)) }
	for i := range rounds {
		text += line(i)
		write(t, path, text+line(i + 1)[:20]) // a line that is not written to its end
		at := time.Date(2026, 11, 1, 12, i/60, i%60, 0, time.UTC)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		bring(t, s, logs)
		if _, err := s.Merge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got, a := found(t, s, evil)
	if len(got) != rounds || !a.Complete() {
		t.Errorf("%d of %d found: %+v", len(got), rounds, a)
	}
	parts, blocks := 0, 0
	for _, seg := range s.segments {
		parts += len(seg.Files)
		blocks += len(seg.Blocks)
	}
	if parts > 10 || blocks > 10 {
		t.Errorf("%d parts and %d blocks in %d segments after %d rounds", parts, blocks, len(s.segments), rounds)
	}
	fresh := open(t, t.TempDir())
	write(t, path, text)
	bring(t, fresh, logs)
	if want, _ := found(t, fresh, evil); cmp.Diff(want, got) != "" {
		t.Errorf("read at once it says otherwise (-want +got):\n%s", cmp.Diff(want, got))
	}
}

func TestWhatAnIndexCannotAnswerIsSaid(t *testing.T) {
	s := open(t, t.TempDir())
	_, a := found(t, s, observable.Must(observable.Prefix, "10.0.0.0/8"), evil)
	if diff := cmp.Diff([]int{0}, a.Unanswered); diff != "" || a.Complete() {
		t.Errorf("unanswered (-want +got):\n%s", diff)
	}
	_, a = found(t, s, evil, observable.Must(observable.Domain, "co.uk"))
	if len(a.Refused) != 1 || a.Refused[0].Indicator != 1 || a.Complete() {
		t.Errorf("a public suffix: %+v", a)
	}
}

// A packed log is read to its end, also where that comes with the first bytes.
func TestAPackedLogIsCheckedWhole(t *testing.T) {
	logs := t.TempDir()
	s := open(t, t.TempDir())
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, zeekHeader+zeekLine(1, "evil.example")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(logs, "dns.log.gz"), packed.String())
	bring(t, s, logs)
	if got, a := found(t, s, evil); len(got) != 1 || !a.Complete() {
		t.Errorf("found %v, answer %+v", got, a)
	}
}

func TestOneWriterOnly(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	if _, err := Open(dir, true); err == nil {
		t.Error("a second writer opened the index")
	}
	if s, err := Open(dir, false); err != nil {
		t.Errorf("a reader beside the writer: %v", err)
	} else if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func indexForever(dir, logs string) error {
	s, err := Open(dir, true)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	inputs, _ := logfile.Find([]string{logs})
	for i := 0; ; i++ {
		for _, in := range inputs { // each log its own segment, so that there is much to interrupt
			if _, err := s.Update(context.Background(), []Log{{in.Path, in.Size, in.ModTime}}, Options{Reader: telemetry.Reader{}}); err != nil {
				return err
			}
			if _, err := s.Merge(context.Background()); err != nil {
				return err
			}
		}
		if i > 0 {
			return nil
		}
	}
}

func TestKilledWhileIndexing(t *testing.T) {
	logs, dir := t.TempDir(), t.TempDir()
	var want []string
	for i := range 40 {
		name := fmt.Sprintf("%02d.log", i)
		body := strings.Repeat(zeekLine(i, "x.test"), 2000)
		write(t, filepath.Join(logs, name), zeekHeader+body+zeekLine(i, "evil.example"))
		want = append(want, fmt.Sprintf("%s:2005@%d evil.example evil.example query dns", name, len(zeekHeader)+len(body)))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for round := range 12 {
		cmd := exec.Command(self, "index-until-killed", dir, logs)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 16)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(round*round) * 2 * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		s, err := Open(dir, true)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Damaged) > 0 {
			t.Fatalf("round %d: %v", round, s.Damaged)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir)
	bring(t, s, logs)
	got, _ := found(t, s, evil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Through the index everything is found that reading all logs finds, on every
// real log beside the repository.
func TestTheIndexFindsWhatASearchFinds(t *testing.T) {
	root := realLogs(t)
	values := knownHits(t, filepath.Join(root, "known_hits.tsv"))
	s := open(t, t.TempDir())
	sum := bring(t, s, root)
	for _, err := range sum.Failed {
		t.Log(err)
	}
	o := telemetry.Options{}
	for _, v := range values {
		o.Indicators = append(o.Indicators, match.Indicator{Value: v})
	}
	hunter, err := telemetry.New(o)
	if err != nil {
		t.Fatal(err)
	}
	inputs, _ := logfile.Find([]string{root})
	var want []string
	if _, err := hunter.Run(context.Background(), inputs, func(s telemetry.Sighting) error {
		want = append(want, describe(s, values))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	got, a := found(t, s, values...)
	t.Logf("%d sightings; %d of %d bytes read in %d blocks", len(got), a.Read, a.Bytes, a.Blocks)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 1000 {
		t.Errorf("%d sightings (-search +index):\n%.3000s", len(want), diff)
	}
}

// Values as logs write them and not as they are: a lookup finds them too, or
// would say that they are nowhere.
func TestWhatStandsInDisguise(t *testing.T) {
	for name, line := range map[string]string{
		"windows_dns": "1/2/2026 3:04:05 AM 0E70 PACKET  000000A0 UDP Rcv 10.0.0.5 5b47   Q [0001   D   NOERROR] A      (3)www(4)evil(7)example(0)",
		"json":        `{"query":"www\u002eevil\u002eexample"}`,
		"xml":         `<Event><Data Name="QueryName">evil&#46;example</Data></Event>`,
		"url":         `GET /?next=http%3A%2F%2Fevil%2Eexample%2F HTTP/1.1`,
		"twice":       `{"a":"{\"q\":\"evil\\u002eexample\"}"}`,
	} {
		t.Run(name, func(t *testing.T) {
			logs, s := t.TempDir(), open(t, t.TempDir())
			write(t, filepath.Join(logs, "a.log"), strings.Repeat("nothing here\n", 10)+line+"\n")
			bring(t, s, logs)
			if got, _ := found(t, s, evil); len(got) != 1 {
				t.Errorf("%q: found %q", line, got)
			}
		})
	}
}

// A log that was not read to its end, or whose part of the index is damaged, is
// no ground for silence.
func TestWhatWasNotReadIsSaid(t *testing.T) {
	logs, dir := t.TempDir(), t.TempDir()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, strings.Repeat(zeekLine(1, "good.example"), 50)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(logs, "cut.log.gz"), packed.String()[:packed.Len()-12])
	s, err := Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	bring(t, s, logs)
	if _, a := found(t, s, evil); a.Complete() || len(a.Missing) != 1 {
		t.Errorf("a log that is cut off: %+v", a)
	}
	segment := filepath.Join(dir, s.segments[0].name)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, segment, "no segment")
	s = open(t, dir)
	if _, a := found(t, s, evil); a.Complete() || len(a.Missing) != 1 {
		t.Errorf("a damaged segment: %+v", a)
	}
}

// For every value that stands in a real log, alone: where a search sees it, the
// index names the block. Other values must not help, as they do when many are
// looked up at once and one block holds several.
func TestEachValueIsNamedByItself(t *testing.T) {
	root := realLogs(t)
	s := open(t, t.TempDir())
	bring(t, s, root)
	inputs, _ := logfile.Find([]string{root})
	values := valuesIn(t, inputs)
	o := telemetry.Options{}
	for _, v := range values {
		o.Indicators = append(o.Indicators, match.Indicator{Value: v})
	}
	hunter, err := telemetry.New(o)
	if err != nil {
		t.Fatal(err)
	}
	named, answered := make([][]Place, len(values)), make([]bool, len(values))
	for i, v := range values {
		prints, ok := match.Fingerprints(v)
		if answered[i] = ok; !ok {
			continue
		}
		if named[i], err = s.Lookup(prints); err != nil {
			t.Fatal(err)
		}
	}
	sightings, unanswered := 0, map[string]int{}
	missed := map[string]int{}
	if _, err := hunter.Run(context.Background(), inputs, func(sighting telemetry.Sighting) error {
		sightings++
		v := values[sighting.Indicator]
		if !answered[sighting.Indicator] {
			unanswered[v.String()]++
			return nil
		}
		path, _, _ := strings.Cut(sighting.File, "!")
		if !slices.ContainsFunc(named[sighting.Indicator], func(p Place) bool {
			return p.File.Path == path && (!p.File.Seekable || sighting.Offset >= p.Block.Offset && sighting.Offset < p.Block.Offset+p.Block.Size)
		}) {
			if missed[v.String()]++; missed[v.String()] == 1 && len(missed) < 30 {
				t.Errorf("%s at %s@%d is in no block named for it: %.300s", v, path, sighting.Offset, sighting.Record)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d values, %d sightings; %d values missed; seen and not answered by an index: %v", len(values), sightings, len(missed), unanswered)
	if sightings < 10_000 {
		t.Error("the test looks at nothing")
	}
}

// valuesIn returns what a reader of logs could ask about: every third word, plain
// and revealed, that is a name, an address, a URL, a mailbox or a hash.
func valuesIn(t *testing.T, inputs []logfile.Input) []observable.Value {
	t.Helper()
	words := map[string]bool{}
	collect := func(text []byte) {
		for _, word := range bytes.FieldsFunc(text, func(r rune) bool {
			return r <= ' ' || strings.ContainsRune("\"'<>,;|=[]{}\\", r)
		}) {
			if len(word) < 200 {
				words[string(bytes.Trim(word, "().:"))] = true
			}
		}
	}
	for _, in := range inputs {
		// What cannot be read to its end is what the search sees as well.
		_ = telemetry.Reader{}.Unpack(context.Background(), in.Path, func(text []byte) error {
			collect(text)
			telemetry.Reader{}.Hidden(text, collect)
			return nil
		})
	}
	seen := map[observable.Value]bool{}
	for word := range words {
		if v, err := observable.Parse(word); err == nil {
			seen[v] = true
		}
	}
	all := slices.SortedFunc(maps.Keys(seen), func(a, b observable.Value) int { return strings.Compare(a.String(), b.String()) })
	var some []observable.Value
	for i, v := range all {
		if i%3 == 0 || v.Kind() == observable.Prefix || v.Kind() == observable.Email {
			some = append(some, v)
		}
	}
	return some
}

func realLogs(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("CLEW_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared")
	}
	root := filepath.Join(shared, "data", "telemetry")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("%s is not here: set CLEW_SHARED to the folder of shared facts", root)
	}
	return root
}

func knownHits(t *testing.T, path string) []observable.Value {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[observable.Value]bool{}
	var values []observable.Value
	for i, line := range bytes.Split(text, []byte("\n")) {
		fields := bytes.Split(line, []byte("\t"))
		if i == 0 || len(fields) < 2 {
			continue
		}
		v, err := observable.Parse(string(fields[1]))
		if err == nil && !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
	}
	return values
}

// A segment from a broken disk or a stranger is refused or answers something; it
// never brings the program down.
func FuzzOpenSegment(f *testing.F) {
	dir := f.TempDir()
	s := open(f, dir)
	logs := f.TempDir()
	write(f, filepath.Join(logs, "a.log"), zeekHeader+zeekLine(1, "evil.example"))
	bring(f, s, logs)
	whole, err := os.ReadFile(filepath.Join(dir, s.segments[0].name))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "0.idx")
		write(t, path, string(data))
		seg, err := openSegment(path)
		if err != nil {
			return
		}
		prints, _ := match.Fingerprints(evil)
		_, _ = seg.lookup(prints)
		for c := newCursor(seg, join([]*segment{seg}, func(File) bool { return true }).number[0]); c.advance(); {
		}
		_ = seg.file.Close()
	})
}
