package match

import (
	"bytes"
	"net/netip"
	"strings"

	"clew/internal/observable"
)

// A reference is the slow and obvious matcher: every token is looked up in maps.
type reference struct {
	names, mailboxes, digests map[string][]int
	links                     map[string][]int // by the URL without its scheme
	serials                   map[string][]int // logs write them with zeros in front, or without
	addresses                 map[netip.Addr][]int
	networks                  []rangeOf
	schemes                   map[int]string
}

// newReference is [New].
func newReference(indicators []Indicator) (*reference, Report, error) {
	s := &reference{
		names: map[string][]int{}, links: map[string][]int{}, mailboxes: map[string][]int{}, digests: map[string][]int{},
		serials: map[string][]int{}, addresses: map[netip.Addr][]int{}, schemes: map[int]string{},
	}
	var report Report
	for i, indicator := range indicators {
		how, reason := admit(indicator.Value)
		text := indicator.Value.Text()
		switch how {
		case refused:
			report.Refused = append(report.Refused, Refusal{i, reason})
			continue
		case name:
			s.names[text] = append(s.names[text], i)
		case address:
			addr := netip.MustParseAddr(text)
			s.addresses[addr] = append(s.addresses[addr], i)
		case network:
			s.networks = append(s.networks, rangeOf{netip.MustParsePrefix(text), i})
		case link:
			s.links[rest(text)] = append(s.links[rest(text)], i)
			s.schemes[i], _, _ = strings.Cut(text, "://")
		case mailbox:
			s.mailboxes[text] = append(s.mailboxes[text], i)
		case digest:
			if indicator.Value.Kind() == observable.Serial {
				s.serials[text] = append(s.serials[text], i)
				break
			}
			text = digestText(indicator.Value)
			s.digests[text] = append(s.digests[text], i)
		}
		report.Accepted++
	}
	if report.Accepted == 0 {
		return nil, report, ErrNone
	}
	return s, report, nil
}

// Scan calls emit for every hit in block, in the order of the text. The ends of
// the block bound a word: cut at line breaks.
func (s *reference) Scan(block []byte, emit func(Hit)) {
	var hits []Hit
	for at := 0; at < len(block); at++ {
		before := byte(' ')
		if at > 0 {
			before = block[at-1]
		}
		if is(block[at], hostByte) && !is(before, hostByte) {
			hits = s.inHost(hits, block, trim(block, at, runEnd(block, at, hostByte)))
		}
		if is(block[at], wordByte) && !is(before, wordByte) {
			hits = s.inWord(hits, block, at, runEnd(block, at, wordByte))
		}
		if colonByte(block[at]) && !colonByte(before) {
			start, end := colonRun(block, at)
			hits = s.inColons(hits, block, start, end)
		}
	}
	sortHits(hits)
	for _, hit := range hits {
		emit(hit)
	}
}

// inHost looks for names and IPv4 addresses, and for what is written around them.
func (s *reference) inHost(hits []Hit, block []byte, t token) []Hit {
	if t.whole {
		for at := t.start; at < t.end; at++ {
			if at == t.start && t.open && t.alt == t.start {
				continue
			}
			if at != t.start && at != t.alt && block[at-1] != '.' || t.end-at > 253 {
				continue // not at a label, or longer than any name
			}
			start := t.start
			if at == t.alt {
				start = at
			}
			for _, i := range s.names[strings.ToLower(string(block[at:t.end]))] {
				hits = append(hits, Hit{start, t.end, i, at == start})
			}
		}
	}
	for _, start := range starts(t) {
		if addr, ok := parse4(block[start:t.end]); ok {
			hits = s.inAddress(hits, addr, start, t.end)
		}
		if t.whole && !t.open && t.end-start <= 253 && bytes.IndexByte(block[start:t.end], '.') >= 0 {
			hits = s.around(hits, block, start, t.end)
		}
	}
	return hits
}

func starts(t token) []int {
	if t.alt != t.start {
		return []int{t.start, t.alt}
	}
	return []int{t.start}
}

func (s *reference) inAddress(hits []Hit, addr netip.Addr, start, end int) []Hit {
	for _, i := range s.addresses[addr] {
		hits = append(hits, Hit{start, end, i, true})
	}
	for _, n := range s.networks {
		if n.prefix.Contains(addr) {
			hits = append(hits, Hit{start, end, n.indicator, false})
		}
	}
	return hits
}

// around looks for URLs and mailboxes of the host [start, end).
func (s *reference) around(hits []Hit, block []byte, start, end int) []Hit {
	if len(s.links) > 0 {
		for _, seen := range linksAround(block, start, end) {
			for _, i := range s.links[seen.rest] {
				if seen.scheme == "" || seen.scheme == s.schemes[i] {
					hits = append(hits, Hit{seen.start, seen.end, i, seen.scheme != ""})
				}
			}
		}
	}
	if len(s.mailboxes) > 0 {
		for _, seen := range mailboxes(block, start, end) {
			for _, i := range s.mailboxes[seen.text] {
				hits = append(hits, Hit{seen.start, end, i, true})
			}
		}
	}
	return hits
}

// inWord looks for digests in the maximal word [start, end).
func (s *reference) inWord(hits []Hit, block []byte, start, end int) []Hit {
	for {
		word := strings.ToLower(string(block[start:end]))
		for _, i := range s.digests[word] {
			hits = append(hits, Hit{start, end, i, true})
		}
		for _, i := range s.serials[strings.TrimLeft(word, "0")] {
			hits = append(hits, Hit{start, end, i, true})
		}
		alt := afterEscape(block, start)
		if alt == start || alt >= end {
			return hits
		}
		start = alt
	}
}

// inColons looks for IPv6 addresses and fingerprints with colons.
func (s *reference) inColons(hits []Hit, block []byte, start, end int) []Hit {
	tokens, count := colonTokens(block, start, end)
	for _, t := range tokens[:count] {
		text := block[t[0]:t[1]]
		if addr, ok := parse6(text); ok {
			hits = s.inAddress(hits, addr, t[0], t[1])
			hits = s.around(hits, block, t[0], t[1])
		}
		for _, i := range s.digests[string(octets(nil, text))] {
			hits = append(hits, Hit{t[0], t[1], i, true})
		}
	}
	return hits
}

// runEnd returns where the run of a class that begins at i ends.
func runEnd(block []byte, i int, class uint8) int {
	for i < len(block) && is(block[i], class) {
		i++
	}
	return i
}
