package main

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/embedded"
	"clew/internal/observable"
	"clew/internal/observation"
)

// clew is our side: the embedded engine through its own interface.
type clew struct {
	dir, rows string
	asked     sample
	store     *embedded.Store // open from build to close
}

func (c *clew) name() string { return "clew" }

// build runs this program again, as the peers are programs of their own.
func (c *clew) build(ctx context.Context) (out output, err error) {
	self, err := os.Executable()
	if err != nil {
		return out, err
	}
	if out, err = run(ctx, self, buildCommand, c.rows, c.dir); err != nil {
		return out, err
	}
	// Only opening again removes what is obsolete; the size is true then.
	c.store, err = embedded.Open(c.dir, embedded.Options{ReadOnly: true})
	return out, err
}

// buildCommand is the first argument of this program where it is to build only.
const buildCommand = "build"

// build loads rows into a new corpus and prints the seconds it took.
func build(ctx context.Context, rows, dir string) (err error) {
	store, err := embedded.Open(dir, embedded.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	start := time.Now()
	load, err := store.Load(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, load.Close()) }()
	if err := readRows(rows, load.Add); err != nil {
		return err
	}
	if _, err = load.Commit(corpus.Import{ID: "bench", Name: "bench"}); err != nil {
		return err
	}
	_, err = fmt.Printf("speed %.4f\n", time.Since(start).Seconds())
	return err
}

func (c *clew) close() error {
	if c.store == nil {
		return nil
	}
	return c.store.Close()
}

func (c *clew) size() (int64, error) { return sizeOf(c.dir) }

func (c *clew) lookup(ctx context.Context) (speed float64, answers []string, err error) {
	if _, err := c.lookups(ctx); err != nil { // untimed
		return 0, nil, err
	}
	if speed, err = c.lookups(ctx); err != nil {
		return 0, nil, err
	}
	for _, o := range c.asked.lookups {
		links, _, err := c.store.Objects(ctx, o.Subject, math.MaxInt)
		if err != nil {
			return 0, nil, err
		}
		answers = append(answers, answer(links, func(l corpus.Link) observable.Value { return l.Object }))
	}
	return speed, answers, nil
}

func (c *clew) heavy(ctx context.Context) (speed float64, answers []string, err error) {
	if _, err := c.heavyRead(ctx); err != nil { // untimed
		return 0, nil, err
	}
	if speed, err = c.heavyRead(ctx); err != nil {
		return 0, nil, err
	}
	for _, o := range c.asked.heavy {
		links, _, err := c.store.Subjects(ctx, o.Relation, o.Object, math.MaxInt)
		if err != nil {
			return 0, nil, err
		}
		if err := c.agrees(ctx, o, links); err != nil {
			return 0, nil, err
		}
		answers = append(answers, answer(links, func(l corpus.Link) observable.Value { return l.Subject }))
	}
	return speed, answers, nil
}

func sizeOf(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// lookups returns the median microseconds of a lookup, links built.
func (c *clew) lookups(ctx context.Context) (float64, error) {
	times := make([]float64, len(c.asked.lookups))
	for i, o := range c.asked.lookups {
		start := time.Now()
		if _, _, err := c.store.Objects(ctx, o.Subject, math.MaxInt); err != nil {
			return 0, err
		}
		times[i] = float64(time.Since(start)) / float64(time.Microsecond)
	}
	return median(times), nil
}

// heavyRead returns the links a second when each is read and none is built,
// which is what the peers are asked for.
func (c *clew) heavyRead(ctx context.Context) (float64, error) {
	links := 0
	start := time.Now()
	for _, o := range c.asked.heavy {
		err := c.store.Sightings(ctx, o.Relation, o.Object, func(observation.Window, uint64) bool {
			links++
			return true
		})
		if err != nil {
			return 0, err
		}
	}
	return float64(links) / time.Since(start).Seconds(), nil
}

// heavyBuilt is heavyRead with subjects, sources and all.
func (c *clew) heavyBuilt(ctx context.Context) (float64, error) {
	links := 0
	start := time.Now()
	for _, o := range c.asked.heavy {
		found, _, err := c.store.Subjects(ctx, o.Relation, o.Object, math.MaxInt)
		if err != nil {
			return 0, err
		}
		links += len(found)
	}
	return float64(links) / time.Since(start).Seconds(), nil
}

// agrees checks that reading without building reads the same.
func (c *clew) agrees(ctx context.Context, o observation.Observation, links []corpus.Link) error {
	i, differ := 0, 0
	err := c.store.Sightings(ctx, o.Relation, o.Object, func(w observation.Window, count uint64) bool {
		if i >= len(links) || links[i].Window != w || links[i].Count != count {
			differ++
		}
		i++
		return true
	})
	if err == nil && (differ > 0 || i != len(links)) {
		err = fmt.Errorf("sightings of %s: %d of %d differ from its links", o.Object.Text(), differ, len(links))
	}
	return err
}

// answer sums links up in the words of peer/peer.h.
func answer(links []corpus.Link, far func(corpus.Link) observable.Value) string {
	var count uint64
	first, last := int64(math.MaxUint32), int64(0)
	sum := fnv.New64a()
	for _, l := range links {
		count += l.Count
		first, last = min(first, l.First.Unix()), max(last, l.Last.Unix())
		writeValue(sum, l.Relation, far(l))
	}
	return fmt.Sprintf("answer %d %d %d %d %016x", len(links), count, first, last, sum.Sum64())
}

// writeValue writes the encoding that the peers keep.
func writeValue(sum hash.Hash64, relation observation.Relation, v observable.Value) {
	sum.Write([]byte{byte(relation), byte(v.Kind())})
	if addr, ok := v.Addr(); ok {
		raw := addr.AsSlice()
		sum.Write([]byte{byte(len(raw))})
		sum.Write(raw)
		return
	}
	labels := strings.Split(v.Text(), ".")
	slices.Reverse(labels)
	sum.Write([]byte(strings.Join(labels, "\x01") + "\x00"))
}
