package validin

import (
	"fmt"
	"slices"
	"strings"

	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// answer is of every history call. Records are by category: a record type, or
// one with _FOR behind it when the key is what the record leads to.
type answer struct {
	Status  string                      `json:"status"`
	Error   source.Maybe[string]        `json:"error"`
	Records map[string]source.Rows[row] `json:"records"`
	Limited bool                        `json:"limited"`
}

// row is one record. Key is what was asked about, or below it; times are seconds
// since the epoch.
type row struct {
	Key   string        `json:"key"`
	Value string        `json:"value"`
	First source.Number `json:"first_seen"`
	Last  source.Number `json:"last_seen"`
}

func decode(reply source.Reply) (page source.Page, err error) {
	var a answer
	if err := source.DecodeJSON(reply, &a); err != nil {
		return page, err
	}
	switch {
	case a.Error.Value != "":
		return page, fmt.Errorf("%w: Validin says %.200q", source.ErrBadReply, a.Error.Value)
	case a.Status != "finished" || a.Records == nil:
		return page, fmt.Errorf("%w: no finished answer: status %.40q", source.ErrBadReply, a.Status)
	}
	page.More = a.Limited
	categories := make([]string, 0, len(a.Records))
	for category := range a.Records {
		categories = append(categories, category)
	}
	slices.Sort(categories)
	for _, category := range categories {
		rows := a.Records[category]
		rows.Count(&page)
		for _, r := range rows.Items {
			o, ok := r.dns(category).Observation()
			page.Keep(o, ok)
		}
	}
	return page, nil
}

// dns puts a row the right way round: of an address, and of a category with
// _FOR, the key is the data of the record.
func (r row) dns(category string) record.DNS {
	name, data := r.Key, r.Value
	rrtype, turned := strings.CutSuffix(category, "_FOR")
	if turned || record.AddressType(r.Key) != "" && rrtype != "PTR" {
		name, data = data, name
	}
	return record.DNS{
		Name: name, Type: rrtype, Data: data,
		Window: observation.Window{First: record.Unix(int64(r.First)), Last: record.Unix(int64(r.Last))},
	}
}
