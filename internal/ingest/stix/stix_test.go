package stix_test

import (
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/stix"
)

const bundle = `{"type":"bundle","id":"bundle--1","objects":[
 {"type":"relationship","id":"relationship--1","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"malware--1","modified":"2026-01-02T00:00:00Z"},
 {"type":"indicator","spec_version":"2.1","id":"indicator--1","name":"x","pattern":"[domain-name:value = 'a.example' OR url:value = 'http://b.example/it\\'s'] AND [ipv4-addr:value != '192.0.2.9']","valid_from":"2026-01-01T00:00:00Z"},
 {"type":"malware","id":"malware--1","name":"Loader"},
 {"type":"domain-name","id":"domain-name--1","value":"c.example","resolves_to_refs":["ipv4-addr--1"]},
 {"type":"ipv4-addr","id":"ipv4-addr--1","value":"192.0.2.1"},
 {"type":"file","id":"file--1","name":"a.exe","hashes":{"MD5":"00112233445566778899aabbccddeeff"}},
 {"type":"relationship","id":"relationship--2","relationship_type":"communicates-with","source_ref":"file--1","target_ref":"domain-name--1","start_time":"2026-01-03T00:00:00Z","stop_time":"2026-01-04T00:00:00Z"},
 {"type":"report","id":"report--1","name":"Report","published":"2026-02-01T00:00:00Z","object_refs":["file--1","malware--1"]}]}`

func TestBundle(t *testing.T) {
	ingesttest.States(t, stix.Format{}, bundle,
		"a.example reported-in x | indicator--1 [,2026-01-01T00:00:00Z]",
		"http://b.example/it's reported-in x | indicator--1 [,2026-01-01T00:00:00Z]",
		"00112233445566778899aabbccddeeff filename a.exe [,]",
		"a.example malware-family Loader [,2026-01-02T00:00:00Z]",
		"http://b.example/it's malware-family Loader [,2026-01-02T00:00:00Z]",
		"c.example resolves-to 192.0.2.1 [,]",
		"00112233445566778899aabbccddeeff contacts c.example [2026-01-03T00:00:00Z,2026-01-04T00:00:00Z]",
		"00112233445566778899aabbccddeeff reported-in Report | report--1 [,2026-02-01T00:00:00Z]")
}

func TestObservedDataOfVersion20(t *testing.T) {
	ingesttest.States(t, stix.Format{}, `{"type":"bundle","spec_version":"2.0","objects":[{"type":"observed-data","id":"observed-data--1","first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-02T00:00:00Z",
	"objects":{"0":{"type":"domain-name","value":"a.example","resolves_to_refs":["1"]},"1":{"type":"ipv4-addr","value":"192.0.2.1"}}}]}`,
		"a.example resolves-to 192.0.2.1 [2026-01-01T00:00:00Z,2026-01-02T00:00:00Z]")
}

func TestHashesOfOneFileAreOneFile(t *testing.T) {
	sha256 := strings.Repeat("ab", 32)
	got, _, err := ingesttest.Read(t, stix.Format{}, `{"type":"indicator","id":"indicator--1","modified":"2026-01-01T00:00:00Z","pattern":"[file:hashes.'SHA-256' = '`+sha256+`' AND file:hashes.MD5 = '00112233445566778899aabbccddeeff']"}`)
	if err != nil || len(got) != 2 || !strings.Contains(got[0]+got[1], sha256+" digest 0011") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRefused(t *testing.T) {
	ingesttest.Refuses(t, stix.Format{}, `[{"type":"ipv4-addr","id":"i","value":"x"},{"id":1},{"type":"indicator","id":"indicator--1","pattern":"[domain-name:value = 'a.example']"}]`, 1)
}

func FuzzSTIX(f *testing.F) {
	ingesttest.Fuzz(f, func() ingest.Format { return stix.Format{} }, bundle,
		`{"type":"indicator","id":"indicator--1","pattern":"[file:hashes.'SHA-1' IN ('a','b') AND NOT url:value LIKE 'c']"}`)
}
