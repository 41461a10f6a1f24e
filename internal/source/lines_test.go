package source_test

import (
	"errors"
	"net/http"
	"testing"

	"clew/internal/source"
)

func TestDecodeLines(t *testing.T) {
	type row struct {
		N int `json:"n"`
	}
	tests := map[string]struct {
		body, contentType string
		rows, odd         int
		bad               bool
	}{
		"one_a_line":               {"{\"n\":1}\n{\"n\":2}\n", "", 2, 0, false},
		"blank_lines_are_none":     {"{\"n\":1}\r\n\n\r\n{\"n\":2}", "", 2, 0, false},
		"an_odd_row_costs_itself":  {"{\"n\":1}\n{\"n\":\"x\"}\n", "", 1, 1, false},
		"nothing_known":            {"", "text/html; charset=UTF-8", 0, 0, false},
		"nothing_at_all":           {"", "", 0, 0, true},
		"words":                    {"API count exceeded", "text/plain", 0, 0, true},
		"web_page":                 {"<html>", "text/html", 0, 0, true},
		"what_came_before_a_break": {"{\"n\":1}\n{\"n\":", "", 1, 0, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			reply := source.Reply{Body: []byte(test.body), Header: http.Header{}}
			if test.contentType != "" {
				reply.Header.Set("Content-Type", test.contentType)
			}
			got, err := source.DecodeLines[row](reply)
			if len(got.Items) != test.rows || got.Odd != test.odd || errors.Is(err, source.ErrBadReply) != test.bad {
				t.Errorf("%q: %d rows, %d odd, error %v; want %d, %d, bad %v", test.body, len(got.Items), got.Odd, err, test.rows, test.odd, test.bad)
			}
		})
	}
}
