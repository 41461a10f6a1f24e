package naming

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/vellum"

	"clew/internal/corpus"
	"clew/internal/durable"
	"clew/internal/observable"
	"clew/internal/observation"
)

// The keys of the index are of five sorts, told apart by their first byte:
// a name; a token that does not start the name, a zero byte, the name; the guise
// of an internationalised name, a zero byte, the name; a shape that few names
// have, a zero byte, the name; and what is counted, a byte for what it is, then a
// token, the first letters or a shape, with the number of names that have it.
// Nothing is counted that one name alone has.
const (
	countKey = 'c'
	nameKey  = 'n'
	shapeKey = 's'
	tokenKey = 't'
	guiseKey = 'u'
)

// counted are the bytes behind countKey.
var counted = map[observation.Relation]byte{observation.Token: 't', observation.NamePrefix: 'p', observation.Shape: 's'}

// keySeparator stands between a part and its name; no name holds it.
const keySeparator = 0

// Meta says what an index was built from.
type Meta struct {
	Names  uint64    `json:"names"`  // registered names
	Corpus string    `json:"corpus"` // state of the corpus, as its caller names it
	Built  time.Time `json:"built"`
	File   string    `json:"file"`
	Form   int       `json:"form"` // of the keys
}

// form goes up when the keys change, so that an old index is built anew.
const form = 2

const metaFile = "names.json"

// Progress is told now and then how many names were read.
type Progress func(names uint64)

// progressEvery is after how many names progress is told.
const progressEvery = 100_000

// Build indexes the registered names of a corpus in a directory, which it makes.
// An index that is there stays in use until the new one is complete. state names
// the state of the corpus that was read.
func Build(ctx context.Context, dir string, names corpus.NameLister, state string, now time.Time, progress Progress) (meta Meta, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return meta, fmt.Errorf("index of names: %w", err)
	}
	scratch, err := os.MkdirTemp(dir, "building-")
	if err != nil {
		return meta, fmt.Errorf("index of names: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	keys := newSorter(scratch)
	if err := collect(ctx, names, keys, progress); err != nil {
		return meta, fmt.Errorf("index of names: %w", err)
	}
	meta = Meta{Corpus: state, Built: now.UTC(), Form: form}
	built := filepath.Join(scratch, "names.fst")
	if meta.Names, err = writeFST(ctx, built, keys); err != nil {
		return meta, fmt.Errorf("index of names: %w", err)
	}
	meta.File = fmt.Sprintf("names-%d.fst", now.UnixNano())
	return meta, publish(dir, built, meta)
}

// collect gives the keys of every registered name to a sorter. Names come with
// those of one registered domain together, so only the first is looked at.
func collect(ctx context.Context, names corpus.NameLister, keys *sorter, progress Progress) error {
	var last string
	var seen uint64
	var buf []byte
	return names.EachDomain(ctx, func(v observable.Value) error {
		if seen++; seen%progressEvery == 0 && progress != nil {
			progress(seen)
		}
		host := v.Text()
		if below, ok := strings.CutSuffix(host, last); ok && last != "" && (below == "" || below[len(below)-1] == '.') {
			return nil
		}
		domain := registered(host)
		if domain == "" {
			return nil
		}
		if last = domain; isSuffix(domain) {
			last = "" // what is below belongs to others
		}
		name, ok := nameOf(domain)
		if !ok {
			return nil
		}
		return eachKey(&buf, name, keys.add)
	})
}

// eachKey gives the keys of one name.
func eachKey(buf *[]byte, name Name, add func([]byte) error) (err error) {
	keep := func(sort byte, part string) {
		if err != nil {
			return
		}
		b := append((*buf)[:0], sort)
		if sort != nameKey {
			b = append(append(b, part...), keySeparator)
		}
		*buf = append(append(append(b, name.Label...), '.'), name.Suffix...)
		err = add(*buf)
	}
	keep(nameKey, "")
	tokens(name.Label, func(token string, at int) {
		if at > 0 {
			keep(tokenKey, token)
		}
	})
	if strings.HasPrefix(name.Label, punycode) {
		keep(guiseKey, Guise(name.Label))
	}
	shape, shaped := ShapeOf(name.Label)
	if shaped {
		keep(shapeKey, shape)
	}
	count := func(what observation.Relation, part string) {
		if err == nil {
			*buf = append(append((*buf)[:0], countKey, counted[what]), part...)
			err = add(*buf)
		}
	}
	var seen []string // a token that a label holds twice counts once
	tokens(name.Label, func(token string, _ int) {
		if !slices.Contains(seen, token) {
			seen = append(seen, token)
			count(observation.Token, token)
		}
	})
	if prefix, ok := observable.NamePrefix(name.Label); ok {
		count(observation.NamePrefix, prefix)
	}
	if shaped {
		count(observation.Shape, shape)
	}
	return err
}

// writeFST writes the sorted keys and counts the names among them.
func writeFST(ctx context.Context, path string, keys *sorter) (names uint64, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Sync(), file.Close()) }()
	out := bufio.NewWriterSize(file, 1<<20)
	fst, err := vellum.New(out, nil)
	if err != nil {
		return 0, err
	}
	written := 0
	shapes := group{insert: func(key []byte) error { return fst.Insert(key, 0) }}
	err = keys.each(func(key []byte, times uint64) error {
		if written++; written%progressEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch key[0] {
		case countKey:
			if times < 2 {
				return nil
			}
			return fst.Insert(key, times)
		case shapeKey:
			return shapes.add(key)
		case nameKey:
			names++
		}
		if err := shapes.end(); err != nil {
			return err
		}
		return fst.Insert(key, 0)
	})
	if err := errors.Join(err, shapes.end()); err != nil {
		return 0, err
	}
	return names, errors.Join(fst.Close(), out.Flush())
}

// MostOfShape is how many names a shape has that the index lists: one that more
// have says nothing, and would take as much space again as all names.
const MostOfShape = 1000

// group holds the keys of one shape back until it is known whether they are few.
type group struct {
	insert func([]byte) error
	shape  []byte // with the separator
	keys   [][]byte
}

func (g *group) add(key []byte) error {
	shape := key[:bytes.IndexByte(key, keySeparator)+1]
	if !bytes.Equal(shape, g.shape) {
		if err := g.end(); err != nil {
			return err
		}
		g.shape = bytes.Clone(shape)
	}
	if len(g.keys) <= MostOfShape {
		g.keys = append(g.keys, bytes.Clone(key))
	}
	return nil
}

// end inserts the keys of the shape, unless they are one or too many.
func (g *group) end() error {
	keys := g.keys
	g.shape, g.keys = nil, nil
	if len(keys) < 2 || len(keys) > MostOfShape {
		return nil
	}
	for _, key := range keys {
		if err := g.insert(key); err != nil {
			return err
		}
	}
	return nil
}

// publish puts a complete index in the place of the one before.
func publish(dir, built string, meta Meta) error {
	old, _ := readMeta(dir) // none, or one that cannot be read: nothing to remove
	if err := durable.Rename(built, filepath.Join(dir, meta.File)); err != nil {
		return fmt.Errorf("index of names: %w", err)
	}
	text, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	err = durable.Replace(filepath.Join(dir, metaFile), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return fmt.Errorf("index of names: %w", err)
	}
	if old.File != "" && old.File != meta.File {
		_ = os.Remove(filepath.Join(dir, filepath.Base(old.File))) // who still reads it keeps it open
	}
	return nil
}

func readMeta(dir string) (meta Meta, err error) {
	text, err := os.ReadFile(filepath.Join(dir, metaFile))
	if err != nil {
		return meta, err
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return meta, fmt.Errorf("index of names: %w", err)
	}
	return meta, nil
}
