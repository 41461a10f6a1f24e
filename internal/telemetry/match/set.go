package match

import (
	"net/netip"
	"strings"
	"sync"

	"clew/internal/observable"
)

// A Set holds indicators ready for search. It keeps the slice it was made of,
// which must not change any more, and about 30 bytes an indicator beside it. It
// is safe for use by many goroutines.
type Set struct {
	indicators []Indicator
	table      table

	// words holds, as tailKey, every suffix of two labels or more of each name
	// and each host, every IPv4 address and every digest, and which of them are
	// whole; hosts holds the hosts of URLs and mailboxes alone.
	words, hosts filter
	networks     networks

	want     [digest + 1]bool
	size     [maxDigest + 1]bool // lengths of digests
	shortest int                 // of digests; 0 when there are none
	serials  bool
	colons   bool // IPv6 addresses or fingerprints are looked for
	pool     sync.Pool
}

// New makes a set of indicators. It fails only where none can be looked for.
func New(indicators []Indicator) (*Set, Report, error) {
	s := &Set{indicators: indicators, pool: sync.Pool{New: func() any { return new(scanner) }}}
	var report Report
	how := make([]class, len(indicators))
	keys, hosts := 0, 0
	for i := range indicators {
		v := indicators[i].Value
		var reason string
		if how[i], reason = admit(v); how[i] == refused {
			report.Refused = append(report.Refused, Refusal{i, reason})
			continue
		}
		report.Accepted++
		keys += max(1, strings.Count(hostOf(how[i], v), "."))
		if how[i] == link || how[i] == mailbox {
			hosts++
		}
	}
	if report.Accepted == 0 {
		return nil, report, ErrNone
	}
	s.table, s.words, s.hosts = newTable(report.Accepted), newFilter(keys), newFilter(hosts)
	for i := range indicators {
		if how[i] != refused {
			s.add(how[i], i)
		}
	}
	s.networks.sort()
	return s, report, nil
}

// hostOf returns the name or address that leads to a value in text, "" for others.
func hostOf(how class, v observable.Value) string {
	switch how {
	case name:
		return v.Text()
	case link, mailbox:
		host, _ := observable.Host(v)
		return host.Text()
	}
	return ""
}

func (s *Set) add(how class, i int) {
	v := s.indicators[i].Value
	s.want[how] = true
	switch how {
	case name:
		s.addSuffixes(v.Text())
	case address:
		s.addAddress(v.Text())
	case network:
		prefix := netip.MustParsePrefix(v.Text())
		s.networks.add(prefix, i)
		s.colons = true
		return
	case link, mailbox:
		host := hostOf(how, v)
		if _, err := netip.ParseAddr(host); err == nil {
			s.addAddress(host)
		} else {
			s.addSuffixes(host)
		}
		s.hosts.add(s.hostKey([]byte(host)))
	case digest:
		s.addDigest(v)
	}
	s.table.add(how, s.text(how, i), i)
}

// text is what the table knows the indicator by.
func (s *Set) text(how class, i int) string {
	v := s.indicators[i].Value
	switch how {
	case link:
		return rest(v.Text())
	case digest:
		return digestText(v)
	}
	return v.Text()
}

func (s *Set) addSuffixes(host string) {
	for at := strings.LastIndexByte(host, '.'); at > 0; {
		at = strings.LastIndexByte(host[:at], '.')
		s.words.add(textKey(host[at+1:]))
	}
	s.words.addWhole(textKey(host))
}

func (s *Set) addAddress(text string) {
	s.colons = true // IPv4 may be wrapped in IPv6
	if strings.Contains(text, ":") {
		return
	}
	s.words.addWhole(textKey(text))
}

func (s *Set) addDigest(v observable.Value) {
	text := digestText(v)
	s.words.addWhole(textKey(text))
	s.size[len(text)] = true
	s.serials = s.serials || v.Kind() == observable.Serial
	if s.shortest == 0 || len(text) < s.shortest {
		s.shortest = len(text)
	}
	switch v.Kind() {
	case observable.Cert, observable.SSHKey, observable.CertKey, observable.File, observable.Imphash, observable.Text:
		s.colons = s.colons || len(text) == 32 || len(text) == 40 || len(text) == 64
	}
}

// hostKey is the key of a whole host in hosts; tailKey would mix up hosts that
// end alike, and what follows a yes is dear.
func (s *Set) hostKey(host []byte) uint64 { return s.table.hash(name, host) }
