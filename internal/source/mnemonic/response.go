package mnemonic

import (
	"fmt"

	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// answer is one page. Count counts the rows of all pages; times are milliseconds
// since the epoch.
type answer struct {
	Code  source.Number    `json:"responseCode"` // as HTTP has it, or worse
	Count source.Number    `json:"count"`
	Data  source.Rows[row] `json:"data"`
}

type row struct {
	Query  string        `json:"query"`
	Answer string        `json:"answer"`
	Type   string        `json:"rrtype"`
	First  source.Number `json:"firstSeenTimestamp"`
	Last   source.Number `json:"lastSeenTimestamp"`
	Times  source.Number `json:"times"`
	TLP    string        `json:"tlp"`
}

// public reports whether a row may be passed on: facts here carry no marking.
func (r row) public() bool { return r.TLP == "white" || r.TLP == "clear" }

func decode(reply source.Reply) (page source.Page, err error) {
	var a answer
	if err := source.DecodeJSON(reply, &a); err != nil {
		return page, err
	}
	if a.Code >= 300 {
		return page, fmt.Errorf("the reply itself says %w", &source.StatusError{Status: int(min(a.Code, 999))})
	}
	if err := a.Data.Require("data"); err != nil {
		return page, err
	}
	a.Data.Count(&page)
	page.Held = a.Count
	for _, r := range a.Data.Items {
		o, ok := record.DNS{
			Name: r.Query, Type: r.Type, Data: r.Answer, Count: uint64(max(r.Times, 1)),
			Window: observation.Window{First: record.UnixMilli(int64(r.First)), Last: record.UnixMilli(int64(r.Last))},
		}.Observation()
		page.Keep(o, ok && r.public())
	}
	return page, nil
}
