package reference

import (
	"crypto/md5"  //nolint:gosec // sources report pages by it
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"clew/internal/observable"
)

// An entry is one compiled line of a list.
type entry struct {
	list  *List
	text  string
	count uint64 // holders known, 0 when the list gives none
}

func (e entry) hit() Hit {
	return Hit{List: e.list.Name, Version: e.list.Version, Reason: e.list.Reason, Entry: e.text}
}

// An index finds the entries that speak about a value in a few map lookups,
// however many lists there are.
type index struct {
	exact    map[string][]entry // by folded text
	domains  map[string][]entry // by host, digits of "#" entries blanked
	mailbox  map[string][]entry // by local part
	prefixes prefixTable
	phrases  phraseTable
	loose    looseTable // substrings and expressions of warninglists
}

func newIndex() index {
	return index{
		exact:   make(map[string][]entry),
		domains: make(map[string][]entry),
		mailbox: make(map[string][]entry),
		phrases: make(phraseTable),
		loose:   newLooseTable(),
	}
}

// checkEntry says why e cannot be compiled.
func checkEntry(e entry) error {
	switch e.list.match {
	case matchCIDR:
		_, err := parsePrefix(e.text)
		return err
	case matchBody:
		_, err := strconv.Unquote(e.text)
		if err != nil {
			return fmt.Errorf("%s is not a quoted string", e.text)
		}
	case matchPhrase:
		if len(words(e.text)) == 0 {
			return fmt.Errorf("%q has no words", e.text)
		}
	case matchExact, matchMailbox:
	case matchDomain:
		if foldHost(e.text) == "" {
			return fmt.Errorf("%q is no host name", e.text)
		}
	default:
		return fmt.Errorf("unknown match %q", e.list.match)
	}
	return nil
}

// add compiles an entry that passed checkEntry.
func (x *index) add(e entry) {
	switch e.list.match {
	case matchExact:
		push(x.exact, fold(e.text), e)
		push(x.exact, strings.ToLower(e.text), e)
	case matchDomain:
		push(x.domains, foldHost(e.text), e)
	case matchCIDR:
		prefix, _ := parsePrefix(e.text)
		x.prefixes.add(prefix, e)
	case matchPhrase:
		x.phrases.add(e)
	case matchMailbox:
		push(x.mailbox, strings.ToLower(e.text), e)
	case matchBody:
		body, _ := strconv.Unquote(e.text)
		for _, digest := range digests(body) {
			push(x.exact, digest, e)
		}
	}
}

func push(m map[string][]entry, key string, e entry) {
	have := m[key]
	if n := len(have); n > 0 && have[n-1] == e {
		return // folding changed nothing: one entry, one key
	}
	m[key] = append(have, e)
}

// digests are the forms in which sources report the hash of a page or a file.
func digests(body string) []string {
	m, s1 := md5.Sum([]byte(body)), sha1.Sum([]byte(body)) //nolint:gosec // identifiers, not signatures
	s2 := sha256.Sum256([]byte(body))
	return []string{hex.EncodeToString(m[:]), hex.EncodeToString(s1[:]), hex.EncodeToString(s2[:])}
}

// first returns the first entry about v that wanted accepts.
func (x *index) first(v observable.Value, wanted visitor) (hit Hit, ok bool) {
	x.each(v, func(e entry, whole bool) bool {
		if wanted(e, whole) {
			hit, ok = e.hit(), true
		}
		return ok
	})
	return hit, ok
}

// A visitor sees one entry about a value; whole says that the entry is the
// value itself and not something above it. It returns true to stop.
type visitor func(e entry, whole bool) bool

// each visits the entries about v, the most specific first.
func (x *index) each(v observable.Value, visit visitor) {
	if v.IsZero() {
		return
	}
	if x.eachWhole(v, visit) || x.eachPart(v, visit) {
		return
	}
	x.loose.each(v, visit)
}

func (x *index) eachWhole(v observable.Value, visit visitor) bool {
	lower := strings.ToLower(v.Text())
	if visitAll(x.exact[lower], true, visit) {
		return true
	}
	if !isName(v.Kind()) {
		return false
	}
	folded := fold(lower)
	return folded != lower && visitAll(x.exact[folded], true, visit)
}

// eachPart visits what speaks about a part of v: the domain it lies under, the
// range, the phrase inside it.
func (x *index) eachPart(v observable.Value, visit visitor) bool {
	switch v.Kind() {
	case observable.IP:
		addr, ok := v.Addr()
		return ok && x.prefixes.each(addr, addr.BitLen(), visit)
	case observable.Prefix:
		prefix, err := netip.ParsePrefix(v.Text())
		return err == nil && x.prefixes.each(prefix.Addr(), prefix.Bits(), visit)
	case observable.Domain:
		return x.eachDomain(v.Text(), visit)
	case observable.URL:
		return x.eachHost(v.Text(), visit)
	case observable.Email:
		box, host, _ := strings.Cut(v.Text(), "@")
		return visitAll(x.mailbox[strings.ToLower(box)], true, visit) || x.eachDomain(host, visit)
	}
	return isName(v.Kind()) && x.phrases.each(v.Text(), visit)
}

// eachHost visits the entries about a URL's host.
func (x *index) eachHost(text string, visit visitor) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap().WithZone("")
		return x.prefixes.each(addr, addr.BitLen(), visit)
	}
	return x.eachDomain(host, visit)
}

// eachDomain walks up from host, label by label. Entries with # meet the same
// suffix with its runs of digits blanked: ns-7.awsdns-12.com is awsdns-#.com.
func (x *index) eachDomain(host string, visit visitor) bool {
	host = foldHost(host)
	blanked := blankDigits(host)
	whole := true
	for host != "" {
		if visitAll(x.domains[host], whole, visit) {
			return true
		}
		if blanked != host && visitAll(x.domains[blanked], whole, visit) {
			return true
		}
		_, host, _ = strings.Cut(host, ".")
		_, blanked, _ = strings.Cut(blanked, ".")
		whole = false
	}
	return false
}

func visitAll(entries []entry, whole bool, visit visitor) bool {
	for _, e := range entries {
		if visit(e, whole) {
			return true
		}
	}
	return false
}

// foldHost brings a host name into the form the index keys on: lower case,
// punycode, without port, leading wildcard or dot, and trailing dot.
func foldHost(host string) string {
	host = strings.ToLower(strings.TrimSpace(host))
	host = strings.TrimPrefix(host, "*")
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	host = strings.Trim(host, ".")
	for i := range len(host) {
		if host[i] >= 0x80 {
			if ascii, err := idna.Lookup.ToASCII(host); err == nil {
				return ascii
			}
			return host
		}
	}
	return host
}

// blankDigits replaces each run of digits by one #.
func blankDigits(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c < '0' || c > '9':
			out = append(out, c)
		case len(out) == 0 || out[len(out)-1] != '#':
			out = append(out, '#')
		}
	}
	return string(out)
}
