package format

import (
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time as logs write it: epoch seconds to nanoseconds, RFC
// 3339 with its many relaxations, and the layouts of common products. ref
// supplies the year where there is none: the last one that puts the time no
// more than a day after ref. zoneless says that the text has no zone.
func ParseTime(text string, ref time.Time) (t time.Time, zoneless, ok bool) {
	text = strings.Trim(text, " \t\"'[]<>")
	if len(text) < 6 || len(text) > 64 {
		return t, false, false
	}
	if t, ok := epoch(text); ok {
		return t, false, true
	}
	text = strings.Join(strings.Fields(text), " ")
	if n := len(text); n > 20 && text[n-2] == ':' && (text[n-5] == '+' || text[n-5] == '-') {
		text += "0" // a zone cut off by one digit, as in exports with a limit of columns
	}
	for _, l := range layouts {
		if !l.fits(text) {
			continue
		}
		t, err := time.Parse(l.layout, text)
		if err != nil {
			continue
		}
		if t.Year() == 0 {
			t = withYear(t, ref)
		}
		if !plausible(t) {
			continue
		}
		return t.UTC(), !l.zoned, true
	}
	return time.Time{}, false, false
}

// plausible bounds what is taken for the time of an event.
func plausible(t time.Time) bool { return t.Year() >= 1970 && t.Year() <= 2200 }

// epoch reads a bare number. Its size tells the unit: 10 digits before the dot
// are seconds since 2001, 13 milliseconds, 16 microseconds, 19 nanoseconds.
func epoch(text string) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, false
	}
	frac := func() int64 {
		digits := (fraction + "000000000")[:9]
		f, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return -1
		}
		return f
	}
	switch len(whole) {
	case 9, 10:
		f := frac()
		if f < 0 {
			return time.Time{}, false
		}
		return time.Unix(n, f).UTC(), true
	case 13:
		return time.UnixMilli(n).UTC(), true
	case 16:
		return time.UnixMicro(n).UTC(), true
	case 19:
		return time.Unix(0, n).UTC(), true
	}
	return time.Time{}, false
}

// Seconds reads Zeek's time, seconds with a fraction, which may count from 0 in
// a capture whose clock was never set.
func Seconds(text string) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 || n > 1<<33 {
		return time.Time{}, false
	}
	f, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if err != nil || f < 0 {
		return time.Time{}, false
	}
	return time.Unix(n, f).UTC(), true
}

type layout struct {
	layout string
	zoned  bool
}

// fits is a cheap test that spares most layouts the parse: the first bytes must
// be of the same class.
func (l layout) fits(text string) bool {
	for i := 0; i < 3 && i < len(l.layout); i++ {
		a, b := l.layout[i], text[i]
		if isDigit(a) && !isDigit(b) && i == 0 || isLetter(a) != isLetter(b) && i == 0 {
			return false
		}
	}
	return !digits(text) || digits(l.layout)
}

// digits reports whether text begins with five digits, as a number of seconds
// does and only a date without marks in it.
func digits(text string) bool {
	for i := range 5 {
		if i >= len(text) || !isDigit(text[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// The layouts, each with where it was met. A fraction of a second is read after
// the seconds of any of them.
var layouts = []layout{
	{"2006-01-02T15:04:05Z07:00", true},
	{"2006-01-02T15:04:05Z0700", true},
	{"2006-01-02T15:04:05", false},
	{"2006-01-02 15:04:05Z07:00", true},
	{"2006-01-02 15:04:05 Z0700", true},
	{"2006-01-02 15:04:05 MST", true},
	{"2006-01-02 15:04:05", false},       // Windows, Umbrella, W3C
	{"2006/01/02 15:04:05", false},       // PAN-OS, nginx error log, Argus
	{"02/Jan/2006:15:04:05 -0700", true}, // Apache, nginx, Squid combined
	{"02/Jan/2006:15:04:05", false},
	{"02-Jan-2006 15:04:05", false}, // BIND
	{"_2-Jan-2006 15:04:05", false},
	{"Jan _2 2006 15:04:05 -0700", true}, // LEEF of WatchGuard
	{"Jan 2 2006 15:04:05 -0700", true},
	{"Jan 2 2006 15:04:05 MST", true},
	{"Jan 2 2006 15:04:05", false}, // CEF, ASA
	{"Jan 2 15:04:05 2006", false},
	{"Jan 2 15:04:05", false},          // RFC 3164
	{"Mon Jan 2 15:04:05 2006", false}, // ctime: ESA, Zscaler
	{"Mon Jan 2 15:04:05 MST 2006", true},
	{"Mon, 02 Jan 2006 15:04:05 -0700", true},
	{"Mon, 02 Jan 2006 15:04:05 MST", true},
	{"Monday, January 2, 2006 3:04:05 PM", false},
	{"1/2/2006 3:04:05 PM", false}, // Windows DNS, US
	{"2/1/2006 3:04:05 PM", false},
	{"1/2/2006 15:04:05", false},
	{"2/1/2006 15:04:05", false}, // Windows DNS, elsewhere
	{"02.01.2006 15:04:05", false},
	{"1/2/06 15:04", false}, // PAN-OS, opened in a spreadsheet
	{"20060102 15:04:05", false},
	{"2Jan2006 15:04:05", false}, // Check Point
	{"20060102T150405Z", true},
	{"01.02 15:04:05", false}, // Proxifier
	{"2006-01-02", false},
}

// withYear gives t the latest year that does not put it after ref by more than
// a day, which clocks that differ allow for.
func withYear(t, ref time.Time) time.Time {
	if ref.IsZero() {
		return t
	}
	at := time.Date(ref.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	if at.After(ref.Add(24 * time.Hour)) {
		at = at.AddDate(-1, 0, 0)
	}
	return at
}

// offerTime takes the value of a time field if its name ranks before the one
// taken so far.
func (r *Record) offerTime(name, value string) {
	rank := timeRank(name)
	if r.hasTime && rank >= r.timeRank {
		return
	}
	switch Normal(name) {
	case "date":
		r.date = value
		if strings.ContainsAny(value, ": ") && len(value) > 12 {
			break
		}
		return
	case "time":
		if len(value) <= 15 && strings.Count(value, ":") == 2 && !strings.Contains(value, " ") {
			r.hour = value
			return
		}
	}
	t, zoneless, ok := ParseTime(value, r.ref)
	if !ok {
		return
	}
	r.Time, r.Zoneless, r.timeRank, r.hasTime = t, zoneless, rank, true
}

// SetTime takes a time that the reader found by itself, of the given rank.
func (r *Record) SetTime(text string, rank int) bool {
	t, zoneless, ok := ParseTime(text, r.ref)
	if ok && (!r.hasTime || rank < r.timeRank) {
		r.Time, r.Zoneless, r.timeRank, r.hasTime = t, zoneless, rank, true
	}
	return ok
}

// SetInstant is SetTime for a time already read.
func (r *Record) SetInstant(t time.Time, rank int) {
	if !r.hasTime || rank < r.timeRank {
		r.Time, r.Zoneless, r.timeRank, r.hasTime = t.UTC(), false, rank, true
	}
}

// offerZone reads "+0100" or "-05:30".
func (r *Record) offerZone(value string) {
	value = strings.Trim(value, "\" ")
	for _, l := range []string{"-0700", "-07:00"} {
		if t, err := time.Parse(l, value); err == nil {
			r.zone = t.Location()
			return
		}
	}
}

// settleTime joins what came in several fields.
func (r *Record) settleTime() {
	if r.date != "" && r.hour != "" && (!r.hasTime || r.timeRank > splitRank) {
		if t, zoneless, ok := ParseTime(r.date+" "+r.hour, r.ref); ok {
			r.Time, r.Zoneless, r.hasTime = t, zoneless, true
		}
	}
	if r.Zoneless && r.zone != nil {
		t := r.Time
		r.Time = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), r.zone).UTC()
		r.Zoneless = false
	}
}
