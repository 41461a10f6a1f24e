package journal

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"clew/internal/casefile"
)

// hidden stands where a secret was.
const hidden = "[secret]"

const (
	leastSecret = 6       // bytes; a shorter one would blank out words
	maxText     = 2 << 10 // bytes of one value; what is cut is said
)

// A wash takes out of a line what has no place in it: secrets that are known by
// their value, secrets that are known by their name or by the form in which they
// are written, and characters that steer a terminal.
type wash struct{ known *strings.Replacer }

func newWash(secrets []string) wash {
	var pairs []string
	for _, s := range secrets {
		if len(s) < leastSecret {
			continue
		}
		pairs = append(pairs, s, url.QueryEscape(s), url.PathEscape(s), casefile.Printable(s), base64.StdEncoding.EncodeToString([]byte(s)))
	}
	slices.SortFunc(pairs, func(a, b string) int { return len(b) - len(a) }) // one may hold another
	var replace []string
	for _, p := range slices.Compact(pairs) {
		replace = append(replace, p, hidden)
	}
	return wash{strings.NewReplacer(replace...)}
}

// The forms in which secrets stand in texts of others: errors of drivers and of
// HTTP clients, headers, addresses.
var (
	userInfo    = regexp.MustCompile(`://[^/\s@]*@`)
	credentials = regexp.MustCompile(`(?i)\b(bearer|basic|apikey|splunk)(\s+)[^\s"',;]+`)
	assigned    = regexp.MustCompile(`(?i)([\w-]*(?:token|passw(?:or)?d|passphrase|secret|api[_-]?key|apikey|auth|session|cookie)[\w-]*)("?\s*[=:]\s*"?)[^\s&"',;]+`)
	secretName  = regexp.MustCompile(`(?i)(token|passw|passphrase|secret|api_?key|authorization|cookie|credential)`)
)

func (w wash) text(s string) string {
	cut := 0
	if len(s) > maxText {
		// A secret that lies across the cut would be known no more: look before.
		s = w.known.Replace(s[:min(len(s), 4*maxText)])
		if len(s) > maxText {
			cut = len(s) - maxText
			s = strings.ToValidUTF8(s[:maxText], "")
		}
	} else {
		s = w.known.Replace(s)
	}
	s = userInfo.ReplaceAllString(s, "://"+hidden+"@")
	s = credentials.ReplaceAllString(s, "${1}${2}"+hidden)
	s = assigned.ReplaceAllString(s, "${1}${2}"+hidden)
	s = w.known.Replace(casefile.Printable(s))
	if cut > 0 {
		s += fmt.Sprintf("… (%d bytes more)", cut)
	}
	return s
}

func (w wash) attr(a slog.Attr) slog.Attr {
	key := name(a.Key)
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup && v.Kind() != slog.KindBool && v.Kind() != slog.KindDuration && secretName.MatchString(key) {
		return slog.String(key, hidden)
	}
	switch v.Kind() {
	case slog.KindString:
		return slog.String(key, w.text(v.String()))
	case slog.KindTime:
		return slog.Time(key, v.Time().UTC().Truncate(time.Millisecond))
	case slog.KindGroup:
		var inner []slog.Attr
		for _, one := range v.Group() {
			inner = append(inner, w.attr(one))
		}
		return slog.Attr{Key: key, Value: slog.GroupValue(inner...)}
	case slog.KindAny:
		return slog.Attr{Key: key, Value: w.any(v.Any())}
	}
	return slog.Attr{Key: key, Value: v}
}

// any writes what says itself what it is. A struct would be taken apart behind our
// back, with whatever it holds: only its type is written.
func (w wash) any(v any) slog.Value {
	if many, ok := v.([]string); ok {
		clean := make([]string, len(many))
		for i, s := range many {
			clean[i] = w.text(s)
		}
		return slog.AnyValue(clean)
	}
	switch v := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(w.text(v.Error()))
	case fmt.Stringer:
		return slog.StringValue(w.text(v.String()))
	}
	if named := reflect.ValueOf(v); named.Kind() == reflect.String { // a state, a kind: a word by another name
		return slog.StringValue(w.text(named.String()))
	}
	return slog.StringValue(fmt.Sprintf("%T", v))
}

// name keeps keys to what needs no quoting in any form.
func name(key string) string {
	if !utf8.ValidString(key) {
		key = strings.ToValidUTF8(key, "_")
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, key)
}
