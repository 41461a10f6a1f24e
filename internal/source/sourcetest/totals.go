package sourcetest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"testing"

	"clew/internal/source"
)

// raised is a total that no case comes near, and that is still believed.
const raised = 1 << 30

// smallTotals feeds a connector its own cases with totals that are plausible and
// too small: 1 where more came. Such an answer may not pass for whole, or not
// without a word. A total is any number of a reply that, raised, makes a part
// short by that many.
func smallTotals(t *testing.T, src source.Source) {
	t.Helper()
	for _, dir := range folders(t) {
		for _, path := range numbersOf(t, dir) {
			high, low := withNumber(t, src, dir, path, raised), withNumber(t, src, dir, path, 1)
			for i, p := range high.Parts {
				came := raised - p.Missing // 2 and more: the total 1 is a lie
				if p.State != source.Truncated || p.Missing <= raised/2 || came < 2 {
					continue
				}
				if got := low.Parts[i]; got.State == source.Answered && got.Reason == "" {
					t.Errorf("%s: %s of 1 where %d came: %s is %s", dir, path, came, got.Endpoint, got.State)
				}
			}
		}
	}
}

// withNumber asks what a case asks for one page, with all numbers at a path of
// its replies replaced: over more pages a small total would end the reading.
func withNumber(t *testing.T, src source.Source, dir, path string, to int64) source.Outcome {
	t.Helper()
	recorded, value := openCase(t, dir)
	change := func(body []byte) []byte {
		return mapJSONAt(body, func(at string, v any) any {
			if at != path {
				return v
			}
			changed, _ := likeNumber(v, to)
			return changed
		})
	}
	return source.NewRunner(source.RunnerOptions{Asker: liar{recorded, change}, Replay: true}).
		Ask(t.Context(), src, source.Question{Value: value, Limit: 1})
}

// likeNumber returns to in the shape of v, a number or a text that holds one; ok
// is false, and v comes back, for anything else.
func likeNumber(v any, to int64) (changed any, ok bool) {
	switch v := v.(type) {
	case json.Number:
		return json.Number(strconv.FormatInt(to, 10)), true
	case string:
		if _, err := strconv.ParseUint(v, 10, 64); err == nil {
			return strconv.FormatInt(to, 10), true
		}
	}
	return v, false
}

// numbersOf lists where the replies of a case have numbers, by path.
func numbersOf(t *testing.T, dir string) []string {
	t.Helper()
	paths := map[string]bool{}
	for _, body := range bodies(t, dir) {
		mapJSONAt(body, func(at string, v any) any {
			if _, ok := likeNumber(v, 0); ok {
				paths[at] = true
			}
			return v
		})
	}
	return slices.Sorted(maps.Keys(paths))
}
