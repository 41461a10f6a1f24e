package telemetry

import (
	"bytes"
	"errors"

	"clew/internal/observable"
	"clew/internal/telemetry/match"
)

// A finder looks for indicators: by the matcher, and for the names that it
// refuses because strangers register below them, by the name alone. A list may
// hold s3.amazonaws.com; that it was seen is true, and worthless.
type finder struct {
	set    *match.Set // nil when every indicator is such a name
	shared []sharedName
}

type sharedName struct {
	text      []byte // lower case
	indicator int
}

func newFinder(indicators []match.Indicator) (*finder, match.Report, error) {
	set, report, err := match.New(indicators)
	f := &finder{set: set}
	refused := report.Refused[:0:0]
	for _, r := range report.Refused {
		v := indicators[r.Indicator].Value
		// Names such as com or co.uk are no indicator at all.
		if suffix, ok := observable.PublicSuffix(v); ok && v.Kind() == observable.Domain && suffix == v.Text() && bytes.Count([]byte(suffix), []byte(".")) > 1 {
			f.shared = append(f.shared, sharedName{[]byte(v.Text()), r.Indicator})
			report.Accepted++
			continue
		}
		refused = append(refused, r)
	}
	report.Refused = refused
	if errors.Is(err, match.ErrNone) && len(f.shared) > 0 {
		f.set, err = nil, nil
	}
	return f, report, err
}

// Scan calls emit for every hit in text.
func (f *finder) Scan(text []byte, emit func(match.Hit)) {
	if f.set != nil {
		f.set.Scan(text, emit)
	}
	if len(f.shared) == 0 {
		return
	}
	low := bytes.ToLower(text)
	if len(low) != len(text) { // a letter that is longer in lower case moved the rest
		return
	}
	for _, n := range f.shared {
		for at := 0; ; {
			i := bytes.Index(low[at:], n.text)
			if i < 0 {
				break
			}
			start, end := at+i, at+i+len(n.text)
			if (start == 0 || !nameByte(low[start-1])) && (end == len(low) || !nameByte(low[end]) || low[end] == '.' && (end+1 == len(low) || !nameByte(low[end+1]))) {
				emit(match.Hit{Start: start, End: end, Indicator: n.indicator, Exact: true})
			}
			at = end
		}
	}
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
}
