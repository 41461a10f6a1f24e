package dnsdb

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// resourceRecords is one object of a lookup. Data is a list where names were
// looked up and one text where data was. The times are those of the sensors, or
// of zone files; either pair may be missing.
type resourceRecords struct {
	Name      string        `json:"rrname"`
	Type      string        `json:"rrtype"`
	Data      source.Texts  `json:"rdata"`
	Count     source.Number `json:"count"`
	First     source.Number `json:"time_first"`
	Last      source.Number `json:"time_last"`
	ZoneFirst source.Number `json:"zone_time_first"`
	ZoneLast  source.Number `json:"zone_time_last"`
}

func (r resourceRecords) window() observation.Window {
	seen := span(r.First, r.Last)
	if !seen.Known() {
		return span(r.ZoneFirst, r.ZoneLast)
	}
	return seen
}

func span(first, last source.Number) observation.Window {
	w := observation.Window{First: record.Unix(int64(first)), Last: record.Unix(int64(last))}
	if !w.First.IsZero() && !w.Last.IsZero() && w.Last.Before(w.First) {
		return observation.Window{}
	}
	return w
}

// decodeRecords reads the records of a lookup. What came before a stream failed
// is returned beside the error.
func decodeRecords(reply source.Reply) (page source.Page, s stream, err error) {
	s, err = readStream(reply)
	page = source.Page{Rows: len(s.objects)}
	for _, object := range s.objects {
		var r resourceRecords
		if json.Unmarshal(object, &r) != nil {
			page.Dropped++
			continue
		}
		if r.Name == "" && r.Type == "" && err == nil {
			return page, s, fmt.Errorf("%w: an object without a record in it", source.ErrBadReply)
		}
		s.types = append(s.types, r.Type)
		r.keep(&page)
	}
	return page, s, err
}

// keep adds one observation for each record of the set, and one for the whole
// set of name servers. An object none of which was of use counts as dropped.
func (r resourceRecords) keep(page *source.Page) {
	if strings.HasPrefix(r.Name, "*.") { // a wildcard says nothing of the name above it
		page.Dropped++
		return
	}
	before := len(page.Observations)
	w := r.window()
	for _, data := range r.Data {
		o, ok := record.DNS{
			Name: r.Name, Type: r.Type, Data: data, Window: w, Count: uint64(max(r.Count, 0)),
		}.Observation()
		if ok {
			page.Observations = append(page.Observations, o)
		}
	}
	if r.Type == "NS" && len(r.Data) > 1 {
		if set, ok := record.NameserverSet(r.Name, r.Data, w); ok {
			page.Observations = append(page.Observations, set)
		}
	}
	if len(page.Observations) == before {
		page.Dropped++
	}
}

// summary says how many results a lookup would have; it is framed as they are.
type summary struct {
	Results *source.Number `json:"num_results"`
}

func decodeSummary(relation observation.Relation, object observable.Value, reply source.Reply) (page source.Page, n int, err error) {
	s, err := readStream(reply)
	if err != nil {
		return page, 0, err
	}
	if len(s.objects) == 0 {
		return page, 0, nil
	}
	var counted summary
	if json.Unmarshal(s.objects[0], &counted) != nil || counted.Results == nil {
		return page, 0, fmt.Errorf("%w: a summary without \"num_results\"", source.ErrBadReply)
	}
	n = int(min(max(*counted.Results, 0), math.MaxInt32)) // nobody counts further
	if relation != 0 && n > 0 {
		page.Totals = []corpus.Total{{Relation: relation, Object: object, N: uint64(n)}}
	}
	return page, n, nil
}
