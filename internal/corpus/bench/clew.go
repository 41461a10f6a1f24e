package main

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/embedded"
	"clew/internal/observable"
	"clew/internal/observation"
)

// figures are the measurements of one engine. Speeds are medians of passes.
type figures struct {
	ingest  float64 // seconds for all rows
	size    int64   // bytes on disk
	lookup  float64 // microseconds, median over the sample
	heavy   float64 // links read per second
	built   float64 // links read and built per second, where the engine builds any
	answers []string
}

// runClew measures the embedded engine through its own interface.
func runClew(ctx context.Context, dir, rows string, asked sample, passes int) (f figures, err error) {
	if f.ingest, err = ingest(ctx, dir, rows); err != nil {
		return f, err
	}
	store, err := embedded.Open(dir, embedded.Options{ReadOnly: true}) // sizes are true after opening again
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if f.size, err = sizeOf(dir); err != nil {
		return f, err
	}
	c := clew{ctx: ctx, store: store, asked: asked}
	if f.lookup, err = median(passes, c.lookups); err != nil {
		return f, err
	}
	if f.heavy, err = median(passes, c.heavyRead); err != nil {
		return f, err
	}
	if f.built, err = median(passes, c.heavyBuilt); err != nil {
		return f, err
	}
	f.answers, err = c.answers()
	return f, err
}

func ingest(ctx context.Context, dir, rows string) (seconds float64, err error) {
	store, err := embedded.Open(dir, embedded.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	start := time.Now()
	load, err := store.Load(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, load.Close()) }()
	if err := readRows(rows, load.Add); err != nil {
		return 0, err
	}
	_, err = load.Commit()
	return time.Since(start).Seconds(), err
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

// median runs measure once untimed and then passes times.
func median(passes int, measure func() (float64, error)) (float64, error) {
	var speeds []float64
	for range passes + 1 {
		speed, err := measure()
		if err != nil {
			return 0, err
		}
		speeds = append(speeds, speed)
	}
	return middle(speeds[1:]), nil
}

func middle(speeds []float64) float64 {
	slices.Sort(speeds)
	return speeds[len(speeds)/2]
}

type clew struct {
	ctx   context.Context
	store *embedded.Store
	asked sample
}

// lookups returns the median microseconds of a lookup, links built.
func (c clew) lookups() (float64, error) {
	times := make([]float64, len(c.asked.lookups))
	for i, o := range c.asked.lookups {
		start := time.Now()
		if _, _, err := c.store.Objects(c.ctx, o.Subject, math.MaxInt); err != nil {
			return 0, err
		}
		times[i] = float64(time.Since(start)) / float64(time.Microsecond)
	}
	return middle(times), nil
}

// heavyRead returns the links a second when each is read and none is built,
// which is what the peers are asked for.
func (c clew) heavyRead() (float64, error) {
	links := 0
	start := time.Now()
	for _, o := range c.asked.heavy {
		err := c.store.Sightings(c.ctx, o.Relation, o.Object, func(observation.Window, uint64) bool {
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
func (c clew) heavyBuilt() (float64, error) {
	links := 0
	start := time.Now()
	for _, o := range c.asked.heavy {
		found, _, err := c.store.Subjects(c.ctx, o.Relation, o.Object, math.MaxInt)
		if err != nil {
			return 0, err
		}
		links += len(found)
	}
	return float64(links) / time.Since(start).Seconds(), nil
}

// answers sums every answer up in the words of peer/peer.h.
func (c clew) answers() ([]string, error) {
	var lines []string
	for _, o := range c.asked.lookups {
		links, _, err := c.store.Objects(c.ctx, o.Subject, math.MaxInt)
		if err != nil {
			return nil, err
		}
		lines = append(lines, answer(links, func(l corpus.Link) observable.Value { return l.Object }))
	}
	for _, o := range c.asked.heavy {
		links, _, err := c.store.Subjects(c.ctx, o.Relation, o.Object, math.MaxInt)
		if err != nil {
			return nil, err
		}
		lines = append(lines, answer(links, func(l corpus.Link) observable.Value { return l.Subject }))
		if err := c.agrees(o, links); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// agrees checks that reading without building reads the same.
func (c clew) agrees(o observation.Observation, links []corpus.Link) error {
	i, differ := 0, 0
	err := c.store.Sightings(c.ctx, o.Relation, o.Object, func(w observation.Window, count uint64) bool {
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
