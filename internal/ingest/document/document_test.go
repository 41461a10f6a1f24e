package document_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/ingest/document"
	"clew/internal/observation"
)

// splitting is a format that keeps nothing and notes the values it is given.
type splitting struct {
	inside []string
	values *[]string
}

func (splitting) Name() string       { return "splitting" }
func (splitting) Likely([]byte) bool { return false }

func (s splitting) Read(r io.Reader, out *ingest.Out) error {
	return document.Values(r, out, s.inside, func(raw json.RawMessage) error {
		*s.values = append(*s.values, string(raw))
		out.Skip()
		return nil
	})
}

func split(input string, inside ...string) ([]string, ingest.Summary, error) {
	var values []string
	s, err := ingest.Import{Format: splitting{inside, &values}}.Run(context.Background(), strings.NewReader(input), func(observation.Observation) error { return nil })
	return values, s, err
}

func TestValues(t *testing.T) {
	for claim, test := range map[string]struct {
		input  string
		inside []string
		want   []string
	}{
		"lines":              {"{\"a\":1}\n{\"b\":[2]}\n", nil, []string{`{"a":1}`, `{"b":[2]}`}},
		"one_behind_another": {`{"a":"}"}{"b":"\""}`, nil, []string{`{"a":"}"}`, `{"b":"\""}`}},
		"a_list":             {"\ufeff[ {\"a\":1} , 2, \"x\" ]", nil, []string{`{"a":1}`, "2", `"x"`}},
		"inside_an_envelope": {`{"n":1,"rows":[{"a":1},{"a":2}],"more":{}}`, []string{"rows"}, []string{`{"a":1}`, `{"a":2}`}},
		"deeper":             {`{"result":{"hits":[{"a":1}],"total":1}}`, []string{"result.hits"}, []string{`{"a":1}`}},
		"no_list_there":      {`{"n":1, "rows":{"a":1}}`, []string{"rows"}, []string{`{"n":1,"rows":{"a":1}}`}},
		"not_asked_for":      {`{"rows":[1]}`, nil, []string{`{"rows":[1]}`}},
		"nothing":            {" \n", nil, nil},
	} {
		t.Run(claim, func(t *testing.T) {
			got, s, err := split(test.input, test.inside...)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil || s.Rejected > 0 {
				t.Errorf("%v, %+v (-want +got):\n%s", err, s, diff)
			}
		})
	}
}

func TestTrouble(t *testing.T) {
	if got, _, err := split(`{"a":1}{"b":`); !errors.Is(err, ingest.ErrCut) || len(got) != 1 {
		t.Errorf("cut: %q, %v", got, err)
	}
	if got, _, err := split(`[{"a":1},{"b"`); !errors.Is(err, ingest.ErrCut) || len(got) != 1 {
		t.Errorf("cut in a list: %q, %v", got, err)
	}
	if got, _, err := split(`{"rows":[{"a":1}],"more"`, "rows"); !errors.Is(err, ingest.ErrCut) || len(got) != 1 {
		t.Errorf("cut behind a name: %q, %v", got, err)
	}
	if got, s, err := split(`{"rows":[{"a":1}],"more" 1}`, "rows"); err != nil || len(got) != 1 || s.Rejected != 1 {
		t.Errorf("an envelope that goes wrong after a value: %q, %+v, %v", got, s, err)
	}
	if got, _, err := split(`<html>`); !errors.Is(err, ingest.ErrNotFormat) || got != nil {
		t.Errorf("no JSON: %q, %v", got, err)
	}
	if got, s, err := split(`{"a":1} <html>`); err != nil || len(got) != 1 || s.Rejected != 1 {
		t.Errorf("no JSON after a value: %q, %+v, %v", got, s, err)
	}
	big := `{"a":"` + strings.Repeat("x", 65<<20) + `"}`
	if got, s, err := split(big+`{"b":1}`, "rows"); err != nil || len(got) != 1 || s.Rejected != 1 {
		t.Errorf("a value over the bound: %d values, %+v, %v", len(got), s, err)
	}
	if got, _, _ := split(strings.Repeat("[", 100_000)); len(got) > 1 {
		t.Errorf("nested lists: %d values", len(got))
	}
}

func FuzzValues(f *testing.F) {
	f.Add(`{"n":1,"rows":[{"a":1},{"a":"\\\""}],"r":{"h":[1]}}`)
	f.Add("[1,[2,[3]],{}]\x1e{}")
	f.Fuzz(func(t *testing.T, input string) {
		got, s, err := split(input, "rows", "r.h")
		if uint64(len(got))+s.Rejected < s.Read {
			t.Errorf("%d of %d values were neither given nor rejected: %v", s.Read-uint64(len(got)), s.Read, err)
		}
	})
}
