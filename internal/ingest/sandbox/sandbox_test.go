package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/observation"
)

var update = flag.Bool("update", false, "write the golden files anew")

// imported reads a report and lists what it says, a line each.
func imported(t *testing.T, report string) (lines []string, summary ingest.Summary) {
	t.Helper()
	return importedAs(t, "test", report)
}

// importedAs is imported under a name of the reader's choice.
func importedAs(t *testing.T, name, report string) (lines []string, summary ingest.Summary) {
	t.Helper()
	run := ingest.Import{Format: Format{}, Source: name}
	summary, err := run.Run(context.Background(), strings.NewReader(report), func(o observation.Observation) error {
		when := ""
		if !o.First.IsZero() {
			when = " " + o.First.Format("2006-01-02")
		}
		lines = append(lines, o.Subject.Text()[:4]+" "+o.Relation.String()+" "+o.Object.Kind().String()+" "+o.Object.Text()+when)
		return nil
	})
	if err != nil && !errors.Is(err, ingest.ErrNotFormat) {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines, summary
}

func TestReportsOfEachSandbox(t *testing.T) {
	reports, err := filepath.Glob("testdata/*.json")
	if err != nil || len(reports) != 5 {
		t.Fatal(reports, err)
	}
	for _, path := range reports {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !(Format{}).Likely(text) {
			t.Errorf("%s is not recognised by its content", path)
		}
		lines, summary := imported(t, string(text))
		got := strings.Join(lines, "\n") + "\n"
		golden := strings.TrimSuffix(path, ".json") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		if summary.Rejected != 0 {
			t.Errorf("%s: rejected %+v", path, summary.FirstRejected)
		}
	}
}

func TestOneSampleInSeveralSandboxesSharesWhatItDoes(t *testing.T) {
	seen := map[string]int{}
	reports, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range reports {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			fact, _, _ := strings.Cut(line, " 2025-")
			seen[fact]++
		}
	}
	for fact, least := range map[string]int{
		`aaaa contacts domain c2.example`:                 5,
		`aaaa writes filename %appdata%\rare\payload.exe`: 4,
		`aaaa mutex mutex RareMutex`:                      4,
		`aaaa config-c2 domain c2.example`:                2,
	} {
		if seen[fact] < least {
			t.Errorf("%q stands in %d reports, want %d", fact, seen[fact], least)
		}
	}
}

func TestWhatIsNoReportSaysSo(t *testing.T) {
	for name, c := range map[string]struct{ text, reason string }{
		"another_document":                      {`{"hello": 1}`, "no report of"},
		"no_digest":                             {`{"info": {}, "target": {"file": {"name": "x"}}, "network": {}}`, "without a digest"},
		"a_summary_of_a_file_that_nobody_names": {`{"data": {"mutexes_created": ["m"]}}`, "by its digest"},
		"lists_in_lists":                        {`[[[{"info":{}}]]]`, "no report of"},
	} {
		lines, summary := imported(t, c.text)
		if len(lines) != 0 || summary.Rejected == 0 || !strings.Contains(summary.FirstRejected[0].Reason, c.reason) {
			t.Errorf("%s: %v, %+v", name, lines, summary.FirstRejected)
		}
	}
}

// A summary stands for its file by its own address or by what the reader calls it.
func TestSummaryOfBehaviour(t *testing.T) {
	const digest = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	const did = `"mutexes_created": ["\\Sessions\\1\\BaseNamedObjects\\RareMutex"], "dns_lookups": [{"hostname": "c2.example"}]`
	want := []string{"aaaa contacts domain c2.example", "aaaa mutex mutex RareMutex"}
	for name, c := range map[string]struct{ called, report string }{
		"its_own_address":    {"test", `{"data": {` + did + `, "links": {"self": "https://www.virustotal.example/api/v3/files/` + digest + `/behaviour_summary"}}}`},
		"name_of_the_import": {digest, `{"data": {` + did + `}}`},
		"name_of_the_file":   {"reports/" + digest + ".json", `{"data": {` + did + `}}`},
	} {
		lines, summary := importedAs(t, c.called, c.report)
		if diff := cmp.Diff(want, lines); diff != "" || summary.Rejected != 0 {
			t.Errorf("%s: %+v (-want +got):\n%s", name, summary.FirstRejected, diff)
		}
	}
}

// A report written without line ends is one line of many megabytes.
func TestLargeReportOnOneLine(t *testing.T) {
	report, err := os.ReadFile("testdata/cape.json")
	if err != nil {
		t.Fatal(err)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, report); err != nil {
		t.Fatal(err)
	}
	want, _ := imported(t, line.String())
	calls := `{"padding": "` + strings.Repeat("x", 8<<20) + `",`
	got, summary := imported(t, calls+line.String()[1:])
	if diff := cmp.Diff(want, got); diff != "" || summary.Rejected != 0 || len(got) == 0 {
		t.Errorf("%+v (-want +got):\n%s", summary.FirstRejected, diff)
	}
}

func TestReportThatIsCut(t *testing.T) {
	run := ingest.Import{Format: Format{}, Source: "test"}
	_, err := run.Run(context.Background(), strings.NewReader(`{"info": {"category"`), func(observation.Observation) error { return nil })
	if !errors.Is(err, ingest.ErrCut) {
		t.Error(err)
	}
}

// The recorded answers beside the repository are reports of the real services.
func TestRecordedReports(t *testing.T) {
	shared := os.Getenv("CLEW_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	for name, least := range map[string]int{
		"virustotal/file_behaviour.03bd9a94.json":     40,
		"hybridanalysis/report_summary.6f802a56.json": 20,
		"anyrun/v1_analysis_report.json":              4,
	} {
		text, err := os.ReadFile(filepath.Join(shared, "fixtures/sources", name))
		if err != nil {
			t.Skipf("recorded answers are not here: %v", err)
		}
		lines, summary := imported(t, string(text))
		if len(lines) < least || summary.Rejected > 0 {
			t.Errorf("%s: %d facts, want %d at least; rejected %+v", name, len(lines), least, summary.FirstRejected)
		}
		t.Logf("%s\n%s", name, strings.Join(lines, "\n"))
	}
}

func FuzzRead(f *testing.F) {
	reports, _ := filepath.Glob("testdata/*.json")
	for _, path := range reports {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"data":[{"data":[{"data":{}}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		report, err := parse(text)
		if err != nil && json.Valid(text) {
			t.Fatalf("valid JSON is refused: %v", err)
		}
		_ = read(report, strings.Repeat("a", 64), func(o observation.Observation) {
			if err := o.Check(); err != nil {
				t.Fatalf("%+v: %v", o, err)
			}
		})
	})
}
