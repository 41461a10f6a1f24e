package index

import (
	"container/heap"
	"context"
	"slices"

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
		if err := s.merge(group); err != nil {
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

func (s *Store) merge(group []*segment) error {
	slices.SortFunc(group, func(a, b *segment) int { return compareNames(a.name, b.name) })
	var c contents
	h := &cursors{}
	fingerprints := 0
	for _, seg := range group {
		c.Replaces = append(c.Replaces, seg.name)
		cursor := newCursor(seg, len(c.Blocks))
		for _, b := range seg.Blocks {
			b.File += len(c.Files)
			b.Header += len(c.Headers)
			c.Blocks = append(c.Blocks, b)
		}
		c.Files = append(c.Files, seg.Files...)
		c.Headers = append(c.Headers, seg.Headers...)
		fingerprints += int(seg.footer.size)
		if cursor.advance() {
			*h = append(*h, cursor)
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
	}, c)
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	if err := s.commit(path, nil); err != nil {
		return err
	}
	return s.drop(func(seg *segment) bool { return slices.Contains(c.Replaces, seg.name) })
}

func compareNames(a, b string) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// A cursor walks the postings of a segment, its blocks renumbered.
type cursor struct {
	seg    *segment
	base   int
	bucket int
	data   []byte
	r      entryReader
	queue  []int
	at     posting
	err    error
}

func newCursor(seg *segment, base int) *cursor { return &cursor{seg: seg, base: base, bucket: -1} }

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
		c.queue = c.r.blocks
	}
	c.at = newPosting(c.r.last, c.queue[0]+c.base)
	c.queue = c.queue[1:]
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
