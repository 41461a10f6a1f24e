package reference

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A vocabulary says how many registered domains about hold a word in their
// name. Counts are orders of magnitude, judged and not measured.
type vocabulary struct {
	list   *List // the latest list of words, quoted in hits
	counts map[string]uint64
	sorted []string // the words of counts, for prefixes
}

func newVocabulary() vocabulary { return vocabulary{counts: make(map[string]uint64)} }

// add reads "300k: word word word". A word listed twice keeps the larger count.
func (v *vocabulary) add(list *List, line string) error {
	count, line, ok := strings.Cut(line, ":")
	if !ok {
		return errors.New("vocabulary line is not \"COUNT: word word ...\"")
	}
	n, err := parseCount(strings.TrimSpace(count))
	if err != nil {
		return err
	}
	for word := range strings.FieldsSeq(line) {
		if folded := strings.ToLower(word); folded != word || len(word) < 2 {
			return fmt.Errorf("word %q is not lower case or too short", word)
		}
		v.counts[word] = max(v.counts[word], n)
		list.Entries++
	}
	v.list = list
	return nil
}

func (v *vocabulary) finish() {
	v.sorted = v.sorted[:0]
	for word := range v.counts {
		v.sorted = append(v.sorted, word)
	}
	slices.Sort(v.sorted)
}

// base answers for [Set.BaseCount] with one of the counts below.
func (v *vocabulary) base(text string, count func(string) (uint64, bool)) (n, of uint64, hit Hit, ok bool) {
	if n, ok = count(text); !ok {
		return 0, 0, Hit{}, false
	}
	return n, World, Hit{List: v.list.Name, Version: v.list.Version, Reason: v.list.Reason, Entry: text}, true
}

// compoundShare is how much rarer two known words written as one are than the
// rarer of them: securelogin against login. compoundMin keeps the halves of a
// compound long enough to be meant. Origin: judgement.
const (
	compoundShare = 10
	compoundMin   = 3
)

// NameCount returns how many domains of about [World] have the token in their
// name; known is false when neither the token nor a compound of two known
// words is in the vocabulary. Origin: judgement, orders of magnitude.
func (s *Set) NameCount(token string) (n uint64, known bool) {
	token = strings.ToLower(token)
	if n, known = s.words.counts[token]; known {
		return n, true
	}
	for i := compoundMin; i <= len(token)-compoundMin; i++ {
		head, tail := s.words.counts[token[:i]], s.words.counts[token[i:]]
		if head > 0 && tail > 0 {
			n = max(n, min(head, tail)/compoundShare)
		}
	}
	return n, n > 0
}

// letterShare is by how much one further letter thins out names that begin
// alike: less than 26, for letters are not drawn evenly. Origin: judgement.
const letterShare = 8

// PrefixCount returns how many domains of about [World] have a name that
// begins with prefix: those of the known words that begin so, or those of a
// known word of four letters or more that prefix itself begins with, thinned
// out by the letters that follow. Origin: judgement.
func (s *Set) PrefixCount(prefix string) (n uint64, known bool) {
	prefix = strings.ToLower(prefix)
	if prefix == "" {
		return 0, false
	}
	start, _ := slices.BinarySearch(s.words.sorted, prefix)
	for _, word := range s.words.sorted[start:] {
		if !strings.HasPrefix(word, prefix) {
			break
		}
		n += s.words.counts[word]
	}
	for i, share := len(prefix)-1, uint64(letterShare); i >= 4; i, share = i-1, share*letterShare {
		n = max(n, s.words.counts[prefix[:i]]/share)
	}
	return n, n > 0
}
