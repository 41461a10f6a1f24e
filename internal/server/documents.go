package server

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"clew/internal/casefile"
)

// DefaultCaseMemory bounds what is kept of cases in memory, in all, in MiB. It is
// counted in findings without their evidence, of which one takes about a KiB
// (docs/reliability.md).
const DefaultCaseMemory = 600

// heldIdle is how long a case that nobody asks for is kept.
const heldIdle = 10 * time.Minute

// wholeWeighs is how many KiB one finding with its evidence takes.
const wholeWeighs = 4

// documents keep the cases that were read last, each until its record grows.
// Whoever gets one must not change it.
type documents struct {
	core  Core
	cases casefile.Reader
	clock func() time.Time
	most  int // held in all, in KiB

	mu   sync.Mutex
	held map[string]*heldCase // guarded by mu
}

// heldCase is one case. Only one request at a time reads it; the others wait.
type heldCase struct {
	used time.Time // guarded by documents.mu
	size int       // in KiB, about; guarded by documents.mu

	mu      sync.Mutex
	outline heldForm // guarded by mu
	whole   heldForm // guarded by mu; where it is there, the outline is not needed
}

// newDocuments keeps cases in so many MiB, about; 0 means [DefaultCaseMemory].
func newDocuments(core Core, cases casefile.Reader, clock func() time.Time, memory int) *documents {
	return &documents{core: core, cases: cases, clock: clock, most: cmp.Or(memory, DefaultCaseMemory) << 10, held: map[string]*heldCase{}}
}

// outlined returns the record of a case as it stands, its findings without factors
// and paths, or with them.
func (d *documents) outlined(ctx context.Context, id string) (*casefile.Record, error) {
	return d.outline(ctx, id, d.hold(id))
}

// glanced is outlined for whoever goes through many cases: it does not count as
// asking for this one, or a search would keep them all.
func (d *documents) glanced(ctx context.Context, id string) (*casefile.Record, error) {
	return d.outline(ctx, id, d.glance(id))
}

func (d *documents) outline(ctx context.Context, id string, h *heldCase) (*casefile.Record, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	form, err := d.loaded(ctx, id, h, true)
	if err != nil {
		return nil, err
	}
	return form.record, nil
}

// document returns a case under the policy that counts; as an outline its findings
// need not have factors and paths.
func (d *documents) document(ctx context.Context, id string, outline bool) (laidDocument, error) {
	h := d.hold(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	form, err := d.loaded(ctx, id, h, outline)
	if err != nil {
		return laidDocument{}, err
	}
	return form.under(d.core, d.clock())
}

// loaded returns the form of a case that is asked for, as the record stands.
func (d *documents) loaded(ctx context.Context, id string, h *heldCase, outline bool) (*heldForm, error) {
	head, err := d.cases.Head(ctx, id)
	if err != nil {
		d.drop(id)
		return nil, err
	}
	form, weighs := &h.whole, wholeWeighs
	if outline && h.whole.record == nil {
		form, weighs = &h.outline, 1
		form.memory.Outline = true
	}
	if form.record != nil && form.record.Head == head {
		return form, nil
	}
	record, err := form.memory.Load(ctx, d.cases, id)
	if err != nil {
		return nil, err
	}
	form.record, form.doc = record, nil
	if form == &h.whole {
		h.outline = heldForm{}
	}
	d.weighIn(id, h, weight(record, weighs))
	return form, nil
}

// weight is what a record takes in memory, in KiB, about: its findings at what
// one weighs, and its events, which lie there as they are and as they are understood.
func weight(record *casefile.Record, finding int) int {
	text := 0
	for _, e := range record.Events {
		text += len(e.Data)
	}
	return finding*len(record.Findings) + 2*text>>10 + 1
}

func (d *documents) hold(id string) *heldCase {
	h := d.glance(id)
	d.mu.Lock()
	defer d.mu.Unlock()
	h.used = d.clock()
	return h
}

func (d *documents) glance(id string) *heldCase {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.held[id]
	if h == nil {
		h = &heldCase{used: d.clock()}
		d.held[id] = h
	}
	return h
}

// drop lets go of a case of which nothing is held: whoever may not see one, or asks for
// one that is not there, takes it from nobody.
func (d *documents) drop(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.held[id]; h != nil && h.size == 0 {
		delete(d.held, id)
	}
}

// weighIn counts a case that was read, and lets go of those that nobody asked for
// in a while and, beyond the bound, of those unused for longest.
func (d *documents) weighIn(id string, h *heldCase, size int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h.size = size
	d.held[id] = h
	others, total, since := make([]string, 0, len(d.held)), size, d.clock().Add(-heldIdle)
	for name, other := range d.held {
		switch {
		case other == h:
		case other.used.Before(since):
			delete(d.held, name)
		default:
			others = append(others, name)
			total += other.size
		}
	}
	if total <= d.most {
		return
	}
	slices.SortFunc(others, func(a, b string) int { return d.held[a].used.Compare(d.held[b].used) })
	for _, name := range others {
		if total <= d.most {
			return
		}
		total -= d.held[name].size
		delete(d.held, name)
	}
}
