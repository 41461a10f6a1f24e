package naming

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/blevesearch/vellum"
	"github.com/blevesearch/vellum/levenshtein"
	fstregexp "github.com/blevesearch/vellum/regexp"

	"clew/internal/observation"
)

// MaxEdits is the largest edit distance the index answers.
const MaxEdits = 2

// ErrNoIndex means no index was built, or one of another form.
var ErrNoIndex = errors.New("no index of names")

// An Index holds the registered names of a corpus as they were when it was
// built. It is safe for several goroutines.
type Index struct {
	Meta Meta
	fst  *vellum.FST

	mu    sync.Mutex
	edits [MaxEdits + 1]*levenshtein.LevenshteinAutomatonBuilder // by distance; guarded by mu
}

// Open opens the index of a directory. [ErrNoIndex] means there is none to use.
func Open(dir string) (*Index, error) {
	meta, err := readMeta(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && (meta.Form != form || meta.File == "") {
		return nil, ErrNoIndex
	}
	if err != nil {
		return nil, err
	}
	fst, err := vellum.Open(filepath.Join(dir, filepath.Base(meta.File)))
	if err != nil {
		return nil, fmt.Errorf("index of names: %w", err)
	}
	return &Index{Meta: meta, fst: fst}, nil
}

// Close releases the index.
func (x *Index) Close() error { return x.fst.Close() }

// Holds reports whether the corpus knows a registered name.
func (x *Index) Holds(n Name) (bool, error) {
	return x.fst.Contains(append([]byte{nameKey}, n.String()...))
}

// UnderAnySuffix lists the names with exactly this label.
func (x *Index) UnderAnySuffix(ctx context.Context, label string, limit int) ([]Name, bool, error) {
	return x.between(ctx, nameKey, label+".", limit)
}

// StartingWith lists the names whose label starts so.
func (x *Index) StartingWith(ctx context.Context, prefix string, limit int) ([]Name, bool, error) {
	return x.between(ctx, nameKey, prefix, limit)
}

// WithToken lists the names that hold a token, those that start with it first.
func (x *Index) WithToken(ctx context.Context, token string, limit int) ([]Name, bool, error) {
	whole := func(n Name) bool { return len(n.Label) == len(token) || !isLetter(n.Label[len(token)]) }
	found, more, err := x.walk(ctx, keysFrom(nameKey, token), anything{}, limit, whole)
	if err != nil || more {
		return found, more, err
	}
	inside, more, err := x.between(ctx, tokenKey, token+string(rune(keySeparator)), limit-len(found))
	return append(found, inside...), more, err
}

// WithShape lists the names whose label has a shape, where no more than
// [MostOfShape] have it; of one that more have, none.
func (x *Index) WithShape(ctx context.Context, shape string, limit int) ([]Name, bool, error) {
	return x.between(ctx, shapeKey, shape+string(rune(keySeparator)), limit)
}

// Holders counts the names that hold a token, start with the letters of a
// name-prefix or have a shape. What one name alone has is not in the index: that
// and what no name has is 0.
func (x *Index) Holders(r observation.Relation, text string) (uint64, error) {
	what, ok := counted[r]
	if !ok {
		return 0, fmt.Errorf("names are not counted by %s", r)
	}
	n, _, err := x.fst.Get(append([]byte{countKey, what}, text...))
	return n, err
}

// WithGuise lists the internationalised names that look like a label.
func (x *Index) WithGuise(ctx context.Context, guise string, limit int) ([]Name, bool, error) {
	return x.between(ctx, guiseKey, guise+string(rune(keySeparator)), limit)
}

// Near lists the names whose label is at most so many edits (insertion,
// deletion, replacement, each 1; at most [MaxEdits]) from a label, under any
// suffix, the label itself included.
func (x *Index) Near(ctx context.Context, label string, edits, limit int) ([]Name, bool, error) {
	if edits < 0 || edits > MaxEdits {
		return nil, false, fmt.Errorf("names within %d edits: at most %d are answered", edits, MaxEdits)
	}
	dfa, err := x.automaton(label, edits)
	if err != nil {
		return nil, false, fmt.Errorf("names within %d edits of %.80q: %w", edits, label, err)
	}
	return x.walk(ctx, keysFrom(nameKey, ""), labelled{dfa}, limit, nil)
}

// Matching lists the names that an anchored pattern of [Learn] matches whole.
func (x *Index) Matching(ctx context.Context, p *Pattern, limit int) ([]Name, bool, error) {
	return x.matching(ctx, p.body(), limit)
}

// WithSkeleton lists the names whose label has this digit-blanked skeleton.
func (x *Index) WithSkeleton(ctx context.Context, skeleton string, limit int) ([]Name, bool, error) {
	return x.matching(ctx, skeletonPattern(skeleton)+`\.[a-z0-9.-]+`, limit)
}

// matching walks the names that a pattern without anchors matches whole.
func (x *Index) matching(ctx context.Context, body string, limit int) ([]Name, bool, error) {
	automaton, err := fstregexp.New(body)
	if err != nil {
		return nil, false, fmt.Errorf("searching names by pattern: %w", err)
	}
	return x.walk(ctx, keysFrom(nameKey, ""), automaton, limit, nil)
}

func (x *Index) automaton(label string, edits int) (*levenshtein.DFA, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.edits[edits] == nil {
		b, err := levenshtein.NewLevenshteinAutomatonBuilder(uint8(edits), false)
		if err != nil {
			return nil, err
		}
		x.edits[edits] = b
	}
	return x.edits[edits].BuildDfa(label, uint8(edits))
}

func (x *Index) between(ctx context.Context, sort byte, prefix string, limit int) ([]Name, bool, error) {
	return x.walk(ctx, keysFrom(sort, prefix), anything{}, limit, nil)
}

// span is the range of keys of one sort that start with a prefix.
type span struct{ from, to []byte }

func keysFrom(sort byte, prefix string) span {
	from := append([]byte{sort}, prefix...)
	to := bytes.Clone(from)
	to[len(to)-1]++ // no part of a key ends in 0xff: names are ASCII and a guise is UTF-8
	return span{from, to}
}

// checkEvery is after how many names a walk looks whether it is still wanted.
const checkEvery = 4096

// walk lists the names of a span whose key, without its first byte, automaton
// accepts and keep wants.
func (x *Index) walk(ctx context.Context, s span, automaton vellum.Automaton, limit int, keep func(Name) bool) (found []Name, more bool, err error) {
	it, err := x.fst.Search(afterFirst{automaton}, s.from, s.to)
	for n := 1; err == nil; n++ {
		key, _ := it.Current()
		if n%checkEvery == 0 && ctx.Err() != nil {
			return found, more, ctx.Err()
		}
		if i := bytes.LastIndexByte(key, keySeparator); i >= 0 {
			key = key[i:]
		}
		name, ok := nameOf(string(key[1:]))
		if ok && (keep == nil || keep(name)) {
			if len(found) >= limit {
				return found, true, nil
			}
			found = append(found, name)
		}
		err = it.Next()
	}
	if errors.Is(err, vellum.ErrIteratorDone) {
		err = nil
	}
	return found, false, err
}
