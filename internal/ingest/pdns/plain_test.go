package pdns_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"clew/internal/ingest/pdns"
)

const plain = `{ "rrname": "evil.example.", "rrtype":"NS","rdata":["ns1.x.example","ns2.x.example"],"time_first":1700000000,"time_last":1700086400,"count":3,"origin":"https://pdns.example/"}`

func TestPlainReadsPlainLines(t *testing.T) {
	var r pdns.Record
	if !r.Plain([]byte(plain)) || r.RRName != "evil.example." || len(r.RData) != 2 || r.Count != 3 {
		t.Errorf("got %+v", r)
	}
	for claim, line := range map[string]string{
		"an escape":         `{"rrname":"a\u002eb","rrtype":"A","rdata":"x"}`,
		"another case":      `{"RRName":"a.b","rrtype":"A","rdata":"x"}`,
		"an unknown member": `{"rrname":"a.b","rrtype":"A","rdata":"x","note":1}`,
		"a null":            `{"rrname":null}`,
		"a leading zero":    `{"rrname":"a.b","count":007}`,
		"more after it":     `{"rrname":"a.b"} {}`,
		"an empty list":     `{"rrname":"a.b","rdata":[]}`,
		"nothing":           ``,
		"no end":            `{"rrname":"a.b"`,
	} {
		if r.Plain([]byte(line)) {
			t.Errorf("%s is left to encoding/json: %s", claim, line)
		}
	}
}

// FuzzPlain holds the fast way to what encoding/json says.
func FuzzPlain(f *testing.F) {
	f.Add(plain)
	f.Add(`{"rrname":"a.b","time_first":5,"time_first":0,"time_last":99999999999999,"rdata":"x","rdata":"y"}`)
	f.Add(`{"count":18446744073709551615,"zone_time_first":1}`)
	var reused pdns.Record
	f.Fuzz(func(t *testing.T, line string) {
		if !reused.Plain([]byte(line)) {
			return
		}
		var want pdns.Record
		if err := json.Unmarshal([]byte(line), &want); err != nil {
			t.Fatalf("%q is read, encoding/json says %v", line, err)
		}
		got := reused
		if len(got.RData) == 0 && len(want.RData) == 0 {
			got.RData, want.RData = nil, nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q\n got %+v\nwant %+v", line, got, want)
		}
	})
}
