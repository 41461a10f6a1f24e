package match

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"strings"

	"clew/internal/observable"
)

// FingerprintBits is the size of a fingerprint.
const FingerprintBits = 48

// A Fingerprint stands for a name, an address or a digest in an index of logs.
// Two values share one by chance about once in 2^48; whoever finds one looks at
// the text. They are stored: the way they are computed never changes.
type Fingerprint uint64

// MaxRange is how many addresses a range may have to be asked of an index, which
// knows single addresses only.
const MaxRange = 4096

// Fingerprints returns what an index is asked for v: text that holds v holds one
// of them. ok is false for values that [New] refuses, except names under which
// strangers register, for ranges of more than [MaxRange] addresses and for serial
// numbers too short to be indexed.
func Fingerprints(v observable.Value) (all []Fingerprint, ok bool) {
	how, _ := admit(v)
	if v.Kind() == observable.Domain && strings.Contains(v.Text(), ".") {
		how = name
	}
	switch how {
	case name, address, link, mailbox:
		host, _ := observable.Host(v)
		if addr, isAddr := host.Addr(); isAddr {
			return []Fingerprint{ofAddress(addr)}, true
		}
		return []Fingerprint{ofName(host.Text())}, true
	case network:
		prefix := netip.MustParsePrefix(v.Text())
		if free := prefix.Addr().BitLen() - prefix.Bits(); free > bits.Len(MaxRange-1) {
			return nil, false
		}
		for addr := prefix.Addr(); prefix.Contains(addr); addr = addr.Next() {
			all = append(all, ofAddress(addr))
		}
		return all, true
	case digest:
		text := digestText(v)
		return []Fingerprint{ofDigest([]byte(text))}, len(text) >= minDigest
	}
	return nil, false
}

// Salts keep values of different sorts apart.
const (
	nameSalt    = 0x6e616d65
	addressSalt = 0x61646472
	digestSalt  = 0x64696765
)

// step adds one word to a hash.
func step(hash, word uint64) uint64 {
	hi, lo := bits.Mul64(hash^word^mixA, mixB)
	return hi ^ lo ^ word*mixC
}

func finish(hash uint64) Fingerprint {
	return Fingerprint(step(hash, mixC) >> (64 - FingerprintBits))
}

// label adds a label, in any case, to the hash of the name behind it.
func label(hash uint64, text []byte) uint64 {
	const fold = 0x2020202020202020
	size := uint64(len(text))
	for len(text) >= 8 {
		hash = step(hash, binary.LittleEndian.Uint64(text)|fold)
		text = text[8:]
	}
	var last uint64
	for i, c := range text {
		last |= uint64(c|0x20) << (8 * i)
	}
	return step(hash, last^size<<56)
}

func ofName(text string) Fingerprint {
	hash := uint64(nameSalt)
	for text != "" {
		dot := strings.LastIndexByte(text, '.')
		hash = label(hash, []byte(text[dot+1:]))
		text = text[:max(dot, 0)]
	}
	return finish(hash)
}

func ofAddress(addr netip.Addr) Fingerprint {
	if addr.Is4() {
		a := addr.As4()
		return finish(step(addressSalt, uint64(binary.BigEndian.Uint32(a[:]))))
	}
	a := addr.As16()
	return finish(step(step(addressSalt, binary.BigEndian.Uint64(a[:8])), binary.BigEndian.Uint64(a[8:])))
}

func ofDigest(text []byte) Fingerprint { return finish(label(digestSalt, text)) }

// A Harvester finds the fingerprints of everything in a text that an indicator
// could match. It is not safe for use by many goroutines.
type Harvester struct {
	scanner
	emit func(Fingerprint)
}

// Harvest calls emit for the fingerprint of every host and of every suffix of
// two labels or more, of every address and of every digest in block, cut at line
// breaks as for [Set.Scan]. The same one may come many times.
func (h *Harvester) Harvest(block []byte, emit func(Fingerprint)) {
	h.block, h.emit = block, emit
	for at := 0; at < len(block); {
		size := cut(block[at:])
		h.base, h.size = at, size
		h.classify(block[at : at+size])
		h.hosts()
		h.digests()
		h.colonRuns(h.inColons)
		at += size
	}
	h.block, h.emit = nil, nil
}

// hosts visits the runs of host bytes with a dot in them.
func (h *Harvester) hosts() {
	end := 0
	for w, dots := range h.dot[:h.words] {
		if w<<6+64 <= end {
			continue
		}
		if end > w<<6 {
			dots &= ^uint64(0) << (uint(end) & 63)
		}
		for dots != 0 {
			at := w<<6 + bits.TrailingZeros64(dots)
			start := before(h.host, at)
			end = after(h.host, at)
			h.inHost(h.base+start, h.base+end)
			if end >= w<<6+64 {
				break
			}
			dots &= ^uint64(0) << (uint(end) & 63)
		}
	}
}

func (h *Harvester) inHost(start, end int) {
	t := token{start: start, alt: start, end: end}
	if !is(h.block[end-1], wordByte) || !h.alone(start, end) {
		if t = trim(h.block, start, end); t.start >= t.end {
			return
		}
	}
	if digits := numberSize(h.block, t); digits > 0 {
		if digits <= 3 {
			h.inNumber(t)
		}
		return
	}
	hash, right := uint64(nameSalt), t.end
	for labels := 1; ; labels++ {
		dot := bytes.LastIndexByte(h.block[t.start:right], '.')
		if dot < 0 {
			break
		}
		dot += t.start
		hash = label(hash, h.block[dot+1:right])
		if labels > 1 {
			h.emit(finish(hash))
		}
		right = dot
		if t.end-right > maxName {
			return
		}
	}
	h.emit(finish(label(hash, h.block[t.start:right])))
	if t.alt > t.start && t.alt < right {
		h.emit(finish(label(hash, h.block[t.alt:right])))
	}
}

// numberSize returns the length of the last label where it is a number, so that
// no name ends in it; else 0.
func numberSize(block []byte, t token) int {
	for i := t.end - 1; i >= t.start; i-- {
		if block[i] == '.' {
			return t.end - 1 - i
		}
		if !is(block[i], digitByte) {
			return 0
		}
	}
	return t.end - t.start
}

// inNumber takes a token that ends in a number.
func (h *Harvester) inNumber(t token) {
	for _, start := range [2]int{t.start, t.alt} {
		if t.end-start <= 15 {
			if addr, ok := parse4(h.block[start:t.end]); ok {
				h.emit(ofAddress(addr))
			}
		}
		if t.alt == t.start {
			break
		}
	}
}

func (h *Harvester) digests() {
	h.hexRuns(minDigest, func(start, end int) {
		start, end = start+h.base, end+h.base
		if end < len(h.block) && is(h.block[end], wordByte) {
			return
		}
		word := runStart(h.block, max(start, 0), wordByte)
		if start-word > 8 {
			return
		}
		alt := afterEscape(h.block, word)
		for _, from := range [2]int{word, alt} {
			if from >= start && from < end && end-from <= maxDigest {
				h.digest(from, end)
			}
			if alt == word {
				return
			}
		}
	})
}

// digest emits a word of digits, and without the zeros in front of serial numbers.
func (h *Harvester) digest(start, end int) {
	for {
		h.emit(ofDigest(h.block[start:end]))
		if h.block[start] != '0' {
			return
		}
		for start < end && h.block[start] == '0' {
			start++
		}
		if end-start < minDigest {
			return
		}
	}
}

func (h *Harvester) inColons(start, end int) {
	tokens, count := colonTokens(h.block, start, end)
	for _, t := range tokens[:count] {
		text := h.block[t[0]:t[1]]
		if addr, ok := parse6(text); ok {
			h.emit(ofAddress(addr))
		}
		if digits := octets(h.octets[:0], text); digits != nil {
			h.emit(ofDigest(digits))
		}
	}
}
