package investigation

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus/memory"
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
	return &Workspace{Corpus: memory.New(), Lists: lists, Clock: func() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }}
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

// labels say which domains belong together: the label of each.
type labels map[string][]string

func (l labels) same(a, b string) bool {
	return slices.ContainsFunc(l[a], func(label string) bool { return slices.Contains(l[b], label) })
}

// siblings counts the labelled domains that belong with a, without a.
func (l labels) siblings(a string) int {
	n := 0
	for b := range l {
		if b != a && l.same(a, b) {
			n++
		}
	}
	return n
}

// tally counts domain findings of one or more seeds by band, right and wrong.
type tally struct {
	seeds, siblings      int
	right, wrong, unknow map[string]int
}

func newTally() *tally {
	return &tally{right: map[string]int{}, wrong: map[string]int{}, unknow: map[string]int{}}
}

func (c *tally) add(l labels, seed string, findings []pivot.Finding) {
	c.seeds++
	c.siblings += l.siblings(seed)
	for _, f := range findings {
		if f.Value.Kind() != observable.Domain {
			continue
		}
		switch name := f.Value.Text(); {
		case l[name] == nil:
			c.unknow[f.Band]++
		case l.same(seed, name):
			c.right[f.Band]++
		default:
			c.wrong[f.Band]++
		}
	}
}

func (c *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %d labelled siblings", c.seeds, c.siblings)
	for _, band := range []score.Band{score.High, score.Medium, score.Low} {
		n := c.right[string(band)] + c.wrong[string(band)]
		fmt.Fprintf(&b, "; %s: %d right of %d labelled, %d unlabelled", band, c.right[string(band)], n, c.unknow[string(band)])
	}
	return b.String()
}

func (w *Workspace) run(t *testing.T, seed string, bounds pivot.Options) pivot.Result {
	t.Helper()
	result, err := w.Engine(bounds).Investigate(context.Background(), []observable.Value{observable.Must(observable.Domain, seed)})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// tweetfeed imports the malicious domains and labels each with its tweets.
func tweetfeed(t *testing.T) (*Workspace, labels) {
	dir := shared(t, "data/campaigns/tweetfeed")
	w := workspace(t)
	w.mustImport(t, "tweetfeed", filepath.Join(dir, "domains.jsonl.gz"))
	l := labels{}
	gzLines(t, filepath.Join(dir, "domains.jsonl.gz"), func(line []byte) {
		var row struct {
			Domain string   `json:"domain"`
			Tweets []string `json:"tweets"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		l[row.Domain] = row.Tweets
	})
	return w, l
}

// manySiblings picks n seeds evenly among the labelled domains that have
// siblings, in the order of their names: no look at any result.
func manySiblings(l labels, least, most, n int) []string {
	var fit []string
	for name := range l {
		if s := l.siblings(name); s >= least && s <= most {
			fit = append(fit, name)
		}
	}
	slices.Sort(fit)
	var seeds []string
	for i := range n {
		if at := i * len(fit) / n; at < len(fit) {
			seeds = append(seeds, fit[at])
		}
	}
	return slices.Compact(seeds)
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

// compare investigates seeds with effective holders and without, and holds the
// high band to its promise. Labels are lower bounds for precision: a domain of
// another tweet or office may still have the same operator.
func (w *Workspace) compare(t *testing.T, set string, strict, loose labels) {
	t.Helper()
	seeds := manySiblings(strict, 2, 40, seedsTried(t))
	for _, ungrouped := range []bool{false, true} {
		counting := map[bool]string{false: "groups", true: "names"}[ungrouped]
		all, loosely := newTally(), newTally()
		for _, seed := range seeds {
			one := newTally()
			findings := w.run(t, seed, pivot.Options{Ungrouped: ungrouped}).Findings
			one.add(strict, seed, findings)
			all.add(strict, seed, findings)
			loosely.add(loose, seed, findings)
			if len(seeds) <= 10 {
				t.Logf("%s, counting %s, %s: %s", set, counting, seed, one)
			}
		}
		t.Logf("%s, counting %s, strict labels: %s", set, counting, all)
		t.Logf("%s, counting %s, loose labels: %s", set, counting, loosely)
		right, wrong := loosely.right[string(score.High)], loosely.wrong[string(score.High)]
		if right == 0 || float64(right) < 0.4*float64(right+wrong) {
			t.Errorf("%s, counting %s: high band is right in %d of %d", set, counting, right, right+wrong)
		}
	}
}

func TestTweetFeedOffline(t *testing.T) {
	w, l := tweetfeed(t)
	w.compare(t, "TweetFeed", l, l)
}

func TestSharedInfrastructureOfTweetFeedConnectsNothing(t *testing.T) {
	w, l := tweetfeed(t)
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
			result := w.run(t, link.Subject.Text(), pivot.Options{})
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
	t.Logf("%d seeds on shared addresses among %d domains", seeds, len(l))
}

// dotgov imports zone history and contacts, and labels each domain with its
// organisation and state.
func dotgov(t *testing.T) (w *Workspace, offices, states labels) {
	dir := shared(t, "data/reference/dotgov")
	w = workspace(t)
	w.mustImport(t, "dotgov-history", filepath.Join(dir, "dns_history.tsv.gz"))
	w.mustImport(t, "dotgov-contacts", filepath.Join(dir, "operators.csv.gz"))
	file, err := os.Open(filepath.Join(dir, "operators.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(unpacked).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	l, governments := labels{}, labels{}
	for _, row := range rows[1:] {
		l[strings.ToLower(row[0])] = []string{row[2] + "|" + row[5]}
		if strings.HasPrefix(row[1], "State or territory") {
			governments[strings.ToLower(row[0])] = []string{row[2] + "|" + row[5], "government of " + row[5]}
		} else {
			governments[strings.ToLower(row[0])] = l[strings.ToLower(row[0])]
		}
	}
	return w, l, governments
}

// The strict labels call two offices of one state strangers, although the
// state's own technology office runs the name servers and answers the security
// mailbox of both. The second labels let the offices of one state be one.
func TestDotGovOffline(t *testing.T) {
	w, offices, governments := dotgov(t)
	w.compare(t, "dotgov", offices, governments)
}
