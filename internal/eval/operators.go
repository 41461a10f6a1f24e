// Package eval measures clew's confidence against labelled data.
package eval

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"clew/internal/observation"
	"clew/internal/score"
)

// attributeTypes maps the column names of an operators folder to relations.
var attributeTypes = map[string]observation.Relation{
	"ns_set": observation.NSSet, "ns_host": observation.Nameserver, "ns_dom": observation.NSDomain,
	"ip": observation.ResolvesTo, "ip24": observation.InPrefix,
	"hash": observation.BodyHash, "path": observation.Resource,
	"cookie": observation.Cookie, "cookie2": observation.Cookie, "tid": observation.Tracker,
	"cname_dom": observation.CNAME, "redir": observation.RedirectsTo,
	"sld": observation.Label, "tok": observation.Token, "pre": observation.NamePrefix, "sub": observation.SubdomainOf,
}

// directedTypes are attributes whose value may be another domain of the set.
var directedTypes = []string{"ns_dom", "redir", "cname_dom"}

// Operators is a labelled set of domains with the attributes they share: the
// layout of domains.jsonl, value_counts.csv and population.csv.
type Operators struct {
	Domains    []OperatorDomain
	counts     map[attribute]uint64
	population map[string]population
}

// An OperatorDomain is one domain, its shared values by type, and how many
// values of each type it holds in all.
type OperatorDomain struct {
	Name   string              `json:"domain"`
	Values map[string][]string `json:"attrs"`
	Sizes  map[string]int      `json:"n_values"`
}

type attribute struct{ kind, value string }

type population struct {
	size uint64
	mean float64
}

// LoadOperators reads the three files of an operators folder.
func LoadOperators(dir string) (*Operators, error) {
	set := &Operators{counts: map[attribute]uint64{}, population: map[string]population{}}
	if err := set.readDomains(filepath.Join(dir, "domains.jsonl")); err != nil {
		return nil, err
	}
	err := readTable(filepath.Join(dir, "value_counts.csv"), []string{"type", "value", "count"}, func(row []string) error {
		n, err := strconv.ParseUint(row[2], 10, 64)
		set.counts[attribute{row[0], row[1]}] = n
		return err
	})
	if err != nil {
		return nil, err
	}
	err = readTable(filepath.Join(dir, "population.csv"), []string{"type", "population_with_type", "mean_values"}, func(row []string) error {
		size, err := strconv.ParseUint(row[1], 10, 64)
		if err != nil {
			return err
		}
		mean, err := strconv.ParseFloat(row[2], 64)
		set.population[row[0]] = population{size, mean}
		return err
	})
	return set, err
}

func (set *Operators) readDomains(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("operators set: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		var domain OperatorDomain
		if err := json.Unmarshal(lines.Bytes(), &domain); err != nil {
			return fmt.Errorf("%s line %d: %w", path, n, err)
		}
		for _, values := range domain.Values {
			slices.Sort(values)
		}
		set.Domains = append(set.Domains, domain)
	}
	slices.SortFunc(set.Domains, func(a, b OperatorDomain) int { return cmp.Compare(a.Name, b.Name) })
	return lines.Err()
}

func readTable(path string, header []string, each func(row []string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("operators set: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	table := csv.NewReader(bufio.NewReader(file))
	table.ReuseRecord = true
	first, err := table.Read()
	if err != nil || !slices.Equal(first, header) {
		return fmt.Errorf("%s: header is not %v", path, header)
	}
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = each(row)
		}
		if err != nil {
			line, _ := table.FieldPos(0)
			return fmt.Errorf("%s line %d: %w", path, line, err)
		}
	}
}

// A Prediction is the probability that two domains, A < B, have one operator.
type Prediction struct {
	A, B   string
	P      float64
	Direct float64 // without hops
	Band   score.Band
}

// Predict weighs every pair that shares anything or is joined by a bridge, and
// returns those with p above the model's floor, sorted by A, then B.
func (set *Operators) Predict(ctx context.Context, model score.Model) ([]Prediction, error) {
	graph := set.weighPairs(model)
	var out []Prediction
	for a := range set.Domains {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for b := a + 1; b < len(set.Domains); b++ {
			pair := graph.edge(a, b)
			bridges := graph.bridges(a, b)
			if pair == nil && len(bridges) == 0 {
				continue
			}
			var direct score.Sum
			direct.P = score.MinP
			if pair != nil {
				direct = *pair
			}
			p := model.Combine(direct.P, bridges)
			if p < score.MinP {
				continue
			}
			out = append(out, Prediction{
				set.Domains[a].Name, set.Domains[b].Name, p, direct.P, score.BandOf(p, direct, bridges),
			})
		}
	}
	return out, nil
}

// pairGraph holds the direct evidence of each pair and, for hops, the strong
// neighbours of each domain with the value that mattered most.
type pairGraph struct {
	sums   map[[2]int]*score.Sum
	cause  map[[2]int]string
	strong [][]int // neighbours with P >= BridgeMin, ascending
}

func (g *pairGraph) edge(a, b int) *score.Sum { return g.sums[ordered(a, b)] }

func ordered(a, b int) [2]int { return [2]int{min(a, b), max(a, b)} }

// bridges lists the intermediates of a pair.
func (g *pairGraph) bridges(a, b int) []score.Bridge {
	var out []score.Bridge
	i, j := 0, 0
	for i < len(g.strong[a]) && j < len(g.strong[b]) {
		switch x, y := g.strong[a][i], g.strong[b][j]; {
		case x < y:
			i++
		case x > y:
			j++
		default:
			out = append(out, score.Bridge{
				SeedP: g.edge(a, x).P, CandidateP: g.edge(x, b).P,
				SeedCause: g.cause[ordered(a, x)], CandidateCause: g.cause[ordered(x, b)],
			})
			i, j = i+1, j+1
		}
	}
	return out
}

func (set *Operators) weighPairs(model score.Model) *pairGraph {
	matches := set.matches()
	g := &pairGraph{map[[2]int]*score.Sum{}, map[[2]int]string{}, make([][]int, len(set.Domains))}
	for pair, found := range matches {
		weighed := make([]score.Match, len(found))
		for i := range found {
			weighed[i] = found[i].Match
		}
		sum := model.Weigh(set.universe(), weighed)
		g.sums[pair] = &sum
		top := found[sum.Lines[0].Match]
		g.cause[pair] = top.kind + "=" + top.value
		if sum.P >= score.BridgeMin {
			g.strong[pair[0]] = append(g.strong[pair[0]], pair[1])
			g.strong[pair[1]] = append(g.strong[pair[1]], pair[0])
		}
	}
	for _, neighbours := range g.strong {
		slices.Sort(neighbours)
	}
	return g
}

// universe is how many domains the set was drawn from: every one has a label.
func (set *Operators) universe() uint64 {
	var largest uint64
	for _, p := range set.population {
		largest = max(largest, p.size)
	}
	return largest
}

type sharedValue struct {
	attribute
	score.Match
}

// matches lists what each pair shares, in the order of type and value.
func (set *Operators) matches() map[[2]int][]sharedValue {
	holders := map[attribute][]int{}
	index := map[string]int{}
	for i, domain := range set.Domains {
		index[domain.Name] = i
		for kind, values := range domain.Values {
			for _, value := range values {
				holders[attribute{kind, value}] = append(holders[attribute{kind, value}], i)
			}
		}
	}
	keys := make([]attribute, 0, len(holders))
	for key := range holders {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b attribute) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.value, b.value))
	})
	found := map[[2]int][]sharedValue{}
	for _, key := range keys {
		who := holders[key]
		for i, a := range who {
			for _, b := range who[i+1:] {
				set.add(found, key, a, b, false)
			}
		}
		if b, known := index[key.value]; known && slices.Contains(directedTypes, key.kind) {
			for _, a := range who {
				if a != b {
					set.add(found, key, a, b, true)
				}
			}
		}
	}
	return found
}

func (set *Operators) add(found map[[2]int][]sharedValue, key attribute, a, b int, directed bool) {
	relation, known := attributeTypes[key.kind]
	if !known {
		return
	}
	people := set.population[key.kind]
	match := score.Match{
		Relation: relation, Holders: max(set.counts[key], 2), Population: people.size, Directed: directed,
		A: always, B: always,
	}
	if !directed {
		match.SizeA, match.SizeB = set.Domains[a].Sizes[key.kind], set.Domains[b].Sizes[key.kind]
		match.MeanSize = people.mean
	}
	pair := ordered(a, b)
	found[pair] = append(found[pair], sharedValue{key, match})
}

// WritePredictions writes a,b,p with a header, as evaluate.py beside the set reads it.
func WritePredictions(w io.Writer, predictions []Prediction) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "a,b,p")
	for _, p := range predictions {
		fmt.Fprintf(out, "%s,%s,%.6f\n", p.A, p.B, p.P)
	}
	return out.Flush()
}

// always is the window of a set that was crawled in one go: no time passed
// between any two of its facts.
var always = observation.Window{First: time.Unix(0, 0), Last: time.Unix(1, 0)}
