package reference

import (
	"regexp"
	"slices"
	"strings"

	"clew/internal/observable"
)

// gram is how many bytes of a substring entry pick its bucket.
const gram = 4

// A looseTable holds what only warninglists have: substrings and regular
// expressions. A lookup costs one map probe for each byte of the value, plus
// one run of each expression whose list speaks about the value's kind.
type looseTable struct {
	byGram      map[string][]entry // substrings by their first four bytes
	short       []entry            // substrings shorter than that
	expressions []expression
}

type expression struct {
	*regexp.Regexp
	entry
}

func newLooseTable() looseTable { return looseTable{byGram: make(map[string][]entry)} }

func (t *looseTable) addSubstring(e entry) {
	if len(e.text) < gram {
		t.short = append(t.short, e)
		return
	}
	t.byGram[strings.ToLower(e.text[:gram])] = append(t.byGram[strings.ToLower(e.text[:gram])], e)
}

func (t *looseTable) each(v observable.Value, visit visitor) {
	text := strings.ToLower(v.Text())
	for i := 0; i+gram <= len(text) && len(t.byGram) > 0; i++ {
		for _, e := range t.byGram[text[i:i+gram]] {
			needle := strings.ToLower(e.text)
			if !isAbout(e, v.Kind()) || !strings.HasPrefix(text[i:], needle) {
				continue
			}
			if visit(e, len(needle) == len(text)) {
				return
			}
		}
	}
	for _, e := range t.short {
		if isAbout(e, v.Kind()) && strings.Contains(text, strings.ToLower(e.text)) && visit(e, false) {
			return
		}
	}
	for _, x := range t.expressions {
		if isAbout(x.entry, v.Kind()) && x.MatchString(v.Text()) && visit(x.entry, true) {
			return
		}
	}
}

// isAbout keeps a list of e-mail providers from meeting domains, and so on.
func isAbout(e entry, k observable.Kind) bool { return slices.Contains(e.list.about, k) }
