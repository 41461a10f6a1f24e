package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"clew/internal/casefile"
)

// Bounds of what is kept of cases in memory.
const (
	// mostHeld counts findings in all. One takes some 2 KiB.
	mostHeld = 250_000
	// laidFor is how long a policy laid over a document counts: actions expire.
	laidFor = time.Minute
)

// documents keep the cases that were read last, each until its record grows.
// Whoever gets one must not change it.
type documents struct {
	core  Core
	cases casefile.Reader
	clock func() time.Time

	mu   sync.Mutex
	held map[string]*heldCase // guarded by mu
}

// heldCase is one case. Only one request at a time reads it; the others wait.
type heldCase struct {
	used time.Time // guarded by documents.mu
	size int       // findings; guarded by documents.mu

	mu     sync.Mutex
	memory casefile.Memory    // guarded by mu, as is all that follows
	record *casefile.Record   // nil when it was not read yet
	doc    *casefile.Document // under the policy; nil when none was laid over it
	mark   string             // of that policy
	laid   time.Time
	state  string // see laidDocument
}

// A laidDocument is a case under the policy that counts. Equal states are equal
// documents, in this process and in others of the same version.
type laidDocument struct {
	casefile.Document
	state string
}

func newDocuments(core Core, cases casefile.Reader, clock func() time.Time) *documents {
	return &documents{core: core, cases: cases, clock: clock, held: map[string]*heldCase{}}
}

// load returns the record of a case as it stands.
func (d *documents) load(ctx context.Context, id string) (*casefile.Record, error) {
	h := d.hold(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	return d.loaded(ctx, id, h)
}

func (d *documents) loaded(ctx context.Context, id string, h *heldCase) (*casefile.Record, error) {
	head, err := d.cases.Head(ctx, id)
	if err != nil {
		d.drop(id)
		return nil, err
	}
	if h.record != nil && h.record.Head == head {
		return h.record, nil
	}
	record, err := h.memory.Load(ctx, d.cases, id)
	if err != nil {
		return nil, err
	}
	h.record, h.doc = record, nil
	d.weighIn(id, h, len(record.Findings))
	return record, nil
}

// document returns a case under the policy that counts.
func (d *documents) document(ctx context.Context, id string) (laidDocument, error) {
	h := d.hold(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	record, err := d.loaded(ctx, id, h)
	if err != nil {
		return laidDocument{}, err
	}
	mark := d.core.PolicyMark()
	if now := d.clock(); h.doc == nil || h.mark != mark || now.Sub(h.laid) > laidFor {
		doc := record.Document()
		doc.Findings = slices.Clone(doc.Findings) // those of the record stay as they are
		if doc, err = d.core.UnderPolicy(doc); err != nil {
			return laidDocument{}, err
		}
		h.doc, h.mark, h.laid, h.state = &doc, mark, now, stateOf(doc, mark)
	}
	return laidDocument{*h.doc, h.state}, nil
}

// stateOf names what a document says: it follows from the record, the policy, and
// which actions have run out.
func stateOf(doc casefile.Document, mark string) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %q", doc.Case.Head, mark) // a hash never fails to write
	for i := range doc.Findings {
		if doc.Findings[i].Action.State == casefile.ActionExpired {
			_, _ = fmt.Fprintf(h, " %d", i)
		}
	}
	for i, s := range doc.Seeds {
		if s.Action != nil && s.Action.State == casefile.ActionExpired {
			_, _ = fmt.Fprintf(h, " seed %d", i)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (d *documents) hold(id string) *heldCase {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.held[id]
	if h == nil {
		h = &heldCase{}
		d.held[id] = h
	}
	h.used = d.clock()
	return h
}

func (d *documents) drop(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.held, id)
}

// weighIn counts a case that was read, and lets go of those unused for longest
// beyond the bound.
func (d *documents) weighIn(id string, h *heldCase, findings int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h.size = findings + 1
	d.held[id] = h
	for {
		total, oldest := 0, ""
		for name, other := range d.held {
			total += other.size
			if other != h && (oldest == "" || other.used.Before(d.held[oldest].used)) {
				oldest = name
			}
		}
		if total <= mostHeld || oldest == "" {
			return
		}
		delete(d.held, oldest)
	}
}
