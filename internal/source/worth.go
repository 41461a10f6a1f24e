package source

import (
	"cmp"
	"slices"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// Prices are in requests to a provider that anybody may ask as often as the pace
// allows. They are our judgement: what matters is the order they give.
const (
	keyPrice     = 3   // with a key somebody counts, or somebody paid
	creditPrice  = 10  // a credit is bought
	dailyPlenty  = 500 // requests a day beyond which a quota hardly counts
	scarcestRate = 20  // what one request of the smallest quotas costs at most
)

// Price says what one question to a source costs at least: its requests, dearer
// where few are allowed, and the credits they take.
func Price(info Info) float64 {
	each := 1 + float64(creditPrice*info.Credits)
	if info.KeyEnv != "" && !info.Keyless {
		each += keyPrice
	}
	if perDay := allowance(info); perDay > 0 {
		each += min(dailyPlenty/perDay, scarcestRate)
	}
	return float64(max(info.Cost, 1)) * each
}

// allowance returns the requests a day that the tightest of the longer quotas
// leaves, 0 without one.
func allowance(info Info) float64 {
	tightest := 0.0
	for _, q := range info.Quotas {
		from, to := q.Per.Around(time.Unix(0, 0), time.UTC)
		if from.IsZero() || q.Endpoint != "" {
			continue // a pace, or of one endpoint only
		}
		perDay := float64(q.Requests) / (to.Sub(from).Hours() / 24)
		if tightest == 0 || perDay < tightest {
			tightest = perDay
		}
	}
	return tightest
}

// rarePopulation and rareHolders are of a value that two of a million share: what
// a relation is worth at best. Only the ratio between relations matters here.
const (
	rarePopulation = 1_000_000
	rareHolders    = 2
)

// Promise says how many bits a source's answer about a kind may bring, over the
// relations it answers that start or end there: the best in full, each next one
// half as much, since no source knows everything of a value it knows. What never
// scores, such as a reputation, counts half a bit: somebody wants to read it.
func Promise(info Info, kind observable.Kind) float64 {
	var bits []float64
	for _, r := range info.Answers {
		if slices.Contains(r.Subjects(), kind) || slices.Contains(r.Objects(), kind) {
			bits = append(bits, max(bitsOf(r), 0.5))
		}
	}
	slices.Sort(bits)
	sum := 0.0
	for _, b := range bits { // the best last
		sum = sum/2 + b
	}
	return sum
}

func bitsOf(r observation.Relation) float64 {
	day := observation.Window{First: time.Unix(0, 0), Last: time.Unix(0, 0)}
	bits, _ := score.Closed().Bits(score.Match{Relation: r, Holders: rareHolders, Population: rarePopulation, A: day, B: day}, 0)
	return bits
}

// ByWorth returns sources in the order in which a budget is best spent on a
// question about a kind: most expected bits for the price first.
func ByWorth(sources []Source, kind observable.Kind) []Source {
	ordered := slices.Clone(sources)
	worth := map[string]float64{}
	for _, s := range sources {
		info := s.Info()
		worth[info.Name] = Promise(info, kind) / Price(info)
	}
	slices.SortStableFunc(ordered, func(a, b Source) int {
		x, y := a.Info().Name, b.Info().Name
		return cmp.Or(cmp.Compare(worth[y], worth[x]), cmp.Compare(x, y))
	})
	return ordered
}
