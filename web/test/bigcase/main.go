// Command bigcase writes a case of many findings into a data directory, as an
// investigation would have recorded it: for measuring the page with cases that
// take long to come by.
//
//	go run ./web/test/bigcase -data DIR -findings 5000
//
// One operator's addresses, keys and trackers lead from the seed to names, and
// from them to more; the greater part are coincidences behind a few values that
// many share. The same numbers give the same case.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"clew/internal/casefile"
	"clew/internal/casefile/sqlite"
)

func main() {
	data := flag.String("data", "", "data directory")
	n := flag.Int("findings", 5000, "findings in the case")
	flag.Parse()
	if err := write(context.Background(), *data, *n); err != nil {
		fmt.Fprintln(os.Stderr, "bigcase:", err)
		os.Exit(1)
	}
}

var opened = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)

func write(ctx context.Context, data string, n int) error {
	if data == "" {
		return fmt.Errorf("no -data")
	}
	store, err := sqlite.Open(data + "/cases")
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // what matters was acknowledged
	var blob []byte
	bands := map[string]int{}
	for _, f := range findings(n) {
		line, err := casefile.Canonical(f)
		if err != nil {
			return err
		}
		blob = append(append(blob, line...), '\n')
		bands[f.Band]++
	}
	digest, err := store.PutBlob(ctx, blob)
	if err != nil {
		return err
	}
	entry := func(t casefile.Type, payload any) casefile.Entry {
		return casefile.Entry{Time: opened, Type: t, Actor: "clew", Data: payload}
	}
	id := fmt.Sprintf("2026-02-01-big-%d", n)
	_, err = store.Append(ctx, id,
		entry(casefile.TypeOpened, casefile.Opened{
			Seeds: []casefile.Seed{{Kind: "domain", Value: seed, Confidence: 100}}, Scope: "hunt", TLP: "CLEAR", PAP: "RED",
			Window: casefile.Window{day(20), day(50)}, Tool: "bigcase",
		}),
		entry(casefile.TypeFound, casefile.Found{SHA256: digest, Model: "none", Bands: bands}),
		entry(casefile.TypeFinished, casefile.Finished{State: "complete"}),
	)
	if err == nil {
		fmt.Println(id)
	}
	return err
}

const seed = "seed.example"

func day(d int) casefile.Time {
	return casefile.Time{Time: time.Date(2025, 10, 1+d, 9, 0, 0, 0, time.UTC)}
}

// A link is a value that several share, and the relation that says so.
type link struct {
	relation, family, kind, value string
	bits                          float64
}

// linkOf is the i-th shared value of a finding of a hop. Values of later hops
// are more and weaker.
func linkOf(r *rand.Rand, hop, n int) link {
	spread := 3 + n/400*hop
	k := r.IntN(spread) + hop*100_000
	switch r.IntN(4) {
	case 0:
		return link{"resolves-to", "host", "ip", fmt.Sprintf("2001:db8::%x:%x", hop, 1+k%65_000), 9}
	case 1:
		sum := sha256.Sum256(fmt.Appendf(nil, "key %d", k))
		return link{"key", "certificate", "certkey", hex.EncodeToString(sum[:]), 12}
	case 2:
		return link{"tracker", "tracking", "tracker", fmt.Sprintf("G-%09d", k), 7}
	default:
		return link{"title", "content", "title", fmt.Sprintf("Site %d", k), 1.5}
	}
}

// bandOf deals the bands as large cases have them.
func bandOf(share float64) (string, int) {
	switch {
	case share < 0.05:
		return "high", 96
	case share < 0.15:
		return "medium", 65
	case share < 0.3:
		return "low", 30
	default:
		return "coincidence", 2
	}
}

func findings(n int) []casefile.Finding {
	r := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // deterministic on purpose
	found := make([]casefile.Finding, 0, n)
	// prefixes are the ways to the findings of each hop; the seed is hop 0.
	prefixes := [][][]string{{{seed}}}
	for i := range n {
		share := float64(i) / float64(n)
		band, confidence := bandOf(share)
		hop := 1
		if share > 0.05 && r.IntN(3) > 0 {
			hop = 2
		}
		name := fmt.Sprintf("n%06d.example", i)
		first := r.IntN(90)
		f := casefile.Finding{
			Kind: "domain", Value: name, P: float64(confidence) / 100, Confidence: confidence, Band: band, Hops: hop,
			FirstSeen: day(first), LastSeen: day(first + 10 + r.IntN(60)), Paths: [][]string{},
			Factors: []casefile.Factor{{Family: "prior", Relation: "prior", Bits: -9, Raw: -9}},
		}
		for range 1 + r.IntN(2) {
			l := linkOf(r, hop, n)
			from := prefixes[hop-1][r.IntN(len(prefixes[hop-1]))]
			f.Paths = append(f.Paths, append(append([]string{}, from...), l.relation+":"+l.value, name))
			f.Factors = append(f.Factors, casefile.Factor{
				Family: l.family, Relation: l.relation, Kind: l.kind, Value: l.value, Holders: 20, Bits: l.bits, Raw: l.bits,
				Window: casefile.Window{f.FirstSeen, f.LastSeen}, Source: "bigcase", Sources: []string{"bigcase"},
			})
		}
		if len(prefixes) == hop {
			prefixes = append(prefixes, nil)
		}
		if len(prefixes[hop]) < 200 {
			prefixes[hop] = append(prefixes[hop], f.Paths[0])
		}
		found = append(found, f)
	}
	return found
}
