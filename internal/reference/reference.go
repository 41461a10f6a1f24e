// Package reference knows values too widely shared to mean anything: content
// delivery ranges, parking name servers, privacy contacts, default pages. Each
// list has a name, a date and a reason, so that an explanation can quote it.
//
// The lists under lists/ are written for clew from public knowledge and judge
// on purpose: docs/guide/suppression.md says how they are read and extended.
package reference

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"clew/internal/observable"
	"clew/internal/observation"
)

//go:embed lists/*.txt
var embedded embed.FS

// A Hit is one entry of one list that speaks about a value.
type Hit struct {
	List    string // name of the list, as in lists/<name>.txt or the warninglist's folder
	Version string // date of the list, 2006-01-02, or a warninglist's version
	Reason  string // a sentence for the explanation
	Entry   string // the entry that matched, as the list writes it
}

// String returns the hit as explanations quote it, "" for no hit.
func (h Hit) String() string {
	if h.List == "" {
		return ""
	}
	return fmt.Sprintf("%s (%s, %s): %s", h.Entry, h.List, h.Version, h.Reason)
}

// A Set is all lists, compiled for lookup. Reading is safe from many
// goroutines once nothing is added any more.
type Set struct {
	lists []*List
	index index
	words vocabulary
}

// Load compiles the lists that ship with clew.
func Load() (*Set, error) {
	s := &Set{index: newIndex(), words: newVocabulary()}
	names, err := fs.Glob(embedded, "lists/*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range names { // Glob sorts
		data, err := embedded.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := s.AddList(bytes.NewReader(data)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Lists describes every list of the set, in the order they were added.
func (s *Set) Lists() []List {
	all := make([]List, len(s.lists))
	for i, l := range s.lists {
		all[i] = *l
	}
	return all
}

// Match says why object under relation means nothing, if a list says so: such
// a match is worth 0 bits and is not expanded. A set of name servers counts as
// a provider's only when every host of it is one.
func (s *Set) Match(relation observation.Relation, object observable.Value) (hit Hit, ok bool) {
	if relation != observation.NSSet {
		return s.match(relation, object)
	}
	for host := range strings.SplitSeq(object.Text(), "|") {
		v, err := observable.New(observable.Domain, host)
		if err != nil {
			return Hit{}, false
		}
		h, provider := s.match(observation.NSSet, v)
		if !provider {
			return Hit{}, false
		}
		if !ok {
			hit, ok = h, true
		}
	}
	return hit, ok
}

func (s *Set) match(relation observation.Relation, object observable.Value) (Hit, bool) {
	return s.index.first(object, func(e entry, whole bool) bool {
		return e.list.Suppress && e.list.speaks(relation, whole)
	})
}

// Benign says that v itself belongs to a provider or a top site, or is no
// indicator at all: as a finding it is suppressed, as a seed clew asks first.
//
// A customer's name below a shared suffix is not the provider's, whatever other
// lists say of the suffix: evil.github.io is not GitHub. Of the pages of a
// listed site only the front page is meant: the others may be anybody's.
func (s *Set) Benign(v observable.Value) (Hit, bool) {
	if v.Kind() == observable.URL && !frontPage(v.Text()) {
		return Hit{}, false
	}
	shared := s.sharedSuffix(v)
	return s.index.first(v, func(e entry, whole bool) bool {
		return e.list.benign(v.Kind(), whole) && (whole || len(e.text) > shared)
	})
}

// sharedSuffix is the length of the longest suffix of a domain below which
// names belong to customers: a public suffix, private ones such as github.io
// included, or an entry of a list that says so. It is 0 for other values.
func (s *Set) sharedSuffix(v observable.Value) int {
	if v.Kind() != observable.Domain {
		return 0
	}
	suffix, _ := publicsuffix.PublicSuffix(v.Text())
	longest := len(suffix)
	s.index.each(v, func(e entry, whole bool) bool {
		if e.list.Customers && !whole {
			longest = max(longest, len(e.text))
		}
		return false
	})
	return longest
}

func frontPage(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == ""
}

// BaseCount returns how many subjects of a population hold object under
// relation, for the lists that know: n of about of. A count on a domain entry
// is the total below it, so for one host it is an upper bound. Name relations
// answer from the vocabulary. Origin: judgement, orders of magnitude.
func (s *Set) BaseCount(relation observation.Relation, object observable.Value) (n, of uint64, hit Hit, ok bool) {
	switch relation {
	case observation.Token, observation.Label:
		return s.words.base(object.Text(), s.NameCount)
	case observation.NamePrefix:
		return s.words.base(object.Text(), s.PrefixCount)
	case observation.NSSet:
		return s.baseCountOfSet(object)
	}
	return s.baseCount(relation, object)
}

func (s *Set) baseCount(relation observation.Relation, object observable.Value) (n, of uint64, hit Hit, ok bool) {
	hit, ok = s.index.first(object, func(e entry, whole bool) bool {
		if e.count == 0 || !e.list.speaks(relation, whole) {
			return false
		}
		n, of = e.count, e.list.Of
		return true
	})
	return n, of, hit, ok
}

// baseCountOfSet bounds the holders of a name-server set by its rarest host.
func (s *Set) baseCountOfSet(set observable.Value) (n, of uint64, hit Hit, ok bool) {
	for host := range strings.SplitSeq(set.Text(), "|") {
		v, err := observable.New(observable.Domain, host)
		if err != nil {
			return 0, 0, Hit{}, false
		}
		m, ofHost, h, found := s.baseCount(observation.NSSet, v)
		if !found {
			return 0, 0, Hit{}, false
		}
		if !ok || m < n {
			n, of, hit, ok = m, ofHost, h, true
		}
	}
	return n, of, hit, ok
}

// Lookup returns every entry that speaks about v, whatever its list is used
// for: what clew show prints. Most specific first, then in list order.
func (s *Set) Lookup(v observable.Value) []Hit {
	var hits []Hit
	s.index.each(v, func(e entry, _ bool) bool {
		hits = append(hits, e.hit())
		return false
	})
	return hits
}
