package pivot

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"clew/internal/observation"
	"clew/internal/score"
)

// findings weighs the case as it stands and lists every candidate, surest
// first, with its waterfall.
func (r *run) findings(ctx context.Context) ([]Finding, error) {
	if err := r.weighAll(ctx); err != nil {
		return nil, err
	}
	var out []Finding
	for _, n := range r.order {
		if n.seed {
			continue
		}
		out = append(out, r.finding(n))
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(bandRank(a.Band), bandRank(b.Band)), cmp.Compare(b.Bits, a.Bits), a.Value.Compare(b.Value))
	})
	return out, nil
}

func bandRank(band string) int {
	return slices.Index([]string{string(score.High), string(score.Medium), string(score.Low), string(score.Coincidence)}, band)
}

func (r *run) finding(n *node) Finding {
	f := Finding{
		Value: n.value, P: max(n.p, score.MinP), Band: string(n.band), Hops: max(n.hop, 1),
		Window: seen(n), Model: r.Model.Version,
	}
	if n.owned {
		f.Factors, f.Bits = r.attributeFactors(n, f.P)
	} else {
		f.Factors, f.Bits = r.directFactors(n)
		r.addTenancy(n, &f)
		r.addBridges(n, &f)
		r.addCrowd(n, &f)
	}
	f.Paths = r.paths(n)
	r.applyVerdicts(n, &f)
	return f
}

// seen is when any source saw anything of n.
func seen(n *node) observation.Window {
	var w observation.Window
	for _, f := range n.facts {
		if f.Known() {
			w = w.Union(f.Window)
		}
	}
	return w
}

func (r *run) priorFactor(bits float64, universe string) Factor {
	return Factor{Family: "prior", Relation: "prior", Bits: bits, Raw: bits, Note: fmt.Sprintf("%.0f siblings expected in %s", r.Model.Siblings, universe)}
}

func (r *run) directFactors(n *node) ([]Factor, float64) {
	factors := []Factor{r.priorFactor(n.direct.sum.Prior, "the population it was drawn from")}
	for _, line := range n.direct.sum.Lines {
		s := n.direct.shared[line.Match]
		f := Factor{
			Family: string(line.Family), Relation: s.Relation.String(), Value: s.a.Value,
			Holders: s.Holders, Groups: int(s.Groups), Of: s.Population, CountOf: s.held.from,
			Bits: line.Bits, Raw: line.Raw, Window: overlap(s.Match.A, s.Match.B),
			Sources: union(s.a.Sources, s.b.Sources), Evidence: union(s.a.Evidence, s.b.Evidence),
			Note: noteOf(s, line), Guest: line.Guest,
		}
		weight, scores := score.WeightOf(s.Relation)
		f.Default = scores && !weight.Measured
		factors = append(factors, f)
	}
	return factors, n.direct.sum.Total
}

// noteOf says in a sentence why a line counts as it does.
func noteOf(s sharedFact, line score.Line) string {
	if _, scores := score.WeightOf(s.Relation); !scores {
		if s.note != "" {
			return s.note
		}
		return s.Relation.String() + " alone says nothing"
	}
	switch {
	case s.Suppressed != "":
		return s.Suppressed
	case s.Holders == 0 && s.Worth == 0:
		return "nobody counted who else holds it: shown, worth nothing"
	case line.SameHolder == 0:
		return "held before its present holder began: another owner's"
	}
	note := timeNote(s, line)
	if s.Type == score.LeadingLabelCurve {
		note = "one name starts with the whole label of the other"
	}
	if s.Commodity() {
		note += fmt.Sprintf("; files of %d malware families hold it: worth no more than to be of one of them", s.MalwareFamilies)
	}
	if s.Guest {
		note += "; the seed came long after and left before: anybody can point a name there, so this is no reason for the high band"
	}
	if s.Excess() {
		note += fmt.Sprintf("; %d holders where the provider's pool deals out %.0f by chance: one customer's", s.held.n, s.Dealt+1)
	}
	if s.note != "" {
		note = s.note
	}
	if s.Directed {
		note += "; one points at the other"
	}
	if s.Groups > 0 && s.Groups != s.Holders {
		note += fmt.Sprintf("; %d holders in %d groups", s.held.n, s.Groups)
	}
	if line.Bits < line.Raw-0.005 {
		note += fmt.Sprintf("; %.2f bits alone, counted 0.3 up to 2 beside a stronger %s fact", line.Raw, line.Family)
	}
	if line.Raw == 0 {
		note += "; too common to mean anything"
	}
	return note
}

func timeNote(s sharedFact, line score.Line) string {
	switch {
	case s.Relation == observation.SubdomainOf:
		return "under one registered domain"
	case s.Worth > 0:
		return "has one possessor"
	}
	weight, _ := score.WeightOf(s.Relation)
	gap, known := score.Gap(s.Match.A, s.Match.B)
	switch {
	case weight.HalfLife == 0:
		return "does not change hands"
	case !known:
		return fmt.Sprintf("time unknown: %.2f likely the same holder", line.SameHolder)
	case gap == 0:
		return "at the same time"
	}
	return fmt.Sprintf("%d days apart: %.2f likely the same holder", int(gap.Hours()/24+0.5), line.SameHolder)
}

// overlap is when both held the value, or the time from one to the other.
func overlap(a, b observation.Window) observation.Window {
	if !a.Known() || !b.Known() {
		return observation.Window{}
	}
	var w observation.Window
	w.First, w.Last = a.First, a.Last
	if b.First.After(w.First) || w.First.IsZero() {
		w.First = b.First
	}
	if !b.Last.IsZero() && (b.Last.Before(w.Last) || w.Last.IsZero()) {
		w.Last = b.Last
	}
	if !w.First.IsZero() && !w.Last.IsZero() && w.Last.Before(w.First) {
		w.First, w.Last = w.Last, w.First
	}
	return w
}

// attributeFactors explains an address, certificate or the like by whose it is.
func (r *run) attributeFactors(n *node, p float64) ([]Factor, float64) {
	total, prior := r.Model.BitsFor(p), r.Model.Prior(world(n.value.Kind()))
	via := r.pivots[n.value]
	attr := r.attribute(via)
	h, members := attr.held, attr.members
	ours := 0
	for _, m := range members {
		if m.p >= 0.5 {
			ours++
		}
	}
	line := Factor{
		Family: string(via.Relation.Family()), Relation: via.Relation.String(), Value: n.value,
		Holders: h.n, Of: h.of, CountOf: h.from, Bits: total - prior, Raw: total - prior, Window: via.Window,
		Sources: via.Sources, Evidence: via.Evidence,
		Note: fmt.Sprintf("%d of its %d holders belong to this case with P 0.5 or more", ours, h.n),
	}
	return []Factor{r.priorFactor(prior, "the world"), line}, total
}

// addBridges appends a line for each bridge; together they make up the
// difference between direct evidence and P.
func (r *run) addBridges(n *node, f *Finding) {
	if len(n.bridges) == 0 {
		return
	}
	strongest := make([]bridge, 0, len(n.bridges))
	weight := 0.0
	for _, kept := range score.Independent(n.plainBridges()) {
		i := slices.IndexFunc(n.bridges, func(b bridge) bool { return b.Bridge == kept })
		strongest = append(strongest, n.bridges[i])
		weight += kept.P()
	}
	extra := max(r.Model.BitsFor(r.bridged(n))-f.Bits, 0)
	for _, b := range strongest {
		share := extra * b.P() / weight
		f.Factors = append(f.Factors, Factor{
			Family: "bridge", Relation: b.match.Relation.String(), Value: b.over.value,
			Holders: b.match.held.n, Of: b.match.held.of, CountOf: b.match.held.from,
			Bits: share, Raw: share, Window: overlap(b.match.Match.A, b.match.Match.B),
			Sources: b.match.b.Sources, Evidence: b.match.b.Evidence,
			Note: fmt.Sprintf("over %s: %.2f from the seed, %.2f from there by %s; a hop counts %.1f",
				b.over.value.Defang(), b.SeedP, b.CandidateP, b.match.attr.key, r.Model.Hop),
		})
	}
	f.Bits += extra
	if len(n.direct.shared) == 0 || n.direct.sum.P < score.BridgeMin {
		f.Hops = max(f.Hops, 2)
	}
}

// bridged is the probability of n by direct evidence and bridges alone.
func (r *run) bridged(n *node) float64 {
	return r.Model.Combine(max(n.direct.sum.P, r.tenancy(n), score.MinP), n.plainBridges())
}

// tenancy is the probability that n has as a name of its address's main tenant.
func (r *run) tenancy(n *node) float64 {
	if n.tenant == 0 {
		return 0
	}
	share, _ := r.tenantShare(r.attribute(Fact{Relation: observation.ResolvesTo, Value: n.direct.from.value}), n)
	return min(share, score.MaxP)
}

func (n *node) plainBridges() []score.Bridge {
	plain := make([]score.Bridge, len(n.bridges))
	for i, b := range n.bridges {
		plain[i] = b.Bridge
	}
	return plain
}

// addTenancy shows what raises a name of the seed address's main tenant.
func (r *run) addTenancy(n *node, f *Finding) {
	if n.tenant == 0 {
		return
	}
	a := r.attribute(Fact{Relation: observation.ResolvesTo, Value: n.direct.from.value})
	share, size := r.tenantShare(a, n)
	more := r.Model.BitsFor(min(share, score.MaxP)) - f.Bits
	f.Factors = append(f.Factors, Factor{
		Family: "tenant", Relation: observation.ResolvesTo.String(), Value: a.key.value, Holders: a.held.n, Bits: more, Raw: more,
		Note: fmt.Sprintf("%d of its %d names hang together with this one: its main tenant", size, a.held.n),
	})
	f.Bits += more
}

// addCrowd shows what holds a busy address down.
func (r *run) addCrowd(n *node, f *Finding) {
	if n.crowd == 0 {
		return
	}
	less := r.Model.BitsFor(f.P) - f.Bits
	f.Factors = append(f.Factors, Factor{
		Family: "crowd", Relation: observation.ResolvesTo.String(), Value: n.value, Holders: n.crowd, Bits: less, Raw: less,
		Note: fmt.Sprintf("%d names live on it, most of them not of this case: a lead at most", n.crowd),
	})
	f.Bits += less
}

// paths tell how one gets from a seed to n: directly over what they share, and
// over the strongest bridges.
func (r *run) paths(n *node) [][]string {
	var out [][]string
	if n.owned {
		return [][]string{r.pathTo(n)}
	}
	if n.direct.from != nil {
		for _, line := range n.direct.sum.Lines {
			if line.Bits > 0 {
				out = append(out, []string{n.direct.from.value.String(), n.direct.shared[line.Match].attr.key.String(), n.value.String()})
			}
		}
	}
	for _, b := range n.bridges {
		out = append(out, append(r.pathTo(b.over), b.match.attr.key.String(), n.value.String()))
		if len(out) == maxPaths {
			break
		}
	}
	if len(out) == 0 && n.found != nil {
		out = append(out, r.pathTo(n))
	}
	return out
}

// maxPaths bounds the paths of one finding: the rest repeats them.
const maxPaths = 8

// pathTo is the way from a seed to n by what brought n into the case.
func (r *run) pathTo(n *node) []string {
	if n.seed || n.found == nil {
		return []string{n.value.String()}
	}
	return append(r.pathTo(n.found), n.via.key().String(), n.value.String())
}

// applyVerdicts lets lists and the analyst overrule the sum. Factors stay as
// they are: what was weighed is shown, and why it does not count.
func (r *run) applyVerdicts(n *node, f *Finding) {
	switch reason, rejected := r.Verdicts.RejectedFindings[n.value]; {
	case rejected:
		f.Verdict, f.Suppressed = "rejected", ByAnalyst+reason
	case n.benign != "":
		f.Suppressed = n.benign
	case r.suppressedAttribute(n) != "":
		f.Suppressed = r.suppressedAttribute(n)
	}
	if _, accepted := r.Verdicts.AcceptedFindings[n.value]; accepted {
		f.Verdict = "accepted"
	}
	if f.Suppressed != "" {
		f.P, f.Band = score.MinP, string(score.Coincidence)
	}
}

// suppressedAttribute gives the reason why an attribute that is an indicator
// itself means nothing.
func (r *run) suppressedAttribute(n *node) string {
	via, pivot := r.pivots[n.value]
	if !pivot {
		return ""
	}
	return r.suppressed(via)
}
