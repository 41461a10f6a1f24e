package naming

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/blevesearch/vellum"

	"clew/internal/corpus"
	"clew/internal/observable"
)

// The keys of the index are of three sorts, told apart by their first byte:
// a name; a token that does not start the name, a zero byte, the name; the guise
// of an internationalised name, a zero byte, the name.
const (
	nameKey  = 'n'
	tokenKey = 't'
	guiseKey = 'u'
)

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
const form = 1

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
		last = domain
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
	if strings.HasPrefix(name.Label, "xn--") {
		keep(guiseKey, Guise(name.Label))
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
	err = keys.each(func(key []byte) error {
		if key[0] == nameKey {
			names++
		}
		if written++; written%progressEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		return fst.Insert(key, 0)
	})
	if err != nil {
		return 0, err
	}
	return names, errors.Join(fst.Close(), out.Flush())
}

// publish puts a complete index in the place of the one before.
func publish(dir, built string, meta Meta) error {
	old, _ := readMeta(dir) // none, or one that cannot be read: nothing to remove
	if err := os.Rename(built, filepath.Join(dir, meta.File)); err != nil {
		return fmt.Errorf("index of names: %w", err)
	}
	text, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	temp := filepath.Join(dir, metaFile+".new")
	if err := os.WriteFile(temp, text, 0o600); err != nil {
		return fmt.Errorf("index of names: %w", err)
	}
	if err := os.Rename(temp, filepath.Join(dir, metaFile)); err != nil {
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
