package urlscan

import (
	"fmt"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// verdicts is what urlscan thinks of a page. Rows of a search have it at the
// top, whole results under "overall", older recordings not at all.
type verdicts struct {
	verdict
	Overall source.Maybe[verdict] `json:"overall"`
}

// verdict has a score from -100, harmless, to 100. Brands are those that the page
// looks like, by name.
type verdict struct {
	Score     source.Maybe[int] `json:"score"`
	Malicious bool              `json:"malicious"`
	Brands    source.Texts      `json:"brands"`
}

// keep adds an opinion on the page's domain. A score of 0 is none.
func (v verdicts) keep(f *facts, page observable.Value, w observation.Window) {
	one := v.verdict
	if one.Score.Value == 0 && !one.Malicious {
		one = v.Overall.Value
	}
	score := one.Score.Value
	word := "suspicious"
	switch {
	case one.Malicious:
		word = "malicious"
	case score == 0:
		return
	case score < 0:
		word = "harmless"
	}
	opinion := fmt.Sprintf("scan verdict: %s, score %d of 100", word, score)
	if brands := slices.Clone(one.Brands); len(brands) > 0 {
		slices.Sort(brands)
		opinion += ", looks like " + strings.Join(brands[:min(len(brands), 3)], ", ")
	}
	f.Judge(page, opinion, w)
}
