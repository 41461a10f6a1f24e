package match

import (
	"bytes"
	"math/bits"
	"net/netip"
)

// maxName is longer than any name can be, by one.
const maxName = 254

// inHost looks closely at the run of host bytes [start, end) of the block.
func (c *scanner) inHost(start, end int) {
	t := trim(c.block, start, end)
	if t.start >= t.end {
		return
	}
	want := &c.set.want
	if want[name] && t.whole {
		c.inNames(t)
	}
	for _, from := range [2]int{t.start, t.alt} {
		if want[address] || want[network] {
			if addr, ok := parse4(c.block[from:t.end]); ok {
				c.inAddress(addr, from, t.end)
			}
		}
		if (want[link] || want[mailbox]) && t.whole && !t.open && t.end-from < maxName {
			if c.set.hosts.has(c.set.hostKey(c.fold(from, t.end))) {
				c.around(from, t.end)
			}
		}
		if t.alt == t.start {
			return
		}
	}
}

// fold returns block[start:end] in lower case, valid until it is called again.
func (c *scanner) fold(start, end int) []byte {
	folded := c.folded[:end-start]
	for i, b := range c.block[start:end] {
		folded[i] = lower(b)
	}
	return folded
}

// inNames walks up the name label by label, as long as the filter knows the
// suffix: every suffix of every indicator is in it.
func (c *scanner) inNames(t token) {
	dot := t.start + bytes.LastIndexByte(c.block[t.start:t.end], '.')
	for dot > t.start {
		above := bytes.LastIndexByte(c.block[t.start:dot], '.')
		if above < 0 {
			break
		}
		dot = t.start + above
		if !c.name(dot+1, t.end, t.start) {
			return
		}
	}
	if dot < t.start {
		return // a single label
	}
	if !t.open {
		c.name(t.start, t.end, t.start)
	}
	if t.alt != t.start {
		c.name(t.alt, t.end, t.alt)
	}
}

// name looks up the suffix [at, end) of a name that was seen from start on. It
// reports whether a longer suffix may be an indicator.
func (c *scanner) name(at, end, start int) bool {
	if end-at >= maxName {
		return false
	}
	key := tailKey(c.block, end, end-at)
	if !c.set.words.has(key) {
		return false
	}
	if c.set.words.hasWhole(key) {
		c.propose(name, at, end, start)
	}
	return true
}

// is reports whether indicator i is of that class and known by text.
func (c *scanner) is(i int, how class, text []byte) bool {
	v := c.set.indicators[i].Value
	return classOf(v.Kind()) == how && c.set.text(how, i) == string(text)
}

func (c *scanner) inAddress(addr netip.Addr, start, end int) {
	set := c.set
	if set.want[address] {
		var room [64]byte
		text := addr.AppendTo(room[:0])
		hash := set.table.hash(address, text)
		for i, next := set.table.next(hash, hash); i >= 0; i, next = set.table.next(hash, next) {
			if c.is(i, address, text) {
				c.hits = append(c.hits, Hit{start, end, i, true})
			}
		}
	}
	if set.want[network] && (!addr.Is4() || set.networks.mayHold4(addr)) {
		set.networks.holding(addr, func(i int) { c.hits = append(c.hits, Hit{start, end, i, false}) })
	}
}

// around looks for URLs and mailboxes of the host [start, end).
func (c *scanner) around(start, end int) {
	set := c.set
	if set.want[link] {
		for _, seen := range linksAround(c.block, start, end) {
			text := []byte(seen.rest)
			hash := set.table.hash(link, text)
			for i, next := set.table.next(hash, hash); i >= 0; i, next = set.table.next(hash, next) {
				if c.is(i, link, text) && (seen.scheme == "" || seen.scheme == scheme(set.indicators[i].Value.Text())) {
					c.hits = append(c.hits, Hit{seen.start, seen.end, i, seen.scheme != ""})
				}
			}
		}
	}
	if set.want[mailbox] {
		for _, seen := range mailboxes(c.block, start, end) {
			text := []byte(seen.text)
			hash := set.table.hash(mailbox, text)
			for i, next := set.table.next(hash, hash); i >= 0; i, next = set.table.next(hash, next) {
				if c.is(i, mailbox, text) {
					c.hits = append(c.hits, Hit{seen.start, end, i, true})
				}
			}
		}
	}
}

// hexRuns visits every run of at least least hexadecimal digits.
func (c *scanner) hexRuns(least int, visit func(start, end int)) {
	lanes, steps := uint64(0x0001000100010001), 4
	if least < 31 { // a run of 31 fills an aligned lane of 16, one of 15 a lane of 8
		lanes, steps = 0x0101010101010101, 3
	}
	done := 0
	for w, word := range c.hex[:c.words] {
		full := word
		for step := range steps {
			full &= full >> (1 << step)
		}
		for full &= lanes; full != 0; full &= full - 1 {
			at := w<<6 + bits.TrailingZeros64(full)
			if at < done {
				continue
			}
			start, end := before(c.hex, at), after(c.hex, at)
			done = end
			if size := end - start; size >= least && size <= maxDigest+8 {
				visit(start, end)
			}
		}
	}
}

// digestSuspect takes a run of hexadecimal digits of the chunk. A chunk may end
// inside an escape, so what stands before the run is looked up in the block.
func (c *scanner) digestSuspect(start, end int) {
	size := end - start
	start, end = c.base+start, c.base+end
	if end < len(c.block) && is(c.block[end], wordByte) {
		return
	}
	if start > 0 && is(c.block[start-1], wordByte) || escaped(c.block, start) || c.set.serials && c.block[start] == '0' {
		c.inDigest(start, end)
		return
	}
	if size <= maxDigest && c.set.size[size] {
		c.put(suspect{key: tailKey(c.block, end, size), start: uint32(start - c.base), size: uint8(size), kind: digestSuspect})
	}
}

// inDigest looks closely at the maximal run of hexadecimal digits [start, end).
func (c *scanner) inDigest(start, end int) {
	word := runStart(c.block, start, wordByte)
	if start-word > 8 {
		return
	}
	alt := afterEscape(c.block, word)
	for _, from := range [2]int{word, alt} {
		if from >= start && from < end && end-from <= maxDigest {
			c.digest(c.fold(from, end), from, end)
		}
		if alt == word {
			return
		}
	}
}

// digest looks up the digits text, which stand at [start, end). Certificate
// serial numbers are written with zeros in front, or without.
func (c *scanner) digest(text []byte, start, end int) {
	trimmed := bytes.TrimLeft(text, "0")
	hash := c.set.table.hash(digest, text)
	for i, next := c.set.table.next(hash, hash); i >= 0; i, next = c.set.table.next(hash, next) {
		if c.is(i, digest, text) {
			c.hits = append(c.hits, Hit{start, end, i, true})
		}
	}
	if !c.set.serials || len(trimmed) == len(text) {
		return
	}
	hash = c.set.table.hash(digest, trimmed)
	for i, next := c.set.table.next(hash, hash); i >= 0; i, next = c.set.table.next(hash, next) {
		if c.is(i, digest, trimmed) && c.set.indicators[i].Value.Kind() == serial {
			c.hits = append(c.hits, Hit{start, end, i, true})
		}
	}
}

// colonRuns visits every run of hexadecimal digits and colons that can be an
// IPv6 address or a fingerprint: it has two colons side by side, or six of them
// within 31 bytes. Times of day have two, hardware addresses five.
func (c *scanner) colonRuns(visit func(start, end int)) {
	done := 0
	for w, word := range c.colon[:c.words] {
		for colons := word; colons != 0; colons &= colons - 1 {
			bit := uint(bits.TrailingZeros64(colons))
			at := w<<6 + int(bit)
			window := word>>bit | c.colon[w+1]<<(63-bit)<<1
			if at < done || window&2 == 0 && bits.OnesCount64(window&(1<<31-1)) < 6 {
				continue
			}
			start, end := colonRun(c.block, c.base+at)
			done = end - c.base
			visit(start, end)
		}
	}
}

func (c *scanner) inColons(start, end int) {
	tokens, count := colonTokens(c.block, start, end)
	for _, t := range tokens[:count] {
		text := c.block[t[0]:t[1]]
		if addr, ok := parse6(text); ok {
			c.inAddress(addr, t[0], t[1])
			var room [64]byte
			if (c.set.want[link] || c.set.want[mailbox]) && c.set.hosts.has(c.set.hostKey(addr.AppendTo(room[:0]))) {
				c.around(t[0], t[1])
			}
		}
		if digits := octets(c.octets[:0], text); digits != nil && c.set.want[digest] {
			hash := c.set.table.hash(digest, digits)
			for i, next := c.set.table.next(hash, hash); i >= 0; i, next = c.set.table.next(hash, next) {
				if c.is(i, digest, digits) && c.set.indicators[i].Value.Kind() != serial {
					c.hits = append(c.hits, Hit{t[0], t[1], i, true})
				}
			}
		}
	}
}
