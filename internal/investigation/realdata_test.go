package investigation

import (
	"bufio"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus/memory"
	"clew/internal/eval"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/reference"
	"clew/internal/score"
)

// shared returns a file beside the repository, or skips.
func shared(t *testing.T, path string) string {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	file := filepath.Join(root, path)
	if _, err := os.Stat(file); err != nil {
		t.Skipf("no %s beside the repository: %v", path, err)
	}
	return file
}

func workspace(t *testing.T) *Workspace {
	t.Helper()
	lists, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &Workspace{Dir: t.TempDir(), Corpus: memory.New(), Lists: lists, Clock: func() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }}
}

func (w *Workspace) mustImport(t *testing.T, format, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	summary, err := w.Import(context.Background(), file, ImportRequest{Name: filepath.Base(path), Format: format})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d lines, %d observations kept, %d merged, %d left out, %d rejected", filepath.Base(path), summary.Read, summary.Kept, summary.Merged, summary.Skipped, summary.Rejected)
}

// gzLines calls each with every line of a compressed file.
func gzLines(t *testing.T, path string, each func([]byte)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		each(lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func (w *Workspace) run(t *testing.T, seed observable.Value) pivot.Result {
	t.Helper()
	result, err := w.Engine(pivot.Options{}).Investigate(t.Context(), []observable.Value{seed})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// setCases is a workspace with a labelled set loaded, and cases of it.
type setCases struct {
	*Workspace
	set       eval.Set
	labels    eval.Labels
	campaigns []eval.Campaign
}

// casesOf loads a labelled set into a workspace of its own.
func casesOf(t *testing.T, w *Workspace, name string) setCases {
	t.Helper()
	set, ok := eval.SetNamed(name)
	if !ok {
		t.Fatalf("no set %s", name)
	}
	data := shared(t, "data")
	if err := w.LoadSet(t.Context(), set, data); err != nil {
		t.Fatal(err)
	}
	labels, campaigns, err := w.Campaigns(t.Context(), set, data, seedsTried(t))
	if err != nil {
		t.Fatal(err)
	}
	return setCases{w, set, labels, campaigns}
}

// measure investigates campaigns of the set and prints what came of them.
func (r setCases) measure(t *testing.T, what string, labels eval.Labels, campaigns []eval.Campaign, bounds pivot.Options) eval.CaseMeasure {
	t.Helper()
	m, err := eval.Replay{Investigate: r.Engine(bounds).Investigate, Unit: labels.Unit, Corpus: r.Corpus}.Measure(t.Context(), campaigns)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	for _, err := range []error{eval.WriteCaseHeader(&table), eval.WriteCaseRow(&table, r.set.Name+what, m), eval.WriteMissed(&table, m)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s\n%s", r.set.Label, table.String())
	return m
}

// trusted counts what is in the bands that are acted upon.
func trusted(m eval.CaseMeasure) (right, wrong int) {
	return m.Right[score.High] + m.Right[score.Medium], m.Wrong[score.High] + m.Wrong[score.Medium]
}

// seedsTried is how many seeds of a set are investigated; docs/benchmarks.md
// has the figures of a run with CLEW_EVAL_SEEDS=200.
func seedsTried(t *testing.T) int {
	t.Helper()
	text := os.Getenv("CLEW_EVAL_SEEDS")
	if text == "" {
		return 10
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestHighBandOffline investigates seeds with effective holders and without, and
// holds the high band to its promise. Labels are lower bounds for precision: a
// domain of another tweet or office may still have the same operator.
func TestHighBandOffline(t *testing.T) {
	for _, name := range []string{"tweetfeed", "dotgov-states"} {
		t.Run(name, func(t *testing.T) {
			r := casesOf(t, workspace(t), name)
			for what, ungrouped := range map[string]bool{", counting groups": false, ", counting names": true} {
				m := r.measure(t, what, r.labels, r.campaigns, pivot.Options{Ungrouped: ungrouped})
				if m.Right[score.High] == 0 || m.Precision(score.High) < 0.4 {
					t.Errorf("%s%s: high band is right in %d of %d", name, what, m.Right[score.High], m.All(score.High))
				}
			}
		})
	}
}

func TestSharedInfrastructureOfTweetFeedConnectsNothing(t *testing.T) {
	w := casesOf(t, workspace(t), "tweetfeed")
	nothing := []string{"188.114.96.3", "188.114.97.3", "1.1.1.1", "127.0.0.1", "91.195.240.123"}
	seeds := 0
	for _, text := range nothing {
		links, _, err := w.Corpus.Subjects(context.Background(), observation.ResolvesTo, observable.Must(observable.IP, text), 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(links) == 0 {
			t.Errorf("%s is in no record: the test would prove nothing", text)
		}
		for _, link := range links {
			seeds++
			result := w.run(t, link.Subject)
			for _, p := range result.Points {
				if p.Value.Text() == text && p.State != pivot.Rejected {
					t.Errorf("%s was followed from %s: %s", text, link.Subject, p.Reason)
				}
			}
			for _, f := range result.Findings {
				for _, factor := range f.Factors {
					if factor.Value.Text() == text && factor.Bits > 0 {
						t.Errorf("%s brings %.1f bits between %s and %s", text, factor.Bits, link.Subject, f.Value)
					}
				}
			}
		}
	}
	t.Logf("%d seeds on shared addresses among %d domains", seeds, len(w.labels))
}
