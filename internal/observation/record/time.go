package record

import (
	"strings"
	"time"

	"clew/internal/observation"
)

// layouts are the spellings of a moment seen in providers' answers. Without a
// zone they mean UTC.
var layouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999-0700",
	"2006-01-02T15:04Z07:00",
	"2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02-T15:04:05Z07:00",
	"2006.01.02 15:04:05",
	"Jan 02 15:04:05 2006 MST",
	"20060102150405Z",
}

var dayLayouts = []string{
	"2006-01-02", "2006/01/02", "2006.01.02", "2006. 01. 02.", "02-Jan-2006", "20060102",
}

// ParseTime reads a moment in any spelling above, in UTC to the second. day is
// true when the text names a day only: t is then its first second. Years outside
// 1980 to 2199 are typing errors, sentinels or worse, and are not ok.
func ParseTime(text string) (t time.Time, day, ok bool) {
	text = strings.TrimSpace(text)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			t = t.UTC().Truncate(time.Second)
			return t, false, plausible(t)
		}
	}
	for _, layout := range dayLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true, plausible(t)
		}
	}
	return time.Time{}, false, false
}

func plausible(t time.Time) bool { return t.Year() >= 1980 && t.Year() < 2200 }

// Moment is [ParseTime] for callers who take an unreadable time for an unknown one.
func Moment(text string) time.Time {
	if t, _, ok := ParseTime(text); ok {
		return t
	}
	return time.Time{}
}

// Unix returns the moment of a count of seconds since the epoch, the zero time
// for 0 and for years no observation can have.
func Unix(seconds int64) time.Time {
	if t := time.Unix(seconds, 0).UTC(); seconds > 0 && plausible(t) {
		return t
	}
	return time.Time{}
}

// UnixMilli is [Unix] for milliseconds.
func UnixMilli(ms int64) time.Time { return Unix(ms / 1000) }

// Between returns the window from one text to another. Days count whole, so a
// last day ends at 23:59:59; it is cut at seen, when that is known, since nobody
// saw it later. Unreadable texts, and a last before its first, leave ends unknown.
func Between(first, last string, seen time.Time) observation.Window {
	var w observation.Window
	if t, _, ok := ParseTime(first); ok {
		w.First = t
	}
	if t, day, ok := ParseTime(last); ok {
		w.Last = t
		if day {
			w.Last = t.Add(24*time.Hour - time.Second)
			if !seen.IsZero() && seen.Before(w.Last) && !seen.Before(t) {
				w.Last = seen.UTC().Truncate(time.Second)
			}
		}
	}
	return ordered(w)
}

// ordered forgets both ends of a window that ends before it starts.
func ordered(w observation.Window) observation.Window {
	if !w.First.IsZero() && !w.Last.IsZero() && w.Last.Before(w.First) {
		return observation.Window{}
	}
	return w
}

// At returns the window of a single sighting.
func At(t time.Time) observation.Window { return observation.Window{First: t, Last: t} }
