package index

import (
	"container/heap"
	"context"
	"fmt"
	"slices"
	"strings"

	"clew/internal/telemetry/match"
)

// Segments are merged by size: whenever mergeCount of them, next to each other in
// size, cover no more than mergeBytes of text together. A merged segment covers
// at most so much, so that old ones can still be removed one by one.
const (
	mergeCount = 4
	mergeBytes = 4 << 30
)

// Merge merges segments until none are left to merge, and says how often it did.
func (s *Store) Merge(ctx context.Context) (merges int, err error) {
	for ; ctx.Err() == nil; merges++ {
		group := s.mergeable()
		if group == nil {
			return merges, nil
		}
		if err := s.merge(group, func(File) bool { return true }); err != nil {
			return merges, err
		}
	}
	return merges, ctx.Err()
}

func (s *Store) mergeable() []*segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	bySize := slices.Clone(s.segments)
	slices.SortStableFunc(bySize, func(a, b *segment) int { return int(min(1, max(-1, a.bytes()-b.bytes()))) })
	if len(bySize) < mergeCount {
		return nil
	}
	group := bySize[:mergeCount]
	var bytes int64
	blocks := 0
	for _, seg := range group {
		bytes += seg.bytes()
		blocks += len(seg.Blocks)
	}
	// A large one next to small ones waits for its like.
	if bytes > mergeBytes || blocks > maxBlocks || group[mergeCount-1].bytes() > 16*(group[0].bytes()+BlockSize) {
		return nil
	}
	return group
}

// merge puts one segment in the place of a group, without the parts of logs that
// keep does not want.
func (s *Store) merge(group []*segment, keep func(File) bool) error {
	slices.SortFunc(group, func(a, b *segment) int { return strings.Compare(a.name, b.name) })
	all := join(group, keep)
	h := &cursors{}
	fingerprints := 0
	for i, seg := range group {
		cursor := newCursor(seg, all.number[i])
		fingerprints += int(seg.footer.size)
		if cursor.advance() {
			*h = append(*h, cursor)
		} else if cursor.err != nil {
			return cursor.err
		}
	}
	heap.Init(h)
	var failed error
	path := s.newName()
	err := writeSegment(path, fingerprints, func() (posting, bool) {
		if h.Len() == 0 {
			return 0, false
		}
		top := (*h)[0]
		p := top.at
		if top.advance() {
			heap.Fix(h, 0)
		} else {
			if top.err != nil {
				failed = top.err
			}
			heap.Pop(h)
		}
		return p, true
	}, all.contents)
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	if err := s.commit(path, nil); err != nil {
		return err
	}
	return s.drop(func(seg *segment) bool { return slices.Contains(all.Replaces, seg.name) })
}

// A cursor walks the postings of a segment, its blocks renumbered.
type cursor struct {
	seg    *segment
	number []int // of its blocks in the merged segment
	bucket int
	data   []byte
	r      entryReader
	queue  []int
	at     posting
	err    error
}

func newCursor(seg *segment, number []int) *cursor {
	return &cursor{seg: seg, number: number, bucket: -1}
}

func (c *cursor) advance() bool {
	for len(c.queue) == 0 {
		for len(c.r.data) == 0 {
			c.bucket++
			if c.bucket >= len(c.seg.starts)/4 {
				return false
			}
			from, to := c.seg.bucket(c.bucket)
			if uint64(cap(c.data)) < to-from {
				c.data = make([]byte, to-from)
			}
			c.data = c.data[:to-from]
			if _, c.err = c.seg.file.ReadAt(c.data, int64(from)); c.err != nil {
				return false
			}
			c.r.data = c.data
			c.r.last = match.Fingerprint(uint64(c.bucket) << (match.FingerprintBits - c.seg.footer.bits))
		}
		if !c.r.nextAll() {
			c.err = c.r.err
			return false
		}
		if !c.renumber() {
			return false
		}
	}
	c.at = newPosting(c.r.last, c.queue[0])
	c.queue = c.queue[1:]
	return true
}

// renumber queues the blocks of an entry under their new numbers, each once.
func (c *cursor) renumber() bool {
	c.queue = c.queue[:0]
	for _, block := range c.r.blocks {
		if block >= len(c.number) {
			c.err = fmt.Errorf("%s: %w", c.seg.name, errDamaged)
			return false
		}
		if number := c.number[block]; number != dropped {
			c.queue = append(c.queue, number)
		}
	}
	slices.Sort(c.queue)
	c.queue = slices.Compact(c.queue)
	return true
}

// cursors is a heap, the least posting on top.
type cursors []*cursor

func (h cursors) Len() int           { return len(h) }
func (h cursors) Less(i, j int) bool { return h[i].at < h[j].at }
func (h cursors) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *cursors) Push(x any)        { *h = append(*h, x.(*cursor)) }
func (h *cursors) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
