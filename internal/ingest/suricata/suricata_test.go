package suricata_test

import (
	"strings"
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/suricata"
)

const (
	version1 = `{"timestamp":"2026-01-01T01:00:00.5+0100","flow_id":1,"event_type":"dns","src_ip":"192.0.2.53","dns":{"type":"answer","rrname":"a.example","rrtype":"A","rdata":"192.0.2.1"}}`
	version2 = `{"timestamp":"2026-01-01T00:00:00Z","flow_id":1,"event_type":"dns","src_ip":"192.0.2.53","dns":{"version":2,"type":"answer","rrname":"a.example","answers":[{"rrname":"a.example","rrtype":"CNAME","rdata":"b.example"},{"rrname":"b.example","rrtype":"AAAA","rdata":"2001:db8::1"}]}}`
	shown    = `{"timestamp":"2026-01-01T00:00:00Z","flow_id":1,"event_type":"tls","src_ip":"192.0.2.9","dest_ip":"192.0.2.1","tls":{"subject":"CN=a.example","issuerdn":"CN=CA","serial":"0A","fingerprint":"ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab","sni":"a.example","notbefore":"2025-01-01T00:00:00","notafter":"2027-01-01T00:00:00"}}`
	fetched  = `{"timestamp":"2026-01-01T00:00:00Z","flow_id":1,"event_type":"fileinfo","src_ip":"192.0.2.1","http":{"hostname":"a.example","url":"/x/a.zip"},"fileinfo":{"filename":"/x/a.zip","md5":"00112233445566778899aabbccddeeff","state":"CLOSED"}}`
)

const spoken = `{"timestamp":"2026-01-01T00:00:00Z","flow_id":1,"event_type":"tls","src_ip":"192.0.2.9","dest_ip":"192.0.2.1","tls":{"version":"TLS 1.3","ja3":{"hash":"00112233445566778899AABBCCDDEEFF","string":"771,4865"},"ja3s":{"hash":"ffeeddccbbaa99887766554433221100"},"ja4":"t13d1516h2_001122334455_66778899aabb"}}`

const at = "[2026-01-01T00:00:00Z,2026-01-01T00:00:00Z]"

func TestDigestsOfOneFile(t *testing.T) {
	md5, sha256 := "00112233445566778899aabbccddeeff", strings.Repeat("cd", 32)
	ingesttest.States(t, suricata.Format{}, strings.Replace(fetched, `"md5":`, `"sha256":"`+sha256+`","md5":`, 1),
		sha256+" digest "+md5+" "+at,
		sha256+" filename a.zip "+at,
		sha256+" downloaded-from http://a.example/x/a.zip "+at)
}

func TestEvents(t *testing.T) {
	sha1 := strings.Repeat("ab", 20)
	valid := " [2025-01-01T00:00:00Z,2026-01-01T00:00:00Z]"
	ingesttest.States(t, suricata.Format{}, version1+"\n"+version2+"\n"+shown+"\n"+fetched+"\n"+`{"timestamp":"2026-01-01T00:00:00Z","event_type":"flow"}`,
		"a.example resolves-to 192.0.2.1 "+at,
		"a.example cname b.example "+at,
		"b.example resolves-to 2001:db8::1 "+at,
		"192.0.2.1 serves "+sha1+" "+at,
		"a.example serves "+sha1+" "+at,
		sha1+" names a.example"+valid,
		sha1+" subject-dn CN=a.example"+valid,
		sha1+" issued-by CN=CA"+valid,
		sha1+" serial a"+valid,
		"00112233445566778899aabbccddeeff filename a.zip "+at,
		"00112233445566778899aabbccddeeff downloaded-from http://a.example/x/a.zip "+at)
}

// TLS 1.3 shows no certificate, and its ends can be told by how they speak all
// the same. What is no fingerprint is left out.
func TestHandshakes(t *testing.T) {
	ingesttest.States(t, suricata.Format{}, spoken+"\n"+strings.ReplaceAll(spoken, "00112233", "none"),
		"192.0.2.1 ja3 00112233445566778899aabbccddeeff "+at,
		"192.0.2.1 ja3s ffeeddccbbaa99887766554433221100 "+at,
		"192.0.2.1 ja4 t13d1516h2_001122334455_66778899aabb "+at,
		"192.0.2.1 ja3s ffeeddccbbaa99887766554433221100 "+at)
}

func TestRefused(t *testing.T) {
	ingesttest.Refuses(t, suricata.Format{}, version1+`{"a":1}`+version1, 2)
	ingesttest.Refuses(t, suricata.Format{}, version1+`{"event_type":"dns","timestamp":"noon"}`+version1, 2)
	if _, _, err := ingesttest.Read(t, suricata.Format{}, version1+"\n"+version2[:90]); err == nil {
		t.Error("half an event at the end is no error")
	}
}

func FuzzSuricata(f *testing.F) {
	ingesttest.Fuzz(f, func() ingest.Format { return suricata.Format{} }, version1, version2, shown, fetched, spoken)
}
