package investigation

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"clew/internal/naming"
	"clew/internal/observable"
	"clew/internal/pivot"
)

// A block is one report: the pivots an analyst made and what came of them.
type block struct {
	Family     string      `json:"family"`
	Pivots     [][3]string `json:"pivots"` // tool, kind, value
	Indicators []string    `json:"indicators"`
}

// mostOfBlock is the size past which a block is a feed and no pivot.
const mostOfBlock = 1000

func analystBlocks(t *testing.T) []block {
	t.Helper()
	var all []block
	gzLines(t, shared(t, "data/campaigns/maltrail/analyst_pivots.jsonl.gz"), func(line []byte) {
		var b block
		if err := json.Unmarshal(line, &b); err != nil {
			t.Fatal(err)
		}
		if len(b.Indicators) <= mostOfBlock {
			all = append(all, b)
		}
	})
	return all
}

// everyCampaign is a corpus of all campaign files that import as they are.
func everyCampaign(t *testing.T) *Workspace {
	t.Helper()
	w := workspace(t)
	if err := w.Open(t.TempDir(), Needs{Corpus: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	for _, set := range [][2]string{
		{"tweetfeed", "tweetfeed/domains.jsonl.gz"},
		{"cobaltstrike-foxit", "cobaltstrike/fox-it-iocs-export.csv.gz"},
		{"cobaltstrike", "cobaltstrike/carbonblack/cobaltstrike_id305419896.csv.gz"},
		{"luminositylink", "luminositylink/*"},
		{"malwarebazaar", "malwarebazaar/*"},
		{"sslbl", "certificates/sslblacklist-2023-12-22.csv.gz"},
	} {
		paths, err := filepath.Glob(filepath.Join(shared(t, "data/campaigns"), set[1]))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", set[1], err)
		}
		w.mustImport(t, set[0], paths[0])
	}
	return w
}

// TestAnalystPivotsAreFound replays the pivots of analysts in a corpus of every
// campaign file: where a pivot's value is known to it, does one hop meet the
// indicators the analyst listed?
func TestAnalystPivotsAreFound(t *testing.T) {
	w := everyCampaign(t)
	engine := w.Engine(pivot.Options{Depth: 1})
	pivots, present, listed, listedKnown, met, followed := 0, 0, 0, 0, 0, 0
	rejected := map[string]int{}
	for _, b := range analystBlocks(t) {
		for _, p := range b.Pivots {
			pivots++
			seed, err := observable.Parse(p[2])
			if err != nil {
				continue // a query, a favicon's number, a raw string
			}
			if known, err := w.knows(t.Context(), seed); err != nil {
				t.Fatal(err)
			} else if !known {
				continue
			}
			present++
			result, err := engine.Investigate(context.Background(), []observable.Value{seed})
			if err != nil {
				t.Fatal(err)
			}
			found := map[observable.Value]bool{}
			for _, f := range result.Findings {
				found[f.Value] = true
			}
			one, missed := false, 0
			for _, text := range b.Indicators {
				v, err := observable.Parse(text)
				if err != nil || v == seed {
					continue
				}
				listed++
				if known, err := w.knows(t.Context(), v); err != nil {
					t.Fatal(err)
				} else if !known {
					continue
				}
				listedKnown++
				if found[v] {
					met++
					one = true
				} else {
					missed++
				}
			}
			if one {
				followed++
			}
			for _, point := range result.Points {
				if _, list, ok := strings.Cut(point.Reason, " ("); ok && point.State == pivot.Rejected && point.Method == "co-hosted" {
					list, _, _ = strings.Cut(list, ",")
					rejected[list] += missed
				}
			}
		}
	}
	t.Logf("%d pivots, of %d the value is in the corpus; their blocks list %d other indicators, %d of them in the corpus; one hop meets %d, in %d pivots",
		pivots, present, listed, listedKnown, met, followed)
	for reason, n := range rejected {
		if n > 0 {
			t.Logf("  %d missed beside names whose address is rejected: %s", n, reason)
		}
	}
	if present == 0 || listedKnown > 0 && met == 0 {
		t.Errorf("nothing an analyst found was met")
	}
}

// namesIn lists the distinct registered names of texts.
func namesIn(texts []string) []naming.Name {
	seen := map[naming.Name]bool{}
	var names []naming.Name
	for _, text := range texts {
		v, err := observable.New(observable.Domain, text)
		if err != nil {
			continue
		}
		if name, ok := naming.NameOf(v); ok && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// listedNames is a corpus of nothing but names.
type listedNames []naming.Name

func (l listedNames) EachDomain(_ context.Context, visit func(observable.Value) error) error {
	for _, n := range l {
		if v, ok := n.Value(); ok {
			if err := visit(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestNamingAmongReportedNames searches all names of all reports for those like
// one, and for those that follow the pattern of half a report, and counts how
// many are of the same report or family.
func TestNamingAmongReportedNames(t *testing.T) {
	w := workspace(t)
	blocks := analystBlocks(t)
	families := map[naming.Name]map[string]bool{}
	var all listedNames
	for _, b := range blocks {
		for _, n := range namesIn(b.Indicators) {
			if families[n] == nil {
				families[n] = map[string]bool{}
				all = append(all, n)
			}
			families[n][b.Family] = true
		}
	}
	dir := t.TempDir()
	if _, err := naming.Build(t.Context(), dir, all, "test", w.Clock(), nil); err != nil {
		t.Fatal(err)
	}
	index, err := naming.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer index.Close() //nolint:errcheck // read only
	search := &nameSearch{index: index, lists: w.lists(), language: w.Language()}
	var like, shaped, made tallyOfNames
	tried, every := 0, max(len(blocks)/(60*seedsTried(t)/10), 1)
	for i, b := range blocks {
		names := namesIn(b.Indicators)
		if i%every != 0 || len(names) < 2 {
			continue
		}
		tried++
		seed, _ := names[0].Value()
		found, _, err := search.Like(t.Context(), seed, pivot.DefaultMaxHolders)
		if err != nil {
			t.Fatal(err)
		}
		var got, byShape []naming.Name
		for _, f := range found {
			n, _ := naming.NameOf(f.Value)
			got = append(got, n)
			if strings.HasPrefix(f.Note, shapeNote) {
				byShape = append(byShape, n)
			}
		}
		like.add(b.Family, names[1:], got, families)
		shaped.add(b.Family, names[1:], byShape, families)
	}
	t.Logf("naming: %d reports with two or more names, of %d names: %s; by shape alone: %s", tried, len(all), like, shaped)
	patterns, benignMatches := 0, 0
	for i, b := range blocks {
		names := namesIn(b.Indicators)
		if i%every != 0 || len(names) < 8 {
			continue
		}
		pattern, err := naming.Learn(names[:len(names)/2], w.Language())
		if err != nil {
			continue
		}
		if chance, err := w.Language().Expected(pattern, 360_000_000); err != nil || chance > 1000 {
			continue // says nothing: most names follow it
		}
		patterns++
		found, _, err := index.Matching(t.Context(), pattern, mostOfBlock)
		if err != nil {
			t.Fatal(err)
		}
		found = slices.DeleteFunc(found, func(n naming.Name) bool { return slices.Contains(names[:len(names)/2], n) })
		made.add(b.Family, names[len(names)/2:], found, families)
		for _, domain := range w.Lists.BenignDomains() {
			if label, suffix, ok := strings.Cut(domain, "."); ok && pattern.Matches(naming.Name{Label: label, Suffix: suffix}) {
				benignMatches++
			}
		}
	}
	t.Logf("patterns of half a report, where fewer than 1,000 of the world's names follow it by chance: %d; %d matches on benign lists; %s", patterns, benignMatches, made)
	if like.right == 0 || made.right == 0 || made.right < made.wrong {
		t.Error("searching by name finds no more of a family than of others")
	}
}

// tallyOfNames counts found names.
type tallyOfNames struct{ wanted, met, right, wrong int }

func (c *tallyOfNames) add(family string, wanted, found []naming.Name, families map[naming.Name]map[string]bool) {
	c.wanted += len(wanted)
	for _, n := range found {
		if slices.Contains(wanted, n) {
			c.met++
		}
		if families[n][family] {
			c.right++
		} else {
			c.wrong++
		}
	}
}

func (c tallyOfNames) String() string {
	return strings.TrimSpace(strings.Join([]string{
		"met", plain(c.met), "of", plain(c.wanted), "other names of the report;", plain(c.right), "of", plain(c.right + c.wrong), "found are of the family",
	}, " "))
}

func plain(n int) string { return strconv.Itoa(n) }
