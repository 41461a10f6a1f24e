package investigation

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/ingest"
	"clew/internal/observable"
	"clew/internal/observation"
)

// TestSnapshotsOfAZone imports the monthly snapshots of the .gov zone one by one,
// rebuilt from its history for every fifth record, in no particular order. The
// corpus then knows of each record when it was first and last seen.
func TestSnapshotsOfAZone(t *testing.T) {
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	file, err := os.Open(filepath.Join(root, "data/reference/dotgov/dns_history.tsv.gz"))
	if err != nil {
		t.Skipf("the history of the zone is not here: %v", err)
	}
	defer file.Close() //nolint:errcheck // read only
	opened, err := ingest.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	type known struct{ name, kind, data, first, last string }
	var records []known
	var days []string
	lines := bufio.NewScanner(opened)
	for n := 0; lines.Scan(); n++ {
		f := strings.Split(lines.Text(), "\t")
		if n == 0 || len(f) < 5 || f[0] == "gov" {
			continue
		}
		days = append(days, f[3], f[4])
		if n%5 == 0 {
			records = append(records, known{f[0], f[1], f[2], f[3], f[4]})
		}
	}
	slices.Sort(days)
	if days = slices.Compact(days); len(days) != 33 {
		t.Fatalf("%d snapshots, want 33: %v", len(days), days)
	}
	w := workspace(t)
	for i := range days {
		day := days[i*7%len(days)] // each once, out of order
		var zone strings.Builder
		zone.WriteString("$TTL 3600\n")
		for _, r := range records {
			if r.first <= day && day <= r.last {
				data := r.data
				if r.kind == "NS" {
					data += "."
				}
				fmt.Fprintf(&zone, "%s. IN %s %s\n", r.name, r.kind, data)
			}
		}
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Import(context.Background(), strings.NewReader(zone.String()), ImportRequest{Name: day, Format: "zone", AsOf: at}); err != nil {
			t.Fatal(err)
		}
	}
	compared := 0
	for _, r := range records {
		relation := map[string]observation.Relation{"NS": observation.Nameserver, "A": observation.ResolvesTo, "AAAA": observation.ResolvesTo}[r.kind]
		name, err := observable.New(observable.Domain, r.name)
		if err != nil || relation == 0 {
			continue
		}
		links, _, err := w.Corpus.Objects(context.Background(), name, 0, relation)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if l.Object.Text() != strings.TrimSuffix(strings.ToLower(r.data), ".") {
				continue
			}
			if first, last := l.First.Format(time.DateOnly), l.Last.Format(time.DateOnly); first != r.first || last != r.last {
				t.Errorf("%s %s %s: seen %s to %s, the history says %s to %s", r.name, r.kind, r.data, first, last, r.first, r.last)
			}
			compared++
		}
	}
	if compared < 7000 {
		t.Errorf("only %d of %d records compared", compared, len(records))
	}
}
