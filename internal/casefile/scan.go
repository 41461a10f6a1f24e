package casefile

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// A scan reads JSON in the form that [Canonical] writes, of types that it knows:
// a case of a hundred thousand findings is 145 MB of it, which encoding/json
// reads at a quarter of the speed. Whatever is not in that form (white space,
// names out of order, twice or unknown) it does not judge: it says no, and
// encoding/json has the word.
type scan struct {
	text []byte
	at   int
	bad  bool // not in the form; what was read so far means nothing
	// outline leaves factors and paths out, unread: nine tenths of the text.
	outline bool
	words
	factors []Factor // of the finding being read
	texts   []string // of the list being read
	paths   [][]string
}

// finding reads one line, false when encoding/json must.
func (s *scan) finding(line []byte, f *Finding) bool {
	s.text, s.at, s.bad = line, 0, false
	s.object(func(name []byte) {
		switch string(name) {
		case "action":
			s.action(&f.Action)
		case "band":
			f.Band = s.string()
		case "bits":
			f.Bits = s.float()
		case "confidence":
			f.Confidence = s.int()
		case "factors":
			f.Factors = s.factorList()
		case "first_seen":
			f.FirstSeen = s.time()
		case "hops":
			f.Hops = s.int()
		case "kind":
			f.Kind = s.string()
		case "last_seen":
			f.LastSeen = s.time()
		case "model":
			f.Model = s.string()
		case "p":
			f.P = s.float()
		case "paths":
			f.Paths = s.pathList()
		case "reason":
			f.Reason = s.string()
		case "suppressed":
			f.Suppressed = s.string()
		case "tags":
			f.Tags = s.strings()
		case "validation":
			s.validation(&f.Validation)
		case "value":
			f.Value = s.string()
		case "verdict":
			f.Verdict = s.string()
		case "verdict_seq":
			f.VerdictSeq = s.uint()
		default:
			s.bad = true
		}
	})
	return !s.bad && s.at == len(s.text)
}

func (s *scan) factor(f *Factor) {
	s.object(func(name []byte) {
		switch string(name) {
		case "bits":
			f.Bits = s.float()
		case "count_of":
			f.CountOf = s.string()
		case "default":
			f.Default = s.bool()
		case "evidence":
			f.Evidence = s.strings()
		case "family":
			f.Family = s.string()
		case "groups":
			f.Groups = s.int()
		case "guest":
			f.Guest = s.bool()
		case "holders":
			f.Holders = s.uint()
		case "kind":
			f.Kind = s.string()
		case "note":
			f.Note = s.string()
		case "of":
			f.Of = s.uint()
		case "raw":
			f.Raw = s.float()
		case "relation":
			f.Relation = s.string()
		case "source":
			f.Source = s.string()
		case "sources":
			f.Sources = s.strings()
		case "value":
			f.Value = s.string()
		case "window":
			f.Window = s.window()
		default:
			s.bad = true
		}
	})
}

func (s *scan) validation(v *Validation) {
	s.object(func(name []byte) {
		switch string(name) {
		case "assets":
			v.Assets = s.strings()
		case "contact":
			v.Contact = s.string()
		case "first":
			v.First = s.time()
		case "last":
			v.Last = s.time()
		case "note":
			v.Note = s.string()
		case "sightings":
			v.Sightings = s.int()
		case "state":
			v.State = s.string()
		default:
			s.bad = true
		}
	})
}

// action reads one without its blast: a snapshot holds what a run found, before
// anybody measured one.
func (s *scan) action(a *Action) {
	s.object(func(name []byte) {
		switch string(name) {
		case "approver":
			a.Approver = s.string()
		case "at":
			a.At = s.time()
		case "by":
			a.By = s.string()
		case "expires":
			a.Expires = s.time()
		case "kind":
			a.Kind = s.string()
		case "reason":
			a.Reason = s.string()
		case "rule":
			a.Rule = s.string()
		case "state":
			a.State = s.string()
		default:
			s.bad = true
		}
	})
}

func (s *scan) factorList() []Factor {
	if s.outline {
		s.skipArray()
		return nil
	}
	if s.word("null") {
		return nil
	}
	s.factors = s.factors[:0]
	s.array(func() {
		s.factors = append(s.factors, Factor{})
		s.factor(&s.factors[len(s.factors)-1])
	})
	return exactly(s.factors)
}

func (s *scan) pathList() [][]string {
	if s.outline {
		s.skipArray()
		return nil
	}
	if s.word("null") {
		return nil
	}
	s.paths = s.paths[:0]
	s.array(func() { s.paths = append(s.paths, s.strings()) })
	return exactly(s.paths)
}

func (s *scan) strings() []string {
	if s.word("null") {
		return nil
	}
	s.texts = s.texts[:0]
	s.array(func() { s.texts = append(s.texts, s.string()) })
	return exactly(s.texts)
}

// exactly copies what was gathered, and is never nil.
func exactly[T any](list []T) []T { return append(make([]T, 0, len(list)), list...) }

// skipArray goes to the end of an array, or of a null, without judging what is in
// it: the digest of the snapshot did.
func (s *scan) skipArray() {
	if s.word("null") {
		return
	}
	s.expect('[')
	for depth := 1; depth > 0 && !s.bad; s.at++ {
		if s.at >= len(s.text) {
			s.bad = true
			return
		}
		switch s.text[s.at] {
		case '[':
			depth++
		case ']':
			depth--
		case '"':
			s.skipString()
		}
	}
}

// skipString goes to the quote that ends a string.
func (s *scan) skipString() {
	for s.at++; ; s.at++ {
		n := bytes.IndexByte(s.text[min(s.at, len(s.text)):], '"')
		if n < 0 {
			s.bad = true
			return
		}
		s.at += n
		escapes := 0
		for s.text[s.at-1-escapes] == '\\' { // a quote stands before them
			escapes++
		}
		if escapes%2 == 0 {
			return
		}
	}
}

func (s *scan) window() (w Window) {
	s.expect('[')
	w[0] = s.time()
	s.expect(',')
	w[1] = s.time()
	s.expect(']')
	return w
}

// object reads an object; field reads the value of each name. Names come in
// order, so none comes twice.
func (s *scan) object(field func(name []byte)) {
	var last []byte
	s.expect('{')
	for first := true; s.another('}', first); first = false {
		name := s.quoted()
		if s.bad || !first && string(name) <= string(last) {
			s.bad = true
			return
		}
		last = name
		s.expect(':')
		field(name)
	}
}

func (s *scan) array(element func()) {
	s.expect('[')
	for first := true; s.another(']', first); first = false {
		element()
	}
}

// another reports whether a list goes on, and takes the comma or the end.
func (s *scan) another(end byte, first bool) bool {
	switch {
	case s.bad || s.at >= len(s.text):
		s.bad = true
		return false
	case s.text[s.at] == end:
		s.at++
		return false
	case first:
		return true
	}
	s.expect(',')
	return !s.bad
}

func (s *scan) expect(c byte) {
	if s.at >= len(s.text) || s.text[s.at] != c {
		s.bad = true
		return
	}
	s.at++
}

func (s *scan) word(text string) bool {
	if len(s.text)-s.at < len(text) || string(s.text[s.at:s.at+len(text)]) != text {
		return false
	}
	s.at += len(text)
	return true
}

func (s *scan) bool() bool {
	if s.word("true") {
		return true
	}
	if !s.word("false") {
		s.bad = true
	}
	return false
}

// quoted reads a string without escapes.
func (s *scan) quoted() []byte {
	s.expect('"')
	from := s.at
	for ascii := true; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			text := s.text[from:s.at]
			s.at++
			if !ascii && !utf8.Valid(text) {
				s.bad = true
			}
			return text
		case c == '\\' || c < ' ':
			s.bad = true
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	s.bad = true
	return nil
}

func (s *scan) string() string {
	if s.bad {
		return ""
	}
	from := s.at
	if text := s.quoted(); !s.bad {
		return s.kept(text)
	}
	// With escapes: an address with & or <, most likely.
	if from >= len(s.text) || s.text[from] != '"' {
		return ""
	}
	end := from + 1
	for end < len(s.text) && s.text[end] != '"' {
		if s.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s.text) {
		return ""
	}
	var text string
	if s.bad = json.Unmarshal(s.text[from:end+1], &text) != nil; s.bad {
		return ""
	}
	s.at = end + 1
	return text
}

// number returns the digits and signs of a number, which may be none.
func (s *scan) number() []byte {
	from := s.at
	for s.at < len(s.text) && (s.text[s.at] >= '0' && s.text[s.at] <= '9' || slices.Contains([]byte("+-.eE"), s.text[s.at])) {
		s.at++
	}
	return s.text[from:s.at]
}

// uint reads digits without a zero in front, so few that they cannot overflow.
func (s *scan) uint() (n uint64) {
	digits := s.number()
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(digits) > 1 {
		s.bad = true
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			s.bad = true
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

func (s *scan) int() int {
	n := s.uint()
	if n > 1<<31-1 { // int has 32 bits somewhere
		s.bad = true
	}
	return int(n)
}

// float reads what encoding/json writes of one: JSON has no other spelling that
// ParseFloat takes, but for those that begin with a plus, a point or a zero.
func (s *scan) float() float64 {
	text := s.number()
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || digits[0] < '0' || digits[0] > '9' || digits[0] == '0' && len(digits) > 1 && digits[1] != '.' && digits[1] != 'e' {
		s.bad = true
		return 0
	}
	for i, c := range digits {
		if c == '.' && (i+1 == len(digits) || digits[i+1] < '0' || digits[i+1] > '9') {
			s.bad = true
			return 0
		}
	}
	x, err := strconv.ParseFloat(string(text), 64)
	s.bad = s.bad || err != nil
	return x
}

// time reads null, or a time to the second in UTC.
func (s *scan) time() Time {
	if s.word("null") {
		return Time{}
	}
	text := s.quoted()
	const form = "2006-01-02T15:04:05Z"
	if s.bad || len(text) != len(form) {
		s.bad = true
		return Time{}
	}
	number := func(from, to int) (n int) {
		for _, c := range text[from:to] {
			if c < '0' || c > '9' {
				s.bad = true
			}
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := number(0, 4), number(5, 7), number(8, 10)
	hour, minute, second := number(11, 13), number(14, 16), number(17, 19)
	at := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	// A month of 13 or a 30th of February would have become another day.
	if text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z' ||
		at.Month() != time.Month(month) || at.Day() != day || hour > 23 || minute > 59 || second > 59 {
		s.bad = true
	}
	return Time{at}
}

// words keep the texts that come again and again, relations, notes, sources, so
// that each is in memory once. It forgets rather than grows.
type words struct{ table [1 << 12]string }

// longWord is the longest text that is looked for, in bytes: a digest with its
// prefix and a little.
const longWord = 96

var wordSeed = maphash.MakeSeed()

func (w *words) kept(text []byte) string {
	if len(text) > longWord {
		return string(text)
	}
	at := &w.table[maphash.Bytes(wordSeed, text)%uint64(len(w.table))]
	if *at != string(text) {
		*at = string(text)
	}
	return *at
}
