// Package transfer moves what one corpus holds into another, import by import,
// so that the other can take each back as well. It may be run again at any time:
// what is there already is left alone.
package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"clew/internal/corpus"
	"clew/internal/observation"
)

// atOnce is how many imports one pass over the source moves: the target buffers
// a block of each.
const atOnce = 8

// How many totals or answers go over at once, and how many bytes of these: the
// detail of one answer may be as large as corpus.MaxDetail.
const (
	batch      = 1000
	batchBytes = 16 << 20
)

// A Source is a corpus that can be moved.
type Source interface {
	corpus.Register
	corpus.Whole
}

// Options say what becomes of the rows that belong to no import, which the
// sources that were asked brought: they go over as one import of that ID, which
// replaces its predecessor when they have changed.
type Options struct {
	OwnID, OwnName string
	At             time.Time
	Progress       func(Progress) // may be nil; called now and then
}

// Progress says how far a push is.
type Progress struct {
	Parts, Of uint64 // what imports said of links, gone over and in all
}

// Summary is what a push did.
type Summary struct {
	Pushed, There   int // imports
	Observations    uint64
	Totals, Answers uint64
}

// progressEvery is how many parts lie between two calls of Progress.
const progressEvery = 10_000

// Push moves everything. When it fails, the imports already committed stay, and
// the next call goes on with the others.
func Push(ctx context.Context, from Source, to corpus.Store, opts Options) (Summary, error) {
	p := push{from: from, to: to, opts: opts, parts: map[string]uint64{}, digest: sha256.New()}
	err := p.run(ctx)
	return p.sum, err
}

type push struct {
	from   Source
	to     corpus.Store
	opts   Options
	sum    Summary
	parts  map[string]uint64 // how many the source has of each import
	digest hash.Hash         // of those of no import
	now    Progress
}

func (p *push) run(ctx context.Context) error {
	if err := p.from.EachPart(ctx, p.survey); err != nil {
		return err
	}
	waiting, err := p.waiting(ctx)
	if err != nil {
		return err
	}
	for _, entry := range waiting {
		p.now.Of += p.parts[p.sourceID(entry)]
	}
	for len(waiting) > 0 {
		n := min(atOnce, len(waiting))
		if err := p.move(ctx, waiting[:n]); err != nil {
			return err
		}
		waiting = waiting[n:]
	}
	if err := p.totals(ctx); err != nil {
		return err
	}
	return p.answers(ctx)
}

// survey counts, and takes the digest of what belongs to no import.
func (p *push) survey(of string, part corpus.Link) error {
	p.parts[of]++
	if of != "" {
		return nil
	}
	_, err := fmt.Fprintf(p.digest, "%d %q %d %d %q %d %d %d %q %q\n", part.Subject.Kind(), part.Subject.Text(), part.Relation,
		part.Object.Kind(), part.Object.Text(), part.First.Unix(), part.Last.Unix(), part.Count, part.Sources, part.Evidence)
	return err
}

// sourceID returns the ID under which the source has the rows of an entry.
func (p *push) sourceID(entry corpus.Import) string {
	if entry.ID == p.opts.OwnID {
		return ""
	}
	return entry.ID
}

// waiting returns the imports that the target lacks.
func (p *push) waiting(ctx context.Context) ([]corpus.Import, error) {
	there, err := p.to.Imports(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]corpus.Import{}
	for _, entry := range there {
		known[entry.ID] = entry
	}
	entries, err := p.from.Imports(ctx)
	if err != nil {
		return nil, err
	}
	if p.parts[""] > 0 {
		own, err := p.own(ctx, known)
		if err != nil {
			return nil, err
		}
		entries = append(entries, own)
	}
	var waiting []corpus.Import
	for _, entry := range entries {
		if _, ok := known[entry.ID]; ok {
			p.sum.There++
			continue
		}
		waiting = append(waiting, entry)
	}
	return waiting, nil
}

// own makes the entry of the rows that belong to no import, and removes an
// older state of them from the target.
func (p *push) own(ctx context.Context, known map[string]corpus.Import) (corpus.Import, error) {
	own := corpus.Import{
		ID: p.opts.OwnID, Name: p.opts.OwnName, Format: "corpus", At: p.opts.At, Read: p.parts[""],
		Digest: "sha256:" + hex.EncodeToString(p.digest.Sum(nil)),
	}
	if before, ok := known[own.ID]; ok && before.Digest != own.Digest {
		if err := p.to.RemoveImport(ctx, own.ID); err != nil {
			return own, err
		}
		delete(known, own.ID)
	}
	return own, nil
}

// move loads some imports in one pass over the source.
func (p *push) move(ctx context.Context, entries []corpus.Import) (err error) {
	loaders := map[string]corpus.Loader{}
	defer func() {
		for _, l := range loaders {
			err = errors.Join(err, l.Close())
		}
	}()
	for _, entry := range entries {
		if loaders[p.sourceID(entry)], err = p.to.Load(ctx); err != nil {
			delete(loaders, p.sourceID(entry))
			return err
		}
	}
	err = p.from.EachPart(ctx, func(of string, part corpus.Link) error {
		loader := loaders[of]
		if loader == nil {
			return nil
		}
		p.progress()
		return p.add(loader, part)
	})
	if err != nil {
		return err
	}
	for _, entry := range entries {
		_, err := loaders[p.sourceID(entry)].Commit(entry)
		switch {
		case errors.Is(err, corpus.ErrImported): // somebody else was quicker
			p.sum.There++
		case err != nil:
			return fmt.Errorf("import %s: %w", entry.ID, err)
		default:
			p.sum.Pushed++
		}
	}
	return nil
}

func (p *push) progress() {
	p.now.Parts++
	if p.opts.Progress != nil && p.now.Parts%progressEvery == 0 {
		p.opts.Progress(p.now)
	}
}

// add loads a part as the fewest observations that merge into it again: one for
// each source or digest, the rest of the count on the first.
func (p *push) add(loader corpus.Loader, part corpus.Link) error {
	n := max(len(part.Sources), len(part.Evidence), 1)
	for i := range n {
		o := observation.Observation{Subject: part.Subject, Relation: part.Relation, Object: part.Object, Window: part.Window, Count: 1}
		if o.Last.Before(o.First) && !o.Last.IsZero() {
			return p.addCrossed(loader, part)
		}
		if i == 0 {
			o.Count = part.Count - min(part.Count, uint64(n)) + 1
		}
		if i < len(part.Sources) {
			o.Source = part.Sources[i]
		}
		if i < len(part.Evidence) {
			o.Evidence = part.Evidence[i]
		}
		if err := loader.Add(o); err != nil {
			return err
		}
		p.sum.Observations++
	}
	return nil
}

// addCrossed loads a part whose ends two sightings knew, one each, and the last
// of them before the first: no single observation may say so.
func (p *push) addCrossed(loader corpus.Loader, part corpus.Link) error {
	first, last := part, part
	first.Last, last.First = time.Time{}, time.Time{}
	first.Sources, last.Sources = halves(part.Sources)
	first.Evidence, last.Evidence = halves(part.Evidence)
	last.Count = uint64(max(len(last.Sources), len(last.Evidence), 1))
	first.Count = part.Count - last.Count // two sightings at least made it
	return errors.Join(p.add(loader, first), p.add(loader, last))
}

// halves parts a list after its first.
func halves(list []string) (first, rest []string) {
	n := min(len(list), 1)
	return list[:n], list[n:]
}

// pieces hands on in batches.
type pieces[T any] struct {
	all   []T
	bytes int
	size  func(T) int // of what is not bounded to some hundred bytes
	send  func([]T) error
}

func (b *pieces[T]) add(one T) error {
	b.all, b.bytes = append(b.all, one), b.bytes+b.size(one)
	if len(b.all) < batch && b.bytes < batchBytes {
		return nil
	}
	return b.flush()
}

func (b *pieces[T]) flush() error {
	err := b.send(b.all)
	clear(b.all) // their details may go
	b.all, b.bytes = b.all[:0], 0
	return err
}

func (p *push) totals(ctx context.Context) error {
	out := pieces[corpus.Total]{size: func(corpus.Total) int { return 0 }, send: func(all []corpus.Total) error {
		p.sum.Totals += uint64(len(all))
		return p.to.PutTotals(ctx, all)
	}}
	if err := p.from.EachTotal(ctx, out.add); err != nil {
		return err
	}
	return out.flush()
}

func (p *push) answers(ctx context.Context) error {
	out := pieces[corpus.Answer]{size: func(a corpus.Answer) int { return len(a.Detail) }, send: func(all []corpus.Answer) error {
		p.sum.Answers += uint64(len(all))
		return p.to.PutAnswers(ctx, all)
	}}
	if err := p.from.EachAnswer(ctx, out.add); err != nil {
		return err
	}
	return out.flush()
}

// OwnID names the rows of a corpus that belong to no import after where it is,
// the host and the folder.
func OwnID(where ...string) string {
	sum := sha256.New()
	_, _ = io.WriteString(sum, strings.Join(where, "\x00")) // a hash takes everything
	return "own-" + hex.EncodeToString(sum.Sum(nil)[:8])
}
