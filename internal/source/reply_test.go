package source_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/source"
)

func TestDecodeJSONTellsTroubleFromAnswers(t *testing.T) {
	type answer struct {
		Names source.Rows[string] `json:"names"`
		Count source.Number       `json:"count"`
		Title source.Text         `json:"title"`
	}
	tests := map[string]struct {
		body, contentType string
		want              answer
		bad               bool
	}{
		"plain":                 {body: `{"names":["a"],"count":1}`, want: answer{Names: source.Rows[string]{Items: []string{"a"}, Given: true}, Count: 1}},
		"odd_row_costs_itself":  {body: `{"names":["a",{},"b"]}`, want: answer{Names: source.Rows[string]{Items: []string{"a", "b"}, Odd: 1, Given: true}}},
		"null_is_an_empty_list": {body: `{"names":null}`, want: answer{Names: source.Rows[string]{Given: true}}},
		"numbers_as_strings":    {body: `{"count":"120"}`, want: answer{Count: 120}},
		"not_a_number":          {body: `{"count":"n/a"}`, want: answer{}},
		"text_as_number":        {body: `{"title":7}`, want: answer{Title: "7"}},
		"text_as_list":          {body: `{"title":["a","b"]}`, want: answer{Title: "a"}},
		"empty":                 {body: " ", bad: true},
		"html":                  {body: "<html>", bad: true},
		"html_by_header":        {body: `{}`, contentType: "text/html; charset=utf-8", bad: true},
		"words":                 {body: "Please check user credentials", bad: true},
		"cut_off":               {body: `{"names":["a"`, bad: true},
		"object_for_a_list":     {body: `{"names":{"a":1}}`, bad: true},
		"object_for_text":       {body: `{"title":{}}`, bad: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got answer
			err := source.DecodeJSON(source.Reply{Body: []byte(test.body), Header: http.Header{"Content-Type": {test.contentType}}}, &got)
			if test.bad {
				if !errors.Is(err, source.ErrBadReply) {
					t.Errorf("error %v, want ErrBadReply", err)
				}
				return
			}
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"":                              0,
		"30":                            30 * time.Second,
		"-5":                            0,
		"Sun, 01 Mar 2026 12:01:00 GMT": time.Minute,
		"Sun, 01 Mar 2026 11:00:00 GMT": 0,
		"soon":                          0,
	} {
		if got := source.RetryAfter(source.Reply{At: at, Header: http.Header{"Retry-After": {text}}}); got != want {
			t.Errorf("Retry-After %q: %s, want %s", text, got, want)
		}
	}
}
