package pdns

import (
	"bytes"
	"encoding/json"

	"clew/internal/observation/record"
)

// Decode reads a record from a JSON object. Nearly all lines of a bulk file are
// plain ones, which [Record.Plain] reads several times as fast.
func (r *Record) Decode(line []byte) error {
	if r.Plain(line) {
		return nil
	}
	*r = Record{}
	return json.Unmarshal(line, r)
}

// Plain reads an object that holds nothing but the usual members, as texts of
// ASCII without escapes, digits, and lists of such texts. It says exactly what
// encoding/json would, or returns false and leaves r in any state.
func (r *Record) Plain(line []byte) bool {
	*r = Record{RData: r.RData[:0]}
	p := scanner{rest: line}
	if !p.byte('{') {
		return false
	}
	for {
		name, ok := p.text()
		if !ok || !p.byte(':') || !r.member(name, &p) {
			return false
		}
		if p.byte('}') {
			p.blanks()
			return len(p.rest) == 0
		}
		if !p.byte(',') {
			return false
		}
	}
}

// member reads the value of one member. Names are compared as they are written:
// encoding/json would also take other cases, so those are left to it.
func (r *Record) member(name []byte, p *scanner) bool {
	switch string(name) {
	case "rrname":
		return p.string(&r.RRName)
	case "rrtype":
		return p.string(&r.RRType)
	case "rdata":
		return p.strings(&r.RData)
	case "time_first":
		return p.moment(&r.TimeFirst)
	case "time_last":
		return p.moment(&r.TimeLast)
	case "zone_time_first":
		return p.moment(&r.ZoneTimeFirst)
	case "zone_time_last":
		return p.moment(&r.ZoneTimeLast)
	case "count":
		n, ok := p.number()
		r.Count = count(n)
		return ok
	case "origin", "bailiwick", "sensor_id":
		_, ok := p.text()
		return ok
	}
	return false
}

// A scanner reads the simplest forms of JSON.
type scanner struct{ rest []byte }

func (p *scanner) blanks() { p.rest = bytes.TrimLeft(p.rest, " \t\r\n") }

func (p *scanner) byte(c byte) bool {
	p.blanks()
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// text reads a string of printable ASCII without escapes.
func (p *scanner) text() ([]byte, bool) {
	if !p.byte('"') {
		return nil, false
	}
	for i, c := range p.rest {
		switch {
		case c == '"':
			text := p.rest[:i]
			p.rest = p.rest[i+1:]
			return text, true
		case c < ' ' || c > '~' || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

func (p *scanner) string(s *string) bool {
	text, ok := p.text()
	*s = string(text)
	return ok
}

// strings reads one string, or a list of them that is not empty.
func (p *scanner) strings(list *values) bool {
	*list = (*list)[:0]
	p.blanks()
	several := p.byte('[')
	for {
		text, ok := p.text()
		if !ok {
			return false
		}
		*list = append(*list, string(text))
		if !several || p.byte(']') {
			return true
		}
		if !p.byte(',') {
			return false
		}
	}
}

// number reads up to 18 digits.
func (p *scanner) number() (n int64, ok bool) {
	p.blanks()
	digits := 0
	for digits < len(p.rest) && p.rest[digits] >= '0' && p.rest[digits] <= '9' {
		n = n*10 + int64(p.rest[digits]-'0')
		if digits++; digits > 18 {
			return 0, false
		}
	}
	if digits == 0 || (digits > 1 && p.rest[0] == '0') {
		return 0, false
	}
	p.rest = p.rest[digits:]
	return n, true
}

// moment reads seconds since 1970; 0 means unknown. Years that cannot be are
// left to encoding/json, which says so.
func (p *scanner) moment(m *moment) bool {
	n, ok := p.number()
	if !ok || n == 0 {
		return ok && m.isZero()
	}
	t := record.Unix(n)
	*m = moment(t)
	return !t.IsZero()
}
