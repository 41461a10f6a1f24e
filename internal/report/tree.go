package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/words"
)

// branch is one node of the pivot tree: an indicator, the shared value that leads
// on from it, or a line that stands for many.
type branch struct {
	Sort     branchSort
	Text     string // the indicator or the shared value
	Detail   string // probability and band; holders and what they brought
	Band     string // of a finding, which a shared value may be itself
	Children []*branch

	p      float64 // of a finding
	weight float64 // p of itself and of all below
}

type branchSort string

const (
	seedBranch    branchSort = "seed"
	pivotBranch   branchSort = "pivot"
	findingBranch branchSort = "finding"
	moreBranch    branchSort = "more"
	refusedBranch branchSort = "refused"
)

// Bounds of the drawn tree. What is left out is counted in a line of its own.
const (
	treeSteps  = 12 // steps of a path that are followed
	treeLeaves = 6  // findings drawn below one shared value
	treeTwigs  = 12 // shared values drawn below one indicator
	treeNodes  = 200
)

// treesOf draws one tree a seed from the first path of each finding, which is
// its strongest; the pivots add their counts.
func treesOf(d casefile.Document, k kinds) []*branch {
	t := treeMaker{kinds: k, findings: map[string]casefile.Finding{}, pivots: map[[2]string]casefile.Pivot{}, nodes: map[*branch]map[string]*branch{}}
	for _, f := range d.Findings {
		t.findings[f.Value] = f
	}
	for _, p := range d.Pivots {
		t.pivots[[2]string{p.From, p.Value}] = p
	}
	var roots []*branch
	bySeed := map[string]*branch{}
	for _, s := range d.Seeds {
		root := &branch{Sort: seedBranch, Text: value(s.Kind, s.Value), Detail: "seed"}
		roots, bySeed[s.Value] = append(roots, root), root
	}
	for _, f := range d.Findings {
		if len(f.Paths) > 0 && len(f.Paths[0]) > 0 && bySeed[f.Paths[0][0]] != nil {
			t.follow(bySeed[f.Paths[0][0]], f.Paths[0])
		}
	}
	t.addRefused(d, bySeed)
	for _, root := range roots {
		root.sum()
		root.fold()
	}
	prune(roots)
	return roots
}

// treeMaker grows a tree path by path.
type treeMaker struct {
	kinds    kinds
	findings map[string]casefile.Finding
	pivots   map[[2]string]casefile.Pivot
	nodes    map[*branch]map[string]*branch // children by step
}

// follow walks one path: seed, relation:value, indicator, relation:value, …
func (t treeMaker) follow(at *branch, path []string) {
	for i := 1; i < len(path) && i <= treeSteps; i++ {
		step := path[i]
		if i%2 == 1 {
			from := path[i-1]
			at = t.child(at, step, func() *branch { return t.shared(from, step) })
			continue
		}
		if _, shared, _ := strings.Cut(path[i-1], ":"); shared == step {
			t.join(at, step) // the shared value is itself the indicator
			continue
		}
		at = t.child(at, step, func() *branch { return t.indicator(step) })
	}
}

// join makes a shared value the finding that it is, too.
func (t treeMaker) join(at *branch, text string) {
	if at.Band != "" {
		return
	}
	b := t.indicator(text)
	at.Band, at.p = b.Band, b.p
	at.Detail = strings.TrimPrefix(at.Detail+" · "+b.Detail, " · ")
}

func (t treeMaker) child(at *branch, step string, grow func() *branch) *branch {
	if t.nodes[at] == nil {
		t.nodes[at] = map[string]*branch{}
	}
	if known := t.nodes[at][step]; known != nil {
		return known
	}
	b := grow()
	t.nodes[at][step] = b
	at.Children = append(at.Children, b)
	return b
}

func (t treeMaker) shared(from, step string) *branch {
	relation, shown := t.kinds.link(step)
	b := &branch{Sort: pivotBranch, Text: strings.TrimSpace(relation + " " + shown)}
	_, text, _ := strings.Cut(step, ":")
	if p, known := t.pivots[[2]string{from, text}]; known {
		b.Detail = pivotDetail(p)
	}
	return b
}

func pivotDetail(p casefile.Pivot) string {
	if p.Holders == nil {
		return fmt.Sprintf("holders unknown, %s new", words.Number(p.New))
	}
	return fmt.Sprintf("%s, %s new", words.Count(*p.Holders, "holder"), words.Number(p.New))
}

func (t treeMaker) indicator(text string) *branch {
	b := &branch{Sort: findingBranch, Text: t.kinds.indicator(text)}
	if f, known := t.findings[text]; known {
		b.Band, b.p = name(f.Band), f.P
		b.Detail = fmt.Sprintf("%s %s", probability(f.P), b.Band)
	}
	return b
}

// addRefused hangs the pivot points of the seeds that were not taken below them.
// Those further out are in the table only.
func (t treeMaker) addRefused(d casefile.Document, bySeed map[string]*branch) {
	for _, p := range d.Pivots {
		if root := bySeed[p.From]; root != nil && p.State != "run" {
			detail := name(p.State)
			if reason := prose(p.Reason); reason != "" {
				detail += ": " + reason
			}
			root.Children = append(root.Children, &branch{
				Sort: refusedBranch, Text: strings.TrimSpace(name(p.Method) + " " + value(p.Kind, p.Value)), Detail: detail,
			})
		}
	}
}

// sum gives each branch the weight of what hangs below it, for ordering.
func (b *branch) sum() {
	b.weight = b.p
	for _, c := range b.Children {
		c.sum()
		b.weight += c.weight
	}
	slices.SortStableFunc(b.Children, func(x, y *branch) int {
		return cmp.Or(cmp.Compare(y.weight, x.weight), cmp.Compare(x.Text, y.Text))
	})
}

// fold keeps the heaviest children that lead somewhere, and puts one line in
// place of the rest.
func (b *branch) fold() {
	limit := treeLeaves
	if b.Sort == seedBranch || b.Sort == findingBranch {
		limit = treeTwigs
	}
	var shown, hidden []*branch
	for _, c := range b.Children {
		if c.Sort == refusedBranch || c.likely() {
			shown = append(shown, c)
		} else {
			hidden = append(hidden, c)
		}
	}
	if len(shown) > limit+1 || len(shown) > limit && len(hidden) > 0 { // a line for one alone would save nothing
		shown, hidden = shown[:limit:limit], append(hidden, shown[limit:]...)
	}
	for _, c := range shown {
		c.fold()
	}
	if len(hidden) > 0 {
		shown = append(shown, &branch{Sort: moreBranch, Text: moreText(hidden)})
	}
	b.Children = shown
}

// likely reports whether the branch holds a finding above coincidence.
func (b *branch) likely() bool {
	if b.Band != "" && b.Band != "coincidence" {
		return true
	}
	return slices.ContainsFunc(b.Children, (*branch).likely)
}

// prune keeps a forest to treeNodes, the branches nearest to the seeds first.
func prune(roots []*branch) {
	drawn := 0
	for level := roots; len(level) > 0; {
		var next []*branch
		for _, b := range level {
			if drawn += len(b.Children); drawn > treeNodes && len(b.Children) > 0 {
				b.Children = []*branch{{Sort: moreBranch, Text: fmt.Sprintf("and %s further out", words.Number(b.size()-1))}}
			}
			next = append(next, b.Children...)
		}
		level = next
	}
}

// size counts the branch and what is drawn below it.
func (b *branch) size() int {
	n := 1
	for _, c := range b.Children {
		n += c.size()
	}
	return n
}

// moreText counts what is not drawn.
func moreText(hidden []*branch) string {
	n := map[string]int{}
	for _, h := range hidden {
		switch {
		case h.Sort == refusedBranch:
			n["not taken"]++
		case h.Sort == findingBranch:
			n[h.Band]++
		case h.likely():
			n["that lead on"]++
		default:
			n["that led to coincidences only"]++
		}
	}
	var parts []string
	for _, what := range []string{"high", "medium", "low", "coincidence", "that lead on", "not taken", "that led to coincidences only"} {
		if n[what] > 0 {
			parts = append(parts, words.Number(n[what])+" "+what)
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("and %s more", words.Number(len(hidden)))
	}
	return fmt.Sprintf("and %s more: %s", words.Number(len(hidden)), strings.Join(parts, ", "))
}
