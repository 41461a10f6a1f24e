package misp_test

import (
	"fmt"
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/misp"
)

const event = `{"Event":{"uuid":"u1","info":"Operation  X","date":"2026-03-01",
 "Attribute":[
  {"uuid":"a1","type":"domain","value":"a.example"},
  {"type":"domain|ip","value":"b.example|192.0.2.1","first_seen":"2026-02-01T00:00:00Z","last_seen":"2026-02-02T00:00:00Z"},
  {"type":"comment","value":"nothing"},{"type":"ip-dst","value":"192.0.2.0/24"},{"type":"url","value":"c.example"}],
 "Object":[
  {"uuid":"o1","name":"file","Attribute":[
    {"type":"sha256","object_relation":"sha256","value":"SHA256"},{"type":"md5","object_relation":"md5","value":"00112233445566778899aabbccddeeff"},
    {"type":"filename","object_relation":"filename","value":"a.exe"}],
   "ObjectReference":[{"referenced_uuid":"o2","relationship_type":"includes"},{"referenced_uuid":"a1","relationship_type":"connected-to"}]},
  {"uuid":"o2","name":"pe","Attribute":[{"type":"imphash","object_relation":"imphash","value":"ffeeddccbbaa99887766554433221100"}]}]}}`

const day = " [,2026-03-01T23:59:59Z]"

func TestEvent(t *testing.T) {
	file := strings.Repeat("ab", 32)
	input := strings.ReplaceAll(event, "SHA256", file)
	report := " reported-in Operation X | misp:u1" + day
	want := []string{
		"b.example resolves-to 192.0.2.1 [2026-02-01T00:00:00Z,2026-02-02T00:00:00Z]",
		file + " digest 00112233445566778899aabbccddeeff" + day,
		file + " filename a.exe" + day,
		file + " imphash ffeeddccbbaa99887766554433221100" + day,
		file + " contacts a.example" + day,
		"a.example" + report, "b.example" + report, "192.0.2.1" + report, "c.example" + report, file + report,
	}
	ingesttest.States(t, misp.Format{}, input, want...)
	ingesttest.States(t, misp.Format{}, `{"response":[`+input+`,`+input+`]}`, append(want, want...)...)
}

func TestRefused(t *testing.T) {
	good := `{"uuid":"u","info":"x","Attribute":[{"type":"domain","value":"a.example"},{"type":"domain","value":"no domain"}]}`
	ingesttest.Refuses(t, misp.Format{}, good, 1)
	ingesttest.Refuses(t, misp.Format{}, good+`{"no":"event"}`, 1)
	if _, _, err := ingesttest.Read(t, misp.Format{}, `{"no":"event"}`); err == nil {
		t.Error("no event at all is no error")
	}
	for name, want := range map[string]bool{"feed/0a.json": true, "feed/0a.json.gz": true, "feed/manifest.json": false, "hashes.csv": false} {
		if got := (misp.Format{}).Wanted(name); got != want {
			t.Errorf("Wanted(%q) = %v", name, got)
		}
	}
}

// TestManyPairs: an object of many names and many addresses is refused before its
// pairs are made.
func TestManyPairs(t *testing.T) {
	var attributes []string
	for i := range 200 {
		attributes = append(attributes, fmt.Sprintf(`{"uuid":"s","type":"domain","object_relation":"domain","value":"n%d.example"}`, i),
			fmt.Sprintf(`{"uuid":"s","type":"ip-dst","object_relation":"ip","value":"192.0.2.%d"}`, i))
	}
	all := strings.Join(attributes, ",")
	got, s, err := ingesttest.Read(t, misp.Format{}, `{"Event":{"uuid":"u1","info":"x","Attribute":[`+all+`],"Object":[{"uuid":"s","name":"domain-ip","Attribute":[`+all+
		`],"ObjectReference":[{"referenced_uuid":"s","relationship_type":"resolves-to"}]}]}}`)
	if err != nil || s.Rejected != 2 || len(got) != 400 { // of the event alone
		t.Errorf("%d facts, %d rejected, %v: %+v", len(got), s.Rejected, err, s.FirstRejected)
	}
}

func FuzzMISP(f *testing.F) {
	ingesttest.Fuzz(f, func() ingest.Format { return misp.Format{} }, event, `{"response":[{"Event":{"info":"x","Object":[{"name":"passive-dns","Attribute":[{"object_relation":"rrname","value":"a.example"},{"object_relation":"rrtype","value":"A"},{"object_relation":"rdata","value":"192.0.2.1"}]}]}}]}`)
}
