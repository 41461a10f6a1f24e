package similar

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/corpus/memory"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/reference"
	"clew/internal/score"
)

// This file measures each file pivot against labelled samples beside the
// repository. The figures are those of docs/benchmarks.md: -v prints them.
//
// The floors below were set after measuring, a little under what came out: they
// are no goals that a pivot met but what tells when one got worse. Whether a
// value is good enough is for docs/benchmarks.md to say.

func shared(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	path := filepath.Join(root, "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("labelled samples are not here: %v", err)
	}
	return path
}

// table reads a CSV or TSV file, packed or not, by the names of its columns.
func table(t *testing.T, path string, comma rune) []map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	var text io.Reader = bufio.NewReader(file)
	if strings.HasSuffix(path, ".gz") {
		if text, err = gzip.NewReader(text); err != nil {
			t.Fatal(err)
		}
	}
	rows := csv.NewReader(text)
	rows.Comma, rows.LazyQuotes, rows.FieldsPerRecord = comma, true, -1
	all, err := rows.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range all[1:] {
		m := map[string]string{}
		for i, name := range all[0] {
			if i < len(row) {
				m[name] = row[i]
			}
		}
		out = append(out, m)
	}
	return out
}

// labelled is a corpus of samples of which some have a label.
type labelled struct {
	*Watched
	lists  *reference.Set
	labels map[observable.Value]string
	files  []observable.Value
}

func newLabelled(t *testing.T) *labelled {
	t.Helper()
	lists, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &labelled{Watched: Watch(memory.New()), lists: lists, labels: map[observable.Value]string{}}
}

// add puts what a row says of a file; what is no value is left out.
func (l *labelled) add(t *testing.T, sha256, label string, facts map[observation.Relation]string) {
	t.Helper()
	file, err := observable.New(observable.File, sha256)
	if err != nil {
		return
	}
	if _, known := l.labels[file]; !known {
		l.files = append(l.files, file)
	}
	if label != "" && label != "n/a" {
		l.labels[file] = label
	}
	var all []observation.Observation
	for relation, text := range facts {
		for _, kind := range relation.Objects() {
			if object, err := observable.New(kind, text); err == nil {
				all = append(all, observation.Observation{Subject: file, Relation: relation, Object: object, Count: 1, Source: "labelled"})
				break
			}
		}
	}
	if err := l.Put(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

// suppressor is the reference lists, or none.
type suppressor struct{ *reference.Set }

func (s suppressor) Suppressed(r observation.Relation, v observable.Value) (string, bool) {
	if s.Set == nil {
		return "", false
	}
	hit, ok := s.Match(r, v)
	return hit.String(), ok
}

// linked lists whom a pivot leads to, by the engine's rules: not over what a
// list suppresses, nor over more holders than the limit.
func (l *labelled) linked(t *testing.T, relation observation.Relation, lists suppressor) func(observable.Value) []observable.Value {
	holders := map[observable.Value][]observable.Value{} // of each value met
	hold := func(object observable.Value) []observable.Value {
		if known, ok := holders[object]; ok {
			return known
		}
		var files []observable.Value
		if _, suppressed := lists.Suppressed(relation, object); !suppressed {
			links, more, err := l.Subjects(t.Context(), relation, object, pivot.DefaultMaxHolders)
			if err != nil {
				t.Fatal(err)
			}
			for _, link := range links {
				if !more {
					files = append(files, link.Subject)
				}
			}
		}
		holders[object] = files
		return files
	}
	return func(file observable.Value) []observable.Value {
		objects, _, err := l.Objects(t.Context(), file, 0, relation)
		if err != nil {
			t.Fatal(err)
		}
		met := map[observable.Value]bool{file: true}
		var found []observable.Value
		for _, o := range objects {
			for _, other := range hold(o.Object) {
				if !met[other] {
					met[other], found = true, append(found, other)
				}
			}
		}
		return found
	}
}

// measured is what a pivot got right over all labelled files.
type measured struct {
	files, linked, right int     // labelled files; of these with a link to a labelled one; with a right one
	possible             int     // files whose label another file has, that could be found
	pairs, rightPairs    int     // links between labelled files, in each direction
	mean                 float64 // share of right links, each linked file counted once
}

func (m measured) String() string {
	return fmt.Sprintf("files %d, linked %d; pairs %d, right %.3f; a file's links right %.3f on average; files led to their like %d of %d, %.3f",
		m.files, m.linked, m.pairs, float64(m.rightPairs)/float64(max(m.pairs, 1)), m.mean, m.right, m.possible, float64(m.right)/float64(max(m.possible, 1)))
}

func (m measured) precision() float64 { return float64(m.rightPairs) / float64(max(m.pairs, 1)) }

func (l *labelled) measure(find func(observable.Value) []observable.Value) measured {
	var m measured
	of := map[string]int{}
	for _, label := range l.labels {
		of[label]++
	}
	for _, file := range l.files {
		label, ok := l.labels[file]
		if !ok {
			continue
		}
		m.files++
		if of[label] > 1 {
			m.possible++
		}
		links, right := 0, 0
		for _, other := range find(file) {
			if theirs, ok := l.labels[other]; ok {
				links++
				if theirs == label {
					right++
				}
			}
		}
		m.pairs, m.rightPairs = m.pairs+links, m.rightPairs+right
		if links > 0 {
			m.linked++
			m.mean += float64(right) / float64(links)
		}
		if right > 0 {
			m.right++
		}
	}
	m.mean /= float64(max(m.linked, 1))
	return m
}

func (l *labelled) alike(t *testing.T, method string, atLeast float64) func(observable.Value) []observable.Value {
	search := l.Searches(suppressor{l.lists})[method]
	return func(file observable.Value) []observable.Value {
		found, _, err := search.Like(t.Context(), file, pivot.DefaultMaxHolders)
		if err != nil {
			t.Fatal(err)
		}
		var values []observable.Value
		for _, f := range found {
			if _, suppressed := l.lists.Match(f.Relation, f.Shared); !suppressed && f.Worth >= atLeast {
				values = append(values, f.Value)
			}
		}
		return values
	}
}

func bazaar(t *testing.T) *labelled {
	l := newLabelled(t)
	for _, row := range table(t, shared(t, "campaigns/malwarebazaar/malwarebazaar-2024-05.csv.gz"), ',') {
		l.add(t, row["sha256_hash"], row["signature"], map[observation.Relation]string{
			observation.Imphash: row["imphash"], observation.Ssdeep: row["ssdeep"], observation.TLSH: row["tlsh"],
		})
	}
	return l
}

func TestFilePivotsAgainstFamilies(t *testing.T) {
	l := bazaar(t)
	for _, c := range []struct {
		name      string
		find      func(observable.Value) []observable.Value
		precision float64 // least
		files     int     // led right, least
	}{
		{"imphash, no list", l.linked(t, observation.Imphash, suppressor{}), 0, 200}, // to compare with: as many led, and mostly wrong
		{"imphash", l.linked(t, observation.Imphash, suppressor{l.lists}), 0.74, 90},
		{"ssdeep >= 1", l.alike(t, "ssdeep", 1), 0.78, 150},
		{"ssdeep >= 90", l.alike(t, "ssdeep", score.SsdeepBits(90)), 0.87, 60},
		{"tlsh <= 100", l.alike(t, "tlsh", 1), 0.69, 290},
		{"tlsh <= 10", l.alike(t, "tlsh", score.TLSHBits(10)), 0.86, 70},
	} {
		m := l.measure(c.find)
		t.Logf("%-18s %s", c.name, m)
		if m.precision() < c.precision || m.right < c.files {
			t.Errorf("%s: precision %.3f, want %.2f; %d files led right, want %d", c.name, m.precision(), c.precision, m.right, c.files)
		}
	}
}

const dotnet = "f34d5f2d4577ed6d9ceec516c1f5a744"

func TestImphashOfDotNetConnectsNothing(t *testing.T) {
	l := bazaar(t)
	holders, _, err := l.Subjects(t.Context(), observation.Imphash, observable.Must(observable.Imphash, dotnet), 0)
	if err != nil || len(holders) < 150 {
		t.Fatalf("%d holders, %v: the test compares nothing", len(holders), err)
	}
	for _, h := range holders[:40] {
		if found := l.linked(t, observation.Imphash, suppressor{l.lists})(h.Subject); len(found) != 0 {
			t.Fatalf("%s is led to %d files", h.Subject, len(found))
		}
	}
	// And in the engine, whatever else is asked.
	e := pivot.Engine{Corpus: l, Lists: engineLists{suppressor{l.lists}}, Model: score.Closed(), Clock: today, Searches: l.Searches(suppressor{l.lists})}
	method, _ := pivot.MethodNamed("imphash")
	result, err := e.Pivot(context.Background(), holders[0].Subject, method)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Findings) != 0 || len(result.Points) != 1 || result.Points[0].State != pivot.Rejected {
		t.Errorf("findings %d, points %+v", len(result.Findings), result.Points)
	}
}

// Benign Windows files that share an import hash are versions of one: their
// label is the name they were built under. What the lists leave is right.
func TestImphashOfBenignFiles(t *testing.T) {
	l := newLabelled(t)
	for _, row := range table(t, shared(t, "reference/imphash/windows-files-seen-by-sysmon.tsv.gz"), '\t') {
		l.add(t, row["sha256"], strings.ToLower(row["original_file_name"]), map[observation.Relation]string{observation.Imphash: row["imphash"]})
	}
	find := func(lists suppressor) measured {
		return l.measure(l.linked(t, observation.Imphash, lists))
	}
	without, with := find(suppressor{}), find(suppressor{l.lists})
	t.Logf("imphash, benign, no list  %s", without)
	t.Logf("imphash, benign           %s", with)
	if with.precision() < 0.98 {
		t.Errorf("benign files are linked: %s", with)
	}
}

func TestSignersOfStalkerware(t *testing.T) {
	l := newLabelled(t)
	for _, row := range table(t, shared(t, "campaigns/stalkerware/samples.csv.gz"), ',') {
		l.add(t, row["SHA256"], row["App"], map[observation.Relation]string{
			observation.SignedBy: row["Certificate"], observation.Property: row["Package Name"],
		})
	}
	t.Logf("signer, by app, no list %s", l.measure(l.linked(t, observation.SignedBy, suppressor{})))
	m := l.measure(l.linked(t, observation.SignedBy, suppressor{l.lists}))
	t.Logf("signer, by app %s", m)
	if m.precision() < 0.9 || m.right < 500 {
		t.Errorf("signer: %s", m)
	}
}

func TestConfigurationsOfLuminosityLink(t *testing.T) {
	l := newLabelled(t)
	for _, row := range table(t, shared(t, "campaigns/luminositylink/luminositylink_configs.csv.gz"), ',') {
		l.add(t, row["SHA256"], row["Domain/IP"], map[observation.Relation]string{
			observation.Mutex: row["Mutex"], observation.CampaignKey: row["Build ID"], observation.Writes: row["Folder Name"] + `\` + row["File Name"],
		})
	}
	for _, c := range []struct {
		name      string
		relation  observation.Relation
		precision float64 // least
		files     int     // led right, least
	}{
		{"mutex", observation.Mutex, 0.6, 10_000},
		{"campaign-key", observation.CampaignKey, 0.55, 6_000},
		{"writes", observation.Writes, 0.1, 3_500}, // the builder's default path: why a path is worth little
	} {
		m := l.measure(l.linked(t, c.relation, suppressor{l.lists}))
		t.Logf("%-13s by command server %s", c.name, m)
		if m.precision() < c.precision || m.right < c.files {
			t.Errorf("%s: %s", c.name, m)
		}
	}
}
