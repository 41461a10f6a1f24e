package reference

import (
	"strings"
	"unicode"

	"clew/internal/observable"
)

// A phraseTable finds phrases inside a text, by their first word.
type phraseTable map[string][]phrase

type phrase struct {
	rest []string // words after the first
	entry
}

func (t phraseTable) add(e entry) {
	w := words(e.text)
	t[w[0]] = append(t[w[0]], phrase{w[1:], e})
}

// each visits the phrases in text, from left to right.
func (t phraseTable) each(text string, visit visitor) bool {
	w := words(text)
	for i, first := range w {
		for _, p := range t[first] {
			if startsWith(w[i+1:], p.rest) && visit(p.entry, len(w) == len(p.rest)+1) {
				return true
			}
		}
	}
	return false
}

func startsWith(w, head []string) bool {
	if len(w) < len(head) {
		return false
	}
	for i := range head {
		if w[i] != head[i] {
			return false
		}
	}
	return true
}

// words are the runs of letters and digits of text, lower case: so "Domains By
// Proxy, LLC" and "DomainsByProxy.com" differ, and lists write both.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// fold is the form in which names are compared as a whole: their words joined
// by blanks, or the lower-case text when it has none.
func fold(text string) string {
	if w := words(text); len(w) > 0 {
		return strings.Join(w, " ")
	}
	return strings.ToLower(strings.TrimSpace(text))
}

// isName reports whether values of kind k are free text, whose case and
// punctuation mean nothing.
func isName(k observable.Kind) bool {
	switch k {
	case observable.Person, observable.Org, observable.Registrar, observable.Phone, observable.DN,
		observable.Signer, observable.Title, observable.Text, observable.UserAgent,
		observable.Mutex, observable.Filename, observable.PDB:
		return true
	}
	return false
}
