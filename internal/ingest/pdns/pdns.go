// Package pdns reads the object that passive DNS formats share: a record with
// the time it was first and last seen, as in the Common Output Format
// (draft-dulaunoy-dnsop-passive-dns-cof) and in DNSDB.
package pdns

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/ingest"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// A Record is one object of passive DNS. Names may end in a dot.
type Record struct {
	RRName string `json:"rrname"`
	RRType string `json:"rrtype"`
	// RData is one value, or all values of a record set: then a set of name
	// servers is known to be whole.
	RData values `json:"rdata"`
	// Times are seconds since 1970, or RFC 3339; zone times come from zone
	// files and not from sensors.
	TimeFirst     moment `json:"time_first"`
	TimeLast      moment `json:"time_last"`
	ZoneTimeFirst moment `json:"zone_time_first"`
	ZoneTimeLast  moment `json:"zone_time_last"`
	Count         count  `json:"count"`
}

// Errors of Tell and of decoding. They are fixed, so that refusing millions of
// lines costs no more than reading them.
var (
	errNoName  = errors.New("no rrname: not a passive DNS record")
	errNoType  = errors.New("no rrtype")
	errNoData  = errors.New("no rdata")
	errTime    = errors.New("time is neither seconds since 1970 nor RFC 3339")
	errCount   = errors.New("count is no number")
	errNoValue = errors.New("rdata is neither a text nor a list of texts")
)

// Likely reports whether line is a JSON object with the members of a record.
func Likely(line []byte) bool {
	var r Record
	return r.Decode(line) == nil && r.RRName != "" && r.RRType != "" && len(r.RData) > 0
}

// Tell hands out what the record says: one observation a value, and the whole
// set of name servers where it is known. Types outside the vocabulary are
// skipped; a value that is none of its type is rejected, the others are kept.
func (r *Record) Tell(out *ingest.Out) {
	switch {
	case r.RRName == "":
		out.Reject("%w", errNoName)
		return
	case r.RRType == "":
		out.Reject("%w", errNoType)
		return
	case len(r.RData) == 0:
		out.Reject("%w", errNoData)
		return
	case !Known(r.RRType):
		out.Skip()
		return
	}
	window := r.window()
	for _, data := range r.RData {
		d := record.DNS{Name: r.RRName, Type: r.RRType, Data: data, Window: window, Count: uint64(r.Count)}
		if o, ok := d.Observation(); ok {
			out.Keep(o)
		} else {
			out.Reject("%s record of %q with data %q is none", r.RRType, r.RRName, data)
		}
	}
	if strings.EqualFold(r.RRType, "NS") && len(r.RData) > 1 {
		if o, ok := record.NameserverSet(r.RRName, r.RData, window); ok {
			o.Count = uint64(r.Count)
			out.Keep(o)
		}
	}
}

// Known reports whether records of that type say something in the vocabulary.
func Known(rrtype string) bool {
	return slices.Contains([]string{"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "TXT"}, strings.ToUpper(rrtype))
}

// window is when sensors saw the record, or else when zone files held it.
func (r *Record) window() observation.Window {
	seen := observation.Window{First: time.Time(r.TimeFirst), Last: time.Time(r.TimeLast)}
	return seen.Union(observation.Window{First: time.Time(r.ZoneTimeFirst), Last: time.Time(r.ZoneTimeLast)})
}

// values reads a text or a list of texts.
type values []string

func (v *values) UnmarshalJSON(data []byte) error {
	var one string
	if data[0] == '"' && json.Unmarshal(data, &one) == nil {
		*v = append((*v)[:0], one)
		return nil
	}
	var all []string
	if json.Unmarshal(data, &all) != nil {
		return errNoValue
	}
	*v = all
	return nil
}

// moment reads seconds since 1970, as number or text, or RFC 3339.
type moment time.Time

func (m *moment) isZero() bool { return time.Time(*m).IsZero() }

func (m *moment) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if text == "null" || text == "" || text == "0" {
		return nil
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		t := record.Unix(seconds)
		if t.IsZero() {
			return fmt.Errorf("%w: %d", errTime, seconds)
		}
		*m = moment(t)
		return nil
	}
	t, _, ok := record.ParseTime(text)
	if !ok {
		return errTime
	}
	*m = moment(t)
	return nil
}

// count reads a number, also one written as text.
type count uint64

func (c *count) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if text == "null" || text == "" {
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return errCount
	}
	*c = count(n)
	return nil
}
