// Command bench measures the search for names within two edits on generated
// names, against going through all of them with a filter on length and letters
// and the banded edit distance behind it:
//
//	go run ./internal/naming/bench -names 10000000
//
// Both must list the same names before a speed is printed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"clew/internal/naming"
	"clew/internal/observable"
)

func main() {
	count := flag.Int("names", 1_000_000, "names to generate")
	queries := flag.Int("queries", 200, "searches to time")
	checked := flag.Int("checked", 10, "of these, how many to compare with the scan")
	flag.Parse()
	if err := run(*count, *queries, *checked); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// goal is the median of a search within two edits over 10 M names.
const goal = 10 * time.Millisecond

func run(count, queries, checked int) (err error) {
	dir, err := os.MkdirTemp("", "clew-names-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx := context.Background()
	start := time.Now()
	meta, err := naming.Build(ctx, dir, generated(count), "bench", start, nil)
	if err != nil {
		return err
	}
	built := time.Since(start)
	index, err := naming.Open(dir)
	if err != nil {
		return err
	}
	defer index.Close() //nolint:errcheck // read only
	size, err := folderSize(dir)
	if err != nil {
		return err
	}
	fmt.Printf("%d names indexed in %.1f s, generating them included; %.1f bytes a name\n", meta.Names, built.Seconds(), float64(size)/float64(meta.Names))
	labels := make([]string, queries)
	for i := range labels {
		labels[i] = mistyped(i, count)
	}
	if err := compare(ctx, index, labels[:min(checked, queries)], count); err != nil {
		return err
	}
	for edits := range naming.MaxEdits + 1 {
		if err := timed(ctx, index, labels, edits); err != nil {
			return err
		}
	}
	return nil
}

// timed searches for each label and prints the median and the slowest hundredth.
func timed(ctx context.Context, index *naming.Index, labels []string, edits int) error {
	took := make([]time.Duration, len(labels))
	found := 0
	for i, label := range labels {
		start := time.Now()
		names, _, err := index.Near(ctx, label, edits, 1000)
		if err != nil {
			return err
		}
		took[i] = time.Since(start)
		found += len(names)
	}
	slices.Sort(took)
	median, slowest := took[len(took)/2], took[len(took)*99/100]
	note := ""
	if edits == naming.MaxEdits {
		note = fmt.Sprintf("  goal p50 <= %s: %s", goal, map[bool]string{true: "met", false: "missed"}[median <= goal])
	}
	fmt.Printf("edits <= %d: p50 %.2f ms, p99 %.2f ms, %.1f names a search%s\n", edits, ms(median), ms(slowest), float64(found)/float64(len(labels)), note)
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// compare holds the index to a scan of every name.
func compare(ctx context.Context, index *naming.Index, labels []string, count int) error {
	var scanned time.Duration
	for _, label := range labels {
		got, more, err := index.Near(ctx, label, naming.MaxEdits, count)
		if err != nil {
			return err
		}
		start := time.Now()
		var want []string
		letters := signature(label)
		for i := range count {
			other := labelOf(i)
			if !couldBeNear(letters, signature(other)) || !near(label, other) {
				continue
			}
			want = append(want, nameOf(i))
		}
		scanned += time.Since(start)
		slices.Sort(want)
		want = slices.Compact(want)
		names := make([]string, len(got))
		for i, n := range got {
			names[i] = n.String()
		}
		slices.Sort(names)
		if more || !slices.Equal(want, names) {
			return fmt.Errorf("index and scan differ around %s: %d and %d names; no speed is printed", label, len(names), len(want))
		}
	}
	fmt.Printf("index and scan agree on %d searches; a scan takes %.0f ms, generating the names included\n", len(labels), ms(scanned)/float64(len(labels)))
	return nil
}

// signature counts letters, for a quick no.
func signature(s string) (n [40]int8) {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			n[c-'a']++ //nolint:gosec // below 26
		case c >= '0' && c <= '9':
			n[26+c-'0']++ //nolint:gosec // below 36
		default:
			n[36]++
		}
	}
	return n
}

// couldBeNear reports whether two edits could turn the letters of one label into
// those of another: a replacement changes two counts by one.
func couldBeNear(a, b [40]int8) bool {
	apart := 0
	for i := range a {
		apart += int(max(a[i]-b[i], b[i]-a[i]))
	}
	return apart <= 2*naming.MaxEdits
}

// near is the textbook edit distance.
func near(a, b string) bool {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)] <= naming.MaxEdits
}

// generated lists made-up names. They come in no order, as the index bears.
type generated int

func (g generated) EachDomain(_ context.Context, visit func(observable.Value) error) error {
	for i := range int(g) {
		v, err := observable.Stored(observable.Domain, nameOf(i))
		if err != nil {
			return err
		}
		if err := visit(v); err != nil {
			return err
		}
	}
	return nil
}

var (
	syllables = strings.Fields("ba be bi bo da de di do fa fi fo ga go ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to va ve vi vo za zen ber lin ster mann tech soft net pay bank cloud shop home best live data web my on the")
	suffixes  = strings.Fields("test example invalid")
)

func labelOf(i int) string {
	rng := rand.New(rand.NewPCG(7, uint64(i))) //nolint:gosec // the same names every time
	var b strings.Builder
	for range 3 + rng.IntN(3) {
		b.WriteString(syllables[rng.IntN(len(syllables))])
	}
	switch rng.IntN(12) {
	case 0:
		fmt.Fprintf(&b, "%d", rng.IntN(1000))
	case 1:
		b.WriteString("-" + syllables[rng.IntN(len(syllables))])
	}
	return b.String()
}

func nameOf(i int) string { return labelOf(i) + "." + suffixes[i%len(suffixes)] }

// mistyped is the label of some name with a letter replaced, at least eight
// long: what an analyst searches for.
func mistyped(i, count int) string {
	for at := i * 7919; ; at++ {
		if label := labelOf(at % count); len(label) >= 8 {
			return label[:4] + "x" + label[5:]
		}
	}
}

func folderSize(dir string) (size int64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return 0, err
		}
		size += info.Size()
	}
	return size, nil
}
