package investigation

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"sync"

	"clew/internal/corpus"
	"clew/internal/naming"
	"clew/internal/observation"
)

// names is the index of the corpus's names, opened when first asked for.
type names struct {
	lister corpus.NameLister // of the store that Open opened

	using sync.Mutex // held while a search made by the way uses the index

	mu    sync.Mutex
	index *naming.Index // guarded by mu

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
// be missed until the next import.
func (w *Workspace) corpusState(ctx context.Context) (string, error) {
	sum := fnv.New64a()
	for _, r := range observation.Relations() {
		p, err := w.Corpus.Population(ctx, r)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%d %d %d\n", r, p.Links, p.Subjects)
	}
	imports, err := w.Corpus.Imports(ctx)
	if err != nil {
		return "", err
	}
	for _, i := range imports {
		fmt.Fprintf(sum, "%s\n", i.ID)
	}
	return fmt.Sprintf("%016x", sum.Sum64()), nil
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
	old := n.index
	n.index = index
	if old != nil {
		err = old.Close()
	}
	return index, err
}

func (n *names) close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.index == nil {
		return nil
	}
	err := n.index.Close()
	n.index = nil
	return err
}

// Language is the model of names that people choose, made of the words of the
// lists.
func (w *Workspace) Language() *naming.Language {
	w.names.languageOnce.Do(func() { w.names.language = naming.NewLanguage(w.Lists.EachWord) })
	return w.names.language
}
