package telemetry

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"time"

	"clew/internal/telemetry/format"
	"clew/internal/telemetry/format/all"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

// maxShown is how much of a record goes with a sighting, in bytes.
const maxShown = 2000

// scan searches one block and takes apart the records that hit.
func (h *Hunter) scan(b logfile.Block, ref time.Time) scanned {
	var out scanned
	out.coverage.Bytes, out.coverage.Lines = int64(len(b.Text)), b.Lines
	if b.Cut {
		out.coverage.Cut++
	}
	c := format.Context{Schema: b.Schema, Ref: ref}
	var rec format.Record
	records := newSplit(b)
	for _, r := range h.recordsWithHits(b, records) {
		text := records.text(r.start)
		known := all.Parse(text, c, &rec)
		out.coverage.count(&rec, known)
		out.sightings = append(out.sightings, h.sightings(text, &rec, r, records)...)
	}
	for _, text := range records.ends() { // the period that the block covers
		known := all.Parse(text, c, &rec)
		out.coverage.count(&rec, known)
	}
	out.sightings = h.inPeriod(out.sightings)
	out.coverage.Sightings = int64(len(out.sightings))
	return out
}

func (f *FileCoverage) count(rec *format.Record, known bool) {
	f.Parsed++
	if !known {
		f.Unknown++
	}
	f.see(rec.Time)
	f.add(FileCoverage{Formats: []string{rec.Format}})
}

// inPeriod leaves out what the caller did not ask for. The last second of the
// period is in it as a whole.
func (h *Hunter) inPeriod(s []Sighting) []Sighting {
	if h.o.Since.IsZero() && h.o.Until.IsZero() {
		return s
	}
	return slices.DeleteFunc(s, func(s Sighting) bool {
		return !s.Time.IsZero() && (!h.o.Since.IsZero() && s.Time.Before(h.o.Since) || !h.o.Until.IsZero() && s.Time.Truncate(time.Second).After(h.o.Until))
	})
}

// A hitRecord is a record with hits: where it starts in the block, and what was
// seen, by indicator.
type hitRecord struct {
	start int
	seen  map[int]seen
}

type seen struct {
	value string
	exact bool
}

// recordsWithHits returns the records of the block that hit, in order.
func (h *Hunter) recordsWithHits(b logfile.Block, records *split) []hitRecord {
	byStart := map[int]map[int]seen{}
	note := func(start, indicator int, value string, exact bool) {
		if byStart[start] == nil {
			byStart[start] = map[int]seen{}
		}
		if old, known := byStart[start][indicator]; !known || exact && !old.exact {
			byStart[start][indicator] = seen{value, exact}
		}
	}
	h.set.Scan(b.Text, func(hit match.Hit) {
		note(records.startOf(hit.Start), hit.Indicator, string(b.Text[hit.Start:hit.End]), hit.Exact)
	})
	if hides(b.Text, h.urls) {
		for start := 0; start < len(b.Text); {
			text := records.text(start)
			if hides(text, h.urls) {
				reveal(text, func(plain []byte) {
					h.set.Scan(plain, func(hit match.Hit) {
						note(start, hit.Indicator, string(plain[hit.Start:hit.End]), hit.Exact)
					})
				})
			}
			start = records.next(start)
		}
	}
	out := make([]hitRecord, 0, len(byStart))
	for start, s := range byStart {
		out = append(out, hitRecord{start, s})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].start < out[j].start })
	return out
}

// sightings says for every indicator in the record which field held it.
func (h *Hunter) sightings(text []byte, rec *format.Record, r hitRecord, records *split) []Sighting {
	fields := h.inFields(rec)
	var found []int
	for i := range r.seen {
		if i < len(h.o.Indicators) {
			found = append(found, i)
		}
	}
	for i, f := range fields { // whole URLs put together from their parts
		if _, known := r.seen[i]; !known && i < len(h.o.Indicators) && h.viaHost(i, r) {
			r.seen[i] = seen{f[0].value, f[0].exact}
			found = append(found, i)
		}
	}
	sort.Ints(found)
	out := make([]Sighting, 0, len(found))
	for _, i := range found {
		offset, line := records.position(r.start)
		s := Sighting{
			Indicator: i, Value: r.seen[i].value, Exact: r.seen[i].exact, Time: rec.Time, Zoneless: rec.Zoneless,
			Kind: rec.Kind.String(), Format: rec.Format, Line: line, Offset: offset, Record: shown(text),
		}
		if where := fields[i]; len(where) > 0 {
			s.Field, s.Meaning, s.Value, s.Exact = where[0].name, where[0].meaning, where[0].value, where[0].exact
			for _, f := range where[1:] {
				if f.name != s.Field && !slices.Contains(s.Also, f.name) {
					s.Also = append(s.Also, f.name)
				}
			}
		}
		s.place(rec, h.o.Ours)
		h.judge.verdict(&s)
		out = append(out, s)
	}
	return out
}

// viaHost reports whether the record hit because it holds the host of the URL
// indicator i.
func (h *Hunter) viaHost(i int, r hitRecord) bool {
	for helper, urls := range h.hosts {
		if _, yes := r.seen[helper]; yes && slices.Contains(urls, i) {
			return true
		}
	}
	return false
}

type fieldHit struct {
	name, value string
	meaning     format.Meaning
	exact       bool
}

// inFields searches every field of a record, and the URL that host and path make
// together. Most telling field first.
func (h *Hunter) inFields(rec *format.Record) map[int][]fieldHit {
	found := map[int][]fieldHit{}
	search := func(f format.Field) {
		look := func(text []byte) {
			h.set.Scan(text, func(hit match.Hit) {
				for _, old := range found[hit.Indicator] {
					if old.name == f.Name && old.meaning == f.Meaning {
						return
					}
				}
				found[hit.Indicator] = append(found[hit.Indicator], fieldHit{f.Name, string(text[hit.Start:hit.End]), f.Meaning, hit.Exact})
			})
		}
		look([]byte(f.Value))
		if hides([]byte(f.Value), true) {
			reveal([]byte(f.Value), look)
		}
	}
	for _, f := range rec.Fields {
		search(f)
	}
	if len(h.hosts) > 0 {
		if whole, ok := wholeURL(rec); ok {
			search(whole)
		}
	}
	for _, hits := range found {
		sort.SliceStable(hits, func(i, j int) bool { return hits[i].meaning.Rank() < hits[j].meaning.Rank() })
	}
	return found
}

// wholeURL puts host and path together, without a scheme, which the record does
// not hold either.
func wholeURL(rec *format.Record) (format.Field, bool) {
	host, path := rec.First(format.Host, format.SNI, format.Server), rec.First(format.URL)
	if host == "" || !strings.HasPrefix(path, "/") {
		return format.Field{}, false
	}
	return format.Field{Name: "host and path", Value: host + path, Meaning: format.URL}, true
}

func shown(text []byte) string {
	text = bytes.TrimRight(text, "\r\n")
	if len(text) > maxShown {
		text = text[:maxShown]
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}
