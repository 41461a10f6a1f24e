package investigation

import (
	"clew/internal/naming"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/reference"
	"clew/internal/score"
)

// lists lets the engine ask the reference set, and the names of the corpus, in
// its own words.
type lists struct {
	*reference.Set
	names *names // nil where there is no corpus
}

func (w *Workspace) lists() lists { return lists{w.Lists, &w.names} }

func (l lists) Suppressed(r observation.Relation, v observable.Value) (string, bool) {
	hit, ok := l.Match(r, v)
	return hit.String(), ok
}

func (l lists) Benign(v observable.Value) (string, bool) {
	hit, ok := l.Set.Benign(v)
	return hit.String(), ok
}

func (l lists) BaseCount(r observation.Relation, v observable.Value) (n, of uint64, list string, ok bool) {
	n, of, hit, ok := l.Set.BaseCount(r, v)
	return n, of, hit.String(), ok
}

// Who counted the names that hold a word.
const (
	vocabulary = "vocabulary"
	localNames = "names of the local store"
)

// NameCount implements [pivot.Lists]: the larger of the vocabulary's count and
// the names of the corpus. Those are asked for in the index as it stands; one of
// before the last import counts too few rather than too many. No more than the
// floor of an uncounted word is as good as not counted.
func (l lists) NameCount(r observation.Relation, word string) (n uint64, from string, known bool) {
	from = vocabulary
	if r == observation.NamePrefix {
		n, known = l.PrefixCount(word)
	} else {
		n, known = l.Set.NameCount(word)
	}
	if held := l.names.holders(r, word); held > n && held > score.NameFloor {
		return held, localNames, true
	}
	return n, from, known
}

// holders counts the names of the corpus that hold a word, 0 where no index
// tells: a label is counted as the word that it is.
func (n *names) holders(r observation.Relation, word string) uint64 {
	if n == nil {
		return 0
	}
	if r == observation.Label {
		r = observation.Token
	}
	if r != observation.Token && r != observation.NamePrefix {
		return 0
	}
	index := n.inUse()
	if index == nil {
		return 0
	}
	held, err := index.Holders(r, word)
	if err != nil {
		return 0 // a damaged index is no reason to end a run: the next build replaces it
	}
	return held
}

// inUse is the index of the directory as it stands, nil where there is none.
func (n *names) inUse() *naming.Index {
	if n.dir == "" {
		return nil
	}
	index, err := n.open(n.dir)
	if err != nil {
		return nil
	}
	return index
}
