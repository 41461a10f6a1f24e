package naming

import "github.com/blevesearch/vellum"

// afterFirst lets the first byte of a key pass, which says what sort it is.
// States are those of the automaton within plus one; 0 is before that byte.
type afterFirst struct{ in vellum.Automaton }

func (a afterFirst) Start() int { return 0 }

func (a afterFirst) IsMatch(s int) bool { return s > 0 && a.in.IsMatch(s-1) }

func (a afterFirst) CanMatch(s int) bool { return s == 0 || a.in.CanMatch(s-1) }

func (a afterFirst) WillAlwaysMatch(s int) bool { return s > 0 && a.in.WillAlwaysMatch(s-1) }

func (a afterFirst) Accept(s int, b byte) int {
	if s == 0 {
		return a.in.Start() + 1
	}
	return a.in.Accept(s-1, b) + 1
}

// labelled holds the label of a name to an automaton and takes any suffix.
// States are those of the automaton within plus two.
type labelled struct{ in vellum.Automaton }

const (
	noMatch   = 0 // dead
	inSuffix  = 1 // the label matched
	inLabel   = 2 // offset of the states within
	labelStop = '.'
)

func (l labelled) Start() int { return l.in.Start() + inLabel }

func (l labelled) IsMatch(s int) bool { return s == inSuffix }

func (l labelled) CanMatch(s int) bool {
	return s == inSuffix || s >= inLabel && l.in.CanMatch(s-inLabel)
}

func (l labelled) WillAlwaysMatch(s int) bool { return s == inSuffix }

func (l labelled) Accept(s int, b byte) int {
	switch {
	case s == inSuffix:
		return inSuffix
	case s == noMatch:
		return noMatch
	case b == labelStop && l.in.IsMatch(s-inLabel):
		return inSuffix
	case b == labelStop:
		return noMatch
	}
	return l.in.Accept(s-inLabel, b) + inLabel
}

// anything accepts every key.
type anything struct{}

func (anything) Start() int { return 0 }

func (anything) IsMatch(int) bool { return true }

func (anything) CanMatch(int) bool { return true }

func (anything) WillAlwaysMatch(int) bool { return true }

func (anything) Accept(int, byte) int { return 0 }
