package investigation

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"clew/internal/corpus"
	"clew/internal/naming"
	"clew/internal/observation"
	"clew/internal/score"
)

// names is the index of the corpus's names, opened when first asked for.
type names struct {
	lister corpus.NameLister // of the store that Open opened
	dir    string            // of the index, "" before Open

	using sync.Mutex // held while a search made by the way uses the index

	mu      sync.Mutex
	index   *naming.Index   // guarded by mu
	retired []*naming.Index // guarded by mu; somebody may still search them

	languageOnce sync.Once
	language     *naming.Language
}

// namesFolder lies in the data directory beside the corpus.
const namesFolder = "names"

// An IndexState says how an index of names stands to the corpus.
type IndexState struct {
	Names uint64 // registered names in it
	Built string // when, RFC 3339; "" for no index
	Stale bool   // the corpus has changed since
}

// ErrCannotList means that the corpus is of an engine whose names cannot be gone
// through, so that no index of them can be built here.
var ErrCannotList = errors.New("this corpus cannot list its names, so similar names cannot be searched in it")

// NameIndex returns the index of similar names, built anew when the corpus has
// changed since. Who only reads a full disk gets the index as it is; the state
// says that it is stale. Progress is told how many names were read.
func (w *Workspace) NameIndex(ctx context.Context, progress naming.Progress) (*naming.Index, IndexState, error) {
	state, err := w.corpusState(ctx)
	if err != nil {
		return nil, IndexState{}, err
	}
	index, err := w.names.open(w.namesDir())
	if err == nil && index.Meta.Corpus == state {
		return index, stateOf(index, state), nil
	}
	if err != nil && !errors.Is(err, naming.ErrNoIndex) {
		return nil, IndexState{}, err
	}
	lister := w.names.lister
	if lister == nil {
		var ok bool
		if lister, ok = w.Corpus.(corpus.NameLister); !ok {
			return nil, IndexState{}, ErrCannotList
		}
	}
	if _, buildErr := naming.Build(ctx, w.namesDir(), lister, state, w.Clock(), progress); buildErr != nil {
		if index == nil || ctx.Err() != nil {
			return nil, IndexState{}, buildErr
		}
		return index, stateOf(index, state), nil
	}
	index, err = w.names.reopen(w.namesDir())
	if err != nil {
		return nil, IndexState{}, err
	}
	return index, stateOf(index, state), nil
}

// KeepNames builds the index of names anew when it is missing or much of the
// corpus has changed since it was built, so that words are counted in the names
// of the corpus without building it for every few rows. It does nothing for a
// corpus on a server, and for one too small to hold a word more often than a word
// that nobody counted is taken to be held.
func (w *Workspace) KeepNames(ctx context.Context, progress naming.Progress) error {
	if w.Remote.URL != "" || w.names.lister == nil {
		return nil
	}
	state, err := w.corpusState(ctx)
	if err != nil {
		return err
	}
	links := linksOf(state)
	if links <= score.NameFloor {
		return nil
	}
	index, err := w.names.open(w.namesDir())
	if err != nil && !errors.Is(err, naming.ErrNoIndex) {
		return err
	}
	if index != nil {
		if before := linksOf(index.Meta.Corpus); max(links, before)-min(links, before) < before/muchChanged {
			return nil
		}
	}
	_, _, err = w.NameIndex(ctx, progress)
	return err
}

// muchChanged is the part of a corpus that has to be new for its index of names
// to be built anew without being asked for: all builds together then cost less
// than ten of the last one.
const muchChanged = 8

// linksOf reads the number of links out of a state of a corpus.
func linksOf(state string) (links uint64) {
	_, text, _ := strings.Cut(state, " ")
	links, _ = strconv.ParseUint(text, 10, 64) // a state of before, without them: 0
	return links
}

func stateOf(index *naming.Index, corpusState string) IndexState {
	return IndexState{
		Names: index.Meta.Names, Built: index.Meta.Built.Format("2006-01-02T15:04:05Z07:00"), Stale: index.Meta.Corpus != corpusState,
	}
}

func (w *Workspace) namesDir() string { return filepath.Join(w.Dir, namesFolder) }

// corpusState is a digest of the imports of the corpus and of how many links and
// subjects of each relation it holds. A name that is new to the corpus is in a
// new link, so as long as exact counts stand the index is whole. Where an engine
// estimates them, the imports tell; what a few answers of sources added there may
// be missed until the next import. Behind the digest stands the number of links.
func (w *Workspace) corpusState(ctx context.Context) (string, error) {
	sum := fnv.New64a()
	links := uint64(0)
	for _, r := range observation.Relations() {
		p, err := w.Corpus.Population(ctx, r)
		if err != nil {
			return "", err
		}
		links += p.Links
		fmt.Fprintf(sum, "%d %d %d\n", r, p.Links, p.Subjects)
	}
	imports, err := w.Corpus.Imports(ctx)
	if err != nil {
		return "", err
	}
	for _, i := range imports {
		fmt.Fprintf(sum, "%s\n", i.ID)
	}
	return fmt.Sprintf("%016x %d", sum.Sum64(), links), nil
}

func (n *names) open(dir string) (*naming.Index, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.index != nil {
		return n.index, nil
	}
	index, err := naming.Open(dir)
	if err == nil {
		n.index = index
	}
	return index, err
}

// reopen puts the index of a directory in the place of the one in use.
func (n *names) reopen(dir string) (*naming.Index, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	index, err := naming.Open(dir)
	if err != nil {
		return nil, err
	}
	if n.index != nil {
		n.retired = append(n.retired, n.index)
	}
	n.index = index
	return index, nil
}

func (n *names) close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	for _, index := range append(n.retired, n.index) {
		if index != nil {
			errs = append(errs, index.Close())
		}
	}
	n.index, n.retired = nil, nil
	return errors.Join(errs...)
}

// Language is the model of names that people choose, made of the words of the
// lists.
func (w *Workspace) Language() *naming.Language {
	w.names.languageOnce.Do(func() { w.names.language = naming.NewLanguage(w.Lists.EachWord) })
	return w.names.language
}
