package telemetry

import (
	"slices"
	"testing"

	"clew/internal/telemetry/format"
	"clew/internal/telemetry/logfile"
)

// The period that a block covers is that of its records, not of what stands
// around them.
func TestEndsOfABlockAreRecords(t *testing.T) {
	zeek := &format.Schema{Format: "zeek"}
	for _, c := range []struct {
		text   string
		schema *format.Schema
		want   []string
	}{
		{"", nil, nil},
		{"\n\n", nil, nil},
		{"one\n", nil, []string{"one\n"}},
		{"one", nil, []string{"one"}},
		{"one\ntwo\nthree", nil, []string{"one\n", "three"}},
		{"\none\ntwo\n\r\n", nil, []string{"one\n", "two\n"}},
		{"one\ntwo\n#close\t2026-11-27\n", zeek, []string{"one\n", "two\n"}},
		{"#close\n", zeek, nil},
		{"#open\none\n#close", zeek, []string{"one\n"}},
		{"#one\n#two\n", nil, []string{"#one\n", "#two\n"}},
	} {
		var got []string
		for _, text := range newSplit(logfile.Block{Text: []byte(c.text), Schema: c.schema}).ends() {
			got = append(got, string(text))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
