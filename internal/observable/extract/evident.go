package extract

import (
	"regexp"
	"strings"

	"clew/internal/observable"
)

// isEvident reports whether a name that could be something else, such as
// invoice.zip or user.name, is a domain all the same: by its form, by the word before it, or
// by the list it stands in.
func (s *scanner) isEvident(r run, v observable.Value, labels []string) bool {
	if suffix, _ := observable.PublicSuffix(v); strings.Contains(suffix, ".") || strings.EqualFold(labels[0], "www") {
		return true
	}
	if next := s.at(r.end); next == '/' && s.tail(r.end) > r.end || next == ':' && s.digitsFrom(r.end+1) > 1 {
		return true
	}
	if hostWord.MatchString(s.key(r.start)) {
		return true
	}
	line := s.line(r.start)
	if s.mode == tabular {
		return hostField.MatchString(s.text[line.start:line.end])
	}
	if s.text[r.start:r.end] != bare(s.text[line.start:line.end]) {
		return false
	}
	return s.listed(&s.above, line, s.lineAbove) || s.listed(&s.below, line, s.lineBelow)
}

var (
	hostWord  = regexp.MustCompile(`\b(domains?|hosts?|hostnames?|fqdns?|c2|c&c|dns|urls?|websites?|(c2|name|dns) ?servers?|ns|mx|domain-name:value)$`)
	hostField = regexp.MustCompile(`(?i)(^|[,;\t"])(domain|domain-name|hostname|fqdn)([,;\t"]|$)`)
)

// A stretch is one line of the text, without its line break.
type stretch struct{ start, end int }

// maxLine bounds how far a line is looked at; longer ones are no list.
const maxLine = 400

func (s *scanner) line(i int) stretch {
	l := stretch{max(0, i-maxLine), min(len(s.text), i+maxLine)}
	if before := strings.LastIndexByte(s.text[l.start:i], '\n'); before >= 0 {
		l.start += before + 1
	}
	if after := strings.IndexByte(s.text[i:l.end], '\n'); after >= 0 {
		l.end = i + after
	}
	return l
}

func (s *scanner) lineAbove(l stretch) (stretch, bool) {
	if l.start == 0 || s.text[l.start-1] != '\n' {
		return stretch{}, false
	}
	return s.line(l.start - 1), true
}

func (s *scanner) lineBelow(l stretch) (stretch, bool) {
	if l.end >= len(s.text) || s.text[l.end] != '\n' {
		return stretch{}, false
	}
	return s.line(l.end + 1), true
}

// A listing remembers what the lines in one direction told, and for which lines
// of the text that holds, so that a long list is looked at once.
type listing struct {
	stretch
	isHosts bool
}

// listed reports whether the nearest line in one direction that tells is a host
// too. Blank lines and names that could be something else do not tell.
func (s *scanner) listed(known *listing, l stretch, next func(stretch) (stretch, bool)) bool {
	if known.holds(l) {
		return known.isHosts
	}
	const near = 12
	before := *known
	*known = listing{stretch: l}
	for range near {
		var ok bool
		if l, ok = next(l); !ok {
			break
		}
		if before.holds(l) {
			known.isHosts = before.isHosts
			known.start, known.end = min(known.start, before.start), max(known.end, before.end)
			break
		}
		isHosts, tells := s.tells(l)
		if tells {
			known.isHosts = isHosts
			break
		}
		known.start, known.end = min(known.start, l.start), max(known.end, l.end)
	}
	return known.isHosts
}

func (l listing) holds(line stretch) bool { return line.start >= l.start && line.end <= l.end }

// tells reports whether a line holds one host and nothing else, or is no part
// of such a list.
func (s *scanner) tells(l stretch) (isHosts, tells bool) {
	text := bare(s.text[l.start:l.end])
	if text == "" {
		return false, false
	}
	v, err := observable.Parse(text)
	if err != nil {
		return false, true
	}
	switch v.Kind() {
	case observable.IP, observable.URL, observable.Email:
		return true, true
	case observable.Domain:
		name := v.Text()
		if !fileSuffixes[name[strings.LastIndexByte(name, '.')+1:]] || hasMark(text) || strings.HasPrefix(name, "www.") {
			return true, true
		}
		return false, false
	}
	return false, true
}

// bare strips the bullet, quotes and punctuation around an entry of a list.
func bare(line string) string { return strings.Trim(line, " \t\r-*+•·>|\"'`,;.") }
