package embedded

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"clew/internal/corpus"
	"clew/internal/observation"
)

var errLoadDone = errors.New("load was committed or closed before")

// load is a bulk load. Rows are sorted in both directions, in memory and in
// runs on disk; Commit merges them with what is stored, writes table files and
// hands them over to the store in one step.
//
// Nobody else can write while Commit runs; questions are answered as before.
type load struct {
	ctx    context.Context // of the whole load, as the contract says
	store  *Store
	dir    string
	number uint32 // of the import

	mu      sync.Mutex // guards all below: a loader has one owner, this is for owners who forget
	done    bool
	failed  error // a spill that went wrong; the load cannot be completed
	forward sorter
	reverse sorter
	kept    uint64 // observations
	source  string // of the observation before
	origin  uint32 // and its number, 0 at first
	row     row
	key     []byte // of the row in one direction
	back    []byte // and in the other
	value   []byte
}

// Load implements [corpus.Writer].
func (s *Store) Load(ctx context.Context) (corpus.Loader, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if s.opts.ReadOnly {
		return nil, fmt.Errorf("%s: %w", s.dir, errReadOnly)
	}
	l := &load{ctx: ctx, store: s, dir: s.newLoadDir(), number: s.imports.next()}
	if err := s.opts.fs.MkdirAll(l.dir, 0o700); err != nil {
		return nil, s.explain(err)
	}
	l.forward = sorter{fs: s.opts.fs, path: s.opts.fs.PathJoin(l.dir, "forward"), limit: s.opts.LoadBytes, fanIn: s.opts.fanIn, stop: ctx.Err, origins: s.sources}
	l.reverse = sorter{fs: s.opts.fs, path: s.opts.fs.PathJoin(l.dir, "reverse"), limit: s.opts.LoadBytes, fanIn: s.opts.fanIn, stop: ctx.Err, origins: s.sources}
	return l, nil
}

func (s *Store) newLoadDir() string {
	n := s.loads.Add(1)
	return s.opts.fs.PathJoin(s.dir, loadsDir, strconv.FormatUint(n, 10))
}

// Add implements [corpus.Loader]. An observation that is refused leaves the load as it was.
func (l *load) Add(o observation.Observation) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	leave, err := l.enter()
	if err != nil {
		return err
	}
	defer leave()
	if o, err = corpus.Normal(o); err != nil {
		return err
	}
	if l.origin == 0 || l.source != o.Source {
		if l.origin, err = l.store.sources.number(origin{o.Source, l.number}); err != nil {
			return l.store.explain(err)
		}
		l.source = o.Source
	}
	l.row.set(o, l.origin)
	l.value = l.row.append(l.value[:0], false)
	l.key = appendForward(l.key[:0], o.Subject, o.Relation, o.Object)
	l.forward.add(l.key, l.value)
	l.back = reversed(l.back[:0], l.key)
	l.reverse.add(l.back, l.value)
	l.kept++
	if l.forward.full() || l.reverse.full() {
		l.failed = l.store.explain(inParallel(l.forward.spill, l.reverse.spill))
	}
	return l.failed
}

func (l *load) enter() (leave func(), err error) {
	if l.done {
		return nil, errLoadDone
	}
	if l.failed != nil {
		return nil, l.failed
	}
	return l.store.enter(l.ctx)
}

// Commit implements [corpus.Loader].
func (l *load) Commit(entry corpus.Import) (corpus.Import, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	leave, err := l.enter()
	if err != nil {
		return corpus.Import{}, err
	}
	defer leave()
	if entry, err = corpus.NormalImport(entry); err != nil {
		return corpus.Import{}, err
	}
	release, err := l.store.beginWrite(l.ctx)
	if err != nil {
		return corpus.Import{}, err
	}
	defer release()
	if _, there := l.store.imports.find(entry.ID); there {
		return corpus.Import{}, fmt.Errorf("%s: %w", entry.ID, corpus.ErrImported)
	}
	if l.failed = l.store.explain(l.ingest(&entry)); l.failed != nil {
		return corpus.Import{}, l.failed
	}
	_ = l.drop() // what is committed stays so; files left behind go at the next Open
	return entry, nil
}

// Close implements [corpus.Loader].
func (l *load) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done {
		return nil
	}
	return l.drop()
}

// drop forgets the load and what it has on disk.
func (l *load) drop() error {
	l.done = true
	err := errors.Join(l.forward.close(), l.reverse.close())
	return errors.Join(err, l.store.opts.fs.RemoveAll(l.dir))
}

// ingest makes the rows of the load and its entry part of the store, and fills
// in what the entry leaves to the store.
func (l *load) ingest(entry *corpus.Import) error {
	var forward forwardResult
	var reverse reverseResult
	err := inParallel(
		func() (err error) { forward, err = l.forwardTables(); return err },
		func() (err error) { reverse, err = l.reverseTables(); return err },
	)
	if err != nil {
		return err
	}
	entry.Kept, entry.Merged, entry.Coverage = l.kept, l.kept-forward.rows, forward.tally.Coverage()
	counts, err := writeTables(l.store.opts, l.path("counts"), func(t *tables) error {
		for _, count := range reverse.holders {
			if err := t.set(count.key, count.value); err != nil {
				return err
			}
		}
		if err := t.set(importEntry(l.number, *entry)); err != nil {
			return err
		}
		return l.store.populations.entries(&forward.gain, t.set)
	})
	if err != nil {
		return err
	}
	files := slices.Concat(forward.files, reverse.files, counts)
	err = l.store.failure.run(func() error { return l.store.db.Ingest(l.ctx, files) })
	l.store.cursors.changed()
	if err != nil {
		return err
	}
	l.store.populations.apply(&forward.gain)
	l.store.imports.add(l.number, *entry)
	return nil
}

func (l *load) path(name string) string { return l.store.opts.fs.PathJoin(l.dir, name) }

type forwardResult struct {
	files []string
	rows  uint64 // distinct rows of the load
	tally corpus.Tally
	gain  change
}

func (l *load) forwardTables() (result forwardResult, err error) {
	rows, err := l.forward.sorted()
	if err != nil {
		return result, err
	}
	joined, err := newForwardJoin(l.store)
	if err != nil {
		return result, err
	}
	counted := covered{tally: &result.tally}
	result.files, err = writeTables(l.store.opts, l.path("forward"), func(t *tables) error {
		return l.each(rows, func(key, value []byte) error {
			if err := counted.add(key, value); err != nil {
				return err
			}
			value, _, err := joined.add(key, value)
			if err != nil {
				return err
			}
			result.rows++
			return t.set(key, value)
		})
	})
	result.gain = joined.gain
	return result, errors.Join(err, joined.close())
}

type reverseResult struct {
	files   []string
	holders []pair // counts to keep, in the order of their keys
}

func (l *load) reverseTables() (result reverseResult, err error) {
	rows, err := l.reverse.sorted()
	if err != nil {
		return result, err
	}
	joined, err := newReverseJoin(l.store)
	if err != nil {
		return result, err
	}
	result.files, err = writeTables(l.store.opts, l.path("reverse"), func(t *tables) error {
		err := l.each(rows, func(key, value []byte) error {
			value, err := joined.add(l.ctx, key, value)
			if err != nil {
				return err
			}
			return t.set(key, value)
		})
		return errors.Join(err, joined.endGroup(l.ctx))
	})
	result.holders = joined.holders
	return result, errors.Join(err, joined.close())
}

// each visits all rows of a stream until the load is cancelled.
func (l *load) each(rows stream, visit func(key, value []byte) error) error {
	for n := 1; ; n++ {
		key, value, ok, err := rows.next()
		if err != nil || !ok {
			return err
		}
		if err := visit(key, value); err != nil {
			return err
		}
		if n%checkEvery == 0 && l.ctx.Err() != nil {
			return l.ctx.Err()
		}
	}
}

// inParallel runs both and returns when both are done.
func inParallel(one, other func() error) error {
	result := make(chan error)
	go func() { result <- other() }()
	err := one()
	return errors.Join(err, <-result)
}
