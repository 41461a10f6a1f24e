// Package similar finds what is like a file where no shared value leads to it:
// files whose ssdeep or TLSH digest is alike, and files that behave alike.
//
// The digests of a corpus are indexed in memory, at the first question, and kept
// up to date by what is written through [Watch]. They are not kept on disk: a
// million are read and asked in about a second, and the corpus has them anyway.
package similar

import (
	"context"
	"fmt"
	"sync"

	"clew/internal/corpus"
	"clew/internal/fuzzy/ssdeep"
	"clew/internal/fuzzy/tlsh"
	"clew/internal/observable"
	"clew/internal/score"
)

// A near digest is one that is like another.
type near struct {
	digest observable.Value
	bits   float64
	how    string // exact score, in words
}

// index finds near digests of one kind, nearest first. What the index cannot
// read it ignores: the corpus's grammar is wider.
type index interface {
	add(v observable.Value)
	find(v observable.Value) []near
}

// digests is an index over all digests of a kind in a corpus.
type digests struct {
	kind  observable.Kind
	empty func() index

	mu    sync.Mutex // guards all below
	index index      // nil until the first question, and after a bulk load
}

// near returns the digests that are like v, listing the corpus if need be.
func (d *digests) near(ctx context.Context, from corpus.ObjectLister, v observable.Value) ([]near, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.index == nil {
		fresh := d.empty()
		err := from.EachObject(ctx, d.kind, func(v observable.Value) error {
			fresh.add(v)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("index of %s digests: %w", d.kind, err)
		}
		d.index = fresh
	}
	return d.index.find(v), nil
}

// wrote takes up a digest that was written. Before the first question there is
// nothing to keep up to date. A digest may come twice; it is one all the same.
func (d *digests) wrote(v observable.Value) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.index == nil || v.Kind() != d.kind {
		return
	}
	for _, n := range d.index.find(v) {
		if n.digest == v {
			return
		}
	}
	d.index.add(v)
}

// reread lets the next question list the corpus again.
func (d *digests) reread() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.index = nil
}

// ssdeepIndex is index for ssdeep digests.
type ssdeepIndex struct {
	ssdeep.Index
	// asWritten has the text of digests that have runs, which the index cuts.
	asWritten map[uint32]string
}

func newSsdeepIndex() index { return &ssdeepIndex{asWritten: map[uint32]string{}} }

func (x *ssdeepIndex) add(v observable.Value) {
	d, err := ssdeep.Parse(v.Text())
	if err != nil {
		return
	}
	id := x.Add(&d)
	if v.Text() != d.String() {
		x.asWritten[id] = v.Text()
	}
}

func (x *ssdeepIndex) find(v observable.Value) []near {
	q, err := ssdeep.Parse(v.Text())
	if err != nil {
		return nil
	}
	var found []near
	for _, hit := range x.Find(&q, 1) {
		text, ok := x.asWritten[hit.ID]
		if !ok {
			d := x.Digest(hit.ID)
			text = d.String()
		}
		if like, err := observable.Stored(observable.Ssdeep, text); err == nil {
			found = append(found, near{like, score.SsdeepBits(hit.Score), fmt.Sprintf("ssdeep score %d of 100", hit.Score)})
		}
	}
	return found
}

// tlshIndex is index for TLSH digests.
type tlshIndex struct{ tlsh.Index }

func newTLSHIndex() index { return &tlshIndex{} }

func (x *tlshIndex) add(v observable.Value) {
	if d, err := tlsh.Parse(v.Text()); err == nil {
		x.Add(d)
	}
}

func (x *tlshIndex) find(v observable.Value) []near {
	q, err := tlsh.Parse(v.Text())
	if err != nil {
		return nil
	}
	var found []near
	for _, hit := range x.Find(q, score.TLSHReach) {
		if like, err := observable.Stored(observable.TLSH, hit.Digest.String()); err == nil {
			found = append(found, near{like, score.TLSHBits(hit.Distance), fmt.Sprintf("TLSH distance %d", hit.Distance)})
		}
	}
	return found
}
