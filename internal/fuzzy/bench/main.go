// Bench asks clew's indexes of fuzzy hashes, and the loops over them that others
// offer, the same questions about the same digests, and prints how long each
// took. It prints nothing when the answers differ.
//
//	go run ./internal/fuzzy/bench -digests 1000000
package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"clew/internal/fuzzy/ssdeep"
	"clew/internal/fuzzy/tlsh"
)

// within is the TLSH distance of the goals.
const within = 70

func main() {
	digests := flag.Int("digests", 1_000_000, "digests to ask about")
	asked := flag.Int("questions", 20, "questions put to the peers; clew answers fifty times as many")
	flag.Parse()
	if err := run(*digests, *asked); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(digests, asked int) error {
	dir, err := os.MkdirTemp("", "clew-fuzzy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	fmt.Printf("%d digests, %d questions; median, 99th percentile for clew\n", digests, asked)
	if err := benchSsdeep(dir, digests, asked); err != nil {
		return fmt.Errorf("ssdeep: %w", err)
	}
	if err := benchTLSH(dir, digests, asked); err != nil {
		return fmt.Errorf("tlsh: %w", err)
	}
	return nil
}

// hit is one line of an answer: of which question, which digest, how alike.
type hit struct{ question, digest, alike int }

func compareHits(a, b hit) int {
	return cmp.Or(cmp.Compare(a.question, b.question), cmp.Compare(a.digest, b.digest))
}

// answers are what one engine said, and how long each question took.
type answers struct {
	hits  []hit
	times []time.Duration
}

func (a *answers) percentile(p int) time.Duration {
	sorted := slices.Sorted(slices.Values(a.times))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// same compares the answers to the questions that both were asked.
func (a *answers) same(name string, other *answers) error {
	slices.SortFunc(a.hits, compareHits)
	slices.SortFunc(other.hits, compareHits)
	if !slices.Equal(a.hits, other.hits) {
		return fmt.Errorf("%s answers otherwise: %d hits, clew has %d", name, len(other.hits), len(a.hits))
	}
	return nil
}

// report prints a peer beside clew.
func report(name string, clew, peer *answers) {
	ours, theirs := clew.percentile(50), peer.percentile(50)
	fmt.Printf("  %-18s %12s   clew/peer %.5f   same %d hits\n", name, theirs.Round(time.Microsecond), float64(ours)/float64(theirs), len(peer.hits))
}

// questions are digests of the set, spread over it, and as many strangers.
func questions[D any](all, strangers []D, n int) []D {
	var out []D
	for i := range n {
		if i%2 == 0 {
			out = append(out, all[(i+1)*(len(all)-1)/(n+1)|1])
		} else {
			out = append(out, strangers[i])
		}
	}
	return out
}

const more = 50 // questions to clew for each put to a peer

func benchSsdeep(dir string, n, asked int) error {
	all := newGenerator(1).ssdeeps(n)
	put := questions(all, newGenerator(2).ssdeeps(asked*more), asked*more)
	var x ssdeep.Index
	start := time.Now()
	for i := range all {
		x.Add(&all[i])
	}
	added := time.Since(start)
	x.Find(&put[0], 1) // the first question to an unsorted index
	first := time.Since(start) - added
	start = time.Now()
	x.Sort()
	fmt.Printf("ssdeep: clew %d bytes a digest, added in %s, first question %s, sorted in %s\n",
		x.Bytes()/n, added.Round(time.Millisecond), first.Round(time.Microsecond), time.Since(start).Round(time.Millisecond))
	clew := &answers{}
	for q := range put {
		start := time.Now()
		hits := x.Find(&put[q], 1)
		clew.times = append(clew.times, time.Since(start))
		if q < asked {
			for _, h := range hits {
				clew.hits = append(clew.hits, hit{q, int(h.ID), h.Score})
			}
		}
	}
	fmt.Printf("  %-18s %12s   p99 %s\n", "clew", clew.percentile(50), clew.percentile(99))
	files, err := writeBoth(dir, all, put[:asked], func(d *ssdeep.Digest) string { return d.String() })
	if err != nil {
		return err
	}
	libfuzzy, err := compiled(dir, "gcc", "ssdeep.c", "fuzzy", files)
	if err != nil {
		return err
	}
	if err := clew.same("libfuzzy", libfuzzy); err != nil {
		return err
	}
	report("libfuzzy, loop", clew, libfuzzy)
	tool, err := ssdeepK(dir, files)
	if err != nil {
		return err
	}
	if err := clew.same("ssdeep -k", tool); err != nil {
		return err
	}
	report("ssdeep -k", clew, tool)
	return nil
}

func benchTLSH(dir string, n, asked int) error {
	all := newGenerator(3).tlshes(n)
	put := questions(all, newGenerator(4).tlshes(asked*more), asked*more)
	var x tlsh.Index
	start := time.Now()
	for _, d := range all {
		x.Add(d)
	}
	fmt.Printf("TLSH, distance <= %d: clew %d bytes a digest, added in %s\n", within, x.Bytes()/n, time.Since(start).Round(time.Millisecond))
	clew := &answers{}
	for q, d := range put {
		start := time.Now()
		hits := x.Find(d, within)
		clew.times = append(clew.times, time.Since(start))
		if q < asked {
			for _, h := range hits {
				clew.hits = append(clew.hits, hit{q, int(h.ID), h.Distance})
			}
		}
	}
	fmt.Printf("  %-18s %12s   p99 %s\n", "clew", clew.percentile(50), clew.percentile(99))
	files, err := writeBoth(dir, all, put[:asked], func(d *tlsh.Digest) string { return d.String() })
	if err != nil {
		return err
	}
	files = append(files, strconv.Itoa(within))
	for _, peer := range []struct {
		name string
		ask  func() (*answers, error)
	}{
		{"libtlsh 3.4, loop", func() (*answers, error) { return compiled(dir, "g++", "tlsh.cc", "tlsh", files) }},
		{"glaslos/tlsh, loop", func() (*answers, error) { return glaslos(dir, files) }},
	} {
		said, err := peer.ask()
		if err != nil {
			return err
		}
		if err := clew.same(peer.name, said); err != nil {
			return err
		}
		report(peer.name, clew, said)
	}
	return nil
}

// writeBoth writes the digests and the questions for a peer to read.
func writeBoth[D any](dir string, all, asked []D, text func(*D) string) ([]string, error) {
	files := []string{filepath.Join(dir, "digests"), filepath.Join(dir, "questions")}
	if err := write(files[0], all, text); err != nil {
		return nil, err
	}
	return files, write(files[1], asked, text)
}

func fmtLine(out *bufio.Writer, line string) { fmt.Fprintln(out, line) }

func ssdeepText(size uint64, first, second string) string {
	return fmt.Sprintf("%d:%s:%s", size, first, second)
}
