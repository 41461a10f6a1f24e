package naming

import (
	"fmt"

	fstregexp "github.com/blevesearch/vellum/regexp"
)

// suffixShares is about how many of a thousand registered names are under a
// suffix. Origin: registries' own counts of 2025, to one digit.
var suffixShares = map[string]float64{
	"com": 440, "cn": 58, "de": 49, "net": 35, "org": 30, "co.uk": 25, "uk": 4, "nl": 17, "ru": 16, "com.br": 14, "br": 1,
	"xyz": 20, "top": 17, "shop": 12, "online": 10, "info": 10, "store": 8, "site": 6, "fr": 12, "eu": 10, "it": 9, "com.au": 11,
	"ca": 9, "pl": 7, "us": 6, "in": 8, "co": 9, "biz": 4, "io": 4, "me": 3, "tv": 2, "cc": 3, "ws": 1, "se": 4, "be": 5, "ch": 7,
	"at": 4, "cz": 4, "es": 6, "jp": 5, "co.jp": 2, "kr": 3, "vip": 4, "club": 3, "icu": 2, "live": 3, "app": 3, "dev": 1, "tech": 2,
	"pro": 3, "cloud": 2, "click": 2, "space": 2, "website": 1, "fun": 2, "buzz": 1, "work": 1, "life": 2, "pw": 1, "su": 0.3,
}

// rareSuffix is the share of a suffix that the table does not have.
const rareSuffix = 0.1

// Expected estimates how many of so many names that people chose follow a
// pattern by chance. Labels are drawn from the language, suffixes from their
// shares; a family whose names are words of common kinds is underestimated, for
// people choose words by subject.
func (l *Language) Expected(p *Pattern, names uint64) (float64, error) {
	automaton, err := fstregexp.New(p.body())
	if err != nil {
		return 0, fmt.Errorf("chance of a pattern: %w", err)
	}
	chance := expectation{language: l, automaton: automaton, ends: map[int]float64{}, suffixes: p.suffixes}
	return chance.run() * float64(names), nil
}

// ExpectedShape estimates how many of so many names that people chose have a
// shape by chance.
func (l *Language) ExpectedShape(shape string, names uint64) float64 {
	// By the last two symbols.
	now := map[[2]int]float64{{edge, edge}: 1}
	for i := range len(shape) {
		from, to := symbolOf(shape[i]), symbolOf(shape[i])
		switch shape[i] {
		case 'a':
			to = symbolOf('z')
		case '0':
			to = symbolOf('9')
		}
		then := make(map[[2]int]float64, len(now))
		for at, p := range now {
			for c := from; c <= to; c++ {
				if q := p * l.next[at[0]][at[1]][c]; q > negligible {
					then[[2]int{at[1], c}] += q
				}
			}
		}
		now = then
	}
	total := 0.0
	for at, p := range now {
		total += p * l.next[at[0]][at[1]][edge]
	}
	return total * float64(names)
}

type expectation struct {
	language  *Language
	automaton *fstregexp.Regexp
	suffixes  []string
	ends      map[int]float64 // by state after a label: share of suffixes that the pattern takes
}

// place is a state of the automaton with the last two symbols.
type place struct{ state, a, b int }

// negligible is the probability below which a beginning is not followed.
const negligible = 1e-15

func (e *expectation) run() float64 {
	total := 0.0
	now := map[place]float64{{e.automaton.Start(), edge, edge}: 1}
	for range maxLabel + 1 {
		then := map[place]float64{}
		for at, p := range now {
			next := &e.language.next[at.a][at.b]
			total += p * next[edge] * e.end(at.state)
			for c := 1; c < symbols; c++ {
				if q := p * next[c]; q > negligible {
					if s := e.automaton.Accept(at.state, byteOf(c)); e.automaton.CanMatch(s) {
						then[place{s, at.b, c}] += q
					}
				}
			}
		}
		if len(then) == 0 {
			break
		}
		now = then
	}
	return total
}

// end returns the share of suffixes with which a label that ends in a state
// follows the pattern.
func (e *expectation) end(state int) float64 {
	if share, ok := e.ends[state]; ok {
		return share
	}
	share := 0.0
	dot := e.automaton.Accept(state, '.')
	if e.automaton.CanMatch(dot) {
		for _, suffix := range e.suffixes {
			if _, common := suffixShares[suffix]; !common && e.takes(dot, suffix) {
				share += rareSuffix
			}
		}
		for _, suffix := range sortedKeys(suffixShares) {
			if e.takes(dot, suffix) {
				share += suffixShares[suffix]
			}
		}
	}
	e.ends[state] = share / 1000
	return e.ends[state]
}

func (e *expectation) takes(state int, text string) bool {
	for i := range len(text) {
		state = e.automaton.Accept(state, text[i])
	}
	return e.automaton.IsMatch(state)
}

func byteOf(symbol int) byte {
	switch {
	case symbol == hyphen:
		return '-'
	case symbol >= 27:
		return '0' + byte(symbol-27)
	}
	return 'a' + byte(symbol-1)
}
