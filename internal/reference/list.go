package reference

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// World is about how many registered domains there are: the population that
// counts of names and of providers' customers are drawn from.
// Source: confidence.md section 1; registry totals of 2025, rounded.
const World = 360_000_000

// maxListBytes bounds one list, maxLineBytes one line of it. The largest
// public warninglist is under 2 MiB unpacked.
const (
	maxListBytes = 64 << 20
	maxLineBytes = 64 << 10
)

// A List describes one list: what it holds, why, and what it is used for.
type List struct {
	Name    string
	Title   string
	Version string // 2006-01-02, or a warninglist's own number
	Reason  string
	Entries int
	// Relations are those under which an entry speaks; Suppress says that it
	// then means nothing, otherwise its count is all that is used.
	Relations relationSet
	Suppress  bool
	// Kinds are the values that are benign themselves when they equal an
	// entry, or lie below it when Below is set.
	Kinds []observable.Kind
	Below bool
	// Customers says that names below an entry belong to its customers, so
	// that no list speaks for them from above.
	Customers bool
	// Of is the population that counts of entries were drawn from.
	Of    uint64
	match matchKind
	about []observable.Kind // of a warninglist: the kinds it is made for
}

// speaks reports whether an entry counts for an object under r. An entry of a
// list of customers' suffixes speaks for itself alone.
func (l *List) speaks(r observation.Relation, whole bool) bool {
	return l.Relations.has(r) && (whole || !l.Customers)
}

func (l *List) benign(k observable.Kind, whole bool) bool {
	return (whole || l.Below) && slices.Contains(l.Kinds, k)
}

// A matchKind says how the entries of a list are compared with a value.
type matchKind string

const (
	matchExact   matchKind = "exact"   // the canonical text; names with case and punctuation folded
	matchDomain  matchKind = "domain"  // the host or anything below it; # stands for digits
	matchCIDR    matchKind = "cidr"    // an address within the range
	matchPhrase  matchKind = "phrase"  // these words, in this order, anywhere
	matchMailbox matchKind = "mailbox" // the part of an e-mail address before @
	matchBody    matchKind = "body"    // a page, quoted as in Go: matched by its digests
	matchWords   matchKind = "words"   // vocabulary of names: count, then words
)

// A relationSet is a set of relations, one bit each.
type relationSet [4]uint64

func (s relationSet) has(r observation.Relation) bool { return s[r>>6]&(1<<(r&63)) != 0 }

func (s *relationSet) add(r observation.Relation) { s[r>>6] |= 1 << (r & 63) }

// AddList reads a list in clew's own format, described in
// docs/guide/suppression.md, and adds it. A list with an error adds nothing.
func (s *Set) AddList(r io.Reader) error {
	lines := bufio.NewScanner(io.LimitReader(r, maxListBytes+1))
	lines.Buffer(make([]byte, 4096), maxLineBytes)
	list := &List{Of: World}
	var rows []row
	header, read := true, 0
	for number := 1; lines.Scan(); number++ {
		read += len(lines.Bytes()) + 1
		line := strings.TrimSpace(lines.Text())
		comment, isComment := strings.CutPrefix(line, "#")
		switch {
		case line == "":
			header = false
		case isComment && header:
			if err := list.set(comment); err != nil {
				return fmt.Errorf("list %q, line %d: %w", list.Name, number, err)
			}
		case isComment:
		default:
			rows, header = append(rows, row{number, line}), false
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("list %q: %w", list.Name, err)
	}
	if read > maxListBytes {
		return fmt.Errorf("list %q is larger than %d bytes", list.Name, maxListBytes)
	}
	if err := list.check(); err != nil {
		return err
	}
	return s.addRows(list, rows)
}

// A row is one line of a list's body.
type row struct {
	line int
	text string
}

// set reads one header line, "key: value".
func (l *List) set(header string) error {
	key, value, ok := strings.Cut(header, ":")
	if !ok {
		return errors.New("header is not \"# key: value\"; leave a blank line before comments")
	}
	value = strings.TrimSpace(value)
	switch strings.TrimSpace(key) {
	case "list":
		l.Name = value
	case "title":
		l.Title = value
	case "reason":
		l.Reason = value
	case "date":
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return fmt.Errorf("date %q is not like 2026-01-31", value)
		}
		l.Version = value
	case "match":
		l.match = matchKind(value)
	case "suppress":
		l.Suppress = true
		return l.setRelations(value)
	case "count":
		return l.setRelations(value)
	case "benign":
		return l.setKinds(value)
	case "benign-below":
		l.Below = true
		return l.setKinds(value)
	case "customers":
		l.Customers = true
		return l.setKinds(value)
	case "of":
		n, err := parseCount(value)
		l.Of = n
		return err
	default:
		return fmt.Errorf("unknown header %q", strings.TrimSpace(key))
	}
	return nil
}

func (l *List) setRelations(names string) error {
	for name := range strings.FieldsSeq(names) {
		r, ok := observation.RelationNamed(name)
		if !ok {
			return fmt.Errorf("unknown relation %q", name)
		}
		l.Relations.add(r)
	}
	return nil
}

func (l *List) setKinds(names string) error {
	for name := range strings.FieldsSeq(names) {
		k, ok := observable.KindNamed(name)
		if !ok {
			return fmt.Errorf("unknown kind %q", name)
		}
		l.Kinds = append(l.Kinds, k)
	}
	return nil
}

// check says what the header lacks.
func (l *List) check() error {
	switch {
	case l.Name == "":
		return errors.New("list without a name: begin it with \"# list: NAME\"")
	case l.Version == "" || l.Reason == "":
		return fmt.Errorf("list %q has no date or no reason: an explanation must quote both", l.Name)
	case l.match == matchWords:
		return nil
	case l.Relations == relationSet{} && len(l.Kinds) == 0:
		return fmt.Errorf("list %q is used for nothing: add suppress, count, benign or benign-below", l.Name)
	}
	return nil
}

// addRows compiles the body into the index.
func (s *Set) addRows(list *List, rows []row) error {
	if list.match == matchWords {
		for _, r := range rows {
			if err := s.words.add(list, r.text); err != nil {
				return fmt.Errorf("list %q, line %d: %w", list.Name, r.line, err)
			}
		}
		s.words.finish()
		s.lists = append(s.lists, list)
		return nil
	}
	entries := make([]entry, 0, len(rows))
	for _, r := range rows {
		e, err := newEntry(list, r.text)
		if err == nil {
			err = checkEntry(e)
		}
		if err != nil {
			return fmt.Errorf("list %q, line %d: %w", list.Name, r.line, err)
		}
		entries = append(entries, e)
	}
	for _, e := range entries {
		s.index.add(e)
	}
	list.Entries = len(entries)
	s.lists = append(s.lists, list)
	return nil
}

// newEntry reads "text" or "text ~ count", a count being about how many
// subjects hold the entry.
func newEntry(list *List, line string) (entry, error) {
	text, count, found := strings.Cut(line, " ~ ")
	e := entry{list: list, text: strings.TrimSpace(text)}
	if !found {
		return e, nil
	}
	n, err := parseCount(strings.TrimSpace(count))
	e.count = n
	return e, err
}

// parseCount reads 1200, 30k or 50M.
func parseCount(text string) (uint64, error) {
	digits, unit := text, uint64(1)
	if n := len(text); n > 0 {
		switch text[n-1] {
		case 'k':
			digits, unit = text[:n-1], 1_000
		case 'M':
			digits, unit = text[:n-1], 1_000_000
		}
	}
	n, err := strconv.ParseUint(digits, 10, 40)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is no count: write 1200, 30k or 50M", text)
	}
	return n * unit, nil
}
