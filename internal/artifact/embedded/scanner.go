// Package embedded finds the strings of a program that lead out of it: URLs,
// hosts, addresses, mailboxes, wallets, user agents, mutex and pipe names,
// debug paths, written in ASCII or in UTF-16.
//
// It would rather miss one than invent one: a program is full of text that
// looks like a domain (namespaces, file names) or an address (versions), so
// what stands alone counts and what is part of something else does not.
package embedded

import (
	"cmp"
	"slices"

	"clew/internal/observable"
)

// An Encoding says how a string was written.
type Encoding string

// The encodings that are looked for.
const (
	ASCII Encoding = "ascii"
	UTF16 Encoding = "utf-16"
)

// A Found is one value and where it was seen first.
type Found struct {
	Value    observable.Value
	Encoding Encoding
	Offset   int64 // of the string that holds it
}

// Bounds of one file.
const (
	minString = 6    // shorter ones are noise
	maxString = 2048 // longer ones are read in pieces
	maxFound  = 2000 // a file with more is a list, not a program
)

// A Scanner takes a file piece by piece, as an [io.Writer]; its memory does not
// grow with the file.
type Scanner struct {
	offset int64
	ascii  run
	// UTF-16 text may begin at an even or an odd offset.
	wide         [2]run
	last, before byte // the two bytes before offset
	found        map[observable.Value]Found
	// Cut says that more was found than is kept.
	Cut bool
}

// A run is a string that may not have ended.
type run struct {
	text  []byte
	start int64
}

// NewScanner returns an empty one.
func NewScanner() *Scanner { return &Scanner{found: map[observable.Value]Found{}} }

// Write implements [io.Writer]; it never fails.
func (s *Scanner) Write(p []byte) (int, error) {
	for _, c := range p {
		if printable[c] {
			s.grow(&s.ascii, c, s.offset, ASCII)
		} else if len(s.ascii.text) > 0 {
			s.end(&s.ascii, ASCII)
		}
		if s.offset > 0 { // the pair of the byte before and this one
			w := &s.wide[(s.offset-1)&1]
			// The last letter of an ASCII string and the zero behind it are no pair.
			ends := len(w.text) == 0 && printable[s.before]
			if c == 0 && printable[s.last] && !ends {
				s.grow(w, s.last, s.offset-1, UTF16)
			} else if len(w.text) > 0 {
				s.end(w, UTF16)
			}
		}
		s.before, s.last = s.last, c
		s.offset++
	}
	return len(p), nil
}

func (s *Scanner) grow(r *run, c byte, at int64, e Encoding) {
	if len(r.text) == 0 {
		r.start = at
	}
	r.text = append(r.text, c)
	if len(r.text) == maxString {
		s.end(r, e)
	}
}

// end looks at a finished string.
func (s *Scanner) end(r *run, e Encoding) {
	if len(r.text) >= minString && worthLooking(r.text) {
		for _, v := range values(string(r.text)) {
			s.keep(Found{v, e, r.start})
		}
	}
	r.text = r.text[:0]
}

func (s *Scanner) keep(f Found) {
	if known, seen := s.found[f.Value]; seen {
		if f.Offset < known.Offset {
			s.found[f.Value] = f
		}
		return
	}
	if len(s.found) == maxFound {
		s.Cut = true
		return
	}
	s.found[f.Value] = f
}

// Found returns what the file held, by value.
func (s *Scanner) Found() []Found {
	s.end(&s.ascii, ASCII)
	s.end(&s.wide[0], UTF16)
	s.end(&s.wide[1], UTF16)
	all := make([]Found, 0, len(s.found))
	for _, f := range s.found {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b Found) int {
		return cmp.Or(a.Value.Compare(b.Value), cmp.Compare(a.Offset, b.Offset))
	})
	return all
}

var printable = func() (is [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		is[c] = true
	}
	is['\t'] = true
	return is
}()
