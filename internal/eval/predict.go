package eval

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"

	"clew/internal/score"
)

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
	return set.predict(ctx, set.matches(), model, func(pair) bool { return true })
}

// predict weighs the wanted pairs of a set.
func (set *Operators) predict(ctx context.Context, matches map[pair][]sharedValue, model score.Model, wanted func(pair) bool) ([]Prediction, error) {
	graph := weighPairs(matches, len(set.Domains), set.universe(model), model)
	var out []Prediction
	for a := range set.Domains {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for b := a + 1; b < len(set.Domains); b++ {
			if !wanted(pair{a, b}) {
				continue
			}
			edge, bridges := graph.edge(a, b), plainBridges(graph.bridges(a, b))
			if edge == nil && len(bridges) == 0 {
				continue
			}
			direct := score.Sum{P: score.MinP}
			if edge != nil {
				direct = *edge
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
	sums   map[pair]*score.Sum
	cause  map[pair]string
	strong [][]int // neighbours with P >= BridgeMin, ascending
}

func (g *pairGraph) edge(a, b int) *score.Sum { return g.sums[ordered(a, b)] }

// A bridgeOver is a bridge and the domain it leads over.
type bridgeOver struct {
	score.Bridge
	over int
}

func plainBridges(bridges []bridgeOver) []score.Bridge {
	out := make([]score.Bridge, len(bridges))
	for i, b := range bridges {
		out[i] = b.Bridge
	}
	return out
}

// bridges lists the intermediates of a pair.
func (g *pairGraph) bridges(a, b int) []bridgeOver {
	var out []bridgeOver
	i, j := 0, 0
	for i < len(g.strong[a]) && j < len(g.strong[b]) {
		switch x, y := g.strong[a][i], g.strong[b][j]; {
		case x < y:
			i++
		case x > y:
			j++
		default:
			out = append(out, bridgeOver{score.Bridge{
				SeedP: g.edge(a, x).P, CandidateP: g.edge(x, b).P,
				SeedCause: g.cause[ordered(a, x)], CandidateCause: g.cause[ordered(x, b)],
			}, x})
			i, j = i+1, j+1
		}
	}
	return out
}

func weighPairs(matches map[pair][]sharedValue, domains int, universe uint64, model score.Model) *pairGraph {
	g := &pairGraph{map[pair]*score.Sum{}, map[pair]string{}, make([][]int, domains)}
	for at, found := range matches {
		sum := model.Weigh(universe, plain(found))
		g.sums[at] = &sum
		top := found[sum.Lines[0].Match]
		g.cause[at] = top.kind + "=" + top.value
		if sum.P >= score.BridgeMin {
			g.strong[at[0]] = append(g.strong[at[0]], at[1])
			g.strong[at[1]] = append(g.strong[at[1]], at[0])
		}
	}
	for _, neighbours := range g.strong {
		slices.Sort(neighbours)
	}
	return g
}

func plain(found []sharedValue) []score.Match {
	matches := make([]score.Match, len(found))
	for i := range found {
		matches[i] = found[i].Match
	}
	return matches
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
