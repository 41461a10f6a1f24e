package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// writers are the three formats, terminal text in the variants that differ.
var writers = map[string]func(io.Writer, casefile.Document) error{
	"text.txt":    text(TextOptions{}),
	"explain.txt": text(TextOptions{Explain: true}),
	"color.txt":   text(TextOptions{Color: true, Waterfalls: 1}),
	"narrow.txt":  text(TextOptions{Width: 60, Waterfalls: 1}),
	"report.md":   Markdown,
	"report.html": HTML,
}

func text(o TextOptions) func(io.Writer, casefile.Document) error {
	return func(w io.Writer, d casefile.Document) error { return Text(w, d, o) }
}

func TestGolden(t *testing.T) {
	for documentName, d := range map[string]casefile.Document{"worked": worked(), "empty": {}} {
		for name, write := range writers {
			var out bytes.Buffer
			if err := write(&out, d); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", documentName+"."+name)
			if *update {
				if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v: run with -update to make it", err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("%s (-want +got), -update rewrites it:\n%s", path, diff)
			}
		}
	}
}

// The lines of a waterfall that is printed add up to the total that is printed.
func TestPrintedWaterfallsAddUp(t *testing.T) {
	var out bytes.Buffer
	if err := Text(&out, worked(), TextOptions{Explain: true}); err != nil {
		t.Fatal(err)
	}
	figure := regexp.MustCompile(` ([+-]\d+\.\d\d|0\.00)  `)
	sum, totals := 0.0, 0
	for line := range strings.Lines(out.String()) {
		m := figure.FindStringSubmatch(line)
		if line == "\n" {
			sum = 0
		}
		if m == nil {
			continue
		}
		bits, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(line, "  total") {
			sum += bits
			continue
		}
		totals++
		if diff := sum - bits; diff < -0.011 || diff > 0.011 {
			t.Errorf("the lines add up to %.2f, the total says %.2f", sum, bits)
		}
		sum = 0
	}
	if totals != 5 {
		t.Errorf("%d totals were checked, want 5", totals)
	}
}

func TestTextFitsItsWidth(t *testing.T) {
	for _, width := range []int{60, 80, 100, 200} {
		d := worked()
		d.Findings[0].Value = strings.Repeat("very-long-label.", 12) + "example"
		d.Findings[0].Factors[1].Value = strings.Repeat("x", 300) + "@mail.example"
		var out bytes.Buffer
		if err := Text(&out, d, TextOptions{Width: width, Explain: true}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := cells(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("width %d: a line takes %d columns: %q", width, n, line)
			}
		}
	}
}

func TestEveryFindingIsShownOrCounted(t *testing.T) {
	d := worked()
	for i := range 300 {
		f := sibling()
		f.Value = fmt.Sprintf("n%d.example", i)
		f.Paths = [][]string{{"cdn-update.example", "resolves-to:203.0.113.7", f.Value}}
		d.Findings = append(d.Findings, f)
	}
	for name, write := range writers {
		var out bytes.Buffer
		if err := write(&out, d); err != nil {
			t.Fatal(err)
		}
		for i := range 300 {
			if !strings.Contains(out.String(), fmt.Sprintf("n%d[.]example", i)) {
				t.Fatalf("%s: finding %d is missing", name, i)
			}
		}
		if !strings.Contains(out.String(), "and 295 more: 294 medium, 1 coincidence") {
			t.Errorf("%s: the tree does not say what it leaves out", name)
		}
		written := strings.HasPrefix(name, "report")
		if left := "203 further findings are not explained here"; strings.Contains(out.String(), left) != written {
			t.Errorf("%s says %q: %v, want %v", name, left, !written, written)
		}
	}
}

func TestADeepPathIsCut(t *testing.T) {
	d := worked()
	path := []string{"cdn-update.example"}
	for i := range 100_000 {
		path = append(path, fmt.Sprintf("mx:m%d.example", i), fmt.Sprintf("d%d.example", i))
	}
	d.Findings[0].Paths = [][]string{path}
	for name, write := range writers {
		var out bytes.Buffer
		if err := write(&out, d); err != nil {
			t.Fatal(err)
		}
		if out.Len() > 200_000 {
			t.Errorf("%s: a path of 200,000 steps makes %d bytes", name, out.Len())
		}
	}
}

func TestAWideForestIsPruned(t *testing.T) {
	d := worked()
	for i := range 40 {
		for j := range 40 {
			f := sibling()
			f.Value = fmt.Sprintf("f%d-%d.example", i, j)
			f.Paths = [][]string{{"cdn-update.example", fmt.Sprintf("mx:m%d.example", i%12), fmt.Sprintf("a%d.example", i), fmt.Sprintf("mx:n%d.example", j), f.Value}}
			d.Findings = append(d.Findings, f)
		}
	}
	total := 0
	for _, root := range newPage(d).Trees {
		total += root.size()
	}
	if total > 2*treeNodes {
		t.Errorf("%d nodes are drawn, want about %d", total, treeNodes)
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestErrorsOfWritingAreTold(t *testing.T) {
	for name, write := range writers {
		if err := write(full{}, worked()); !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want the writer's error", name, err)
		}
	}
}

func TestValue(t *testing.T) {
	for _, row := range []struct{ kind, text, want string }{
		{"domain", "evil.example", "evil[.]example"},
		{"url", "https://evil.example/a?b=c", "hxxps://evil[.]example/a?b=c"},
		{"text", "jppost", "jppost"},
		{"title", "Log in at http://evil.example", "Log in at http[:]//evil[.]example"},
		{"no-such-kind", "http://evil.example", "hxxp://evil[.]example"},
		{"", "", ""},
	} {
		if got := value(row.kind, row.text); got != row.want {
			t.Errorf("value(%s, %s) = %q, want %q", row.kind, row.text, got, row.want)
		}
	}
}

// TestGapsNameTheirSourceInFull: the name is what a key is set for.
func TestGapsNameTheirSourceInFull(t *testing.T) {
	const source = "threat-exchange-of-the-sector"
	d := worked()
	d.Gaps = append(d.Gaps, casefile.Gap{Source: source, Kind: "domain", Value: "shop.example", State: "skipped", Reason: "no key"})
	var out bytes.Buffer
	if err := Text(&out, d, TextOptions{Width: 100}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\n  "+source+"  skipped") {
		t.Errorf("no %q in:\n%s", source, out.String())
	}
}
